import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadYaml, type V1Secret } from '@kubernetes/client-node';
import { parse, stringify } from 'yaml';
import { type EmittedSecret, emittedSecrets, normalise, reveal, withoutPlaintextWarning } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { ROOT } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { callerOf } from '../support/sts/testing/ask.ts';
import { expectGolden } from './expect-golden.ts';

/** What real hosts sent, recorded, and cases of our own in `cases/`. Legacy plugins' files are not ResourceLists. */
const SAMPLES = join(ROOT, 'test/hosts/samples');
const CASES = join(import.meta.dirname, 'cases');
const inputs = [SAMPLES, CASES].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => /\.(yaml|json)$/.test(file) && !file.startsWith('kustomize-plugin'))
    .map((file) => ({ name: file, file: join(folder, file) })),
);

/** Of a Secret that clusters do not let change. */
const IMMUTABLE = /^warning: .* cannot be renewed: .*\n/m;
/** Of packages in one another, which kpt renders both. */
const NESTED = /^warning: \S+: `pipeline\.\S+ reuses no session: [^\n]*\n/m;

const sts = forAllTests(startExampleSts);

describe.each(inputs)('$name', ({ name, file }) => {
  test('gives the golden output, and the same documents again from its own output', async () => {
    const first = await runInProcess(readFileSync(file), { sts });
    const said = withoutPlaintextWarning(first.stderr).replace(NESTED, '').replace(IMMUTABLE, '');
    expect({ exit: first.exit, said }).toEqual({ exit: 0, said: '' });
    expectGolden(join(import.meta.dirname, 'expected', name), normalise(first.stdout));

    const items = first.stdout.replace(
      /^results:\n(?:- message: '(?:`pipeline|credentials of Secret|the Secret of)[\s\S]*?code: (?:PIPELINES_NESTED|PLAINTEXT|REFRESHED_TOO_LATE)\n)+/m,
      '',
    ); // no host sends results back
    const second = await runInProcess(items, { sts });
    expect({ exit: second.exit, stderr: second.stderr }).toEqual({ exit: 0, stderr: first.stderr });
    expect(normalise(compact(second.stdout))).toBe(normalise(compact(first.stdout)));
    expect(readAsKubernetes(first.stdout)).toEqual(emittedSecrets(first.stdout).map(({ metadata }) => metadata.name));
    for (const secret of [...emittedSecrets(first.stdout), ...emittedSecrets(second.stdout)])
      await expectUsable(secret);
  });
});

/** JSON without the spaces that a printer of YAML puts into it. */
function compact(text: string): string {
  return text.replaceAll(/(?<=["}\]])([:,]) (?=["{[])/g, '$1');
}

/** The names of our Secrets as Kubernetes' own client reads them, each with four keys of bytes. */
function readAsKubernetes(text: string): (string | undefined)[] {
  const { items } = parse(text) as { items: unknown[] };
  const read = items.map((item) => loadYaml<V1Secret>(stringify(item)));
  const ours = read.filter(({ metadata }) => metadata?.annotations?.['sts.fn.crossplane.io/generator'] !== undefined);
  expect(
    ours.map(({ type, data }) => [
      type,
      Object.values(data ?? {}).filter((value) => Buffer.from(value, 'base64').length > 0).length,
    ]),
  ).toEqual(ours.map(() => ['Opaque', 4]));
  return ours.map(({ metadata }) => metadata?.name);
}

/** The keys work, and what the Secret says of their end is what STS said. */
async function expectUsable(secret: EmittedSecret): Promise<void> {
  const { namespace, annotations } = secret.metadata;
  const [kind, , owner] = annotations['sts.fn.crossplane.io/generator']?.split('/') ?? [];
  const name = kind === 'ExternalSecret' ? '[\\w-]+' : owner; // a session is named after its generator
  expect(await callerOf(sts.url, secret)).toMatch(
    new RegExp(
      `^arn:aws:sts::123456789012:assumed-role/[\\w-]+/${namespace === undefined ? '' : `${namespace}\\.`}${name}-?$`,
    ),
  );
  const seconds = Number(reveal(secret, 'expiration'));
  expect(annotations['sts.fn.crossplane.io/expiration']).toBe(
    `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`,
  );
  expect(Date.parse(annotations['sts.fn.crossplane.io/renew-after'] ?? '')).toBeLessThan(seconds * 1000);
}
