import { expect, test } from '@jest/globals';
import { composite, request } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/** Who reads metrics and the log of a server, which others have put something into. */
const sts = forAllTests(startExampleSts);
const server = forAllTests(() => startServer({ sts }));

/** Codes of AWS's form, without a digit: Aa, Ab, … */
const codes = Array.from({ length: 40 }, (_, at) => `Made${'abcdefghij'[at % 10]}${'abcd'[Math.floor(at / 10)]}`);

test("error codes that STS makes up are one series, and AWS's own have each their own", async () => {
  for (const [at, code] of [...codes, 'AccessDenied', 'RegionDisabledException'].entries()) {
    sts.fail({ kind: 'error', code, status: 400 });
    const xr = composite({ metadata: { name: `acme-${at}`, uid: `uid-${at}` } });
    await server.reconcile(request({ xr }));
  }
  await server.reconcile(request());
  const { text } = await server.get('/metrics');
  const series = text.split('\n').filter((line) => line.startsWith('sts_function_sts_calls_total{'));
  const counted = series.map((line) => /code="(\w+)"\} (\d+)$/.exec(line)?.slice(1));
  expect(new Map(counted as [string, string][])).toEqual(
    new Map([
      ['other', `${codes.length}`],
      ['AccessDenied', '1'],
      ['RegionDisabledException', '1'],
      ['OK', '1'],
    ]),
  );
});

test('a line of the log shows every character, with the same values', async () => {
  const tag = 'a\u202eb\u0085\u200b\u2028\u007f\u{e0061}"c';
  sts.fail({ kind: 'error', code: 'AccessDenied', status: 403 });
  const name = 'acme-\u200b';
  await server.reconcile(request({ meta: { tag }, xr: composite({ metadata: { uid: 'u', name } }) }));
  const lines = server.stderr().trimEnd().split('\n');
  expect(server.stderr().replaceAll('\n', '')).not.toMatch(/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u);
  const last = lines
    .map((line) => JSON.parse(line) as { tag?: string; name?: string })
    .findLast((one) => one.name === name);
  expect(last).toMatchObject({ tag, name });
});
