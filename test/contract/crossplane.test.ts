import { Ready, type RunFunctionResponse, Severity, Status } from '@crossplane-org/function-sdk-typescript';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ci, roles } from '../support/accounts.ts';
import {
  applied,
  composite,
  generator,
  input,
  type Parts,
  request,
  UID,
  verdictOf,
} from '../support/crossplane/request.ts';
import { shareServer } from '../support/crossplane/share-server.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { clusterGenerator, externalSecret, fromGenerator } from '../support/manifests.ts';
import { shareExampleSts } from '../support/start-example-sts.ts';
import { until } from '../support/start-process.ts';

const KEY = 'acme-deployer';

/** The roles that trust the caller: a test may take them away. */
const trusting = [...roles];
beforeEach(() => {
  trusting.splice(0, trusting.length, ...roles);
});
const sts = shareExampleSts({ roles: trusting });
const server = shareServer({ sts });
/** Another replica. */
const otherReplica = shareServer({ sts });

/** The Secret that a first reconcile gives. */
async function mint() {
  const { response } = await server.reconcile(request());
  return response.desired?.resources[KEY]?.resource as {
    data: Record<string, string>;
    metadata: { annotations: Record<string, string> };
  };
}

/** The same after the engine has shown it, so that nothing of it is remembered. */
async function seen() {
  const secret = await mint();
  await server.reconcile(request({ observedResources: { [KEY]: applied(secret) } }));
  return secret;
}

/** The first response that is so: what failed a moment ago is not tried again at once. */
const afterPause = (asked: Parts, isSo: (response: RunFunctionResponse) => boolean) =>
  until('it to be so', 300, async () => {
    const { response } = await server.reconcile(asked);
    return isSo(response) ? response : undefined;
  });

const wholeSeconds = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;

test('the Secrets of twelve composites of one namespace are due at twelve times, and kept until then', async () => {
  const shares = new Set<number>();
  for (let at = 0; at < 12; at += 1) {
    const xr = composite({ metadata: { name: `app-${at}`, uid: `uid-${at}` } });
    const { response } = await server.reconcile(request({ xr }));
    const secret = response.desired?.resources[`app-${at}-deployer`]?.resource as Awaited<ReturnType<typeof mint>>;
    const times = ['expiration', 'renew-after'].map(
      (name) => secret.metadata.annotations[`sts.fn.crossplane.io/${name}`],
    );
    const [expiration = 0, renewAfter = 0] = times.map((time) => Date.parse(time ?? ''));
    shares.add(expiration - renewAfter);
    secret.metadata.annotations['sts.fn.crossplane.io/renew-after'] = wholeSeconds(expiration - 1_200_000);
    const observedResources = { [`app-${at}-deployer`]: applied(secret, `uid-${at}`) };
    // the other replica remembers nothing of them: to it they are of another build, with other times
    const { response: next } = await otherReplica.reconcile(request({ xr, observedResources }));
    expect(next.desired?.resources[`app-${at}-deployer`]?.resource).toEqual(secret);
  }
  expect(shares.size).toBeGreaterThanOrEqual(11); // in whole seconds, two of six minutes may meet
  expect(sts.calls).toHaveLength(12);
});

describe('a Secret', () => {
  test('is composed in two calls and with one request to STS, and is not ready before it is seen', async () => {
    const { response, calls } = await server.reconcile(request());
    const { resource, ready } = response.desired?.resources[KEY] ?? {};
    expect({
      calls,
      asked: sts.calls.map(({ operation, parameters }) => [operation, parameters.RoleSessionName]),
    }).toEqual({ calls: 2, asked: [['AssumeRole', 'team-a.acme-deployer']] });
    expect(resource).toMatchObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name: KEY, namespace: 'team-a' } });
    expect(Object.keys(resource?.data ?? {})).toEqual([
      'access_key_id',
      'secret_access_key',
      'session_token',
      'expiration',
    ]);
    expect({ ready, ...verdictOf(response) }).toEqual({
      ready: Ready.READY_FALSE,
      status: Status.STATUS_CONDITION_TRUE,
      reason: 'Available',
      message: '',
    });
    expect(response.results.map(({ severity, reason }) => [severity, reason])).toEqual([
      [Severity.SEVERITY_NORMAL, 'SessionIssued'],
    ]);
    expect(response.meta).toEqual({ tag: 'tag', ttl: { seconds: 300, nanos: 0 } });
  });

  test('that is seen is composed again byte for byte, is ready, asks nobody and says nothing', async () => {
    const secret = await mint();
    const { response, calls } = await server.reconcile(request({ observedResources: { [KEY]: applied(secret) } }));
    expect(response.desired?.resources[KEY]).toEqual({
      resource: secret,
      connectionDetails: {},
      ready: Ready.READY_TRUE,
    });
    expect({ calls, sts: sts.calls.length, results: response.results, requirements: response.requirements }).toEqual({
      calls: 1,
      sts: 1,
      results: [],
      requirements: undefined,
    });
  });

  test('that is not seen yet is not made twice, also by calls at the same time', async () => {
    const secret = await mint();
    const again = await Promise.all([
      server.reconcile(request()),
      server.reconcile(request()),
      server.reconcile(request()),
    ]);
    expect(again.map(({ response }) => response.desired?.resources[KEY]?.resource)).toEqual([secret, secret, secret]);
    expect(sts.calls.length).toBe(1);
  });

  test('that was seen and deleted by hand is made anew', async () => {
    await server.reconcile(request({ observedResources: { [KEY]: applied(await mint()) } }));
    const { response } = await server.reconcile(request());
    expect({ calls: sts.calls.length, made: Object.keys(response.desired?.resources ?? {}) }).toEqual({
      calls: 2,
      made: [KEY],
    });
  });

  test.each([
    ['True', 15],
    ['False', 30],
  ])(
    'that cannot be had: a composite whose condition was %s for an hour is called after %d seconds',
    async (status, seconds) => {
      trusting.length = 0;
      const lastTransitionTime = new Date(Date.now() - 3_600_000).toISOString();
      const conditions = [{ type: 'CredentialsReady', status, reason: 'HopDenied', lastTransitionTime }];
      const { response } = await server.reconcile(request({ xr: composite({ status: { conditions } }) }));
      expect(response.meta?.ttl?.seconds).toBe(seconds);
    },
  );

  test('that is due is renewed and stays ready; when that fails it stays as it is', async () => {
    const secret = await seen();
    const due = { ...secret.metadata.annotations, 'sts.fn.crossplane.io/renew-after': '2026-01-01T00:00:00Z' };
    const observed = applied({ ...secret, metadata: { ...secret.metadata, annotations: due } });
    trusting.length = 0;
    const failed = await server.reconcile(request({ observedResources: { [KEY]: observed } }));
    expect(failed.response.desired?.resources[KEY]?.resource?.data).toEqual(secret.data);
    expect(failed.response.desired?.resources[KEY]?.ready).toBe(Ready.READY_TRUE);
    expect(verdictOf(failed.response)).toMatchObject({
      status: Status.STATUS_CONDITION_FALSE,
      reason: 'RenewalFailed',
    });
    expect(failed.response.meta?.ttl?.seconds).toBe(15);
    trusting.push(...roles);
    const response = await afterPause(request({ observedResources: { [KEY]: observed } }), ({ desired }) => {
      return desired?.resources[KEY]?.resource?.data.session_token !== secret.data.session_token;
    });
    expect(response.desired?.resources[KEY]?.resource?.data).not.toEqual(secret.data);
    expect(response.desired?.resources[KEY]?.ready).toBe(Ready.READY_TRUE);
  });
});

describe('what somebody does to Secrets in the cluster', () => {
  const away = composite({ spec: { accountID: undefined } });
  const stripped = (secret: Awaited<ReturnType<typeof mint>>, isKept: (name: string) => boolean) => {
    const annotations = Object.entries(secret.metadata.annotations).filter(([name]) => isKept(name));
    return applied({ ...secret, metadata: { ...secret.metadata, annotations: Object.fromEntries(annotations) } });
  };

  test.each<[string, string | undefined]>([
    ['that nobody controls', undefined],
    ['that another controls', 'another'],
  ])('an observed Secret %s is not composed, and no byte of it is in connection details', async (_, controller) => {
    const secret = await seen();
    const theirs = { ...secret, metadata: { ...secret.metadata, namespace: 'team-b', name: 'victim' } };
    const observed = controller === undefined ? theirs : applied(theirs, controller);
    const metadata = { name: 'acme', uid: UID };
    const legacy = { ...away, metadata, spec: {} };
    const generators = [generator({}, { name: 'deployer', namespace: 'team-b' })];
    const waiting = await server.reconcile(
      request({ xr: legacy, input: input({ generators }), observedResources: { x: observed } }),
    );
    expect(verdictOf(waiting.response)?.reason).toBe('ValueMissing');
    expect(waiting.response.desired?.resources).toEqual({});
    expect(waiting.response.desired?.composite?.connectionDetails).toEqual({});
  });

  test('an observed Secret of our name that nobody controls is not taken over', async () => {
    const secret = await seen();
    const { response } = await server.reconcile(request({ observedResources: { [KEY]: secret } }), [secret]);
    expect(verdictOf(response)?.reason).toBe('TargetNotOurs');
    expect(response.desired?.resources).toEqual({});
  });

  test('one that has lost the mark of its generator stays, and has it again', async () => {
    const secret = await seen();
    const observed = stripped(secret, (name) => name !== 'sts.fn.crossplane.io/generator');
    const { response } = await server.reconcile(request({ observedResources: { [KEY]: observed } }));
    expect(response.desired?.resources[KEY]?.resource).toEqual(secret);
    expect(sts.calls.length).toBe(1);
  });

  test.each(['generator', 'spec-hash', 'expiration'])(
    'one that has lost its %s stays while a value is away',
    async (lost) => {
      const secret = await seen();
      const observed = stripped(secret, (name) => name !== `sts.fn.crossplane.io/${lost}`);
      const { response } = await server.reconcile(request({ xr: away, observedResources: { [KEY]: observed } }));
      const resource = response.desired?.resources[KEY]?.resource ?? {};
      expect(resource).toMatchObject({ data: secret.data });
      const desired = { resources: { [KEY]: { resource } } };
      const { context } = response; // the engine hands it on
      const later = await server.reconcile(request({ desired, context, observedResources: { [KEY]: observed } }));
      expect(verdictOf(later.response)?.reason).toBe('ValueMissing'); // of the earlier step
      expect(Object.keys(later.response.desired?.resources ?? {})).toEqual([KEY]);
    },
  );

  test('where something takes annotations away in each reconcile, there is no session in each', async () => {
    const secret = await mint();
    for (let reconciles = 0; reconciles < 4; reconciles++) {
      const observed = stripped(secret, (name) => name === 'sts.fn.crossplane.io/generator');
      const { response } = await server.reconcile(request({ observedResources: { [KEY]: observed } }));
      expect(response.desired?.resources[KEY]?.resource).toEqual(secret);
    }
    expect(sts.calls.length).toBe(1);
  });

  test('what an earlier step says of a Secret of the same name and another spec ends the pipeline, one of the same does not', async () => {
    const earlier = async (role: string) => {
      const generators = [generator({ role })];
      const { response } = await server.reconcile(request({ input: input({ generators, allow: undefined }) }));
      return { resources: { [KEY]: { resource: response.desired?.resources[KEY]?.resource ?? {} } } };
    };
    const desired = await earlier('arn:aws:iam::123456789012:role/my-role');
    for (const observedResources of [{}, { [KEY]: applied(await seen()) }]) {
      const { response } = await server.reconcile(request({ desired, observedResources }));
      expect(response.results).toMatchObject([{ severity: Severity.SEVERITY_FATAL, reason: 'TargetConflict' }]);
    }
    const same = await earlier('arn:aws:iam::123456789012:role/deployer');
    const { response } = await server.reconcile(request({ desired: same }));
    expect(response.desired?.resources[KEY]?.resource).toEqual(same.resources[KEY]?.resource);
  });

  test('a later step with another spec takes over no Secret that an earlier one keeps', async () => {
    const observedResources = { [KEY]: applied(await seen()) };
    const { response } = await server.reconcile(request({ observedResources }));
    const resource = response.desired?.resources[KEY]?.resource ?? {};
    const generators = [generator({ role: 'arn:aws:iam::123456789012:role/my-role' })];
    const later = await server.reconcile(
      request({
        observedResources,
        desired: { resources: { [KEY]: { resource } } },
        context: response.context,
        input: input({ generators, allow: undefined }),
      }),
    );
    expect(later.response.results).toMatchObject([{ severity: Severity.SEVERITY_FATAL, reason: 'TargetConflict' }]);
  });

  test('a replica that holds a Secret which is not observed yet asks for what another one has asked for', async () => {
    await using replica = await startServer({ sts });
    const here = await server.reconcile(request());
    const first = await replica.call(request());
    const asked = Object.keys(first.requirements?.resources ?? {});
    expect(asked).not.toEqual([]);
    const requiredResources = Object.fromEntries(asked.map((name) => [name, { items: [] }]));
    const again = await server.call({ ...request(), requiredResources });
    expect(Object.keys(again.requirements?.resources ?? {})).toEqual(asked);
    expect(again.desired?.resources[KEY]?.resource).toEqual(here.response.desired?.resources[KEY]?.resource);
  });

  test('steps that wait are told in one condition, each by the name of its Input or of its first generator', async () => {
    const refused = 'arn:aws:iam::123456789012:role/others';
    const named = (name: string) =>
      input({ metadata: { name }, allow: undefined, generators: [generator({ role: refused })] });
    const bare = input({ allow: undefined, generators: [generator({ role: refused }, { name: 'reader' })] });
    const pipeline = async (xr = composite()) => {
      const responses: RunFunctionResponse[] = [];
      for (const step of [named('first'), named('second'), bare])
        responses.push(
          (await server.reconcile(request({ xr, input: step, context: responses.at(-1)?.context }))).response,
        );
      return responses;
    };
    const first = await pipeline();
    const message = verdictOf(first.at(-1) as RunFunctionResponse)?.message ?? '';
    expect(message).toMatch(
      /^Input "first": cannot .*"team-a\/deployer".*\. Input "second": cannot .*"team-a\/deployer".*\. STSAssumeRoleToken "reader": cannot .*"team-a\/reader".*\.$/,
    );
    expect(verdictOf(first[0] as RunFunctionResponse)?.message).toMatch(/^cannot /);
    const conditions = [{ type: 'CredentialsReady', status: 'False', reason: 'HopDenied', message }];
    const again = await pipeline(composite({ status: { conditions } }));
    expect(again.map(({ results }) => results)).toEqual([[], [], []]); // an event tells of a change alone
  });

  test('a call gets its own word back where its requirements have changed, and says it once, or no more', async () => {
    const refused = 'arn:aws:iam::123456789012:role/others';
    const step = input({ allow: undefined, generators: [generator({ role: refused })] });
    const first = await server.reconcile(request({ input: step }));
    const again = await server.reconcile(request({ input: step, context: first.response.context }));
    expect(again.response.context).toEqual(first.response.context);
    expect(verdictOf(again.response)?.message).toBe(verdictOf(first.response)?.message);
    const waiting = await server.reconcile(request({ xr: away }));
    const good = await server.reconcile(request({ context: waiting.response.context }));
    expect(verdictOf(good.response)?.reason).toBe('Available');
    expect(good.response.context).toEqual({});
    const behind = await server.reconcile(request({ input: step, context: waiting.response.context }));
    expect(verdictOf(behind.response)?.reason).toBe('ValueMissing');
  });

  test('an Input without generators says so, where no step before it composes anything', async () => {
    const idle = { ...input(), generators: [] };
    const { response } = await server.reconcile(request({ input: idle }));
    expect(verdictOf(response)).toMatchObject({ status: Status.STATUS_CONDITION_FALSE, reason: 'GeneratorNone' });
    expect(response.desired?.composite?.ready ?? Ready.READY_UNSPECIFIED).toBe(Ready.READY_UNSPECIFIED);
    const desired = { resources: { other: { resource: { apiVersion: 'v1', kind: 'ConfigMap' } } } };
    const behind = await server.reconcile(request({ input: idle, desired }));
    expect(behind.response.conditions).toEqual([]);
  });

  test('what an earlier step says of a Secret of its own is not taken back while this step waits', async () => {
    const secret = await seen();
    const renewed = { ...secret, data: { ...secret.data, session_token: 'bmV3' } };
    const desired = { resources: { [KEY]: { resource: renewed } } };
    const { response } = await server.reconcile(
      request({ xr: away, desired, observedResources: { [KEY]: applied(secret) } }),
    );
    expect(response.desired?.resources[KEY]?.resource).toEqual(renewed);
  });
});

describe('two replicas that share nothing', () => {
  test('both made a session before the engine showed one: they agree on one, and do not take turns', async () => {
    let observed: unknown;
    const composed: unknown[] = [];
    // the second call comes before the engine's cache has the first Secret
    for (const [index, replica] of [server, otherReplica, server, otherReplica, server, otherReplica].entries()) {
      const observedResources = observed === undefined || index < 2 ? {} : { [KEY]: applied(observed) };
      const { response } = await replica.reconcile(request({ observedResources }));
      observed = response.desired?.resources[KEY]?.resource;
      composed.push(observed);
    }
    expect(sts.calls.length).toBe(2);
    expect(composed[1]).not.toEqual(composed[0]);
    expect(composed.slice(2)).toEqual(Array.from({ length: 4 }, () => composed[1]));
  });

  test('a newer one that the engine has not shown yet is not taken back', async () => {
    sts.fail({ kind: 'shortSession', lifetimeSeconds: 3000 });
    const older = await mint();
    const { response } = await otherReplica.reconcile(request());
    const newer = response.desired?.resources[KEY]?.resource;
    const again = await otherReplica.reconcile(request({ observedResources: { [KEY]: applied(older) } }));
    expect(again.response.desired?.resources[KEY]?.resource).toEqual(newer);
  });
});

describe('a role that refuses', () => {
  test('is no excuse for a Secret that is deleted while its renewal fails: the composite waits', async () => {
    const secret = await seen();
    const due = { ...secret.metadata.annotations, 'sts.fn.crossplane.io/renew-after': '2026-01-01T00:00:00Z' };
    const observed = applied({ ...secret, metadata: { ...secret.metadata, annotations: due } });
    trusting.length = 0;
    const kept = await server.reconcile(request({ observedResources: { [KEY]: observed } }));
    expect(verdictOf(kept.response)?.reason).toBe('RenewalFailed');
    const { response } = await server.reconcile(request());
    expect(verdictOf(response)?.reason).toBe('HopDenied');
    expect(response.desired?.composite?.ready).toBe(Ready.READY_FALSE);
  });

  test('is asked once for many calls, by each composite apart, and again after a pause', async () => {
    trusting.length = 0;
    const answers = [];
    for (let reconciles = 0; reconciles < 4; reconciles++)
      answers.push(verdictOf((await server.reconcile(request())).response));
    expect(answers).toEqual(Array(4).fill(answers[0]));
    expect(answers[0]?.reason).toBe('HopDenied');
    expect(sts.calls.length).toBe(1);
    await server.reconcile(request({ xr: composite({ metadata: { uid: 'another' } }) }));
    expect(sts.calls.length).toBe(2);
    trusting.push(...roles);
    const response = await afterPause(request(), ({ desired }) => Object.hasOwn(desired?.resources ?? {}, KEY));
    expect(verdictOf(response)?.reason).toBe('Available');
    expect(sts.calls.length).toBe(3);
  });
});

/** What the engine adds to a composed resource. */
function withEngineLabels(resource: Record<string, unknown>): Record<string, unknown> {
  const { labels = {}, annotations = {}, ...metadata } = resource.metadata as Record<string, object>;
  const engine = { 'crossplane.io/composite': 'acme' };
  const name = { 'crossplane.io/composition-resource-name': 'x' };
  return {
    ...resource,
    metadata: { ...metadata, labels: { ...labels, ...engine }, annotations: { ...annotations, ...name } },
  };
}

describe('what is not there yet is waited for, and everything else passes', () => {
  const other = { resource: { apiVersion: 'v1', kind: 'ConfigMap' }, connectionDetails: {}, ready: Ready.READY_TRUE };
  const desired = { resources: { other } };
  const keys = { name: 'keys', key: 'k' };
  const secretRef = { accessKeyIDSecretRef: keys, secretAccessKeySecretRef: keys };
  const jwt = { serviceAccountRef: { name: 'ci' } };
  const withAccount = { cluster: { inCluster: true }, generators: [generator({ auth: { jwt } })] };
  const account = (role: string) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'ci', namespace: 'team-a', annotations: { 'eks.amazonaws.com/role-arn': role } },
  });
  const named = (kind: string) =>
    externalSecret({ dataFrom: [fromGenerator('deployer', undefined, kind)] }, { namespace: 'team-a' });

  test.each<[string, Parameters<typeof request>[0], readonly unknown[], string]>([
    [
      'a role that does not trust us',
      {
        input: input({ allow: undefined, generators: [generator({ role: 'arn:aws:iam::123456789012:role/others' })] }),
      },
      [],
      'HopDenied',
    ],
    [
      'a Secret with keys',
      { input: input({ generators: [generator({ auth: { secretRef } })] }) },
      [],
      'ReferenceMissing',
    ],
    ['a role of a ServiceAccount, that has none', { input: input(withAccount) }, [account('oops')], 'SpecInvalid'],
    [
      "a role of a tenant's own generator, that has none",
      { input: input({ generators: [named('STSAssumeRoleToken')] }) },
      [generator({ role: 'oops' }, { name: 'deployer', namespace: 'team-a' })],
      'SpecInvalid',
    ],
    [
      "a field of a tenant's own generator",
      { input: input({ generators: [named('STSAssumeRoleToken')] }) },
      [generator({ role: undefined, region: 1 }, { name: 'deployer', namespace: 'team-a' })],
      'SpecInvalid',
    ],
    [
      'a role of a ClusterGenerator in the cluster, that has none',
      { input: input({ generators: [named('ClusterGenerator')] }) },
      [clusterGenerator({ region: 'eu-west-1', role: 'oops' }, { name: 'deployer' })],
      'SpecInvalid',
    ],
    ['a field of the composite', { xr: composite({ spec: { accountID: undefined } }) }, [], 'ValueMissing'],
    ['a value of the wrong type', { xr: composite({ spec: { accountID: '1234' } }) }, [], 'ValueInvalid'],
    [
      'a label of the namespace',
      { input: input({ vars: { account: { namespaceLabel: 'example.org/account', type: 'accountID' } } }) },
      [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a', labels: {} } }],
      'ValueMissing',
    ],
    [
      "a Secret of that name that is somebody else's",
      {},
      [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: KEY, namespace: 'team-a' } }],
      'TargetNotOurs',
    ],
    [
      'a Secret of that name that another composite controls',
      {},
      [
        applied(
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: {
              name: KEY,
              namespace: 'team-a',
              annotations: { 'sts.fn.crossplane.io/generator': 'STSAssumeRoleToken/team-a/deployer' },
            },
          },
          'another',
        ),
      ],
      'TargetNotOurs',
    ],
  ])('%s', async (_, parts, objects, reason) => {
    const { response } = await server.reconcile(request({ ...parts, desired }), objects);
    expect(response.desired).toEqual({
      composite: expect.objectContaining({ ready: Ready.READY_FALSE }),
      resources: { other },
    });
    expect(verdictOf(response)).toMatchObject({ status: Status.STATUS_CONDITION_FALSE, reason });
    expect(response.results.map(({ severity }) => severity)).toEqual([Severity.SEVERITY_WARNING]);
    expect(response.meta?.ttl?.seconds).toBe(15);
    expect(verdictOf(response)?.message).not.toMatch(/arn:aws|\d{12}/);
    const { status, message } = verdictOf(response) ?? {};
    const known = {
      type: 'CredentialsReady',
      status: status === Status.STATUS_CONDITION_FALSE ? 'False' : '?',
      reason,
      message,
    };
    const xr = (parts?.xr ?? composite()) as ReturnType<typeof composite>;
    const again = await server.reconcile(
      request({ ...parts, desired, xr: { ...xr, status: { conditions: [known] } } }),
      objects,
    );
    expect(again.response.results).toEqual([]); // the owner knows
  });

  test('keeps every Secret that was made while a value is away', async () => {
    const secret = await mint();
    const xr = composite({ spec: { accountID: undefined } });
    const { response } = await server.reconcile(request({ xr, observedResources: { [KEY]: applied(secret) } }));
    expect(response.desired?.resources[KEY]?.resource).toEqual(secret);
  });

  test('Secrets of an entry keep labels and annotations, also while a value is away', async () => {
    const secrets = [
      { labels: { team: 'a' }, annotations: { 'example.org/for': '${composite}' } },
      { name: '${composite}-file', format: 'credentialProcess', labels: { team: 'a' } },
    ];
    const step = { input: input({ sessions: [{ secrets }] }) };
    const { response } = await server.reconcile(request(step));
    const made = Object.values(response.desired?.resources ?? {}).map(({ resource }) => resource);
    expect(made).toMatchObject([
      { metadata: { name: KEY, labels: { team: 'a' }, annotations: { 'example.org/for': 'acme' } } },
      { metadata: { name: 'acme-file', labels: { team: 'a' } }, data: { 'credentials.json': expect.any(String) } },
    ]);
    expect(sts.calls.length).toBe(1);
    const keys = Object.keys(response.desired?.resources ?? {});
    const observedResources = Object.fromEntries(
      keys.map((key, index) => [key, withEngineLabels(applied(made[index]))]),
    );
    for (const xr of [composite(), composite({ spec: { accountID: undefined } })]) {
      const again = await server.reconcile(request({ ...step, xr, observedResources }));
      expect(Object.values(again.response.desired?.resources ?? {}).map(({ resource }) => resource)).toEqual(made);
    }
    expect(sts.calls.length).toBe(1);
  });

  test('an expired Secret is composed again, and is not ready', async () => {
    const secret = await seen();
    const annotations = {
      ...secret.metadata.annotations,
      'sts.fn.crossplane.io/renew-after': '2026-01-01T00:00:00Z',
      'sts.fn.crossplane.io/expiration': '2026-01-01T01:00:00Z',
    };
    const observed = { ...secret, metadata: { ...secret.metadata, annotations } };
    trusting.length = 0;
    const { response } = await server.reconcile(request({ observedResources: { [KEY]: applied(observed) } }));
    expect(response.desired?.resources[KEY]).toEqual({
      resource: observed,
      connectionDetails: {},
      ready: Ready.READY_FALSE,
    });
  });

  test('a generator that fails leaves the other alone', async () => {
    const generators = [generator(), generator({ role: 'arn:aws:iam::${account}:role/nowhere' }, { name: 'nowhere' })];
    const { response } = await server.reconcile(request({ input: input({ generators, allow: undefined }) }));
    expect(Object.keys(response.desired?.resources ?? {})).toEqual([KEY]);
    expect(verdictOf(response)?.reason).toBe('HopDenied');
  });

  test.each<[string, unknown, unknown]>([
    ['a ServiceAccount', generator({ auth: { jwt } }, { name: 'other' }), account('oops')],
    [
      "a tenant's own generator",
      externalSecret({ dataFrom: [fromGenerator('other')] }),
      generator({ role: 'oops' }, { name: 'other', namespace: 'team-a' }),
    ],
  ])('a fault of %s leaves the other alone', async (_, other, object) => {
    const generators = [generator(), other];
    const { response } = await server.reconcile(request({ input: input({ ...withAccount, generators }) }), [object]);
    expect(Object.keys(response.desired?.resources ?? {})).toEqual([KEY]);
    expect(verdictOf(response)?.reason).toBe('SpecInvalid');
    expect(sts.calls).toHaveLength(1);
  });
});

describe('references', () => {
  const ref = (key: string) => ({ name: 'keys', key });
  const secretRef = { accessKeyIDSecretRef: ref('id'), secretAccessKeySecretRef: ref('secret') };
  const withKeys = request({ input: input({ generators: [generator({ auth: { secretRef } })] }) });
  const data = { id: Buffer.from(ci.accessKeyId), secret: Buffer.from(ci.secretAccessKey) };

  test("come from Secrets of the composite's namespace", async () => {
    const base64 = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.toString('base64')]));
    const keys = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'team-a' }, data: base64 };
    const { response, calls } = await server.reconcile(withKeys, [keys]);
    expect({ calls, made: Object.keys(response.desired?.resources ?? {}) }).toEqual({ calls: 2, made: [KEY] });
  });

  test.each([
    ['a variable', { secretName: 'keys' }, '${secret}', false],
    ['a part of one', { secretName: 'key' }, '${secret}s', false],
    ['an earlier step', {}, 'keys', true],
  ])("come from the step's credentials by no name that %s has from the composite", async (_, spec, name, isDesired) => {
    const auth = {
      secretRef: { accessKeyIDSecretRef: { name, key: 'id' }, secretAccessKeySecretRef: { name, key: 'secret' } },
    };
    const theirs = generator({ auth }, { name: 'theirs' });
    const account = { fromFieldPath: 'spec.accountID', type: 'accountID' };
    const vars = {
      account,
      secret: isDesired ? { value: 'a', type: 'dnsLabel' } : { fromFieldPath: 'spec.secretName', type: 'dnsLabel' },
    };
    const before = sts.calls.length;
    const { response } = await server.reconcile({
      ...request({
        xr: composite({ spec: { accountID: '123456789012', ...spec } }),
        input: input({ vars, generators: [generator({ auth: { secretRef } }), ...(isDesired ? [] : [theirs])] }),
        ...(isDesired && { desired: { resources: { theirs: { resource: theirs } } } }),
      }),
      credentials: { keys: { credentialData: { data } } },
    });
    expect(verdictOf(response)?.reason).toBe('NotGranted');
    expect(sts.calls.length).toBe(before);
  });

  test("come from the step's credentials", async () => {
    const { response } = await server.reconcile({ ...withKeys, credentials: { keys: { credentialData: { data } } } });
    expect(Object.keys(response.desired?.resources ?? {})).toEqual([KEY]);
    expect(Object.keys(response.requirements?.resources ?? {})).toEqual([`Secret/team-a/${KEY}`]);
  });
});

describe('specs', () => {
  test('a desired generator is replaced by its Secret, and one without a name has the name of its key', async () => {
    const role = 'arn:aws:iam::123456789012:role/deployer';
    const resources = {
      creds: { resource: generator({ role }, {}) },
      ignored: { resource: generator({}, { annotations: { 'sts.fn.crossplane.io/ignore': 'true' } }) },
    };
    const { response } = await server.reconcile({ ...request({ desired: { resources } }), input: undefined });
    expect(Object.keys(response.desired?.resources ?? {})).toEqual(['ignored', 'acme-creds']);
  });

  test('a desired generator under the key of its own Secret is replaced by it', async () => {
    const resources = { [KEY]: { resource: generator({ role: 'arn:aws:iam::123456789012:role/deployer' }) } };
    const { response } = await server.reconcile({ ...request({ desired: { resources } }), input: undefined });
    expect(response.desired?.resources).toMatchObject({ [KEY]: { resource: { kind: 'Secret' } } });
  });

  test('a bare generator is a legal input', async () => {
    const { response } = await server.reconcile(
      request({ input: generator({ role: 'arn:aws:iam::123456789012:role/deployer' }) }),
    );
    expect(Object.keys(response.desired?.resources ?? {})).toEqual([KEY]);
  });

  test('a label of the namespace gives the account', async () => {
    const vars = { account: { namespaceLabel: 'example.org/account', type: 'accountID' } };
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'team-a', labels: { 'example.org/account': '123456789012' } },
    };
    const { response } = await server.reconcile(request({ input: input({ vars }) }), [namespace]);
    expect(sts.calls.map(({ parameters }) => parameters.RoleArn)).toEqual(['arn:aws:iam::123456789012:role/deployer']);
    expect(Object.keys(response.desired?.resources ?? {})).toEqual([KEY]);
  });

  test('a legacy composite gets a mirror in its connection details, and `ttl` is an upper bound', async () => {
    const xr = { ...composite(), metadata: { name: 'acme', uid: UID }, spec: { accountID: '123456789012' } };
    const generators = [generator({}, { name: 'deployer', namespace: 'team-b' })];
    const { response } = await server.reconcile(request({ xr, input: input({ generators, ttl: '60s' }) }));
    const secret = response.desired?.resources['team-b/acme-deployer']?.resource as { data: Record<string, string> };
    const details = Object.entries(response.desired?.composite?.connectionDetails ?? {});
    expect(Object.fromEntries(details.map(([key, value]) => [key, Buffer.from(value).toString('base64')]))).toEqual(
      secret.data,
    );
    expect(response.meta?.ttl?.seconds).toBe(60);
  });

  const inTeamB = (kind: string, name: string) =>
    externalSecret({ dataFrom: [fromGenerator(name, undefined, kind)] }, { name: 'other', namespace: 'team-b' });
  test.each<[string, object, object[], string]>([
    ['another generator', generator({}, { name: 'other', namespace: 'team-b' }), [], 'acme-deployer.'],
    [
      'an ExternalSecret of a generator in the cluster',
      inTeamB('STSAssumeRoleToken', 'shared'),
      [generator({ role: 'arn:aws:iam::123456789012:role/deployer' }, { name: 'shared', namespace: 'team-b' })],
      'acme-deployer.',
    ],
    ['an ExternalSecret of a ClusterGenerator that nobody has', inTeamB('ClusterGenerator', 'shared'), [], ''],
  ])('connection details keep their keys while a value is missing, beside %s', async (_, other, objects, prefix) => {
    const generators = [generator({}, { name: 'deployer', namespace: 'team-b' }), other];
    const ask = (accountID?: string) => {
      const xr = { ...composite(), metadata: { name: 'acme', uid: UID }, spec: { accountID } };
      return { xr, input: input({ generators }) };
    };
    const { response } = await server.reconcile(request(ask('123456789012')), objects);
    const { resource } = response.desired?.resources['team-b/acme-deployer'] ?? {};
    const observedResources = { 'team-b/acme-deployer': applied(resource) };
    for (const accountID of ['123456789012', undefined]) {
      const { response } = await server.reconcile(request({ ...ask(accountID), observedResources }), objects);
      const details = Object.keys(response.desired?.composite?.connectionDetails ?? {});
      expect(details).toContain(`${prefix}access_key_id`);
    }
  });
});
