import { type RunFunctionResponse, Severity, Status } from '@crossplane-org/function-sdk-typescript';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { generator, input, rememberedOf, request, verdictOf } from '../../support/crossplane/request.ts';
import { shareServer } from '../../support/crossplane/share-server.ts';
import { externalSecret, fromGenerator } from '../../support/manifests.ts';
import { shareExampleSts } from '../../support/start-example-sts.ts';

/**
 * A Composition's ExternalSecrets name generators of the cluster, by several authors. What one of them writes keeps back his own Secret,
 * and no other: neither by an error that names another object, nor by one that names none, nor by many that hide each other.
 */
const THEIRS = 'arn:aws:iam::210987654321:role/theirs';
const HUB = 'arn:aws:iam::111111111111:role/hub';

const sts = shareExampleSts({ roles: [THEIRS, HUB].map((arn) => ({ arn, trust: [{ principals: [ci.arn] }] })) });
const server = shareServer({ sts });

const theirs = (name: string, spec: object = {}, metadata: object = {}) =>
  generator({ role: THEIRS, ...spec }, { name, namespace: 'team-a', ...metadata });
const signedBy = (name: string) => ({
  auth: {
    secretRef: { accessKeyIDSecretRef: { name, key: 'id' }, secretAccessKeySecretRef: { name, key: 'secret' } },
  },
});
const labelled = { labels: { a: 'x', b: 'x' } };

async function run(names: readonly string[], objects: readonly unknown[], parts: object): Promise<RunFunctionResponse> {
  const secrets = names.map((name) =>
    externalSecret({ dataFrom: [fromGenerator(name)] }, { name, namespace: undefined }),
  );
  const generators = [generator({ role: HUB }, { name: 'own' }), ...secrets];
  const allow = [{ roles: [HUB, THEIRS], fromCluster: true }];
  const asked = JSON.parse(JSON.stringify(input({ generators, vars: {}, allow, ...parts }))) as object;
  return (await server.reconcile(request({ input: asked }), objects, rememberedOf(...objects))).response;
}

const TWO_ENTRIES = { sessions: [{ match: { labels: { a: 'x' } } }, { match: { labels: { b: 'x' } } }] };
const MANY = Array.from({ length: 9 }, (_, at) => `many-${at}`);

describe('what a generator of the cluster has wrong keeps back its own Secret alone', () => {
  test.each<[string, readonly unknown[], object]>([
    ["that reads another's Secret", [theirs('wrong', signedBy('acme-innocent'))], {}],
    ["that reads the Composition's Secret", [theirs('wrong', signedBy('acme-own'))], {}],
    ["several that read another's Secret", MANY.map((name) => theirs(name, signedBy('acme-innocent'))), {}],
    ['with the labels of two entries', [theirs('wrong', {}, labelled)], TWO_ENTRIES],
    [
      'with those of an entry that has Secrets',
      [theirs('wrong', {}, labelled)],
      { sessions: [{ match: { labels: { a: 'x' } }, secrets: [{ name: 'x' }] }] },
    ],
    [
      'and others, each wrong in its own way',
      [
        theirs('first', {}, labelled),
        theirs('second', { role: 'x' }),
        theirs('third', signedBy('acme-own')),
        theirs('fourth', { rolearn: THEIRS }),
      ],
      TWO_ENTRIES,
    ],
  ])('%s', async (_, wrong, parts) => {
    const names = wrong.map((one) => (one as { metadata: { name: string } }).metadata.name);
    const response = await run([...names, 'innocent'], [...wrong, theirs('innocent')], parts);
    expect(response.results.filter(({ severity }) => severity === Severity.SEVERITY_FATAL)).toEqual([]);
    expect(Object.keys(response.desired?.resources ?? {}).toSorted()).toEqual(['acme-innocent', 'acme-own']);
    expect(verdictOf(response)).toMatchObject({ status: Status.STATUS_CONDITION_FALSE });
  });
});
