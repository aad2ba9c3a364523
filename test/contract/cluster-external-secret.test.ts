import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { emittedSecrets, reveal } from '../support/emitted.ts';
import { clusterGenerator, generatorItem, generatorManifest, list, SPEC } from '../support/manifests.ts';
import { shareCluster } from '../support/share-stand-in-cluster.ts';
import { type ApiAnswer, SERVICE_ACCOUNT_PATH, TOKEN_PATH } from '../support/stand-in-cluster.ts';

/** An ExternalSecret alone in a package: all that it names is in the cluster. */
const cluster = shareCluster();

const GENERATORS = '/apis/generators.external-secrets.io/v1alpha1';
const GENERATOR = `${GENERATORS}/namespaces/team-a/stsassumeroletokens/deployer`;
const SHARED = `${GENERATORS}/clustergenerators/deployer`;
const TEXTS = '/api/v1/namespaces/team-a/configmaps/texts';

const spec = { ...SPEC, auth: { jwt: { serviceAccountRef: { name: 'deployer' } } } };
const meta = { name: 'deployer', uid: 'a', managedFields: [] };
const metadata = { ...meta, namespace: 'team-a' };
const found = (body: object): ApiAnswer => ({ status: 200, body });
const GENERATOR_FOUND = found(generatorManifest(spec, metadata));
const SHARED_FOUND = found(clusterGenerator(spec, meta));

const external = (kind: string, target = '') =>
  list(`- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: credentials, namespace: team-a}
  spec: {dataFrom: [{sourceRef: {generatorRef: {kind: ${kind}, name: deployer}}}]${target}}
`);
const input = (cluster: string, allow = '') => `functionConfig:
  apiVersion: sts.fn.crossplane.io/v1beta1
  kind: Input
  cluster: ${cluster}
${allow}`;
const asked = () => cluster.requests.map(({ method, path }) => `${method} ${path}`);
const walked = [`GET ${SERVICE_ACCOUNT_PATH}`, `POST ${TOKEN_PATH}`];

test.each([
  ['a generator', 'STSAssumeRoleToken', GENERATOR, GENERATOR_FOUND],
  ['a ClusterGenerator', 'ClusterGenerator', SHARED, SHARED_FOUND],
])('%s of the cluster is read, then what it refers to', async (_, kind, path, answer) => {
  cluster.put(path, answer);
  const { exit, stdout, stderr } = await cluster.run(external(kind));
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  expect(asked()).toEqual([`GET ${path}`, ...walked]);
});

test('a template may be in a ConfigMap of the cluster', async () => {
  cluster.put(GENERATOR, GENERATOR_FOUND);
  cluster.put(
    TEXTS,
    found({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'texts', namespace: 'team-a' },
      data: { id: 'id {{ .access_key_id }}' },
    }),
  );
  const target = ', target: {template: {templateFrom: [{configMap: {name: texts, items: [{key: id}]}}]}}';
  const { stdout } = await cluster.run(external('STSAssumeRoleToken', target));
  const [secret] = emittedSecrets(stdout);
  expect(secret && reveal(secret, 'id')).toMatch(/^id ASIA/);
});

test('a ClusterGenerator of another kind leaves the ExternalSecret alone', async () => {
  cluster.put(SHARED, found(generatorManifest({ kind: 'Password', generator: {} }, meta, 'ClusterGenerator')));
  const given = external('ClusterGenerator');
  expect(await cluster.run(given)).toMatchObject({ exit: 0, stdout: given, stderr: '' });
});

test('one that is nowhere is named', async () => {
  const { exit, stderr } = await cluster.run(external('STSAssumeRoleToken'));
  expect({ exit, stderr }).toEqual({
    exit: 1,
    stderr: expect.stringContaining('names STSAssumeRoleToken "team-a/deployer", which is not there'),
  });
  expect(cluster.sts.calls).toEqual([]);
});

test('without a grant for the cluster that the Input chose, nobody is asked', async () => {
  const config = input('{context: ci}', '  allow: [{roles: ["arn:aws:iam::123456789012:role/*"], cluster: false}]\n');
  const { exit, stderr } = await cluster.run(`${external('STSAssumeRoleToken')}${config}`, {
    STS_FUNCTION_CLUSTER: undefined,
  });
  expect({ exit, asked: asked() }).toEqual({ exit: 1, asked: [] });
  expect(stderr).toContain('`allow` of the functionConfig does not grant the cluster to namespace "team-a"');
});

test('nobody is asked where the Policy cannot be read, which would have to grant it', async () => {
  const given = `${external('STSAssumeRoleToken')}${input('{context: ci}')}`;
  const variables = { STS_FUNCTION_CLUSTER: undefined, STS_FUNCTION_POLICY: join(cluster.kubeconfig, '../gone.yaml') };
  const { exit, stderr } = await cluster.run(given, variables);
  expect({ exit, asked: asked() }).toEqual({ exit: 1, asked: [] });
  expect(stderr).toMatch(/^error: cannot use the Policy [^\n]*\[SETTING_INVALID\]\n$/);
});

test("a generator of a cluster that the Input chose is had with the Policy's grant", async () => {
  cluster.put(GENERATOR, GENERATOR_FOUND);
  const policy = join(cluster.kubeconfig, '..', 'policy.yaml');
  const roles =
    'roles: ["arn:aws:iam::123456789012:role/deployer"], via: ["arn:aws:iam::111111111111:role/service-account"]';
  const grant = `${roles}, serviceAccounts: [deployer], audiences: [sts.amazonaws.com, extra]`;
  const given = `${external('STSAssumeRoleToken')}${input('{context: ci}')}`;
  const under = (grants: string) => {
    writeFileSync(policy, `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{${grants}}]\n`);
    return cluster.run(given, { STS_FUNCTION_CLUSTER: undefined, STS_FUNCTION_POLICY: policy });
  };
  expect(await under(grant)).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('does not grant the cluster to'),
  });
  expect(asked()).toEqual([]);
  expect(await under(`${grant}, cluster: true`)).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('does not grant generators of the cluster to'),
  });
  expect(cluster.sts.calls).toEqual([]);
  cluster.put(GENERATOR, GENERATOR_FOUND);
  expect(await under(`${grant}, cluster: true, fromCluster: true`)).toMatchObject({ exit: 0, stderr: '' });
});

test.each([
  ['of another namespace', 'namespaces: [team-b], fromCluster: true'],
  ['of none that is in a cluster', 'namespaces: [team-a]'],
])("nor is a generator read from the operator's cluster where the grant is %s", async (_, grant) => {
  cluster.put(GENERATOR, GENERATOR_FOUND);
  const policy = join(cluster.kubeconfig, '..', 'policy.yaml');
  writeFileSync(
    policy,
    `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [{roles: ["arn:aws:iam::123456789012:role/*"], ${grant}}]\n`,
  );
  const { exit, stderr } = await cluster.run(external('STSAssumeRoleToken'), { STS_FUNCTION_POLICY: policy });
  expect({ exit, asked: asked() }).toEqual({ exit: 1, asked: [] });
  expect(stderr).toContain('[NOT_GRANTED]');
  expect(stderr).not.toContain('arn:aws:iam::123456789012');
});

test('the cluster and a generator in it are granted by one grant', async () => {
  const alone = found(generatorManifest(SPEC, metadata));
  const policy = join(cluster.kubeconfig, '..', 'policy.yaml');
  const grant = `{roles: ["${spec.role}"], fromCluster: true`;
  const under = (grants: string) => {
    writeFileSync(policy, `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants: [${grants}]\n`);
    cluster.put(GENERATOR, alone);
    const given = `${external('STSAssumeRoleToken')}${input('{context: ci}')}`;
    return cluster.run(given, { STS_FUNCTION_CLUSTER: undefined, STS_FUNCTION_POLICY: policy });
  };
  expect(await under(`${grant}}, {cluster: true}`)).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('no one grant of the Policy of this run has all of'),
  });
  expect(cluster.sts.calls).toEqual([]);
  const { stderr } = await under(`${grant}, cluster: true}`);
  expect(stderr).toContain("the SDK's default chain found no credentials"); // so the guard lets it pass
});

test('a template is not read there without a grant either', async () => {
  const texts = ', target: {template: {templateFrom: [{configMap: {name: texts, items: [{key: id}]}}]}}';
  const config = input('{context: ci}', '  allow: [{roles: ["arn:aws:iam::123456789012:role/*"], cluster: false}]\n');
  const given = `${external('STSAssumeRoleToken', texts)}${generatorItem()}${config}`;
  const { exit, stderr } = await cluster.run(given, { STS_FUNCTION_CLUSTER: undefined });
  expect({ exit, asked: asked() }).toEqual({ exit: 1, asked: [] });
  expect(stderr).toContain('does not grant the cluster to namespace "team-a"');
});

test('a plan asks nobody', async () => {
  cluster.put(GENERATOR, GENERATOR_FOUND);
  await cluster.run(external('STSAssumeRoleToken'), { STS_FUNCTION_MODE: 'plan' });
  expect(asked()).toEqual([]);
});
