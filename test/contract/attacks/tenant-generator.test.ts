import { type RunFunctionResponse, Severity } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { generator, input, type Parts, request, verdictOf } from '../../support/crossplane/request.ts';
import { shareServer } from '../../support/crossplane/share-server.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { clusterGenerator, externalSecret, fromGenerator } from '../../support/manifests.ts';
import { shareExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/**
 * A Composition composes an ExternalSecret that names a generator, and does not compose that generator. A tenant who may write generators in
 * the composite's namespace writes it, with a role of his.
 */
const EVIL = 'arn:aws:iam::210987654321:role/evil';
const HUB = 'arn:aws:iam::111111111111:role/hub';

const sts = shareExampleSts({
  roles: [EVIL, HUB].map((arn) => ({ arn, trust: [{ principals: [ci.arn, HUB] }] })),
});
const server = shareServer({ sts });
const folder = forAllTests(temporaryFolder);

const auth = (name: string) => ({
  secretRef: {
    accessKeyIDSecretRef: { name, key: 'id' },
    secretAccessKeySecretRef: { name, key: 'secret' },
  },
});
const theirs = (spec: object = {}) => generator({ role: EVIL, ...spec }, { name: 'theirs', namespace: 'team-a' });
const shared = (spec: object = {}) => clusterGenerator({ region: 'eu-west-1', role: EVIL, ...spec });
const named = (kind = 'STSAssumeRoleToken', name = 'theirs') =>
  externalSecret({ dataFrom: [fromGenerator(name, undefined, kind)] }, { namespace: undefined });
const step = (parts: object = {}, name?: string) =>
  input({ generators: [named(name === undefined ? undefined : 'ClusterGenerator', name)], allow: undefined, ...parts });
const asText = (value: object) => JSON.parse(JSON.stringify(value)) as object;
const CREDENTIALS = {
  keys: {
    credentialData: { data: { id: Buffer.from(ci.accessKeyId), secret: Buffer.from(ci.secretAccessKey) } },
  },
};

async function run(parts: Parts, objects: readonly unknown[]): Promise<RunFunctionResponse> {
  const first = request({ ...parts, input: asText(parts.input ?? {}) });
  return (await server.reconcile(first, objects)).response;
}

/** It waits: nothing is composed, nothing asked of STS, and the pipeline goes on. */
function expectWaiting(response: RunFunctionResponse, reason = 'NotGranted'): void {
  expect(response.results.filter(({ severity }) => severity === Severity.SEVERITY_FATAL)).toEqual([]);
  expect(verdictOf(response)).toMatchObject({ reason });
  expect(Object.keys(response.desired?.resources ?? {})).toEqual([]);
  expect(sts.calls).toEqual([]);
}

describe('a generator that only the cluster has, without `fromCluster: true`', () => {
  test.each<[string, Parts, readonly unknown[]]>([
    ['is not used where there is no guard at all', { input: step() }, [theirs()]],
    ['nor that of all namespaces', { input: step({}, 'shared') }, [shared()]],
    ['nor where `allow` has its role', { input: step({ allow: [{ roles: [EVIL] }] }) }, [theirs()]],
    ['nor where `allow` says nothing', { input: step({ allow: [{}] }) }, [theirs()]],
    ['nor through the hops of the Composition', { input: step({ sessions: [{ via: [HUB] }] }) }, [theirs()]],
    ["nor with the step's credentials", { input: step(), credentials: CREDENTIALS }, [theirs({ auth: auth('keys') })]],
    [
      'nor where another grant than that of its role has it',
      { input: step({ allow: [{ roles: [EVIL] }, { roles: [HUB], fromCluster: true }] }) },
      [theirs()],
    ],
    [
      'nor where an earlier step desires the ExternalSecret',
      {
        input: step({ generators: [] }),
        desired: { resources: { one: { resource: asText(named() as object) } } },
      },
      [theirs()],
    ],
  ])('%s', async (_, parts, objects) => {
    expectWaiting(await run(parts, objects));
  });

  test("is used where a grant has it, by the function's own identity", async () => {
    const response = await run({ input: step({ allow: [{ roles: [EVIL], fromCluster: true }] }) }, [theirs()]);
    expect(verdictOf(response)).toMatchObject({ reason: 'Available' });
    expect(sts.calls).toMatchObject([{ parameters: { RoleArn: EVIL } }]);
  });
});

describe('where it is granted, it has no more than its grant', () => {
  const granted = (parts: object = {}, name?: string) =>
    step({ allow: [{ roles: [HUB], fromCluster: true }], ...parts }, name);
  test.each<[string, Parts, readonly unknown[], string]>([
    ["another account's role", { input: granted() }, [theirs()], 'NotGranted'],
    ["another account's role, for all namespaces", { input: granted({}, 'shared') }, [shared()], 'NotGranted'],
    ['a role that is none', { input: granted() }, [theirs({ role: 'arn:aws:iam::1:role/"x' })], 'SpecInvalid'],
    ['a field that is none', { input: granted() }, [theirs({ rolearn: EVIL })], 'SpecInvalid'],
    [
      "the step's credentials to sign with",
      { input: granted(), credentials: CREDENTIALS },
      [theirs({ role: HUB, auth: auth('keys') })],
      'NotGranted',
    ],
    [
      'an external ID of the step for his role',
      {
        input: granted({ sessions: [{ last: { externalIDFrom: { name: 'keys', key: 'id' } } }] }),
        credentials: CREDENTIALS,
      },
      [theirs({ role: HUB })],
      'NotGranted',
    ],
    [
      'an external ID of the step for a hop that has the account of his role in it',
      {
        input: step({
          allow: [{ roles: ['arn:aws:iam::*:role/*'], fromCluster: true }],
          sessions: [
            { via: [{ role: 'arn:aws:iam::${role.account}:role/hub', externalIDFrom: { name: 'keys', key: 'id' } }] },
          ],
        }),
        credentials: CREDENTIALS,
      },
      [theirs()],
      'NotGranted',
    ],
  ])('%s: the composite waits', async (_, parts, objects, reason) => {
    expectWaiting(await run(parts, objects), reason);
  });

  test('what the step itself wants is made all the same', async () => {
    const own = generator({ role: HUB }, { name: 'own' });
    const response = await run({ input: granted({ generators: [own, named()] }) }, [theirs()]);
    expect(Object.keys(response.desired?.resources ?? {})).toEqual(['acme-own']);
    expect(verdictOf(response)).toMatchObject({ reason: 'NotGranted' });
  });
});

test("a role that a ServiceAccount's annotation names is its owner's to mend: the composite waits, and nobody is asked", async () => {
  const jwt = { jwt: { serviceAccountRef: { name: 'app' } } };
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'app', namespace: 'team-a', annotations: { 'eks.amazonaws.com/role-arn': EVIL } },
  };
  const own = generator({ role: HUB, auth: jwt }, { name: 'own' });
  const allow = [{ roles: [HUB], serviceAccounts: ['app'], audiences: ['sts.amazonaws.com'] }];
  expectWaiting(await run({ input: step({ generators: [own], allow, cluster: { inCluster: true } }) }, [account]));
});

test.each<[string, readonly string[], string]>([
  ['21 audiences are too many', Array.from({ length: 21 }, (_, at) => `a${at}`), 'SpecInvalid'],
  ['one of 256 characters is too long', ['a'.repeat(256)], 'SpecInvalid'],
  ['20 of 255 characters are judged', Array.from({ length: 20 }, (_, at) => `${at}`.padStart(255, 'a')), 'NotGranted'],
])('%s: each Secret of a generator repeats them', async (_, audiences, reason) => {
  const generators = ['first', 'second'].map((name) =>
    externalSecret({ dataFrom: [fromGenerator('theirs')] }, { name, namespace: undefined }),
  );
  const allow = [{ roles: [EVIL], fromCluster: true, audiences: ['sts.amazonaws.com'] }];
  const parts = { input: step({ generators, allow, cluster: { inCluster: true } }) };
  const jwt = { serviceAccountRef: { name: 'app', audiences } };
  expectWaiting(await run(parts, [theirs({ auth: { jwt } })]), reason);
});

test("the operator's Policy has to have it too", async () => {
  const grants = (line: string) =>
    folder.write(
      `policy-${line.length}.yaml`,
      `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\ngrants:\n- roles: ["${EVIL}"]\n${line}`,
    );
  const answers = async (policy: string, parts: object) => {
    await using guarded = await startServer({ sts, arguments: ['--policy', policy] });
    const first = request({ input: asText(step(parts)) });
    return verdictOf((await guarded.reconcile(first, [theirs()])).response)?.reason;
  };
  expect(await answers(grants(''), {})).toBe('NotGranted');
  expect(await answers(grants('  fromCluster: true\n'), {})).toBe('Available');
  expect(await answers(grants(''), { allow: [{ fromCluster: true }] })).toBe('NotGranted');
  expect(await answers(grants('  fromCluster: true\n'), { allow: [{ roles: [EVIL] }] })).toBe('NotGranted');
});
