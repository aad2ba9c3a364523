import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { type EmittedSecret, reveal } from '../support/emitted.ts';
import { skippedIf } from '../support/for-each-test.ts';
import { clusterRoles, TEAM_ROLE } from '../support/hosts/cluster.ts';
import { ENGINE, IS_WHOLE_ENGINE, WATCHES_REQUIRED } from '../support/hosts/engine.ts';
import { pageBlocks } from '../support/hosts/pages.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import { whyNoMounts } from '../support/mount-namespace.ts';
import { ROOT, runProcess } from '../support/run-function.ts';
import { until } from '../support/start-process.ts';
import { type EmbeddedSts, type Role, startSts } from '../support/sts/start-sts.ts';
import { callerOf } from '../support/sts/testing/ask.ts';
import { twoTenantsBehindOneHub } from './crossplane-live/behind-one-hub.ts';
import { type Composites, defineComposites, TEAM } from './crossplane-live/composites.ts';
import { podsOfProduction } from './crossplane-live/production.ts';
import { type Crossplane, startCrossplane, sumOf } from './crossplane-live/start-crossplane.ts';
import { type SwitchedRelay, startSwitchedRelay } from './crossplane-live/switched-relay.ts';

/** A Crossplane that runs: an API server, an engine, our package installed from a registry and called over mTLS. */

const ACCOUNT = '123456789012';
/** Its role trusts the team's ServiceAccount alone. */
const TEAM_ACCOUNT = '444444444444';
const STRANGE_ACCOUNT = '222222222222';
const SHORT_ACCOUNT = '333333333333';
const OTHER_ACCOUNT = '555555555555';
const roleOf = (account: string, principal: string): Role => ({
  arn: `arn:aws:iam::${account}:role/deployer`,
  trust: [{ principals: [principal] }],
});

const named = (name: string, length: number) => Array.from({ length }, (_, index) => `${name}-${index + 1}`);
const many = named('many', 200);
const pairs = named('pair', 50);
const labelled = named('labelled', 20);
const QUIET_MILLISECONDS = 30_000;
/** Many times what an engine takes that watches, and less than the time to live of what is ready. */
const BEFORE_NEXT_CALL_SECONDS = 120;
const UNSEEN_MILLISECONDS = 10_000;
const REST_MILLISECONDS = 3000;
/** As AWS never gives; long enough for a renewal well before its end. */
const SHORT_SECONDS = 60;

const wholeTest = IS_WHOLE_ENGINE ? test : test.skip;
const withMounts = skippedIf(whyNoMounts(), 'a Crossplane that runs');

withMounts.describe('a Crossplane that runs', () => {
  const team = roleOf(TEAM_ACCOUNT, TEAM_ROLE);
  const ofUser = [ACCOUNT, SHORT_ACCOUNT, OTHER_ACCOUNT].map((account) => roleOf(account, ci.arn));
  const roles: Role[] = [...ofUser, ...clusterRoles, team];
  let sts: EmbeddedSts;
  let relay: SwitchedRelay; // what the function has for STS
  let crossplane: Crossplane;
  let workspaces: Composites;
  let labelledKind: Composites; // whose account is a label of their namespace
  beforeAll(async () => {
    crossplane = await startCrossplane(async (server) => {
      sts = await startSts({ users: [ci], roles, identityProviders: [server.identityProvider] });
      relay = await startSwitchedRelay(sts.url);
      return {
        AWS_STS_ENDPOINT: relay.url,
        AWS_ACCESS_KEY_ID: ci.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
      };
    });
    await crossplane.kubectl(['create', 'namespace', TEAM]);
    workspaces = await define('Workspace');
  });
  afterAll(async () => {
    await crossplane?.close();
    await relay?.close();
    await sts?.close();
  });

  const define = (kind: string, more: { scope?: 'Cluster' | 'LegacyCluster'; example?: string } = {}) =>
    defineComposites(crossplane.kubectl, { kind, scope: 'Namespaced', example: 'account-from-composite', ...more });
  const example = async (path: string, ...flags: readonly string[]) => {
    const text = await readFile(join(ROOT, 'examples/crossplane', path), 'utf8');
    return crossplane.kubectl(['apply', '-f', '-', ...flags], text);
  };

  /** What a command of docs/alerts.md prints, where `ask` is the kubectl that it begins with. */
  const ofAlerts = async (beginning: string, ask: (argv: readonly string[]) => Promise<string>) => {
    const blocks = pageBlocks(await readFile(join(ROOT, 'docs/alerts.md'), 'utf8'));
    const block = blocks.find(({ script }) => script.startsWith(beginning));
    const [asks = '', reads = ''] = block?.script.split(' |\n') ?? [];
    return (await runProcess('bash', ['-c', reads], { input: await ask(asks.split(' ').slice(1)) })).stdout;
  };

  /** How often each of these composites' sessions was asked for. */
  const callsFor = (names: readonly string[]) => {
    const sessions = sts.calls.map(({ parameters }) => parameters.RoleSessionName);
    return names.map((name) => sessions.filter((session) => session === `team-a.${name}-deployer`).length);
  };
  /** The figures so far, of the engine and of the function that runs now. */
  const figures = async () => {
    const [engine, replicas] = [await crossplane.engineMetrics(), await crossplane.functionMetrics()];
    const ours = replicas.flat();
    return {
      reconciles: sumOf(engine, 'controller_runtime_reconcile_total', 'example.org'),
      calls: sumOf(ours, 'sts_function_calls_total'),
      callsOfEach: replicas.map((one) => sumOf(one, 'sts_function_calls_total')),
      sts: sumOf(ours, 'sts_function_sts_calls_total'),
      breaker: {
        opened: sumOf(engine, 'circuit_breaker_opens_total'),
        passed: sumOf(engine, 'circuit_breaker_events_total', 'result="Allowed"'),
        events: sumOf(engine, 'circuit_breaker_events_total'),
      },
    };
  };
  /** The same once there are no more reconciles. */
  const figuresAtRest = async () => {
    let last = await figures();
    return until('an engine at rest', 300, async () => {
      await sleep(REST_MILLISECONDS);
      const former = last;
      last = await figures();
      return last.reconciles === former.reconciles ? last : undefined;
    });
  };
  type Figures = Awaited<ReturnType<typeof figures>>;
  const since = (before: Figures, now: Figures) => ({
    reconciles: now.reconciles - before.reconciles,
    calls: now.calls - before.calls,
    sts: now.sts - before.sts,
  });
  const show = (what: string, values: object) =>
    process.stderr.write(`${ENGINE}, ${what}: ${JSON.stringify(values)}\n`);

  test('installed as the Deployment says, it makes a composite ready with a session that can be used', async () => {
    const { container, replicas, serviceAccount } = crossplane.installed;
    expect([container.command, container.args]).toEqual([undefined, undefined]);
    await example('in-a-cluster/runtime-pod-identity.yaml', '--dry-run=server', '--validate=strict');
    expect([replicas, serviceAccount]).toEqual([2, 'function-sts-assume-role']); // of which one runs, until below
    await workspaces.add(['acme'], { accountID: ACCOUNT });
    await workspaces.untilAll(['acme'], 'Ready=True', 300);
    expect(await callerOf(sts.url, await workspaces.secretOf('acme'))).toBe(
      `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/team-a.acme-deployer`,
    );
    expect(await workspaces.conditionsOf('acme')).toMatchObject({
      CredentialsReady: { status: 'True', reason: 'Available' },
      Synced: { status: 'True' },
    });
    expect(callsFor(['acme'])).toEqual([1]);
    show('the first composite', await figures());
  });

  const setAccount = (account: string) =>
    crossplane.kubectl(['label', 'namespace', TEAM, `example.org/aws-account=${account}`, '--overwrite']);

  test('a label of the namespace gives the account, by the rule that Crossplane takes into its own role', async () => {
    const [first = '', ...others] = labelled;
    labelledKind = await define('Labelled', { example: 'account-from-namespace-label' });
    await labelledKind.add([first], {});
    await labelledKind.untilAll([first], 'CredentialsReady=False', 300);
    expect((await labelledKind.conditionsOf(first)).CredentialsReady?.reason).toBe('ValueMissing');
    const start = performance.now();
    await setAccount(ACCOUNT);
    await labelledKind.untilAll([first], 'Ready=True', 300);
    show('a label that was missing', { seconds: Math.round((performance.now() - start) / 100) / 10 });
    expect(await callerOf(sts.url, await labelledKind.secretOf(first))).toContain(`team-a.${first}-deployer`);
    await labelledKind.add(others, {});
    await labelledKind.untilAll(labelled, 'Ready=True', 300);
  });

  test('what a step requires costs a second call of each reconcile, but where the engine shows it in the first', async () => {
    const before = await figuresAtRest();
    await labelledKind.touch(labelled, 'for-calls');
    await until('a reconcile of each', 300, async () => {
      const { reconciles } = await figures();
      return reconciles >= before.reconciles + labelled.length || undefined;
    });
    const { reconciles, calls } = since(before, await figuresAtRest());
    show(`${labelled.length} that require their namespace, touched`, { reconciles, calls });
    expect(Math.round(calls / reconciles)).toBe(WATCHES_REQUIRED ? 1 : 2);
  });

  test('another label of the namespace gives another account: at once where the engine watches, else in the next call', async () => {
    const before = await figuresAtRest();
    await setAccount(OTHER_ACCOUNT);
    if (!WATCHES_REQUIRED) {
      await sleep(UNSEEN_MILLISECONDS);
      expect(callsFor(labelled)).toEqual(labelled.map(() => 1));
      await labelledKind.touch(labelled, 'for-the-label');
    }
    const isAsked = async () => callsFor(labelled).every((count) => count > 1) || undefined;
    await until('another session of each', BEFORE_NEXT_CALL_SECONDS, isAsked);
    await until('Secrets of the other account', 300, async () => {
      const callers = labelled.map(async (name) => callerOf(sts.url, await labelledKind.secretOf(name)));
      return (await Promise.all(callers)).every((caller) => caller?.includes(OTHER_ACCOUNT)) || undefined;
    });
    expect(callsFor(labelled)).toEqual(labelled.map(() => 2));
    show('another label', since(before, await figuresAtRest()));
  });

  wholeTest(`${many.length} composites cost one request to STS each, and then none`, async () => {
    const before = await figures();
    const start = performance.now();
    await workspaces.add(many, { accountID: ACCOUNT });
    await workspaces.untilAll(many, 'Ready=True', 1500);
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

  wholeTest('a function that is started anew asks STS for nothing that is there', async () => {
    const asked = sts.calls.length;
    expect(await crossplane.restart()).toEqual([0]);
    await workspaces.touch(many, 'after-restart');
    await until('a call for each composite', 300, async () => (await figures()).calls >= many.length || undefined);
    await workspaces.untilAll(['acme', ...many], 'Ready=True', 300);
    show('started anew', await figures());
    expect(sts.calls.length - asked).toBe(0);
  });

  wholeTest('a Secret that is deleted by hand is made anew, for one more request', async () => {
    const { metadata } = await workspaces.secretOf('acme');
    await workspaces.deleteSecretOf('acme');
    const anew = await until('another Secret', 300, async () => {
      const found = await workspaces.secretOf('acme');
      return found.metadata.uid === metadata.uid ? undefined : found;
    });
    await workspaces.untilAll(['acme'], 'Ready=True', 300);
    expect(await callerOf(sts.url, anew)).toContain('team-a.acme-deployer');
    expect(callsFor(['acme'])).toEqual([2]);
  });

  wholeTest('another `force-sync` on a composite renews its Secret once, which stays ready meanwhile', async () => {
    const annotate = (value: string) =>
      crossplane.kubectl(['annotate', 'workspace', 'acme', `--namespace=${TEAM}`, `force-sync${value}`, '--overwrite']);
    const { data } = await workspaces.secretOf('acme');
    const [before = 0] = callsFor(['acme']);
    await annotate('=1735689600');
    const forced = await until('another session', 300, async () => {
      const secret = await workspaces.secretOf('acme');
      return secret.data.session_token === data.session_token ? undefined : secret;
    });
    expect(forced.metadata.annotations['sts.fn.crossplane.io/force-sync']).toBe('1735689600');
    expect((await workspaces.conditionsOf('acme')).Ready?.status).toBe('True');
    await annotate('-');
    await sleep(QUIET_MILLISECONDS);
    expect((await workspaces.secretOf('acme')).data).toEqual(forced.data);
    expect(callsFor(['acme'])).toEqual([before + 1]);
  });

  wholeTest('a role that trusts later makes the composite ready then', async () => {
    await workspaces.add(['early'], { accountID: STRANGE_ACCOUNT });
    await workspaces.untilAll(['early'], 'CredentialsReady=False', 300);
    const { CredentialsReady: waiting, Ready: ready } = await workspaces.conditionsOf('early');
    expect([waiting?.reason, ready?.status]).toEqual(['HopDenied', 'False']);
    await expect(workspaces.secretOf('early')).rejects.toThrow('NotFound');
    expect(await ofAlerts('kubectl get ', crossplane.kubectl)).toMatch(/^team-a\tearly\tHopDenied\t\S.*\n$/);
    expect(await ofAlerts('kubectl logs ', async () => crossplane.log())).toMatch(
      /"refused a session".*"early".*"role":"arn:aws:iam::222222222222:role\/deployer"/,
    );
    roles.push(roleOf(STRANGE_ACCOUNT, ci.arn));
    await workspaces.untilAll(['early'], 'CredentialsReady=True', 300);
    await workspaces.untilAll(['early'], 'Ready=True', 300);
    expect(await callerOf(sts.url, await workspaces.secretOf('early'))).toContain('team-a.early-deployer');
    show('a role that trusted later', { requests: callsFor(['early'])[0] });
  });

  wholeTest('a session is renewed before it ends, though nothing in the cluster changes', async () => {
    sts.fail({ kind: 'shortSession', roleArn: roleOf(SHORT_ACCOUNT, ci.arn).arn, lifetimeSeconds: SHORT_SECONDS });
    await workspaces.add(['short'], { accountID: SHORT_ACCOUNT });
    await workspaces.untilAll(['short'], 'Ready=True', 300);
    const first = await workspaces.secretOf('short');
    const end = Number(reveal(first, 'expiration')) * 1000;
    const renewed = await until('a renewal', 300, async () => {
      const found = await workspaces.secretOf('short');
      return found.data.session_token === first.data.session_token ? undefined : found;
    });
    const left = Math.round((end - Date.now()) / 1000);
    show('renewed', { secondsBeforeTheEnd: left });
    expect(left).toBeGreaterThan(0);
    expect(renewed.metadata.uid).toBe(first.metadata.uid);
    expect(await callerOf(sts.url, renewed)).toContain('team-a.short-deployer');
    expect(callsFor(['short'])).toEqual([2]);
  });

  wholeTest(
    'an STS that is away: what is there stays ready, what is new waits, and both go on when it is back',
    async () => {
      sts.fail({ kind: 'shortSession', roleArn: roleOf(SHORT_ACCOUNT, ci.arn).arn, lifetimeSeconds: SHORT_SECONDS });
      await workspaces.add(['outage'], { accountID: SHORT_ACCOUNT });
      await workspaces.untilAll(['outage'], 'Ready=True', 300);
      const first = await workspaces.secretOf('outage');
      await relay.cut();
      try {
        await workspaces.add(['newcomer'], { accountID: ACCOUNT });
        await workspaces.untilAll(['newcomer'], 'CredentialsReady=False', 300);
        const failing = await until('a renewal that fails', 300, async () => {
          const conditions = await workspaces.conditionsOf('outage');
          return conditions.CredentialsReady?.status === 'False' ? conditions : undefined;
        });
        expect([failing.CredentialsReady?.reason, failing.Ready?.status]).toEqual(['RenewalFailed', 'True']);
        expect((await workspaces.conditionsOf('newcomer')).CredentialsReady?.reason).toBe('StsUnavailable');
        expect((await workspaces.secretOf('outage')).data).toEqual(first.data);
      } finally {
        await relay.mend();
      }
      await workspaces.untilAll(['outage', 'newcomer'], 'CredentialsReady=True', 300);
      await workspaces.untilAll(['outage', 'newcomer'], 'Ready=True', 300);
      const renewed = await workspaces.secretOf('outage');
      expect(renewed.metadata.uid).toBe(first.metadata.uid);
      expect(renewed.data.session_token).not.toBe(first.data.session_token);
      expect(callsFor(['outage', 'newcomer'])).toEqual([2, 1]);
    },
  );

  wholeTest("a token of the namespace's ServiceAccount, which the function's own makes, is the first hop", async () => {
    const tokens = await define('Token', { example: 'service-account' });
    await example('service-account/service-account.yaml');
    await tokens.add(['token'], { accountID: TEAM_ACCOUNT });
    await tokens.untilAll(['token'], 'CredentialsReady=False', 300);
    expect((await tokens.conditionsOf('token')).CredentialsReady?.reason).toBe('ClusterForbidden');
    await example('service-account/make-tokens.yaml');
    await tokens.untilAll(['token'], 'Ready=True', 300);
    expect(await callerOf(sts.url, await tokens.secretOf('token'))).toContain('team-a.token-deployer');
    expect(sts.calls.filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity').length).toBe(1);
  });

  wholeTest(
    'composites without a namespace have a Secret where the generator says; a legacy one publishes it too',
    async () => {
      const [cluster, legacy] = [
        await define('Platform', { scope: 'Cluster' }),
        await define('Legacy', { scope: 'LegacyCluster' }),
      ];
      await cluster.add(['platform'], { accountID: ACCOUNT });
      await legacy.add(['legacy'], {
        accountID: ACCOUNT,
        writeConnectionSecretToRef: { name: 'published', namespace: TEAM },
      });
      await cluster.untilAll(['platform'], 'Ready=True', 300);
      await legacy.untilAll(['legacy'], 'Ready=True', 300);
      expect(await callerOf(sts.url, await cluster.secretOf('platform'))).toContain('team-a.platform-deployer');
      const published = await until('a published Secret with keys', 300, async () => {
        const text = await crossplane.kubectl(['get', 'secret', 'published', `--namespace=${TEAM}`, '--output=json']);
        const secret = JSON.parse(text) as EmittedSecret;
        return secret.data === undefined ? undefined : secret;
      });
      expect(published.data).toEqual((await legacy.secretOf('legacy')).data);
      expect(callsFor(['platform', 'legacy'])).toEqual([1, 1]);
    },
  );

  test('two replicas that share nothing agree on one session for each composite', async () => {
    expect(await crossplane.restart(2)).toEqual([0]);
    const before = await figures();
    await workspaces.add(pairs, { accountID: ACCOUNT });
    await workspaces.untilAll(pairs, 'Ready=True', 1500);
    const [asked, calls] = [callsFor(pairs), sts.calls.length];
    await sleep(QUIET_MILLISECONDS);
    const quiet = await figures();
    show(`${pairs.length} composites and two replicas`, {
      twice: asked.filter((count) => count === 2).length,
      sts: asked.reduce((sum, count) => sum + count, 0),
      before,
      quiet,
    });
    expect(Math.min(...quiet.callsOfEach)).toBeGreaterThan(pairs.length); // both were asked about each, more or less
    expect(Math.min(...asked)).toBe(1);
    expect(Math.max(...asked)).toBeLessThanOrEqual(2);
    expect(sts.calls.length - calls).toBe(0);
    expect(quiet.breaker).toEqual({ opened: 0, passed: quiet.breaker.events, events: quiet.breaker.events });
  });

  wholeTest(
    "the pod that the engine makes by production's runtime is the one that its NetworkPolicy and PodMonitor mean",
    async () => {
      const { template, get } = await podsOfProduction(crossplane.kubectl);
      const { labels } = template.metadata;
      const [container] = template.spec.containers;
      expect(container?.args).toEqual(['--policy', '/policy/policy.yaml', '--require-policy']);
      expect(container?.volumeMounts.map(({ mountPath }) => mountPath).toSorted()).toEqual(['/policy', '/tls/server']);
      const label = 'pkg.crossplane.io/function';
      expect(labels[label]).toBe(get('NetworkPolicy', ['spec', 'podSelector', 'matchLabels', label]));
      expect(labels[label]).toBe(get('PodMonitor', ['spec', 'selector', 'matchLabels', label]));
      const ports = Object.fromEntries(container?.ports.map(({ name, containerPort }) => [containerPort, name]) ?? []);
      expect(ports).toMatchObject({
        [`${get('NetworkPolicy', ['spec', 'ingress', 0, 'ports', 0, 'port'])}`]: 'grpc',
        [`${get('NetworkPolicy', ['spec', 'ingress', 1, 'ports', 0, 'port'])}`]: get('PodMonitor', [
          ...['spec', 'podMetricsEndpoints', 0, 'port'],
        ]),
      });
    },
  );

  test('nothing of a credential is in the log', () => {
    expect(crossplane.log()).toContain('issued a session');
    expect(leaks(crossplane.log())).toEqual([]);
  });
});

// In this file, since Crossplane fixes the function's port: two suites of it cannot run side by side.
(IS_WHOLE_ENGINE ? withMounts.describe : describe.skip)('two tenants behind one hub', twoTenantsBehindOneHub);
