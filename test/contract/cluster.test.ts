import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { generatorItem, list, OTHER, secret } from '../support/manifests.ts';
import { shareCluster } from '../support/share-stand-in-cluster.ts';
import { type ApiAnswer, SERVICE_ACCOUNT_PATH, TOKEN_PATH, WITH_SERVICE_ACCOUNT } from '../support/stand-in-cluster.ts';
import { withPatience } from '../support/with-patience.ts';

/** The way to an API server, with a stand-in for the faults that the real one of test/hosts/ does not make. */
const cluster = shareCluster();

const asked = () => cluster.requests.map(({ method, path }) => `${method} ${path}`);
const READ = `GET ${SERVICE_ACCOUNT_PATH}`;
const TOKEN = `POST ${TOKEN_PATH}`;
const busy: ApiAnswer = { status: 429, body: { kind: 'Status', code: 429 } };

test('a ServiceAccount is read, its token asked for and sent to STS unsigned, then the chain is walked', async () => {
  const { exit, stdout, stderr } = await cluster.run(WITH_SERVICE_ACCOUNT);
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  expect(asked()).toEqual([READ, TOKEN]);
  expect(JSON.parse(cluster.requests[1]?.body ?? '')).toEqual({
    spec: { audiences: ['sts.amazonaws.com', 'extra'], expirationSeconds: 600 },
  });
  expect(cluster.sts.calls).toMatchObject([
    { operation: 'AssumeRoleWithWebIdentity', outcome: 'ok', accessKeyId: undefined },
    { operation: 'AssumeRole', outcome: 'ok', parameters: { RoleSessionName: 'team-a.deployer' } },
  ]);
});

test('a login with the role of a ServiceAccount alone: a registry needs no role of its own', async () => {
  const jwt = 'auth: {jwt: {serviceAccountRef: {name: deployer, audiences: [extra]}}}';
  const login = generatorItem(`region: eu-west-1, ${jwt}`, { kind: 'ECRAuthorizationToken' });
  const { exit, stderr } = await cluster.run(list(login));
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(cluster.sts.calls).toMatchObject([
    { operation: 'AssumeRoleWithWebIdentity', outcome: 'ok' },
    {
      operation: 'GetAuthorizationToken',
      outcome: 'ok',
      callerArn: 'arn:aws:sts::111111111111:assumed-role/service-account/function-sts-assume-role',
    },
  ]);
});

test('a ServiceAccount of the package is not asked for again; its audience is', async () => {
  const annotations =
    ', annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111111111111:role/service-account", eks.amazonaws.com/audience: own}';
  const account = secret('', { name: 'deployer', annotations }).replace('kind: Secret', 'kind: ServiceAccount');
  const { exit, stderr } = await cluster.run(WITH_SERVICE_ACCOUNT + account);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(asked()).toEqual([TOKEN]);
  expect(JSON.parse(cluster.requests[0]?.body ?? '')).toMatchObject({ spec: { audiences: ['own', 'extra'] } });
});

test('nothing that is asked for, nobody is asked', async () => {
  const { exit } = await cluster.run(list(OTHER));
  expect({ exit, asked: asked() }).toEqual({ exit: 0, asked: [] });
});

describe('a request that may pass by itself is sent again', () => {
  test.each<[string, string, ApiAnswer]>([
    ['throttled, reading', SERVICE_ACCOUNT_PATH, busy],
    ['an error of the server, for a token', TOKEN_PATH, { status: 500, body: {} }],
    ['a broken connection', SERVICE_ACCOUNT_PATH, 'reset'],
  ])('%s', async (_, path, answer) => {
    cluster.put(path, answer);
    const { exit, stderr } = await cluster.run(WITH_SERVICE_ACCOUNT);
    expect({ exit, stderr, asked: asked().filter((one) => one.endsWith(` ${path}`)).length }).toEqual({
      exit: 0,
      stderr: '',
      asked: 2,
    });
  });

  test('five times at most', async () => {
    for (let times = 0; times < 6; times++) cluster.put(SERVICE_ACCOUNT_PATH, busy);
    const { exit } = await cluster.run(WITH_SERVICE_ACCOUNT);
    expect({ exit, asked: asked() }).toEqual({ exit: 1, asked: Array(5).fill(READ) });
  });

  test.each([401, 403, 404, 422])('HTTP %i is final', async (status) => {
    cluster.put(TOKEN_PATH, { status, body: { kind: 'Status', code: status } });
    const { exit } = await cluster.run(WITH_SERVICE_ACCOUNT);
    expect({ exit, asked: asked(), sts: cluster.sts.calls }).toEqual({ exit: 1, asked: [READ, TOKEN], sts: [] });
  });
});

test('an API server that never answers is left at the deadline', async () => {
  cluster.put(SERVICE_ACCOUNT_PATH, 'never');
  const { exit, stderr } = await withPatience(
    (patience) => cluster.run(WITH_SERVICE_ACCOUNT, patience),
    () => asked().length > 0,
  );
  expect({ exit, stderr }).toEqual({ exit: 1, stderr: expect.stringContaining('STS_FUNCTION_TIMEOUT') });
});

test('the API server is reached through HTTPS_PROXY, and around it with NO_PROXY', async () => {
  await using proxy = await startConnectProxy();
  await cluster.run(WITH_SERVICE_ACCOUNT, { HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' });
  expect(proxy.tunnels).toEqual([]);
  const { exit } = await cluster.run(WITH_SERVICE_ACCOUNT, { HTTPS_PROXY: proxy.url });
  expect({ exit, first: proxy.tunnels[0] }).toEqual({ exit: 0, first: `127.0.0.1:${cluster.port}` });
});

describe("under the operator's Policy", () => {
  const ROLES =
    'roles: ["arn:aws:iam::123456789012:role/deployer"], via: ["arn:aws:iam::111111111111:role/service-account"]';
  const WHOLE = `namespaces: [team-a], ${ROLES}, serviceAccounts: [deployer], audiences: [sts.amazonaws.com, extra]`;
  const INPUT = 'functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, cluster: {context: ci}}\n';

  async function runUnder(grant: string, input: string, environment: Record<string, string | undefined> = {}) {
    const policy = join(cluster.kubeconfig, '..', 'policy.yaml');
    writeFileSync(policy, `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{${grant}}]\n`);
    const { exit, stderr } = await cluster.run(input, { STS_FUNCTION_POLICY: policy, ...environment });
    return { exit, stderr, asked: asked(), sts: cluster.sts.calls.length };
  }

  test("what is granted whole is had; the operator's own choice of a cluster needs no grant", async () => {
    expect(await runUnder(WHOLE, WITH_SERVICE_ACCOUNT)).toEqual({ exit: 0, stderr: '', asked: [READ, TOKEN], sts: 2 });
  });

  test('what a grant imposes needs no list of it, where a role is read later either', async () => {
    const imposing = `${WHOLE}, session: {tags: {team: "\${namespace}"}, sourceIdentity: ops}`;
    expect(await runUnder(imposing, WITH_SERVICE_ACCOUNT)).toMatchObject({ exit: 0, stderr: '', sts: 2 });
    const [first, last] = cluster.sts.calls;
    expect(first?.parameters).not.toHaveProperty('SourceIdentity');
    expect(last?.parameters).toMatchObject({ SourceIdentity: 'ops', 'Tags.member.1.Value': 'team-a' });
    const unread = imposing.replace('role/service-account', 'role/another');
    expect(await runUnder(unread, WITH_SERVICE_ACCOUNT)).toMatchObject({ exit: 1, sts: 2 });
  });

  test('a cluster that the manifests choose is had with a grant', async () => {
    const given = WITH_SERVICE_ACCOUNT + INPUT;
    const environment = { STS_FUNCTION_CLUSTER: undefined };
    expect(await runUnder(`${WHOLE}, cluster: true`, given, environment)).toMatchObject({ exit: 0, sts: 2 });
  });

  test.each<[string, string, string, string, readonly string[]]>([
    [
      'a ServiceAccount without grant',
      WHOLE.replace('[deployer]', '[other]'),
      WITH_SERVICE_ACCOUNT,
      'ServiceAccount "team-a/deployer"',
      [],
    ],
    [
      'no ServiceAccounts granted',
      `namespaces: [team-a], ${ROLES}`,
      WITH_SERVICE_ACCOUNT,
      'ServiceAccount "team-a/deployer"',
      [],
    ],
    ['an audience without grant', WHOLE.replace(', extra', ''), WITH_SERVICE_ACCOUNT, 'audience "extra"', []],
    [
      "the ServiceAccount's own audience without grant",
      WHOLE.replace('sts.amazonaws.com, ', ''),
      WITH_SERVICE_ACCOUNT,
      'audience "sts.amazonaws.com"',
      [READ],
    ],
    [
      "the ServiceAccount's role without grant",
      WHOLE.replace('/service-account', '/x'),
      WITH_SERVICE_ACCOUNT,
      '"arn:aws:iam::111111111111:role/service-account"',
      [READ],
    ],
    [
      "another namespace's ServiceAccount",
      WHOLE,
      WITH_SERVICE_ACCOUNT.replace('namespace: team-a', 'namespace: team-b'),
      'for namespace "team-b"',
      [],
    ],
    [
      "a reference to another namespace's",
      WHOLE,
      WITH_SERVICE_ACCOUNT.replace('{name: deployer, aud', '{name: deployer, namespace: team-b, aud'),
      "must be absent or the generator's",
      [],
    ],
  ])('%s: refused, and no token is asked for', async (_, grant, given, message, requests) => {
    expect(await runUnder(grant, given)).toEqual({
      exit: 1,
      stderr: expect.stringContaining(message),
      asked: requests,
      sts: 0,
    });
  });

  test('a cluster that the manifests choose without grant is not asked', async () => {
    expect(await runUnder(WHOLE, WITH_SERVICE_ACCOUNT + INPUT, { STS_FUNCTION_CLUSTER: undefined })).toEqual({
      exit: 1,
      stderr: expect.stringContaining('does not grant the cluster to namespace "team-a"'),
      asked: [],
      sts: 0,
    });
  });
});
