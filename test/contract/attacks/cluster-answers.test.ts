import { describe, expect, test } from '@jest/globals';
import { request, verdictOf } from '../../support/crossplane/request.ts';
import { shareServer } from '../../support/crossplane/share-server.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import {
  externalSecret,
  fromGenerator,
  GOOD_SPEC,
  generatorItem,
  generatorManifest,
  list,
  SPEC,
} from '../../support/manifests.ts';
import { runMeasured } from '../../support/run-measured.ts';
import { shareCluster } from '../../support/share-stand-in-cluster.ts';
import {
  ACCOUNT_ROLE,
  type ApiAnswer,
  SERVICE_ACCOUNT_PATH,
  serviceAccount,
  TOKEN_PATH,
  WITH_SERVICE_ACCOUNT,
} from '../../support/stand-in-cluster.ts';
import { createIssuer } from '../../support/sts/issuer.ts';

/** An API server, or what sits in its place, that answers something else than what it was asked for. */
const cluster = shareCluster();

const GENERATORS = '/apis/generators.external-secrets.io/v1alpha1';
const THEIRS = `${GENERATORS}/namespaces/team-a/stsassumeroletokens/theirs`;
const KEYS = '/api/v1/namespaces/team-a/secrets/keys';
const TEXTS = '/api/v1/namespaces/team-a/configmaps/texts';
const ROLE = { 'eks.amazonaws.com/role-arn': ACCOUNT_ROLE };
const TARGET = 'arn:aws:iam::123456789012:role/deployer';

const external = (more = '') =>
  list(`- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: credentials, namespace: team-a}
  spec: {dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: theirs}}}]${more}}
`);
const theirs = (metadata: object = {}) =>
  generatorManifest(
    { ...SPEC, auth: { jwt: { serviceAccountRef: { name: 'deployer' } } } },
    { name: 'theirs', namespace: 'team-a', ...metadata },
  );
const core = (kind: string, name: string, data: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'team-a' },
  data,
  ...more,
});
const base64 = (text: string) => Buffer.from(text).toString('base64');
const DATA = { id: base64('AKIAIOSFODNN7EXAMPLE'), secret: base64('x'.repeat(40)) };
const withKeys = list(
  generatorItem(
    `${GOOD_SPEC}, auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}`,
  ),
);
const template = ', target: {template: {templateFrom: [{configMap: {name: texts, items: [{key: id}]}}]}}';
const TEXT = { id: 'id {{ .access_key_id }}' };

/** What is asked for, by which path, and what the honest answer is; the honest one of the API server's own is there already. */
interface PermissionRequest {
  readonly input: string;
  readonly path: string;
  readonly honest: object;
  /** Of what else is asked. */
  readonly before?: readonly (readonly [string, object])[];
}

const ASKED = {
  generator: { input: external(), path: THEIRS, honest: theirs() },
  serviceAccount: {
    input: WITH_SERVICE_ACCOUNT,
    path: SERVICE_ACCOUNT_PATH,
    honest: serviceAccount({ annotations: ROLE }),
  },
  secret: { input: withKeys, path: KEYS, honest: core('Secret', 'keys', DATA) },
  configMap: {
    input: external(template),
    path: TEXTS,
    honest: core('ConfigMap', 'texts', TEXT),
    before: [[THEIRS, theirs()]],
  },
} satisfies Record<string, PermissionRequest>;

const ok = (body: unknown): ApiAnswer => ({ status: 200, body });
const NOT_AN_ANSWER = 'the answer is not one of an API server';

async function run({ input, path, before = [] }: PermissionRequest, answer: ApiAnswer) {
  for (const [of, found] of before) cluster.put(of, ok(found));
  cluster.put(path, answer);
  const { exit, stdout, stderr } = await cluster.run(input);
  return { exit, stderr, secrets: exit === 0 ? emittedSecrets(stdout).length : 0, calls: cluster.sts.calls.length };
}

describe('an object that is not the one that was asked for is not used', () => {
  const other = (asked: PermissionRequest, parts: object) => ({ asked, answer: { ...asked.honest, ...parts } });
  const { generator: one, serviceAccount: account, secret, configMap } = ASKED;
  test.each<[string, { readonly asked: PermissionRequest; readonly answer: unknown }]>([
    ['a generator of another namespace', other(one, theirs({ name: 'evil', namespace: 'kube-system' }))],
    ['a generator of another name', other(one, theirs({ name: 'evil' }))],
    ['a generator without a namespace', other(one, { metadata: { name: 'theirs' } })],
    ['a generator of another kind', other(one, { kind: 'STSSessionToken' })],
    ['a generator of another version', other(one, { apiVersion: 'generators.external-secrets.io/v1' })],
    ['a ClusterGenerator in its place', other(one, { kind: 'ClusterGenerator', metadata: { name: 'theirs' } })],
    [
      'a ServiceAccount of another namespace',
      other(account, serviceAccount({ namespace: 'kube-system', annotations: ROLE })),
    ],
    ['another ServiceAccount', other(account, serviceAccount({ name: 'admin', annotations: ROLE }))],
    ['a Secret in its place', other(account, { kind: 'Secret' })],
    [
      'a name under __proto__',
      {
        asked: account,
        answer: JSON.stringify(account.honest).replace('"name"', '"__proto__":{"name":"deployer"},"nome"'),
      },
    ],
    ['another Secret', other(secret, core('Secret', 'others', DATA))],
    ['a ConfigMap in the place of a Secret', other(secret, { kind: 'ConfigMap' })],
    ['a Secret of another API', other(secret, { apiVersion: 'example.org/v1' })],
    ['a list', other(secret, { kind: 'SecretList' })],
    ['a Secret in the place of a ConfigMap', other(configMap, { kind: 'Secret' })],
    ['a ConfigMap of another namespace', other(configMap, { metadata: { name: 'texts', namespace: 'team-b' } })],
    ['nothing', { asked: secret, answer: '' }],
    ['null', { asked: secret, answer: null }],
    ['a list of it', { asked: secret, answer: [secret.honest] }],
    ['text', { asked: secret, answer: '"Secret"' }],
  ])('%s', async (_, { asked, answer }) => {
    expect(await run(asked, ok(answer))).toEqual({
      exit: 1,
      stderr: expect.stringContaining(NOT_AN_ANSWER),
      secrets: 0,
      calls: 0,
    });
  });

  test.each(Object.entries({ generator: one, serviceAccount: account, configMap }))(
    'the honest one is: %s',
    async (_, asked) => {
      expect(await run(asked, ok(asked.honest))).toEqual({ exit: 0, stderr: '', secrets: 1, calls: 2 });
    },
  );

  test('the honest one is: Secret', async () => {
    const { stderr, calls } = await run(secret, ok(secret.honest));
    expect({ stderr, calls }).toEqual({ stderr: expect.stringContaining('InvalidClientTokenId'), calls: 1 });
  });

  test('a protocol that is switched is no answer, and is said', async () => {
    const { exit, stderr, calls } = await run(account, {
      status: 101,
      body: '',
      headers: { connection: 'upgrade', upgrade: 'SPDY/3.1' },
    });
    expect({ exit, stderr, calls }).toEqual({ exit: 1, stderr: expect.stringContaining(NOT_AN_ANSWER), calls: 0 });
  });
});

describe('a value of another form is as if it were not there', () => {
  test.each<[string, string]>([
    ['a role that is a list', '{"eks.amazonaws.com/role-arn":["arn:aws:iam::111111111111:role/service-account"]}'],
    ['a role under __proto__', `{"__proto__":${JSON.stringify(ROLE)}}`],
    ['annotations that are a text', '"eks.amazonaws.com/role-arn"'],
    ['annotations that are null', 'null'],
  ])('%s', async (_, annotations) => {
    const answer = JSON.stringify(serviceAccount({ annotations: 'HERE' })).replace('"HERE"', annotations);
    const { exit, stderr, calls } = await run(ASKED.serviceAccount, ok(answer));
    const said = expect.stringContaining('it has no annotation `eks.amazonaws.com/role-arn`');
    expect({ exit, stderr, calls }).toEqual({ exit: 1, stderr: said, calls: 0 });
  });
});

describe('a token that is not the one that was asked for is not sent to STS', () => {
  const asked = { input: WITH_SERVICE_ACCOUNT, path: TOKEN_PATH };
  const SUBJECT = 'system:serviceaccount:team-a:deployer';
  const request = (claims: object) => async () => {
    const issuer = await createIssuer();
    return {
      kind: 'TokenRequest',
      status: { token: await issuer.sign({ iss: 'https://issuer.example.org', ...claims }) },
    };
  };
  const OF_OTHERS = "the API server's token is for another ServiceAccount or audience";

  test.each<[string, () => unknown, string]>([
    ['of another account', request({ sub: 'system:serviceaccount:team-a:admin', aud: ['extra'] }), OF_OTHERS],
    ['of another namespace', request({ sub: 'system:serviceaccount:kube-system:deployer', aud: 'extra' }), OF_OTHERS],
    ['of nobody', request({ aud: ['extra'] }), OF_OTHERS],
    ['for another audience', request({ sub: SUBJECT, aud: ['vault'] }), OF_OTHERS],
    ['for one audience more', request({ sub: SUBJECT, aud: ['extra', 'vault'] }), OF_OTHERS],
    ['for no audience', request({ sub: SUBJECT }), OF_OTHERS],
    ['for a list of no audiences', request({ sub: SUBJECT, aud: [] }), OF_OTHERS],
    ['of nobody, for no audience, of no issuer', request({ iss: undefined }), OF_OTHERS],
    ['in an object of another kind', () => ({ kind: 'TokenReview', status: { token: 'a.b.c' } }), NOT_AN_ANSWER],
    ['that is a list', () => ({ kind: 'TokenRequest', status: { token: ['a.b.c'] } }), NOT_AN_ANSWER],
    ['that is empty', () => ({ kind: 'TokenRequest', status: { token: '' } }), NOT_AN_ANSWER],
  ])('%s', async (_, body, said) => {
    const { exit, stderr, calls } = await run({ ...asked, honest: {} }, { status: 201, body: await body() });
    expect({ exit, stderr, calls }).toEqual({ exit: 1, stderr: expect.stringContaining(said), calls: 0 });
  });
});

test.each([['opaque'], ['a.b.c.d.e'], [`a.${'x'.repeat(200)}.c`]])(
  'a token that cannot be read is left to STS: %s',
  async (token) => {
    const body = { kind: 'TokenRequest', status: { token } };
    for (let count = 0; count < 5; count++) cluster.put(TOKEN_PATH, { status: 201, body });
    const { exit, stderr } = await cluster.run(WITH_SERVICE_ACCOUNT);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining('InvalidIdentityToken') });
    expect(cluster.sts.calls.length).toBeGreaterThan(0);
  },
);

describe('an answer is bounded in bytes and in depth', () => {
  const nested = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);
  const spec = (text: string) => JSON.stringify({ ...theirs(), spec: 'HERE' }).replace('"HERE"', text);

  test.each<[string, string]>([
    ['60,000 lists in each other', spec(nested('[', ']', 60_000))],
    ['60,000 maps in each other', spec(nested('{"a":', '}', 60_000).replace(':}', ':0}'))],
    ['four million lists in each other', spec(nested('[', ']', 4_000_000))],
    ['two million lists beside each other', spec(`[${'[],'.repeat(2_600_000)}0]`)],
    ['more than 8 MiB', spec(`"${'x'.repeat(9 << 20)}"`)],
  ])('%s', async (_, body) => {
    cluster.put(THEIRS, ok(body));
    const environment = {
      KUBECONFIG: cluster.kubeconfig,
      STS_FUNCTION_CLUSTER: 'context:ci',
      STS_FUNCTION_MODE: 'mint',
    };
    const { exit, stderr, seconds, megabytes } = await runMeasured({ input: external() }, environment);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining(NOT_AN_ANSWER) });
    expect(seconds).toBeLessThan(3);
    expect(megabytes).toBeLessThan(300);
  });

  test('brackets in a text are none', async () => {
    expect(
      await run(
        ASKED.generator,
        ok({ ...theirs(), metadata: { ...theirs().metadata, annotations: { a: `\\"${'['.repeat(600)}` } } }),
      ),
    ).toEqual({
      exit: 0,
      stderr: '',
      secrets: 1,
      calls: 2,
    });
  });
});

describe('what Crossplane shows for a requirement', () => {
  const server = shareServer({
    sts: {
      get url() {
        return cluster.sts.url;
      },
    },
  });
  const input = {
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Input',
    generators: [externalSecret({ dataFrom: [fromGenerator('theirs')] }, { namespace: undefined })],
    allow: [{ roles: [TARGET], fromCluster: true }],
  };

  test.each<[string, object]>([
    ['a generator of another name', theirs({ name: 'evil' })],
    ['a generator of another namespace', theirs({ namespace: 'kube-system' })],
    ['another kind', { ...theirs(), kind: 'STSSessionToken' }],
  ])('%s is not used', async (_, shown) => {
    const first = request({ input: JSON.parse(JSON.stringify(input)) as object });
    const { requirements } = await server.call(first);
    const items = [{ resource: shown, connectionDetails: {}, ready: 0 }];
    const names = Object.keys(requirements?.resources ?? {});
    expect(names).toEqual(['STSAssumeRoleToken/team-a/theirs']);
    const requiredResources = Object.fromEntries(names.map((name) => [name, { items }]));
    const response = await server.call({ ...first, requiredResources });
    expect(verdictOf(response)).toMatchObject({ reason: 'ReferenceMissing' });
    expect({ calls: cluster.sts.calls, desired: response.desired?.resources ?? {} }).toEqual({
      calls: [],
      desired: {},
    });
  });
});
