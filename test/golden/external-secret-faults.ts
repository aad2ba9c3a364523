import { GOOD_SPEC, generator, list } from '../support/resource-list.ts';
import type { BadInput } from './bad-inputs.ts';

const FROM = 'sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}';

/** An ExternalSecret `team-a/credentials` with `spec` as flow YAML, without its braces. */
const external = (spec: string, metadata = '') => `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: credentials, namespace: team-a${metadata}}
  spec: {${spec}}
`;

const shared = (spec: string) => `- apiVersion: generators.external-secrets.io/v1alpha1
  kind: ClusterGenerator
  metadata: {name: shared}
  spec: {${spec}}
- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: credentials, namespace: team-a}
  spec: {dataFrom: [{sourceRef: {generatorRef: {kind: ClusterGenerator, name: shared}}}]}
`;

const alone = (spec: string) => list(generator(GOOD_SPEC) + external(spec));
const rewritten = (rewrite: string) => alone(`dataFrom: [{${FROM}, rewrite: [${rewrite}]}]`);
const withTarget = (target: string) => alone(`target: {${target}}, dataFrom: [{${FROM}}]`);

/** A Secret of others with values of an ExternalSecret. */
const added = (mark: string) => `- apiVersion: v1
  kind: Secret
  metadata: {name: credentials, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: "${mark}", sts.fn.crossplane.io/merged: "true"}}
`;

/** What is wrong with ExternalSecrets and ClusterGenerators. */
export const EXTERNAL_SECRET_FAULTS: readonly BadInput[] = [
  {
    name: 'an ExternalSecret with values of a store too',
    input: alone(`data: [{secretKey: a}], dataFrom: [{${FROM}}]`),
  },
  { name: 'an ExternalSecret with an extract too', input: alone(`dataFrom: [{${FROM}}, {extract: {key: a}}]`) },
  {
    name: 'an ExternalSecret with a generator of another kind too',
    input: alone(`dataFrom: [{${FROM}}, {sourceRef: {generatorRef: {kind: Password, name: a}}}]`),
  },
  { name: 'an ExternalSecret whose generator is not there', input: list(external(`dataFrom: [{${FROM}}]`)) },
  {
    name: 'an ExternalSecret whose ClusterGenerator is not there',
    input: alone('dataFrom: [{sourceRef: {generatorRef: {kind: ClusterGenerator, name: shared}}}]'),
  },
  {
    name: 'an ExternalSecret of a version that does not exist',
    input: alone(`dataFrom: [{${FROM}}]`).replace('secrets.io/v1\n', 'secrets.io/v2\n'),
  },
  { name: 'an ExternalSecret with a slip in a field', input: alone(`dataFrom: [{${FROM}}], refreshIntervall: 1h`) },
  {
    name: 'an ExternalSecret that is refreshed too late',
    input: alone(`dataFrom: [{${FROM}}], refreshInterval: 2h, target: {name: "a/b"}`),
  },
  { name: 'a rewrite of two keys to one', input: rewritten('{regexp: {source: ".*", target: a}}') },
  { name: 'a rewrite to a key that no Secret can have', input: rewritten('{regexp: {source: _, target: /}}') },
  {
    name: 'a rewrite with an expression that Go does not know',
    input: rewritten('{regexp: {source: "(?=a)", target: a}}'),
  },
  { name: 'a rewrite that merges', input: rewritten('{merge: {}}') },
  { name: 'a rewrite of two kinds', input: rewritten('{regexp: {source: a, target: b}, transform: {template: a}}') },
  {
    name: 'a deletion policy that does not go with the other',
    input: withTarget('creationPolicy: Merge, deletionPolicy: Delete'),
  },
  { name: 'nothing to merge into', input: withTarget('creationPolicy: Merge') },
  { name: 'a template with an unknown function', input: withTarget('template: {data: {a: \'{{ env "HOME" }}\'}}') },
  { name: 'a template of a key that is not there', input: withTarget("template: {data: {a: '{{ .password }}'}}") },
  { name: 'a template of version 1', input: withTarget('template: {engineVersion: v1, data: {a: b}}') },
  { name: 'a literal that is a list', input: withTarget("template: {templateFrom: [{literal: '- a'}]}") },
  {
    name: 'a template for a label that no label can have',
    input: withTarget("template: {metadata: {labels: {a: '{{ .session_token }}'}}}"),
  },
  {
    name: 'a template for our own annotation',
    input: withTarget('template: {metadata: {annotations: {sts.fn.crossplane.io/expiration: a}}}'),
  },
  {
    name: 'a template for a key that no Secret can have',
    input: withTarget("template: {templateFrom: [{literal: '{{ .secret_access_key }}: a'}]}"),
  },
  {
    name: 'a template for a ServiceAccount token',
    input: withTarget('template: {type: kubernetes.io/service-account-token}'),
  },
  {
    name: 'a template in a ConfigMap that is not there',
    input: withTarget('template: {templateFrom: [{configMap: {name: a, items: [{key: b}]}}]}'),
  },
  { name: 'a rewrite whose template is wrong', input: rewritten("{transform: {template: '{{ .key }}'}}") },
  { name: 'a target of another kind', input: withTarget('manifest: {apiVersion: v1, kind: ConfigMap}') },
  {
    name: 'a Secret of somebody else in the place of the target',
    input: list(
      `${generator(GOOD_SPEC)}${external(`dataFrom: [{${FROM}}]`)}- apiVersion: v1\n  kind: Secret\n  metadata: {name: credentials, namespace: team-a}\n`,
    ),
  },
  {
    name: 'two ExternalSecrets with one target',
    input: list(
      generator(GOOD_SPEC) +
        external(`dataFrom: [{${FROM}}]`) +
        external(`dataFrom: [{${FROM}}], target: {name: credentials}`).replace('name: credentials,', 'name: again,'),
    ),
  },
  { name: 'a ClusterGenerator without a spec', input: list(shared('kind: STSAssumeRoleToken, generator: {}')) },
  {
    name: 'a ClusterGenerator with a slip in its generator',
    input: list(
      shared('kind: STSAssumeRoleToken, generator: {stsAssumeRoleTokenSpec: {region: eu-west-1, roleArn: a}}'),
    ),
  },
  {
    name: 'a ClusterGenerator with a duration that is too short',
    input: list(
      shared(
        `kind: STSAssumeRoleToken, generator: {stsAssumeRoleTokenSpec: {${GOOD_SPEC}, requestParameters: {sessionDuration: 60}}}`,
      ),
    ),
  },
  {
    name: 'an ExternalSecret whose generator is in another namespace',
    input: list(generator(GOOD_SPEC, { metadata: 'namespace: team-b' }) + external(`dataFrom: [{${FROM}}]`)),
  },
  {
    name: 'a rewrite that makes keys ever longer',
    input: rewritten(`{regexp: {source: ".+", target: "${'$0'.repeat(400)}"}}`),
  },
  { name: 'a template for a key that would be lost', input: withTarget('template: {data: {__proto__: a}}') },
  {
    name: 'a template in a Secret that is not granted',
    input: `${withTarget('template: {templateFrom: [{secret: {name: texts, items: [{key: b}]}}]}')}functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, allow: [{templateSecrets: [other]}]}\n`,
  },
  {
    name: 'a Secret that was only added to',
    input: list(generator(GOOD_SPEC) + external(`dataFrom: [{${FROM}}]`) + added('ExternalSecret/team-a/credentials')),
  },
  {
    name: 'a Secret that others encrypted, to be added to',
    input: list(
      `${generator(GOOD_SPEC)}${external(`target: {creationPolicy: Merge}, dataFrom: [{${FROM}}]`)}- apiVersion: v1\n  kind: Secret\n  metadata: {name: credentials, namespace: team-a}\n  sops: {mac: a}\n`,
    ),
  },
  { name: 'a Secret that was only added to, and is to be no more', input: list(added('ExternalSecret/team-a/gone')) },
];
