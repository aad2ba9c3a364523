import { expect, test } from '@jest/globals';
import { applied, composite, generator, input, request, UID } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { externalSecret, fromGenerator } from '../support/manifests.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HUB = 'arn:aws:iam::111111111111:role/hub';
const ROLE = 'arn:aws:iam::210987654321:role/gitops-deploy';
const POLICY = JSON.stringify({
  apiVersion: 'sts.fn.crossplane.io/v1beta1',
  kind: 'Policy',
  grants: [{ namespaces: ['team-z'] }, { roles: ['arn:aws:iam::*:role/*'], via: [HUB] }],
});

const sts = forEachTest(startExampleSts);

const behindHub = (name: string, role = ROLE, parts: Parameters<typeof request>[0] = {}) =>
  request({
    xr: composite({ metadata: { name, uid: `${UID}-${name}` } }),
    input: input({ generators: [generator({ role })], vars: {}, allow: [{}], sessions: [{ via: [HUB] }] }),
    ...parts,
  });
const OTHERS = 'arn:aws:iam::123456789012:role/others';

/** The lines of a log with a message. */
const linesOf = (stderr: string, message: string) =>
  stderr
    .split('\n')
    .filter((line) => line.includes(`"message":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('each session has a line that leads to its calls in CloudTrail, and to the grant', async () => {
  using folder = temporaryFolder({ 'policy.yaml': POLICY });
  await using server = await startServer({ sts, arguments: ['--policy', `${folder.path}/policy.yaml`] });
  for (const name of ['acme', 'other']) await server.reconcile(behindHub(name));
  const lines = linesOf(server.stderr(), 'issued a session');
  const idOf = (role: string, number = 0) =>
    sts.calls.filter(({ parameters }) => parameters.RoleArn === role)[number]?.requestId;
  const region = 'eu-west-1';
  const hub = { operation: 'AssumeRole', region, role: HUB, sessionName: 'function-sts-assume-role' };
  expect(lines).toEqual(
    ['acme', 'other'].map((name, number) => ({
      ...{ time: expect.any(String), level: 'info', message: 'issued a session' },
      ...{ kind: 'Workspace', namespace: 'team-a', name, uid: `${UID}-${name}`, tag: 'tag' },
      ...{ secret: `${name}-deployer`, reason: 'absent', expiration: expect.stringMatching(/^\d{4}-.+Z$/) },
      sessions: [
        {
          generator: { kind: 'STSAssumeRoleToken', namespace: 'team-a', name: 'deployer' },
          identity: 'default',
          calls: [
            { ...hub, requestID: idOf(HUB) }, // which both share
            {
              ...{ operation: 'AssumeRole', region, role: ROLE, sessionName: `team-a.${name}-deployer` },
              requestID: idOf(ROLE, number),
            },
          ],
          grants: { allow: 0, policy: 1 },
        },
      ],
      policy: expect.stringMatching(/^[\da-f]{64}$/),
    })),
  );
});

test('a refusal has a line when its reason changes, and not for each call', async () => {
  await using server = await startServer({ sts });
  const denied = () => server.reconcile(behindHub('acme', OTHERS));
  for (let turn = 0; turn < 3; turn += 1) await denied();
  const [line, ...others] = linesOf(server.stderr(), 'refused a session');
  expect(others).toEqual([]);
  expect(line).toMatchObject({ reason: 'HOP_DENIED', awsCode: 'AccessDenied', secret: 'acme-deployer', level: 'warn' });
});

test('a refusal has no more lines where it comes and goes, nor under other names that an owner chooses', async () => {
  await using server = await startServer({ sts });
  const { response } = await server.reconcile(behindHub('acme'));
  const made = Object.entries(response.desired?.resources ?? {}).map(
    ([key, of]) => [key, applied(of.resource)] as const,
  );
  const observedResources = Object.fromEntries(made);
  const ofStep = input({ generators: [], vars: {}, allow: [{}], sessions: undefined });
  for (let turn = 0; turn < 5; turn += 1) {
    for (const role of [OTHERS, ROLE]) await server.reconcile(behindHub('acme', role, { observedResources }));
    const resource = generator({ role: OTHERS }, { name: `deployer-${turn}` });
    await server.reconcile(
      behindHub('other', OTHERS, { input: ofStep, desired: { resources: { made: { resource } } } }),
    );
  }
  expect(linesOf(server.stderr(), 'refused a session').map(({ name }) => name)).toEqual(['acme', 'other']);
});

test('a refusal of a generator that only the cluster has has a line too', async () => {
  await using server = await startServer({ sts });
  const generators = [externalSecret({ dataFrom: [fromGenerator('deployer')] }, { namespace: undefined })];
  const there = generator({ role: OTHERS }, { name: 'deployer', namespace: 'team-a' });
  const allow = [{ roles: [ROLE], fromCluster: true }];
  await server.reconcile(request({ input: input({ generators: JSON.parse(JSON.stringify(generators)), allow }) }), [
    there,
  ]);
  expect(linesOf(server.stderr(), 'refused a session')).toMatchObject([{ reason: 'NOT_GRANTED', name: 'acme' }]);
});

test('sessions without a Secret have a line too', async () => {
  await using server = await startServer({ sts });
  const generators = [
    generator({ role: ROLE }, { name: 'one' }),
    generator({ role: OTHERS }, { name: 'two' }),
    externalSecret({ dataFrom: ['one', 'two'].map((name) => fromGenerator(name)) }, { namespace: undefined }),
  ];
  const step = input({ generators: JSON.parse(JSON.stringify(generators)), vars: {}, allow: [{}] });
  await server.reconcile(request({ input: step }));
  const [issued] = linesOf(server.stderr(), 'issued a session');
  expect(issued).toMatchObject({
    secret: 'acme-credentials',
    reason: 'absent',
    sessions: [{ generator: { name: 'one' } }],
  });
  expect(issued).not.toHaveProperty('expiration');
});

test('a generator that an ExternalSecret names very often has its session told once', async () => {
  await using server = await startServer({ sts });
  const naming = { dataFrom: Array.from({ length: 500 }, () => fromGenerator('often')) };
  const step = (role: string) => {
    const generators = [generator({ role }, { name: 'often' }), externalSecret(naming, { namespace: undefined })];
    return input({ generators: JSON.parse(JSON.stringify(generators)), vars: {}, allow: [{ roles: [ROLE] }] });
  };
  for (const role of [ROLE, OTHERS]) await server.reconcile(request({ input: step(role) }));
  const lines = ['issued', 'refused'].flatMap((event) => linesOf(server.stderr(), `${event} a session`));
  expect(lines).toMatchObject(
    ['absent', 'NOT_GRANTED'].map((reason) => ({ reason, sessions: [{ generator: { name: 'often' } }] })),
  );
});

test('a call has a thousand findings in the log, and the number of the others', async () => {
  await using server = await startServer({ sts });
  const [name, key] = ['keys', 'key'];
  const secretRef = { accessKeyIDSecretRef: { name, key }, secretAccessKeySecretRef: { name, key } };
  const signed = (_: unknown, at: number) => generator({ role: ROLE, auth: { secretRef } }, { name: `g${at}` });
  const keys = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'team-a' }, data: { [key]: '?' } };
  const step = input({ generators: Array.from({ length: 1200 }, signed), vars: {}, allow: [{ roles: [ROLE] }] });
  await server.reconcile(request({ input: step }), [keys]);
  const lines = server
    .stderr()
    .split('\n')
    .filter((line) => line.includes('"code":"CREDENTIAL_MALFORMED"'));
  expect(lines).toHaveLength(1001);
  expect(lines.at(-1)).toContain('200 more findings were left out');
});
