import { type RunFunctionResponse, Severity } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { composite, generator, input, type Parts, request, verdictOf } from '../../support/crossplane/request.ts';
import { shareServer } from '../../support/crossplane/share-server.ts';
import { clusterGenerator, externalSecret, fromGenerator } from '../../support/manifests.ts';
import { shareExampleSts } from '../../support/start-example-sts.ts';

/**
 * A Composition has a generator of its own, and an ExternalSecret that names one of the cluster. Its author stops neither the
 * pipeline nor the Composition's own credentials, also where it is right by itself and only does not fit the step.
 */
const THEIRS = 'arn:aws:iam::210987654321:role/theirs';
const HUB = 'arn:aws:iam::111111111111:role/hub';
const UNGRANTED = 'arn:aws:iam::123456789012:role/deployer';

const sts = shareExampleSts({
  roles: [THEIRS, HUB, UNGRANTED].map((arn) => ({
    arn,
    trust: [{ principals: [ci.arn, HUB] }],
  })),
});
const server = shareServer({ sts });

const own = generator({ role: HUB }, { name: 'own' });
const theirs = (spec: object = {}, metadata: object = {}) =>
  generator({ role: THEIRS, ...spec }, { name: 'theirs', namespace: 'team-a', ...metadata });
const lasting = (seconds: number) => theirs({ requestParameters: { sessionDuration: seconds } });
const behind = (account: object) => theirs({ auth: { jwt: { serviceAccountRef: { name: 'app', ...account } } } });
const signedBy = (name: string) =>
  theirs({
    auth: {
      secretRef: {
        accessKeyIDSecretRef: { name, key: 'id' },
        secretAccessKeySecretRef: { name, key: 'secret' },
      },
    },
  });
const shared = (kind: string, generators: object) => ({
  ...(clusterGenerator({}) as object),
  spec: { kind, generator: generators },
});
const password = shared('Password', {});
const login = (spec: object) => shared('ECRAuthorizationToken', { ecrAuthorizationTokenSpec: spec });
const ofUser = shared('STSSessionToken', { stsSessionTokenSpec: { region: 'eu-west-1' } });

const from = (entries: readonly object[], spec: object = {}) =>
  externalSecret({ dataFrom: entries, ...spec }, { namespace: undefined });
const THEIR_SECRET = from([fromGenerator('theirs')]);
const SHARED_SECRET = from([fromGenerator('shared', undefined, 'ClusterGenerator')]);

const step = (parts: object, generators: readonly unknown[] = [own, THEIR_SECRET]) =>
  input({ generators, vars: {}, allow: [{ roles: [HUB, THEIRS], fromCluster: true }], ...parts });
const sessions = (...entries: object[]) => ({ sessions: entries });
const KINDS = ['STSAssumeRoleToken', 'STSSessionToken', 'ECRAuthorizationToken'];

async function run(parts: Parts, objects: readonly unknown[]): Promise<RunFunctionResponse> {
  const asked = JSON.parse(JSON.stringify(parts.input)) as object;
  return (await server.reconcile(request({ ...parts, input: asked }), objects)).response;
}

describe('a generator of the cluster that does not fit the step', () => {
  test.each<[string, object, object, string]>([
    [
      'with the labels of two entries',
      step(sessions({ match: { labels: { a: 'x' } } }, { match: { labels: { b: 'x' } } })),
      theirs({}, { labels: { a: 'x', b: 'x' } }),
      'FunctionConfigInvalid',
    ],
    [
      'with those of an entry that has Secrets',
      step(sessions({ match: { labels: { a: 'x' } }, secrets: [{ name: 'x' }] })),
      theirs({}, { labels: { a: 'x' } }),
      'FunctionConfigInvalid',
    ],
    [
      'whose role has no account to name',
      step(sessions({ match: { names: ['theirs'] }, via: ['arn:aws:iam::${role.account}:role/hub'] })),
      theirs({ role: 'x' }),
      'FunctionConfigInvalid',
    ],
    [
      'that lasts no longer than it is renewed before its end',
      step(sessions({ match: { names: ['theirs'] }, renew: { before: '20m' } })),
      lasting(900),
      'FunctionConfigInvalid',
    ],
    [
      'with a value that its entry has too',
      step(sessions({ match: { names: ['theirs'] }, last: { sessionDuration: 1800 } })),
      lasting(900),
      'FunctionConfigInvalid',
    ],
    [
      'in a region of another partition than its hops',
      step(sessions({ match: { names: ['theirs'] }, via: [HUB] })),
      theirs({ region: 'cn-north-1' }),
      'SpecInvalid',
    ],
    ['that wants a token, and no cluster is switched on', step({}), behind({}), 'ClusterOff'],
    [
      "that wants one with the API server's audience",
      step({ cluster: { inCluster: true } }),
      behind({ audiences: ['kubernetes'] }),
      'TokenRefused',
    ],
    ["that reads the Secret of the Composition's generator", step({}), signedBy('acme-own'), 'TargetConflict'],
    ['that reads the Secret which it goes into', step({}), signedBy('acme-credentials'), 'TargetConflict'],
    [
      'of a kind that a template was not written for',
      step({}, [
        own,
        from([fromGenerator('shared', undefined, 'ClusterGenerator')], {
          target: { template: { data: { id: '{{ .access_key_id }}' } } },
        }),
      ]),
      login({ region: 'eu-west-1', role: HUB }),
      'TemplateInvalid',
    ],
    [
      'of a kind that takes no roles',
      step(sessions({ match: { kinds: KINDS, names: ['shared'] }, via: [HUB] }), [own, SHARED_SECRET]),
      ofUser,
      'FunctionConfigInvalid',
    ],
    [
      'without a role, where its entry has a hop to it',
      step(sessions({ match: { kinds: KINDS, names: ['shared'] }, last: { sessionName: 'x-y' } }), [
        own,
        SHARED_SECRET,
      ]),
      login({ region: 'eu-west-1' }),
      'FunctionConfigInvalid',
    ],
  ])("%s: the composite waits, and has the Composition's own Secret", async (_, asked, object, reason) => {
    const response = await run({ input: asked }, [object]);
    expect(response.results.filter(({ severity }) => severity === Severity.SEVERITY_FATAL)).toEqual([]);
    expect(verdictOf(response)).toMatchObject({ reason });
    expect(Object.keys(response.desired?.resources ?? {})).toEqual(['acme-own']);
    expect(sts.calls).toMatchObject([{ parameters: { RoleArn: HUB } }]);
  });

  test('that is too much in many namespaces of a composite of the whole cluster', async () => {
    const namespaced = Array.from({ length: 15 }, (_, at) =>
      externalSecret(SHARED_SECRET.spec, { namespace: `team-${at}` }),
    );
    const generators = [generator({ role: HUB }, { name: 'own', namespace: 'team-0' }), ...namespaced];
    const labels = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`l${at}`, '']));
    const large = clusterGenerator({ region: 'eu-west-1', role: THEIRS }, { labels });
    const { namespace: _, ...metadata } = composite().metadata;
    const xr = { ...composite(), metadata };
    const others = externalSecret(
      { dataFrom: [fromGenerator('other', undefined, 'ClusterGenerator')] },
      { namespace: 'team-0' },
    );
    const other = { ...password, metadata: { name: 'other' } };
    const ofOurKind = {
      ...(clusterGenerator({ region: 'eu-west-1', role: THEIRS }) as object),
      metadata: { name: 'ours' },
    };
    const ours = externalSecret(
      { dataFrom: [fromGenerator('ours', undefined, 'ClusterGenerator')] },
      { name: 'ours', namespace: 'team-0' },
    );
    const desired = { resources: { others: { resource: others }, ours: { resource: ours } } };
    const response = await run(request({ xr, input: step({}, generators), desired }), [large, other, ofOurKind]);
    expect(response.results.filter(({ severity }) => severity === Severity.SEVERITY_FATAL)).toEqual([]);
    expect(verdictOf(response)).toMatchObject({ reason: 'LimitExceeded' });
    // an ExternalSecret of ours waits, and nobody else in the cluster gets it
    expect(Object.keys(response.desired?.resources ?? {}).sort()).toEqual(['others', 'team-0/acme-own']);
  });

  test('what the Composition alone has wrong stays Fatal beside it', async () => {
    const response = await run({ input: step({ sessions: [{ via: ['x'] }] }) }, [theirs()]);
    expect(response.results).toMatchObject([{ severity: Severity.SEVERITY_FATAL }]);
    expect(sts.calls).toEqual([]);
  });

  test('gets nobody a session that no grant has, by taking its ExternalSecret away from a generator', async () => {
    const consumed = generator({ role: UNGRANTED }, { name: 'consumed' });
    const both = from([fromGenerator('consumed'), fromGenerator('shared', undefined, 'ClusterGenerator')]);
    const response = await run({ input: step({}, [own, consumed, both]) }, [password]);
    expect(Object.keys(response.desired?.resources ?? {})).toEqual(['acme-own']);
    expect(sts.calls).toMatchObject([{ parameters: { RoleArn: HUB } }]);
  });
});
