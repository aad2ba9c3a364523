import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { ci } from '../support/accounts.ts';
import { type EmittedSecret, emittedSecrets, normalise } from '../support/emitted.ts';
import { forAllTests, skippedIf } from '../support/for-each-test.ts';
import {
  ANY_ROLE,
  addNamespace,
  EXTERNAL_ID,
  HUB_ROLE,
  PRODUCTION_ROLE,
  production,
  startHostsWithCluster,
  TEAM_ROLE,
  VIA_HUB,
} from '../support/hosts/cluster.ts';
import { copyRepository } from '../support/hosts/copy-repository.ts';
import { functionAnnotation, generator, input, kptfile, resourceList } from '../support/hosts/manifests.ts';
import { pageBlocks, promisedSecret } from '../support/hosts/pages.ts';
import { leaks, tokensIn } from '../support/leaks/find-leaks.ts';
import { noPodReason, runInPod } from '../support/mount-namespace.ts';
import { type Ended, ROOT } from '../support/run-function.ts';
import { callerOf } from '../support/sts/testing/ask.ts';
import { readFolder } from '../support/temporary-folder.ts';

const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';
const AUDIENCE_ANNOTATION = 'eks.amazonaws.com/audience';
const CONTEXT = { cluster: { context: 'ci' } };
const THROUGH_HUB = { ...CONTEXT, sessions: VIA_HUB };
const READ_ACCOUNT = 'ci get serviceaccounts team-a/deployer 200';
const READ_EXTERNAL_ID = 'ci get secrets team-a/external-id 200';
const MAKE_TOKEN = 'ci create serviceaccounts/token team-a/deployer 201';

const { test: inPod } = skippedIf(await noPodReason(), 'a pod');

const hosts = forAllTests(startHostsWithCluster);
beforeAll(async () => {
  await addNamespace(hosts.server, {
    namespace: 'team-a',
    annotations: { [ROLE_ANNOTATION]: TEAM_ROLE },
    contents: { 'external-id': { id: EXTERNAL_ID } },
  });
});

/** What a host showed, what it wrote or printed, and the Secrets in that. */
interface Rendered {
  readonly shown: string;
  readonly texts: readonly string[];
  readonly secrets: readonly EmittedSecret[];
}

function rendered({ exit, stderr }: Ended, shown: string, texts: readonly string[]): Rendered {
  expect({ exit, stderr }).toEqual({
    exit: 0,
    stderr: expect.not.stringMatching(/error|warning(?!(?:: (?:\S+: )?|\] v1\/Secret\/\S+ )credentials of Secret)/),
  });
  return { shown, texts, secrets: texts.flatMap(emittedSecrets) };
}

async function kpt(generators: string, options: object): Promise<Rendered> {
  const cwd = await hosts.folder({
    Kptfile: kptfile({ exec: 'function-sts-assume-role', configPath: 'options.yaml' }),
    'options.yaml': input(options),
    'generators.yaml': generators,
  });
  const ended = await hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd });
  return rendered(ended, ended.stdout + ended.stderr, Object.values(readFolder(cwd)));
}

async function kustomize(kustomization: object, files: Readonly<Record<string, string>>): Promise<Rendered> {
  const cwd = await hosts.folder({ 'kustomization.yaml': stringify(kustomization), ...files });
  const ended = await hosts.run('kustomize', ['build', '--enable-alpha-plugins', '--enable-exec'], { cwd });
  return rendered(ended, ended.stderr, [ended.stdout]);
}

const kustomizeGenerator = (generators: string, options: object) =>
  kustomize(
    { generators: ['function.yaml'] },
    { 'function.yaml': input({ ...options, generators: [parse(generators)] }, functionAnnotation()) },
  );
const kustomizeTransformer = (generators: string, options: object) =>
  kustomize(
    { resources: ['generators.yaml'], transformers: ['function.yaml'] },
    { 'function.yaml': input(options, functionAnnotation()), 'generators.yaml': generators },
  );

/** The Secrets of a run of the built function that succeeded without a word. */
async function mint(list: string, environment?: Readonly<Record<string, string>>): Promise<EmittedSecret[]> {
  const { exit, stdout, stderr } = await hosts.runFunction(list, environment);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return emittedSecrets(stdout);
}

function serviceAccount(name: string, namespace: string, annotations: object): string {
  return stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, annotations } });
}

const callersOf = (secrets: readonly EmittedSecret[]) =>
  Promise.all(secrets.map((secret) => callerOf(hosts.sts.url, secret)));

describe.each([
  ['kpt fn render', kpt],
  ['a kustomize generator', kustomizeGenerator],
  ['a kustomize transformer', kustomizeTransformer],
])('under %s', (_, render) => {
  test("a ServiceAccount's token opens its role, the hub, and the role asked for; nothing of it is seen", async () => {
    let result: Rendered | undefined;
    const asked = await hosts.asked(async () => {
      result = await render(production(), THROUGH_HUB);
    });
    expect(asked).toEqual({
      sts: [
        `AssumeRoleWithWebIdentity ${TEAM_ROLE} ok`,
        `AssumeRole ${HUB_ROLE} ${EXTERNAL_ID} ok`,
        `AssumeRole ${PRODUCTION_ROLE} ok`,
      ],
      cluster: [MAKE_TOKEN, READ_EXTERNAL_ID, READ_ACCOUNT],
    });
    const { shown = '', texts = [], secrets = [] } = result ?? {};
    expect(await callersOf(secrets)).toEqual(['arn:aws:sts::222222222222:assumed-role/production/team-a.production']);
    const everything = [shown, ...texts].join('\n');
    expect(leaks(shown, texts)).toEqual([]);
    expect(tokensIn(everything, hosts.server.tokens)).toEqual([]);
    expect(everything).not.toContain(EXTERNAL_ID);
  });

  test('keys and an external ID come from Secrets of the cluster', async () => {
    const partner = { name: 'partner', namespace: 'team-k', role: 'partner', keysIn: 'keys' };
    const last = { externalIDFrom: { name: 'partner-id', key: 'id' } };
    await addNamespace(hosts.server, {
      namespace: 'team-k',
      annotations: {},
      contents: {
        keys: { 'access-key-id': ci.accessKeyId, 'secret-access-key': ci.secretAccessKey },
        'partner-id': { id: 'partner-42' },
      },
      secrets: ['keys', 'partner-id'],
    });
    let result: Rendered | undefined;
    const asked = await hosts.asked(async () => {
      result = await render(generator(partner), { ...CONTEXT, sessions: [{ last }] });
    });
    expect(asked).toEqual({
      sts: ['AssumeRole arn:aws:iam::123456789012:role/partner partner-42 ok'],
      cluster: ['ci get secrets team-k/keys 200', 'ci get secrets team-k/partner-id 200'],
    });
    const { shown = '', texts = [], secrets = [] } = result ?? {};
    expect(await callersOf(secrets)).toEqual(['arn:aws:sts::123456789012:assumed-role/partner/team-k.partner']);
    expect(leaks(shown, texts)).toEqual([]);
    expect(leaks([shown, ...texts].join('\n')).filter((leak) => !leak.startsWith('ASIA'))).toEqual([]);
  });
});

describe('a token', () => {
  test.each([
    { name: 'for STS', annotation: {}, more: undefined, want: ['sts.amazonaws.com'] },
    {
      name: 'for what the ServiceAccount says',
      annotation: { [AUDIENCE_ANNOTATION]: 'sts.example.org' },
      more: undefined,
      want: ['sts.example.org'],
    },
    {
      name: 'for what the generator adds, once each',
      annotation: {},
      more: ['vault.example.org', 'sts.amazonaws.com'],
      want: ['sts.amazonaws.com', 'vault.example.org'],
    },
  ])('is asked for 600 seconds, and $name', async ({ annotation, more, want }) => {
    const namespace = 'team-t';
    await addNamespace(hosts.server, { namespace, annotations: { [ROLE_ANNOTATION]: ANY_ROLE, ...annotation } });
    const serviceAccountRef = { name: 'deployer', ...(more && { audiences: more }) };
    const hub = production({ namespace, serviceAccountRef, roleArn: HUB_ROLE });
    const sessions = [{ last: { externalID: EXTERNAL_ID } }];
    const requests = await hosts.server.requestsOf(() => mint(resourceList([hub], { ...CONTEXT, sessions })));
    expect(requests.filter(({ resource }) => resource === 'serviceaccounts/token')).toMatchObject([
      { status: 201, body: { spec: { audiences: want, expirationSeconds: 600 } } },
    ]);
  });

  test('is asked for once, and exchanged once, for all generators with the same ServiceAccount', async () => {
    const generators = ['a', 'b', 'c'].map((name) => production({ name }));
    const asked = await hosts.asked(async () =>
      expect(await mint(resourceList(generators, THROUGH_HUB))).toHaveLength(3),
    );
    expect(asked.sts.toSorted()).toEqual(
      [
        `AssumeRoleWithWebIdentity ${TEAM_ROLE} ok`,
        `AssumeRole ${HUB_ROLE} ${EXTERNAL_ID} ok`,
        ...generators.map(() => `AssumeRole ${PRODUCTION_ROLE} ok`),
      ].toSorted(),
    );
    expect(asked.cluster).toEqual([MAKE_TOKEN, READ_EXTERNAL_ID, READ_ACCOUNT]);
  });
});

test('what the package has is not asked for, except the token', async () => {
  const account = serviceAccount('deployer', 'team-a', { [ROLE_ANNOTATION]: TEAM_ROLE });
  const secret = stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'external-id', namespace: 'team-a' },
    stringData: { id: EXTERNAL_ID },
  });
  const { cluster } = await hosts.asked(() => mint(resourceList([production(), account, secret], THROUGH_HUB)));
  expect(cluster).toEqual([MAKE_TOKEN]);
});

describe('a cluster is switched on', () => {
  const list = resourceList([production()], { sessions: VIA_HUB });

  test('by the operator, who names a context', async () => {
    expect(await mint(list, { STS_FUNCTION_CLUSTER: 'context:ci' })).toHaveLength(1);
  });

  test('in the kubeconfig of the home folder', async () => {
    const kubeconfig = readFileSync(hosts.server.kubeconfig, 'utf8');
    const environment = { HOME: await hosts.folder({ '.kube/config': kubeconfig }), KUBECONFIG: '' };
    expect(await mint(resourceList([production()], THROUGH_HUB), environment)).toHaveLength(1);
  });

  inPod.each([
    ['the Input', { cluster: { inCluster: true } }, {}],
    ['the operator', {}, { STS_FUNCTION_CLUSTER: 'in-cluster' }],
  ])('by being in a pod, with its own ServiceAccount: %s says so', async (_, cluster, environment) => {
    const namespace = 'team-p';
    const contents = { 'external-id': { id: EXTERNAL_ID } };
    const subject = { kind: 'ServiceAccount', name: 'function', namespace };
    const { server } = hosts;
    await addNamespace(server, { namespace, annotations: { [ROLE_ANNOTATION]: ANY_ROLE }, contents, subject });
    await server.kubectl(['apply', '-f', '-'], serviceAccount('function', namespace, {}));
    const list = resourceList([production({ namespace })], { ...cluster, sessions: VIA_HUB });
    const { hostname, port } = new URL(server.url);
    const pod = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, KUBECONFIG: '' };
    let ended: Ended | undefined;
    const { cluster: requests } = await hosts.asked(async () => {
      ended = await runInPod(list, {
        environment: { ...hosts.environment, ...pod, ...environment },
        certificateAuthority: readFileSync(server.certificateAuthority, 'utf8'),
        token: await server.kubectl(['create', 'token', 'function', `--namespace=${namespace}`]),
      });
    });
    expect(ended).toMatchObject({ exit: 0, stderr: '' });
    expect(await callersOf(emittedSecrets(ended?.stdout ?? ''))).toEqual([
      'arn:aws:sts::222222222222:assumed-role/production/team-p.production',
    ]);
    expect(requests).toEqual(
      [MAKE_TOKEN, READ_EXTERNAL_ID, READ_ACCOUNT].map((line) =>
        line.replace('ci ', 'system:serviceaccount:team-p:function ').replace('team-a/', 'team-p/'),
      ),
    );
  });
});

describe('the pages', () => {
  /** Runs the blocks of a page that need nothing but a cluster. */
  async function runBlocks(page: string, cwd: string): Promise<string> {
    const blocks = pageBlocks(readFileSync(join(ROOT, page), 'utf8'));
    const scripts = blocks.flatMap(({ notRun, script }) => (notRun?.startsWith('it needs a cluster') ? [script] : []));
    const ended = await hosts.run('bash', ['-euo', 'pipefail', '-c', scripts.join('')], { cwd });
    expect(ended).toMatchObject({ exit: 0 });
    return ended.stdout;
  }

  test('of the example gives the Secret that it promises, and changes no other file', async () => {
    await hosts.server.kubectl(['delete', 'serviceaccount/deployer', 'secret/external-id', '--namespace=team-a']);
    const cwd = await hosts.example('kpt/service-account');
    const before = readFolder(cwd);
    await runBlocks('examples/kpt/service-account/README.md', cwd);
    const { 'team-a/secret_production.yaml': secret = '', ...others } = readFolder(cwd);
    expect(others).toEqual(before);
    expect(normalise(secret)).toBe(promisedSecret('kpt/service-account'));
  });

  test('of the cluster gives the same to a run that the operator told which', async () => {
    const cwd = await hosts.folder();
    await copyRepository(cwd);
    expect(await callersOf(emittedSecrets(await runBlocks('docs/cluster.md', cwd)))).toEqual([
      'arn:aws:sts::222222222222:assumed-role/production/team-a.production',
    ]);
  });
});
