import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ci, roles } from '../support/accounts.ts';
import { ciEnvironment } from '../support/ci-environment.ts';
import { GOOD_SPEC, generator, list } from '../support/resource-list.ts';
import { exitOf, startFunction, textOf } from '../support/start-function.ts';
import { type EmbeddedSts, type Fault, startSts } from '../support/sts/start-sts.ts';

const PROMPT_MILLISECONDS = 2000;
const hanging: Fault = { kind: 'slow', delayMs: 60_000, times: Number.POSITIVE_INFINITY };
const input = list(generator(GOOD_SPEC) + generator(GOOD_SPEC, { name: 'another' }));

let sts: EmbeddedSts;
beforeEach(async () => {
  sts = await startSts({ users: [ci], roles });
});
afterEach(() => sts.close());

/** Starts a run, and waits until STS was asked for something. */
async function startAndAsk(environment = {}) {
  const child = startFunction({ environment: { ...ciEnvironment(sts.url), ...environment } });
  child.stdin?.end(input);
  while (sts.calls.length === 0 && child.exitCode === null) await delay(10);
  return child;
}

describe.each<[string, Fault]>([
  ['while STS does not answer', hanging],
  ['while an answer comes by drops', { ...hanging, kind: 'drip', everyMs: 50 }],
  ['while a call waits for its next attempt', { ...hanging, kind: 'throttle' }],
])('%s', (_, fault) => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends the run at once, with nothing written',
    async (signal) => {
      sts.fail(fault);
      const child = await startAndAsk();
      const written = Promise.all([exitOf(child), textOf(child.stdout), textOf(child.stderr)]);
      const before = performance.now();
      child.kill(signal);
      expect(await written).toEqual([signal, '', '']);
      expect(performance.now() - before).toBeLessThan(PROMPT_MILLISECONDS);
    },
  );
});

describe('when the reader of standard output has gone', () => {
  const CUT =
    'error: cannot write standard output: whoever read it has ended (EPIPE). Look at what reads it, and run again.\n';

  test('while STS does not answer, the deadline ends the run', async () => {
    sts.fail(hanging);
    const child = await startAndAsk({ STS_FUNCTION_TIMEOUT: '1' });
    child.stdout?.destroy();
    const [exit, stderr] = await Promise.all([exitOf(child), textOf(child.stderr)]);
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^(error: cannot assume role [^\n]*: the run took longer than [^\n]*\n){2}/);
    expect(stderr.endsWith(CUT)).toBe(true);
  });

  test('what STS gave after that is an error, and goes nowhere', async () => {
    sts.fail({ ...hanging, delayMs: 300 });
    const child = await startAndAsk();
    child.stdout?.destroy();
    expect(await Promise.all([exitOf(child), textOf(child.stderr)])).toEqual([1, CUT]);
    expect(sts.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
  });
});
