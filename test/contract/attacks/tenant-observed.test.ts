import { type RunFunctionResponse, Severity } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import {
  applied,
  composite,
  generator,
  input,
  reconcile as playEngine,
  rememberedOf,
  request,
  UID,
  verdictOf,
} from '../../support/crossplane/request.ts';
import { shareServer } from '../../support/crossplane/share-server.ts';
import { externalSecret, fromGenerator } from '../../support/manifests.ts';
import { shareExampleSts } from '../../support/start-example-sts.ts';

/** What somebody changes in the objects that a composite has, or writes into the composite, stops no pipeline and moves nothing that is not his. */
const THEIRS = 'arn:aws:iam::210987654321:role/theirs';
const HUB = 'arn:aws:iam::111111111111:role/hub';

const sts = shareExampleSts({ roles: [THEIRS, HUB].map((arn) => ({ arn, trust: [{ principals: [ci.arn] }] })) });
const server = shareServer({ sts });

/** Of the same length as `__proto__`, which an object of JavaScript could not have here. */
const STAND_IN = '--proto--';
const toLostName = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replaceAll(STAND_IN, '__proto__'), 'latin1');
const asText = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;

const theirs = (spec: object = {}) => generator({ role: THEIRS, ...spec }, { name: 'theirs', namespace: 'team-a' });
const WRONG = theirs({ role: 'x' });
const placed = (namespace: string | undefined) =>
  asText(
    input({
      generators: [
        generator({ role: HUB }, { name: 'own', namespace }),
        externalSecret({ dataFrom: [fromGenerator('theirs')] }, { name: 'theirs', namespace }),
      ],
      vars: {},
      allow: [{ roles: [HUB, THEIRS], fromCluster: true }],
    }),
  );
const controlled = (manifest: object) => applied({ metadata: {}, ...manifest });
const reconcile = async (parts: Parameters<typeof request>[0], objects: readonly unknown[]) =>
  (await server.reconcile(request({ input: placed(undefined), ...parts }), objects, rememberedOf(...objects))).response;
const observedOf = ({ desired }: RunFunctionResponse) =>
  Object.fromEntries(Object.entries(desired?.resources ?? {}).map(([key, { resource }]) => [key, applied(resource)]));

describe('a name that JavaScript loses, in what is only looked at', () => {
  test.each<[string, Parameters<typeof request>[0]]>([
    [
      "in a composed Secret's data",
      {
        observedResources: {
          'acme-own': controlled({
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'acme-own', namespace: 'team-a' },
            data: { [STAND_IN]: 'eA==' },
          }),
        },
      },
    ],
    [
      "in another step's ConfigMap",
      {
        observedResources: {
          other: controlled({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'other', namespace: 'team-a' },
            data: { [STAND_IN]: 'x' },
          }),
        },
      },
    ],
    ['in the composite', { xr: composite({ spec: { [STAND_IN]: 'x' } }) }],
  ])('%s: the pipeline goes on', async (_, parts) => {
    const { response } = await playEngine(
      (one) => server.call(one, { rewrite: toLostName }),
      request({ input: placed(undefined), ...parts }),
      [theirs()],
    );
    expect(response.results.filter(({ severity }) => severity === Severity.SEVERITY_FATAL)).toEqual([]);
    expect(Object.keys(response.desired?.resources ?? {}).toSorted()).toEqual(['acme-own', 'acme-theirs']);
  });
});

test('a resource of another API whose kind is Secret is not replaced by one of ours, whatever its annotations', async () => {
  const annotations = { 'sts.fn.crossplane.io/expiration': '2026-12-01T00:00:00Z' };
  const other = controlled({
    apiVersion: 'secretsmanager.aws.upbound.io/v1beta1',
    kind: 'Secret',
    metadata: { name: 'other', namespace: 'team-a', annotations },
  });
  const first = await reconcile({}, [theirs()]);
  const response = await reconcile({ observedResources: { ...observedOf(first), other } }, [WRONG]);
  expect(Object.keys(response.desired?.resources ?? {}).toSorted()).toEqual(['acme-own', 'acme-theirs']);
});

test('who breaks his generator and deletes its Secret does not rename connection details of other Secrets', async () => {
  const xr = { apiVersion: 'example.org/v1', kind: 'XWorkspace', metadata: { name: 'acme', uid: UID }, spec: {} };
  const legacy = { xr, input: placed('team-a') };
  const namesOf = ({ desired }: RunFunctionResponse) => Object.keys(desired?.composite?.connectionDetails ?? {});
  const isOwn = (name: string) => name.startsWith('acme-own.');
  const first = await reconcile(legacy, [theirs()]);
  expect(namesOf(first).filter(isOwn)).toHaveLength(4);
  const { 'team-a/acme-theirs': _, ...observedResources } = observedOf(first);
  for (const objects of [[WRONG], [], [theirs({ requestParameters: { sessionName: '"' } })]])
    expect(namesOf(await reconcile({ ...legacy, observedResources }, objects))).toEqual(namesOf(first).filter(isOwn));
  const signedBy = { name: 'missing', key: 'id' };
  const unsigned = theirs({
    auth: { secretRef: { accessKeyIDSecretRef: signedBy, secretAccessKeySecretRef: signedBy } },
  });
  expect(namesOf(await reconcile({ ...legacy, observedResources }, [unsigned]))).toEqual(namesOf(first).filter(isOwn));
});

describe('a text that is an object', () => {
  const odd = { toString: 1 };
  test.each<[string, Parameters<typeof request>[0]]>([
    [
      "in the composite's conditions",
      {
        xr: composite({
          status: { conditions: [{ type: 'CredentialsReady', status: odd, reason: odd, message: odd }] },
        }),
      },
    ],
    [
      'as the namespace of a desired resource',
      {
        desired: {
          resources: {
            a: {
              resource: asText(externalSecret({ dataFrom: [fromGenerator('theirs')] }, { namespace: odd }) as object),
            },
          },
        },
      },
    ],
  ])('%s is no fault of the server', async (_, parts) => {
    expect(verdictOf(await reconcile(parts, []))?.reason).toMatch(/^(ReferenceMissing|SpecInvalid)$/);
  });
});
