import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { reveal } from '../support/emitted.ts';
import { callerOf } from '../support/hosts/caller-of.ts';
import { sumOf } from '../support/hosts/crossplane/metrics-of.ts';
import { type Crossplane, startCrossplane } from '../support/hosts/crossplane/start-crossplane.ts';
import { until } from '../support/hosts/crossplane/until.ts';
import {
  addWorkspaces,
  conditionsOf,
  defineWorkspaces,
  deleteSecretOf,
  secretOf,
  touch,
  untilAll,
} from '../support/hosts/crossplane/workspaces.ts';
import { leaks } from '../support/hosts/leaks.ts';
import { whyNoMounts } from '../support/in-mount-namespace.ts';
import { type EmbeddedSts, type Role, startSts } from '../support/sts/start-sts.ts';

/** A Crossplane that runs: an API server, the engine, our package installed from a registry and called over mTLS. */

const ACCOUNT = '123456789012';
const STRANGE_ACCOUNT = '222222222222';
const SHORT_ACCOUNT = '333333333333';
const roleOf = (account: string, principal: string): Role => ({
  arn: `arn:aws:iam::${account}:role/deployer`,
  trust: [{ principals: [principal] }],
});

const many = Array.from({ length: 200 }, (_, index) => `many-${index + 1}`);
const QUIET_MILLISECONDS = 30_000;
/** As AWS never gives; long enough for a renewal well before its end. */
const SHORT_SECONDS = 60;

const noMounts = whyNoMounts();
if (noMounts !== undefined) process.stderr.write(`skipped: a Crossplane that runs. ${noMounts}\n`);
jest.setTimeout(180_000); // a machine may be busy; each wait has its own bound

(noMounts === undefined ? describe : describe.skip)('a Crossplane that runs', () => {
  const roles: Role[] = [roleOf(ACCOUNT, ci.arn), roleOf(SHORT_ACCOUNT, ci.arn)];
  let sts: EmbeddedSts;
  let crossplane: Crossplane;
  beforeAll(async () => {
    sts = await startSts({ users: [ci], roles });
    crossplane = await startCrossplane({
      AWS_STS_ENDPOINT: sts.url,
      AWS_ACCESS_KEY_ID: ci.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
    });
    await defineWorkspaces(crossplane.kubectl);
  });
  afterAll(async () => {
    await crossplane?.close();
    await sts?.close();
  });

  /** How often each of these composites' sessions was asked for. */
  const callsFor = (names: readonly string[]) => {
    const sessions = sts.calls.map(({ parameters }) => parameters.RoleSessionName);
    return names.map((name) => sessions.filter((session) => session === `team-a.${name}-deployer`).length);
  };
  /** The figures so far, of the engine and of the function that runs now. */
  const figures = async () => {
    const [engine, ours] = [await crossplane.engineMetrics(), await crossplane.functionMetrics()];
    return {
      reconciles: sumOf(engine, 'controller_runtime_reconcile_total', 'workspaces.example.org'),
      calls: sumOf(ours, 'sts_function_calls_total'),
      sts: sumOf(ours, 'sts_function_sts_calls_total'),
      breaker: {
        opened: sumOf(engine, 'circuit_breaker_opens_total'),
        passed: sumOf(engine, 'circuit_breaker_events_total', 'result="Allowed"'),
        events: sumOf(engine, 'circuit_breaker_events_total'),
      },
    };
  };
  const show = (what: string, values: object) => process.stderr.write(`${what}: ${JSON.stringify(values)}\n`);

  test('installed as the Deployment says, it makes a composite ready with a session that can be used', async () => {
    const { kubectl, container } = crossplane;
    expect([container.command, container.args]).toEqual([undefined, undefined]);
    await addWorkspaces(kubectl, ['acme'], ACCOUNT);
    await untilAll(kubectl, ['acme'], 'Ready=True', 60);
    expect(await callerOf(sts.url, await secretOf(kubectl, 'acme'))).toBe(
      `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/team-a.acme-deployer`,
    );
    expect(await conditionsOf(kubectl, 'acme')).toMatchObject({
      CredentialsReady: { status: 'True', reason: 'Available' },
      Synced: { status: 'True' },
    });
    expect(callsFor(['acme'])).toEqual([1]);
    show('the first composite', await figures());
  });

  test(`${many.length} composites cost one request to STS each, and then none`, async () => {
    const { kubectl } = crossplane;
    const before = await figures();
    const start = performance.now();
    await addWorkspaces(kubectl, many, ACCOUNT);
    await untilAll(kubectl, many, 'Ready=True', 120);
    const seconds = Math.round((performance.now() - start) / 1000);
    expect(callsFor(many)).toEqual(many.map(() => 1));
    const ready = await figures();
    const asked = sts.calls.length;
    await sleep(QUIET_MILLISECONDS);
    const quiet = await figures();
    show(`${many.length} composites`, { seconds, before, ready, quiet });
    expect(sts.calls.length - asked).toBe(0);
    expect(quiet.breaker.events).toBeGreaterThanOrEqual(many.length);
    expect(quiet.breaker).toEqual({ opened: 0, passed: quiet.breaker.events, events: quiet.breaker.events });
  });

  test('a function that is started anew asks STS for nothing that is there', async () => {
    const { kubectl } = crossplane;
    const asked = sts.calls.length;
    expect(await crossplane.restart()).toBe(0);
    await touch(kubectl, many, 'after-restart');
    await until('a call for each composite', 60, async () => (await figures()).calls >= many.length || undefined);
    await untilAll(kubectl, ['acme', ...many], 'Ready=True', 60);
    show('started anew', await figures());
    expect(sts.calls.length - asked).toBe(0);
  });

  test('a Secret that is deleted by hand is made anew, for one more request', async () => {
    const { kubectl } = crossplane;
    const { metadata } = await secretOf(kubectl, 'acme');
    await deleteSecretOf(kubectl, 'acme');
    const anew = await until('another Secret', 60, async () => {
      const found = await secretOf(kubectl, 'acme');
      return found.metadata.uid === metadata.uid ? undefined : found;
    });
    await untilAll(kubectl, ['acme'], 'Ready=True', 60);
    expect(await callerOf(sts.url, anew)).toContain('team-a.acme-deployer');
    expect(callsFor(['acme'])).toEqual([2]);
  });

  test('a role that trusts later makes the composite ready then', async () => {
    const { kubectl } = crossplane;
    await addWorkspaces(kubectl, ['early'], STRANGE_ACCOUNT);
    await untilAll(kubectl, ['early'], 'CredentialsReady=False', 60);
    const { CredentialsReady: waiting, Ready: ready } = await conditionsOf(kubectl, 'early');
    expect([waiting?.reason, ready?.status]).toEqual(['HopDenied', 'False']);
    await expect(secretOf(kubectl, 'early')).rejects.toThrow('NotFound');
    roles.push(roleOf(STRANGE_ACCOUNT, ci.arn));
    await untilAll(kubectl, ['early'], 'CredentialsReady=True', 60);
    await untilAll(kubectl, ['early'], 'Ready=True', 60);
    expect(await callerOf(sts.url, await secretOf(kubectl, 'early'))).toContain('team-a.early-deployer');
    show('a role that trusted later', { requests: callsFor(['early'])[0] });
  });

  test('a session is renewed before it ends, though nothing in the cluster changes', async () => {
    const { kubectl } = crossplane;
    sts.fail({
      kind: 'shortSession',
      roleArn: roleOf(SHORT_ACCOUNT, ci.arn).arn,
      lifetimeSeconds: SHORT_SECONDS,
    });
    await addWorkspaces(kubectl, ['short'], SHORT_ACCOUNT);
    await untilAll(kubectl, ['short'], 'Ready=True', 60);
    const first = await secretOf(kubectl, 'short');
    const end = Number(reveal(first, 'expiration')) * 1000;
    const renewed = await until('a renewal', 90, async () => {
      const found = await secretOf(kubectl, 'short');
      return found.data.session_token === first.data.session_token ? undefined : found;
    });
    const left = Math.round((end - Date.now()) / 1000);
    show('renewed', { secondsBeforeTheEnd: left });
    expect(left).toBeGreaterThan(0);
    expect(renewed.metadata.uid).toBe(first.metadata.uid);
    expect(await callerOf(sts.url, renewed)).toContain('team-a.short-deployer');
    expect(callsFor(['short'])).toEqual([2]);
  });

  test('nothing of a credential is in the log', () => {
    expect(crossplane.log()).toContain('issued a session');
    expect(leaks(crossplane.log())).toEqual([]);
  });
});
