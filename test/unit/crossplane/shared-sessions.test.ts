import { describe, expect, test } from '@jest/globals';
import { AttemptsError } from '../../../function/chain/retry.ts';
import type { Issuance, SharedHop } from '../../../function/chain/run-chain.ts';
import { SharedSessionStore } from '../../../function/crossplane/shared-sessions.ts';
import { Sensitive } from '../../../function/model/sensitive.ts';
import { AwsError } from '../../../function/model/world.ts';

const MINUTE = 60_000;
const composite = (namespace: string, uid = namespace) => ({ uid, namespace });
const waiting = new AbortController().signal;

/** Shared sessions with a clock that a test sets, and an STS that numbers what it gives. */
function world() {
  const state: { now: number; awsCode?: string | undefined } = { now: 0 };
  const asked: string[] = [];
  const sessions = new SharedSessionStore({ now: () => new Date(state.now) });
  const hop = (name = 'hub', signal = waiting): SharedHop => ({
    key: name as SharedHop['key'],
    signal,
    async ask() {
      asked.push(name);
      if (state.awsCode !== undefined) throw new AttemptsError(refusal(state.awsCode));
      const [accessKeyId, secretAccessKey, sessionToken] = [`ASIA${asked.length}`, 's', 't'].map(
        (text) => new Sensitive(text),
      ) as [Sensitive, Sensitive, Sensitive];
      const expiration = new Date(state.now + 60 * MINUTE);
      return {
        credentials: { accessKeyId, secretAccessKey, sessionToken, expiration },
        issuedAt: new Date(state.now),
        requestIDs: [],
      };
    },
  });
  return {
    ...{ sessions, hop, asked },
    at(milliseconds: number) {
      state.now = milliseconds;
    },
    refuse(awsCode: string | undefined) {
      state.awsCode = awsCode;
    },
  };
}

const refusal = (awsCode: string) => new AwsError({ kind: 'refused', awsCode, httpStatus: 403, clockCorrected: false });
const keyOf = (session: Issuance | undefined) =>
  session && 'accessKeyId' in session.credentials ? session.credentials.accessKeyId.reveal() : undefined;

test('composites of all namespaces ask once, until five minutes before the end', async () => {
  const { sessions, hop, asked, at } = world();
  const all = await Promise.all(['a', 'b', 'c'].map((name) => sessions.of(composite(name)).get(hop())));
  at(55 * MINUTE - 1);
  all.push(await sessions.of(composite('d')).get(hop()));
  expect([asked.length, new Set(all.map(keyOf)).size]).toEqual([1, 1]);
  at(55 * MINUTE);
  expect(keyOf(await sessions.of(composite('d')).get(hop()))).toBe('ASIA2');
});

test('who no longer waits leaves the others their session', async () => {
  const { sessions, hop, asked } = world();
  const first = new AbortController();
  const left = sessions.of(composite('a')).get(hop('hub', first.signal));
  const stays = sessions.of(composite('b')).get(hop());
  first.abort();
  await expect(left).rejects.toMatchObject({ last: { failure: { kind: 'deadline' } } });
  expect([keyOf(await stays), asked.length]).toEqual(['ASIA1', 1]);
});

describe("the hub's own refusal", () => {
  test.each(['AccessDenied', 'Throttling'])('%s is kept for 30 seconds, for all', async (code) => {
    const { sessions, hop, asked, at, refuse } = world();
    refuse(code);
    const ask = (name: string) => sessions.of(composite(name)).get(hop());
    await expect(ask('a')).rejects.toThrow();
    at(29_999);
    await expect(ask('b')).rejects.toThrow();
    expect(asked.length).toBe(1);
    refuse(undefined);
    at(30_000);
    expect(keyOf(await ask('b'))).toBe('ASIA2');
  });

  test('never takes the place of a session', async () => {
    const { sessions, hop, asked, at, refuse } = world();
    const own = sessions.of(composite('a'));
    const session = await own.get(hop());
    refuse('AccessDenied');
    at(2 * MINUTE);
    expect(await own.replace(hop(), session, refusal('AccessDenied'))).toBe(undefined);
    expect([await own.get(hop()), asked.length]).toEqual([session, 2]);
  });
});

describe('where AWS refuses what a session signed', () => {
  test('denied: another is asked for at most once a minute, and the old one signs on', async () => {
    const { sessions, hop, asked, at } = world();
    const session = await sessions.of(composite('a')).get(hop());
    const replace = (name: string) => sessions.of(composite(name)).replace(hop(), session, refusal('AccessDenied'));
    at(MINUTE - 1);
    expect(keyOf(await replace('a'))).toBe(undefined);
    at(MINUTE);
    expect((await Promise.all(['a', 'b', 'c'].map(replace))).map(keyOf)).toEqual(Array(3).fill('ASIA2'));
    at(2 * MINUTE - 1);
    expect([keyOf(await replace('b')), asked.length]).toEqual(['ASIA2', 2]); // which another has asked for already
  });

  test('expired: it is dropped at once', async () => {
    const { sessions, hop } = world();
    const own = sessions.of(composite('a'));
    const session = await own.get(hop());
    expect(keyOf(await own.replace(hop(), session, refusal('ExpiredToken')))).toBe('ASIA2');
    expect(keyOf(await own.get(hop()))).toBe('ASIA2');
  });

  test.each(['MalformedPolicyDocument', 'Throttling'])('%s: it stays', async (code) => {
    const { sessions, hop, asked, at } = world();
    const own = sessions.of(composite('a'));
    const session = await own.get(hop());
    at(10 * MINUTE);
    expect([await own.replace(hop(), session, refusal(code)), asked.length]).toEqual([undefined, 1]);
  });
});

test('a tenant that fills the room loses its own sessions first', async () => {
  const { sessions, hop, asked } = world();
  await sessions.of(composite('team-a')).get(hop('hub'));
  for (let at = 0; at < 1500; at++) await sessions.of(composite('flood', `${at % 3}`)).get(hop(`account-${at}`));
  expect(keyOf(await sessions.of(composite('team-b')).get(hop('hub')))).toBe('ASIA1');
  await sessions.of(composite('flood')).get(hop('account-0'));
  expect(asked.filter((name) => name === 'account-0')).toHaveLength(2);
});
