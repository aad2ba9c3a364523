import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { forEachTest } from '../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list } from '../support/manifests.ts';
import { startFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { until } from '../support/start-process.ts';
import type { Fault } from '../support/sts/start-sts.ts';
import { withPatience } from '../support/with-patience.ts';

/** Far less than STS takes, and more than a busy machine does. */
const PROMPT_MILLISECONDS = 20_000;
const hanging: Fault = { kind: 'slow', delayMs: 60_000, times: Number.POSITIVE_INFINITY };
/** What AWS denies is asked for again, for two minutes: throttling would end the run while a busy machine sends its signal. */
const patient = functionConfig('  awaitRoles: 2m\n');
const input = list(generatorItem() + generatorItem(GOOD_SPEC, { name: 'another' }), patient);

const sts = forEachTest(startExampleSts);

/** Starts a run, and waits until STS was asked for something. */
async function startAndAsk(environment = {}) {
  const run = startFunction({ sts, environment });
  run.child.stdin?.end(input);
  await until('STS to be asked', 300, async () => sts.calls.length > 0 || run.child.exitCode !== null || undefined);
  return run;
}

describe.each<[string, Fault]>([
  ['while STS does not answer', hanging],
  ['while an answer comes by drops', { ...hanging, kind: 'drip', everyMs: 50 }],
  ['while a call waits for its next attempt', { ...hanging, kind: 'error', code: 'AccessDenied', status: 403 }],
])('%s', (_, fault) => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends the run at once, with nothing written',
    async (signal) => {
      sts.fail(fault);
      const { child, exit, stderr } = await startAndAsk();
      const written = Promise.all([exit, child.stdout && text(child.stdout), stderr]);
      const before = performance.now();
      child.kill(signal);
      expect(await written).toEqual([signal, '', '']);
      expect(performance.now() - before).toBeLessThan(PROMPT_MILLISECONDS);
    },
  );
});

describe('when the reader of standard output has gone', () => {
  const CUT =
    'error: cannot write standard output: its reader has ended (EPIPE). Look at what reads it, and run again. [OUTPUT_UNWRITABLE]\n';

  test('while STS does not answer, the deadline ends the run', async () => {
    const cut = async (environment: Readonly<Record<string, string>>) => {
      sts.fail(hanging);
      const run = await startAndAsk(environment);
      run.child.stdout?.destroy();
      const isCut = run.child.exitCode === null; // it had not written yet
      const [exit, stderr] = await Promise.all([run.exit, run.stderr]);
      return { isCut, exit, stderr };
    };
    const { exit, stderr } = await withPatience(cut, (one) => one.isCut && one.stderr.endsWith(CUT));
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^(error: cannot assume role [^\n]* \[DEADLINE_PASSED\]\n){2}/);
    expect(stderr.endsWith(CUT)).toBe(true);
  });

  test('what STS gave after that is an error, and goes nowhere', async () => {
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    sts.fail({ ...hanging, kind: 'held', until });
    const { child, exit, stderr } = await startAndAsk();
    child.stdout?.destroy();
    release();
    expect(await Promise.all([exit, stderr])).toEqual([1, CUT]);
    expect(sts.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
  });
});
