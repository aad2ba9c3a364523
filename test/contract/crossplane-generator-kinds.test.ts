import { Ready, Severity } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { applied, composite, input, request, verdictOf } from '../support/crossplane/request.ts';
import { shareServer } from '../support/crossplane/share-server.ts';
import { externalSecret, fromGenerator, generatorManifest } from '../support/manifests.ts';
import { shareExampleSts } from '../support/start-example-sts.ts';

/** STSSessionToken and ECRAuthorizationToken as steps of a Composition. */

const KEY = 'acme-registry';

const sts = shareExampleSts();
const server = shareServer({ sts });

const made = (spec: object, kind: string) =>
  generatorManifest({ region: 'eu-west-1', ...spec }, { name: 'registry' }, kind);
const registry = (spec: object = {}) =>
  made({ role: 'arn:aws:iam::${account}:role/puller', ...spec }, 'ECRAuthorizationToken');
const session = (spec: object = {}) => made(spec, 'STSSessionToken');
const mfa = { serialNumber: 'arn:aws:iam::123456789012:mfa/ci', tokenCode: '123456' };
const allow = [{ roles: ['arn:aws:iam::*:role/puller'] }];
const pull = { match: { kinds: ['ECRAuthorizationToken'] }, secrets: [{ format: 'dockerConfigJson' }] };
/** Logins that the server has had; it does not count what it has never had. */
const loginsCounted = async () => {
  const { text } = await server.get('/metrics');
  return Number(
    /^sts_function_ecr_calls_total\{operation="GetAuthorizationToken",code="OK"\} (\d+)$/m.exec(text)?.[1] ?? 0,
  );
};
const asPullSecret = input({ generators: [registry()], sessions: [pull], allow });

test('a login is composed once, used again when it is seen, and counted', async () => {
  const before = await loginsCounted();
  const { response } = await server.reconcile(request({ input: asPullSecret }));
  const { resource } = response.desired?.resources[KEY] ?? {};
  expect(resource).toMatchObject({ type: 'kubernetes.io/dockerconfigjson' });
  const again = await server.reconcile(
    request({ input: asPullSecret, observedResources: { [KEY]: applied(resource) } }),
  );
  expect(again.response.desired?.resources[KEY]).toEqual({ resource, connectionDetails: {}, ready: Ready.READY_TRUE });
  expect(sts.calls.map(({ operation }) => operation)).toEqual(['AssumeRole', 'GetAuthorizationToken']);
  expect((await loginsCounted()) - before).toBe(1);
});

test('a pull secret keeps its type while a value is away', async () => {
  const { response } = await server.reconcile(request({ input: asPullSecret }));
  const { resource } = response.desired?.resources[KEY] ?? {};
  const xr = composite({ spec: { accountID: undefined } });
  const waiting = await server.reconcile(
    request({ input: asPullSecret, xr, observedResources: { [KEY]: applied(resource) } }),
  );
  expect(verdictOf(waiting.response)).toMatchObject({ reason: 'ValueMissing' });
  expect(waiting.response.desired?.resources[KEY]?.resource).toEqual(resource);
});

describe('a Secret that is to have another type', () => {
  const asKeys = input({ generators: [registry()], allow });

  test('stays as it is, and nobody is asked for what Kubernetes would refuse', async () => {
    const { response } = await server.reconcile(request({ input: asKeys }));
    const { resource } = response.desired?.resources[KEY] ?? {};
    const before = sts.calls.length;
    const changed = await server.reconcile(
      request({ input: asPullSecret, observedResources: { [KEY]: applied(resource) } }),
    );
    expect(verdictOf(changed.response)).toMatchObject({ reason: 'TargetNotReplaceable' });
    expect(changed.response.desired?.resources[KEY]?.resource).toEqual(resource);
    expect(sts.calls.length - before).toBe(0);
  });

  test('is made anew when somebody has deleted it', async () => {
    const { response } = await server.reconcile(request({ input: asKeys }));
    const observedResources = { [KEY]: applied(response.desired?.resources[KEY]?.resource) };
    await server.reconcile(request({ input: asPullSecret, observedResources }));
    const anew = await server.reconcile(request({ input: asPullSecret }));
    expect(anew.response.desired?.resources[KEY]?.resource).toMatchObject({ type: 'kubernetes.io/dockerconfigjson' });
    expect(verdictOf(anew.response)).toMatchObject({ reason: 'Available' });
  });
});

test('a desired generator is replaced by its Secret', async () => {
  const desired = { resources: { pull: { resource: registry({ role: 'arn:aws:iam::123456789012:role/puller' }) } } };
  const { response } = await server.reconcile(request({ input: input({ generators: [], allow }), desired }));
  expect(Object.keys(response.desired?.resources ?? {})).toEqual([KEY]);
});

test.each([
  ['a session token with a role', session({ role: 'arn:aws:iam::${account}:role/puller' }), 'SpecInvalid'],
  [
    'a session token for a ServiceAccount',
    session({ auth: { jwt: { serviceAccountRef: { name: 'a' } } } }),
    'SpecInvalid',
  ],
  ['a session token with a code, which a server cannot read anew', session({ requestParameters: mfa }), 'SpecInvalid'],
  ['a session token that is not granted', session(), 'NotGranted'],
  ['a login without a role that is not granted', registry({ role: undefined }), 'NotGranted'],
])('%s ends the pipeline, and nobody is asked', async (_, generator, reason) => {
  const guard = reason === 'NotGranted' ? [{ ...allow[0], withoutRole: [] }] : undefined;
  const { response } = await server.reconcile(request({ input: input({ generators: [generator], allow: guard }) }));
  expect(response.results).toMatchObject([{ severity: Severity.SEVERITY_FATAL, reason }]);
  expect(sts.calls).toEqual([]);
});

test('a code of a ClusterGenerator that only the cluster has is waited for, by the name that it has there', async () => {
  const shared = {
    ...registry(),
    kind: 'ClusterGenerator',
    metadata: { name: 'shared' },
    spec: {
      kind: 'STSSessionToken',
      generator: { stsSessionTokenSpec: { region: 'eu-west-1', requestParameters: mfa } },
    },
  };
  const named = externalSecret(
    { dataFrom: [fromGenerator('shared', undefined, 'ClusterGenerator')] },
    { namespace: undefined },
  ) as object;
  const generators = [JSON.parse(JSON.stringify(named)), registry()];
  const asked = request({ input: input({ generators, allow: [{ fromCluster: true }] }) });
  const { response } = await server.reconcile(asked, [shared]);
  expect(verdictOf(response)).toMatchObject({
    reason: 'SpecInvalid',
    message: expect.stringContaining(
      'ClusterGenerator "shared": `spec.generator.stsSessionTokenSpec.requestParameters.tokenCode` must be absent under Crossplane',
    ),
  });
  expect(Object.keys(response.desired?.resources ?? {})).toEqual([KEY]);
});
