import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { expect, test } from '@jest/globals';
import { applied, request, verdictOf } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forEachTest, skippedIf } from '../support/for-each-test.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { ROOT, runFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';

// The clock of the machine jumps, between runs and under a server. AWS's clock goes with it where time has really passed, and
// stays where the jump is a mistake.

const LIBRARY = join(ROOT, '.hosts/lib/libfaketimeMT.so.1');

/** Why no process can have a clock of its own; absent: it can. */
function whyNoClock(): string | undefined {
  return existsSync(LIBRARY)
    ? undefined
    : 'libfaketime is not there: test/hosts/install.sh gets it from Debian or Ubuntu';
}

/** A clock that jumps, for the processes that are started with its environment. */
function ownClock() {
  const folder = mkdtempSync(join(tmpdir(), 'clock-'));
  const file = join(folder, 'offset');
  let ahead = 0;
  const set = (seconds: number) => {
    ahead = seconds;
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${file}.new`, file); // nobody reads half of it
  };
  set(0);
  return {
    environment: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    /** From now on so many seconds ahead of the machine's; negative: behind. The time that timers go by is never touched. */
    set,
    now: () => new Date(Date.now() + ahead * 1000),
    close: () => rmSync(folder, { recursive: true }),
  };
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const KEY = 'acme-deployer';

const { describe: withClock } = skippedIf(whyNoClock(), 'clocks that jump');

const clock = forEachTest(ownClock);
let aheadOfMachine: number;
const sts = forEachTest(() => {
  aheadOfMachine = 0;
  return startExampleSts({ now: () => new Date(Date.now() + aheadOfMachine * 1000) });
});

/** The calls that STS has answered with a session during `action`. */
async function sessionsOf<T>(action: () => Promise<T>): Promise<{ result: T; sessions: number }> {
  const before = sts.calls.length;
  const result = await action();
  return { result, sessions: sts.calls.slice(before).filter(({ outcome }) => outcome === 'ok').length };
}

withClock('between two runs of the function', () => {
  const input = list(generatorItem());
  const run = async (given: string) => {
    const { environment } = clock;
    const { result, sessions } = await sessionsOf(() => runFunction(given, { sts, environment }));
    const warnings = result.stderr.match(/^warning: how long the session of .* lasts is not known: /gm)?.length ?? 0;
    return { ...result, sessions, warnings };
  };

  test.each([
    ['two hours have passed', 2 * HOUR, 2 * HOUR, { exit: 0, sessions: 1, warnings: 0 }],
    [
      'the clock is set two hours ahead by mistake: said in each run',
      2 * HOUR,
      0,
      { exit: 0, sessions: 1, warnings: 1 },
    ],
    ['it is set back two hours: no session lasts that long', -2 * HOUR, 0, { exit: 0, sessions: 1, warnings: 0 }],
    ['it is set back ten minutes, as a clock may be wrong', -10 * MINUTE, 0, { exit: 0, sessions: 0, warnings: 0 }],
    ['it is set ahead ten minutes', 10 * MINUTE, 0, { exit: 0, sessions: 0, warnings: 0 }],
  ])('%s', async (_, seconds, ofAws, want) => {
    const first = await run(input);
    expect(first).toMatchObject({ exit: 0, sessions: 1, stderr: '' });
    clock.set(seconds);
    aheadOfMachine = ofAws;
    const second = await run(first.stdout);
    expect(second).toMatchObject(want);
    expect(emittedSecrets(second.stdout)).toHaveLength(1);
    if (want.sessions === 0) expect(second.stdout).toBe(first.stdout);
    if (seconds === ofAws) return;
    clock.set(0); // somebody corrects it: at the latest now there is a session that is good
    const third = await run(second.stdout);
    const fourth = await run(third.stdout);
    expect({ third: third.exit, fourth: fourth.sessions, stdout: fourth.stdout }).toEqual({
      third: 0,
      fourth: 0,
      stdout: third.stdout,
    });
  });
});

withClock('under a server', () => {
  const server = forEachTest(() => startServer({ sts, environment: clock.environment }));

  const looked = { [`Secret/team-a/${KEY}`]: { items: [] } };
  const first = () => sessionsOf(() => server.call(request({ requiredResources: looked })));
  const again = (secret: unknown) =>
    sessionsOf(() => server.call(request({ observedResources: { [KEY]: applied(secret) } })));
  const secretOf = ({ desired }: RunFunctionResponse) => desired?.resources[KEY]?.resource;

  test.each([
    ['two hours have passed', 2 * HOUR, 2 * HOUR, 1],
    ['it is set back two hours', -2 * HOUR, 0, 1],
    ['it is set back ten minutes', -10 * MINUTE, 0, 0],
  ])('%s: the Secret is there in each answer', async (_, seconds, ofAws, sessions) => {
    const { result } = await first();
    const seen = await again(secretOf(result));
    expect(seen.sessions).toBe(0);
    clock.set(seconds);
    aheadOfMachine = ofAws;
    const jumped = await again(secretOf(result));
    const ttl = jumped.result.meta?.ttl?.seconds ?? 0;
    expect({
      sessions: jumped.sessions,
      isThere: secretOf(jumped.result) !== undefined,
      isSoon: ttl >= 5 && ttl <= 300,
    }).toEqual({ sessions, isThere: true, isSoon: true });
    if (sessions === 1) expect(secretOf(jumped.result)?.data).not.toEqual(secretOf(result)?.data);
  });

  test('a failure is not repeated until a clock that was set back has caught up', async () => {
    clock.set(2 * HOUR);
    aheadOfMachine = 2 * HOUR;
    sts.fail({ kind: 'error', code: 'AccessDenied', status: 403 });
    expect(verdictOf((await first()).result)?.reason).toBe('HopDenied');
    clock.set(0);
    aheadOfMachine = 0;
    const { result, sessions } = await first();
    expect({ sessions, isThere: secretOf(result) !== undefined }).toEqual({ sessions: 1, isThere: true });
  });
});
