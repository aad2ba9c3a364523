import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { emittedSecrets } from '../support/emitted.ts';
import { failureOf } from '../support/failure-of.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { type Access, API_SERVER_AUDIENCE, CLUSTER_ISSUER, kubeconfig } from '../support/hosts/api-server.ts';
import {
  ANY_ROLE,
  addNamespace,
  applyRole,
  EXTERNAL_ID,
  production,
  promisedRules,
  startHostsWithCluster,
  TEAM_ROLE,
  VIA_HUB,
} from '../support/hosts/cluster.ts';
import { generator, input, kptfile, resourceList } from '../support/hosts/manifests.ts';
import { promisedYaml } from '../support/hosts/pages.ts';
import { leaks, tokensIn } from '../support/leaks/find-leaks.ts';
import { makeIdentity } from '../support/make-identity.ts';
import { readFolder } from '../support/temporary-folder.ts';

const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';
const AUDIENCE_ANNOTATION = 'eks.amazonaws.com/audience';
const CONTEXT = { cluster: { context: 'ci' } };
const NOTHING = { sts: [], cluster: [] };
const POLICY = parse(promisedYaml('docs/cluster.md', 'apiVersion: sts.fn.crossplane.io'));
const contents = { 'external-id': { id: EXTERNAL_ID } };

const hosts = forAllTests(startHostsWithCluster);
beforeAll(async () => {
  await addNamespace(hosts.server, { namespace: 'team-a', annotations: { [ROLE_ANNOTATION]: TEAM_ROLE }, contents });
});

type Environment = Readonly<Record<string, string>>;

/** What a run says that fails for one reason, and what it asked for before. */
async function refusal(list: string, environment: Environment = {}) {
  let failure = { exit: 0 as number | null, lines: [] as readonly string[], codes: [] as readonly string[] };
  const asked = await hosts.asked(async () => {
    const ended = await hosts.runFunction(list, environment);
    failure = failureOf(ended, list);
    expect(emittedSecrets(ended.stdout)).toEqual([]);
    expect(leaks(ended.stdout + ended.stderr)).toEqual([]);
    expect(tokensIn(ended.stdout + ended.stderr, hosts.server.tokens)).toEqual([]);
  });
  const { exit, codes, lines } = failure;
  expect({ exit, lines }).toEqual({ exit: 1, lines: [expect.any(String)] });
  return { code: codes[0], line: lines[0] ?? '', asked };
}

interface Refusal {
  readonly name: string;
  readonly list: string;
  readonly environment?: Environment;
  readonly code: string;
  readonly says: string;
}

describe('nobody is asked, the API server included', () => {
  test.each<Refusal>([
    {
      name: 'where no cluster is switched on, though the kubeconfig has a current context that may do everything',
      list: resourceList([production()]),
      code: 'CLUSTER_OFF',
      says: 'no cluster is switched on. Set STS_FUNCTION_CLUSTER to "context:NAME" or "in-cluster", or set `cluster`',
    },
    {
      name: 'where no cluster is switched on for a Secret that the package does not have',
      list: resourceList([generator({ namespace: 'team-a', keysIn: 'keys' })]),
      code: 'REFERENCE_MISSING',
      says: 'cannot read Secret "team-a/keys" for STSAssumeRoleToken "team-a/deployer": it is not in the ResourceList.',
    },
    {
      name: 'where the kubeconfig does not have the context of the Input',
      list: resourceList([production()], { cluster: { context: 'staging' } }),
      code: 'CLUSTER_UNAVAILABLE',
      says: 'cannot ask the cluster of context "staging": the kubeconfig has no context "staging", or not the cluster that it names.',
    },
    {
      name: 'where the kubeconfig does not have the context of the operator',
      list: resourceList([production()]),
      environment: { STS_FUNCTION_CLUSTER: 'context:staging' },
      code: 'CLUSTER_UNAVAILABLE',
      says: 'cannot ask the cluster of context "staging": the kubeconfig has no context "staging", or not the cluster that it names.',
    },
    {
      name: 'where the Input names another context than the operator',
      list: resourceList([production()], CONTEXT),
      environment: { STS_FUNCTION_CLUSTER: 'context:nobody' },
      code: 'FUNCTION_CONFIG_INVALID',
      says: '`cluster` differs from STS_FUNCTION_CLUSTER',
    },
    {
      name: 'where there is no pod to be in',
      list: resourceList([production()], { cluster: { inCluster: true } }),
      code: 'CLUSTER_UNAVAILABLE',
      says: 'this process does not run in a pod',
    },
    {
      name: 'for a generator without namespace',
      list: resourceList([production({ namespace: '' })], CONTEXT),
      code: 'SPEC_INVALID',
      says: '`metadata.namespace` is required with `spec.auth.jwt`',
    },
    {
      name: "for another namespace's ServiceAccount",
      list: resourceList([production({ serviceAccountRef: { name: 'deployer', namespace: 'team-b' } })], CONTEXT),
      code: 'SPEC_INVALID',
      says: 'must be absent or the generator\'s, "team-a", got "team-b"',
    },
    {
      name: "for the API server's own audience",
      list: resourceList(
        [production({ serviceAccountRef: { name: 'deployer', audiences: [API_SERVER_AUDIENCE] } })],
        CONTEXT,
      ),
      code: 'TOKEN_REFUSED',
      says: `the audience "${API_SERVER_AUDIENCE}" is the API server's own`,
    },
  ])('$name', async ({ list, environment, code, says }) => {
    expect(await refusal(list, environment)).toEqual({ code, line: expect.stringContaining(says), asked: NOTHING });
  });

  test.each([
    ['the ServiceAccount', { serviceAccounts: ['other'] }, 'ServiceAccount "team-a/deployer"'],
    ['any ServiceAccount', { serviceAccounts: undefined }, 'ServiceAccount "team-a/deployer"'],
    ['any audience', { audiences: undefined }, 'audience'],
    ['the cluster', { cluster: false }, 'the cluster'],
    ['any cluster', { cluster: undefined }, 'the cluster'],
  ])('where the Policy does not grant %s', async (_, changes, says) => {
    const list = resourceList([production()], CONTEXT);
    expect(await refusal(list, await policyWith(changes))).toEqual({
      code: 'NOT_GRANTED',
      line: expect.stringMatching(`the Policy of this run does not grant .*${says}`),
      asked: NOTHING,
    });
  });

  test('but the Policy of the page lets it be', async () => {
    const list = resourceList([production()], { ...CONTEXT, sessions: VIA_HUB });
    expect(await hosts.runFunction(list, await under(stringify(POLICY)))).toMatchObject({ exit: 0, stderr: '' });
  });
});

/** The environment with a Policy. */
async function under(policy: string): Promise<Environment> {
  return { STS_FUNCTION_POLICY: join(await hosts.folder({ 'policy.yaml': policy }), 'policy.yaml') };
}

/** The environment with the Policy of docs/cluster.md without some parts of its grant, or with others. */
function policyWith(changes: Readonly<Record<string, unknown>>): Promise<Environment> {
  const {
    grants: [grant],
    ...policy
  } = POLICY;
  return under(stringify({ ...policy, grants: [{ ...grant, ...changes }] }));
}

describe('STS is not asked, and no token is made', () => {
  const account = 'ci get serviceaccounts team-r/deployer';

  test.each([
    ['that is not there', undefined, `${account} 404`, 'REFERENCE_MISSING', 'is neither in the ResourceList nor in'],
    ['without a role', {}, `${account} 200`, 'REFERENCE_MISSING', `has no annotation \`${ROLE_ANNOTATION}\``],
    [
      "with the API server's own audience",
      { [ROLE_ANNOTATION]: ANY_ROLE, [AUDIENCE_ANNOTATION]: API_SERVER_AUDIENCE },
      `${account} 200`,
      'TOKEN_REFUSED',
      `the audience "${API_SERVER_AUDIENCE}" is the API server's own`,
    ],
  ])('for a ServiceAccount %s', async (_, annotations, request, code, says) => {
    await addNamespace(hosts.server, { namespace: 'team-r', annotations: annotations ?? {} });
    if (annotations === undefined)
      await hosts.server.kubectl(['delete', 'serviceaccount', 'deployer', '--namespace=team-r']);
    expect(await refusal(resourceList([production({ namespace: 'team-r' })], CONTEXT))).toEqual({
      code,
      line: expect.stringContaining(says),
      asked: { sts: [], cluster: [request] },
    });
  });

  test("for a role that the Policy does not grant, as soon as the ServiceAccount's is read", async () => {
    const environment = await policyWith({ via: ['arn:aws:iam::222222222222:role/*'] });
    expect(await refusal(resourceList([production()], CONTEXT), environment)).toEqual({
      code: 'NOT_GRANTED',
      line: expect.stringContaining(`does not grant passing "${TEAM_ROLE}" to namespace "team-a"`),
      asked: { sts: [], cluster: ['ci get serviceaccounts team-a/deployer 200'] },
    });
  });

  test('for a Secret that is nowhere', async () => {
    const namespace = 'team-s';
    await addNamespace(hosts.server, { namespace, annotations: { [ROLE_ANNOTATION]: ANY_ROLE } });
    const list = resourceList([production({ namespace })], { ...CONTEXT, sessions: VIA_HUB });
    expect(await refusal(list)).toEqual({
      code: 'REFERENCE_MISSING',
      line: expect.stringContaining(
        'cannot read Secret "team-s/external-id" for STSAssumeRoleToken "team-s/production"',
      ),
      asked: {
        sts: [],
        cluster: ['ci get secrets team-s/external-id 404', 'ci get serviceaccounts team-s/deployer 200'],
      },
    });
  });
});

test('a token for its own signer does not reach STS', async () => {
  const serviceAccountRef = { name: 'deployer', audiences: [CLUSTER_ISSUER] };
  const { code, asked } = await refusal(resourceList([production({ serviceAccountRef })], CONTEXT));
  expect({ code, sts: asked.sts }).toEqual({ code: 'TOKEN_REFUSED', sts: [] });
});

describe('an API server', () => {
  test.each<[string, (access: Access) => Promise<Partial<Access>>, string]>([
    [
      'that is not there',
      async () => ({ url: 'https://127.0.0.1:1' }),
      'was not reached at "127.0.0.1:1" (ECONNREFUSED)',
    ],
    [
      'whose certificate another authority would have to sign',
      async () => ({ certificateAuthority: join(await hosts.folder(await anotherAuthority()), 'ca.crt') }),
      "the API server's certificate is not trusted",
    ],
    [
      'that does not know the caller',
      async () => ({ tokens: { ci: 'unknown' } }),
      'it does not know the caller (HTTP 401)',
    ],
  ])('%s is named by its context', async (_, change, says) => {
    const config = kubeconfig({ ...hosts.server, ...(await change(hosts.server)) }, 'ci');
    const environment = { KUBECONFIG: join(await hosts.folder({ config }), 'config') };
    const { code, line, asked } = await refusal(resourceList([production()], CONTEXT), environment);
    expect({ code, line, sts: asked.sts }).toEqual({
      code: 'CLUSTER_UNAVAILABLE',
      line: expect.stringContaining(says),
      sts: [],
    });
    expect(line).toContain('cannot ask the cluster of context "ci": ');
  });
});

async function anotherAuthority(): Promise<Record<string, string>> {
  return { 'ca.crt': (await makeIdentity({ isAuthority: true })).cert };
}

describe.each(promisedRules())('without the right to $verbs.0 $resources.0', (rule) => {
  const [resource] = rule.resources;
  const namespace = `without-${resource.replace('/', '-')}`;
  const generators = ['a', 'b'].map((name) => production({ name, namespace }));
  const list = resourceList(generators, { ...CONTEXT, sessions: VIA_HUB });

  test('the message has the rule that is missing, and with it all is well', async () => {
    const annotations = { [ROLE_ANNOTATION]: ANY_ROLE };
    await addNamespace(hosts.server, { namespace, annotations, contents, without: resource });
    const { code, line, asked } = await refusal(list);
    expect({ code, sts: asked.sts }).toEqual({ code: 'CLUSTER_FORBIDDEN', sts: [] });
    expect(line).toContain(`RBAC does not let the caller ${rule.verbs[0]} ${resource}. `);
    const [, inWhat, missing = ''] = /a Role in namespace "(.+)" with the rule (\{.+\})\.$/.exec(line) ?? [];
    expect({ inWhat, missing: parse(missing) }).toEqual({ inWhat: namespace, missing: rule });

    await applyRole(hosts.server, { namespace });
    const { exit, stdout, stderr } = await hosts.runFunction(list);
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 2 });
  });
});

test('under kpt fn render, a user without the right is told so, and every file stays as it was', async () => {
  const cwd = await hosts.folder({
    Kptfile: kptfile({ exec: 'function-sts-assume-role', configPath: 'options.yaml' }),
    'options.yaml': input({ cluster: { context: 'nobody' } }),
    'generators.yaml': production(),
  });
  const before = readFolder(cwd);
  const { exit, stdout, stderr } = await hosts.run('kpt', ['fn', 'render', '--allow-exec'], { cwd });
  expect({ exit, stderr }).toEqual({
    exit: 1,
    stderr: expect.stringContaining('RBAC does not let the caller get serviceaccounts.'),
  });
  expect(readFolder(cwd)).toEqual(before);
  expect(tokensIn(stdout + stderr, hosts.server.tokens)).toEqual([]);
});
