import { describe, expect, test } from '@jest/globals';
import { emittedSecrets } from '../support/emitted.ts';
import { failureOf } from '../support/failure-of.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import type { RecordedCall } from '../support/sts/start-sts.ts';

const MINUTE = 60_000;
const SPECS = 50;
const ACCOUNT = 'arn:aws:iam::222222222222:role';

describe.each([
  ['behind', 20 * MINUTE],
  ['ahead of', -20 * MINUTE],
])("a machine whose clock is twenty minutes %s AWS's", (_, offset) => {
  const sts = forEachTest(() => startExampleSts({ now: () => new Date(Date.now() + offset) }));
  const run = (input: string) => runFunction(input, { sts });

  /** The outcomes of the calls of each session: at the most one refusal, which tells the server's time, comes first. */
  async function expectSessions(input: string, { secrets, sessions }: { secrets: number; sessions: number }) {
    const { exit, stdout, stderr } = await run(input);
    const calls = Map.groupBy(sts.calls, ({ parameters }) => `${parameters.RoleArn} ${parameters.RoleSessionName}`);
    const outcomes = [...calls.values()].map(outcomesOf);
    const unexpected = outcomes.filter((outcome) => outcome !== 'ok' && outcome !== 'SignatureDoesNotMatch, ok');
    expect({ exit, stderr, unexpected, sessions: outcomes.length, secrets: emittedSecrets(stdout).length }).toEqual({
      ...{ exit: 0, stderr: '', unexpected: [] },
      ...{ sessions, secrets },
    });
    expect(outcomes[0]).toBe('SignatureDoesNotMatch, ok');
  }

  test('has many sessions at once, each with one more attempt at the most', async () => {
    const names = Array.from({ length: SPECS }, (_, index) => `deployer-${index}`);
    const input = list(names.map((name) => generatorItem(GOOD_SPEC, { name })).join(''));
    await expectSessions(input, { secrets: SPECS, sessions: SPECS });
  });

  test('has a chain, with one more attempt at each hop at the most', async () => {
    const via = `["arn:aws:iam::111111111111:role/hub", {role: "${ACCOUNT}/spoke", externalID: platform}]`;
    const spec = `region: eu-west-1, role: "${ACCOUNT}/deployer"`;
    const input = list(generatorItem(spec), functionConfig(`  sessions: [{via: ${via}}]\n`));
    await expectSessions(input, { secrets: 1, sessions: 3 });
  });
});

// The SDK reports a correction after every error beside a wrong clock, whatever the error was.
describe('what cannot pass is not asked for again because of the clock', () => {
  test.each([
    ['a role that does not trust the caller', 20 * MINUTE, 'role/others"', 'SignatureDoesNotMatch, AccessDenied'],
    ['the same beside a clock that AWS forgives', 5 * MINUTE, 'role/others"', 'AccessDenied'],
    [
      'a session that is longer than the role allows',
      -5 * MINUTE,
      'role/my-role", requestParameters: {sessionDuration: 7200}',
      'ValidationError',
    ],
  ])('%s', async (_, offset, rest, want) => {
    await using sts = await startExampleSts({ now: () => new Date(Date.now() + offset) });
    const input = list(generatorItem(`region: eu-west-1, role: "arn:aws:iam::123456789012:${rest}`));
    const ended = await runFunction(input, { sts });
    expect(failureOf(ended, input).exit).toBe(1);
    expect(outcomesOf(sts.calls)).toBe(want);
  });
});

function outcomesOf(calls: readonly RecordedCall[]): string {
  return calls.map(({ outcome }) => outcome).join(', ');
}
