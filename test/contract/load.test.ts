import { describe, expect, test } from '@jest/globals';
import { ci, ciEnvironment } from '../support/accounts.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { failureOf } from '../support/failure-of.ts';
import { generatorItem, list, specDocument } from '../support/manifests.ts';
import { EXECUTABLE, runFunction, runProcess, SCRIPT } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { type EmbeddedSts, type Role, startSts } from '../support/sts/start-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { withPatience } from '../support/with-patience.ts';

// A thousand specs, each with a role of its own, in one run.

const SPECS = 1000;
const ATTEMPTS = 5;
const DEFAULT_CONCURRENCY = 16;
/** Bun does not tell why there was no connection. */
const OUT_OF_FILES =
  EXECUTABLE === SCRIPT
    ? ': too many files are open (EMFILE). Raise `ulimit -n`, or lower STS_FUNCTION_CONCURRENCY.'
    : ': STS was not reached (ECONNREFUSED). ';
const FOREVER = Number.POSITIVE_INFINITY;
/** Longer than all of them take on a busy machine. */
const ALL_THE_TIME = { STS_FUNCTION_TIMEOUT: '3600' };

const roles: readonly Role[] = Array.from({ length: SPECS }, (_, index) => ({
  arn: `arn:aws:iam::123456789012:role/of-${index}`,
  trust: [{ principals: [ci.arn] }],
}));
const input = list(
  roles.map(({ arn }, index) => generatorItem(`region: eu-west-1, role: "${arn}"`, { name: `of-${index}` })).join(''),
);

const run = (sts: EmbeddedSts, environment: Readonly<Record<string, string>> = {}) =>
  runFunction(input, { sts, environment });

/** How often each role was asked for that was asked for at all. */
function callsByRole(calls: EmbeddedSts['calls']): number[] {
  return [...Map.groupBy(calls, ({ parameters }) => parameters.RoleArn).values()].map(({ length }) => length);
}

describe('a storm of throttling', () => {
  test('that ends: every Secret is made, and what was throttled was asked for again, no more', async () => {
    await using sts = await startSts({ users: [ci], roles });
    for (const [index, { arn }] of roles.entries()) sts.fail({ kind: 'throttle', roleArn: arn, times: index % 4 });
    const { exit, stdout, stderr } = await run(sts, { ...ALL_THE_TIME, STS_FUNCTION_CONCURRENCY: '250' });
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: SPECS });
    const wanted = roles.map((_, index) => 1 + (index % 4));
    expect(callsByRole(sts.calls).toSorted()).toEqual(wanted.toSorted());
  });

  test('that does not: five calls and one line for each hop, and nothing but the input', async () => {
    await using sts = await startSts({ users: [ci], roles });
    sts.fail({ kind: 'throttle', times: FOREVER });
    const { exit, lines, codes } = failureOf(
      await run(sts, { ...ALL_THE_TIME, STS_FUNCTION_CONCURRENCY: '250' }),
      input,
    );
    expect({ exit, lines: new Set(lines).size, codes: [...new Set(codes)] }).toEqual({
      exit: 1,
      lines: SPECS,
      codes: ['STS_UNAVAILABLE'],
    });
    expect(lines.filter((line) => !/ Throttling \(HTTP 400\) on every attempt\. [^\n]+\.$/.test(line))).toEqual([]);
    expect(callsByRole(sts.calls)).toEqual(roles.map(() => ATTEMPTS));
  });

  test('that is longer than the run may be: the deadline ends it, and no spec that waited for its turn has called', async () => {
    await using sts = await startSts({ users: [ci], roles });
    sts.fail({ kind: 'throttle', times: FOREVER });
    const asked = async (patience: Readonly<Record<string, string>>) => {
      const before = sts.calls.length;
      const ended = await run(sts, patience);
      return { ended, calls: callsByRole(sts.calls.slice(before)) };
    };
    const { ended, calls } = await withPatience(
      asked,
      (result) => result.calls.length > 0 && result.ended.stdout !== '',
    );
    const { exit, lines, codes } = failureOf(ended, input);
    expect({ exit, lines: new Set(lines).size }).toEqual({ exit: 1, lines: SPECS });
    const late = codes.filter((code) => code === 'DEADLINE_PASSED').length;
    expect(late).toBeGreaterThan(0);
    expect(late + codes.filter((code) => code === 'STS_UNAVAILABLE').length).toBe(SPECS);
    expect(Math.max(...calls)).toBeLessThanOrEqual(ATTEMPTS);
    expect(calls.length).toBeLessThanOrEqual(SPECS - late + DEFAULT_CONCURRENCY);
  });
});

describe('a limit of open files', () => {
  const limited = (sts: EmbeddedSts, files: number, environment: Readonly<Record<string, string>> = {}) =>
    runProcess('bash', ['-c', `ulimit -n ${files}; exec "$0"`, EXECUTABLE], {
      input,
      environment: { ...ciEnvironment(sts.url), ...environment },
    });

  test('of 64 is enough for a thousand specs', async () => {
    await using sts = await startSts({ users: [ci], roles });
    const { exit, stdout, stderr } = await limited(sts, 64, ALL_THE_TIME);
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length, calls: sts.calls.length }).toEqual({
      exit: 0,
      stderr: '',
      secrets: SPECS,
      calls: SPECS,
    });
  });

  test('is said where a thousand connections at once go beyond it, and nothing but the input comes out', async () => {
    await using sts = await startSts({ users: [ci], roles });
    sts.fail({ kind: 'slow', delayMs: 8000, times: 60 });
    const ended = await limited(sts, 64, { STS_FUNCTION_CONCURRENCY: String(SPECS) });
    const { exit, lines } = failureOf(ended, input);
    expect({ exit, distinct: new Set(lines).size === lines.length }).toEqual({ exit: 1, distinct: true });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !line.includes(OUT_OF_FILES))).toEqual([]);
  });
});

describe('ten packages of a repository', () => {
  test('are asked for at once, as many Secrets of all of them as STS_FUNCTION_CONCURRENCY says', async () => {
    await using sts = await startExampleSts();
    using folder = temporaryFolder();
    const pipeline = '{mutators: [{exec: function-sts-assume-role}]}';
    const kptfile = `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline: ${pipeline}\n`;
    for (const index of Array(10).keys()) {
      folder.write(`of-${index}/Kptfile`, kptfile);
      folder.write(`of-${index}/spec.yaml`, specDocument(`deployer-${index}`));
    }
    sts.fail({ kind: 'slow', delayMs: 60_000, times: FOREVER });
    const run = async (patience: Readonly<Record<string, string>>) => {
      const before = sts.calls.length;
      const environment = { ...patience, STS_FUNCTION_CONCURRENCY: '3' };
      const { exit, stdout } = await runFunction('', { sts, environment, arguments: ['render', folder.path] });
      return { exit, stdout, calls: sts.calls.length - before };
    };
    expect(await withPatience(run, ({ calls }) => calls === 3)).toEqual({ exit: 1, stdout: '', calls: 3 });
  });
});
