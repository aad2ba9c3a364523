import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, list } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';

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

const alone = (spec: string) => list(generatorItem() + external(spec));
const rewritten = (rewrite: string) => alone(`dataFrom: [{${FROM}, rewrite: [${rewrite}]}]`);
const withTarget = (target: string) => alone(`target: {${target}}, dataFrom: [{${FROM}}]`);

/** A Secret that is not ours with values of an ExternalSecret. */
const added = (mark: string) => `- apiVersion: v1
  kind: Secret
  metadata: {name: credentials, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: "${mark}", sts.fn.crossplane.io/merged: "true"}}
`;

test('what is said of ExternalSecrets and ClusterGenerators', async () => {
  const shown = await showEach({
    'an ExternalSecret with values of a store too': alone(`data: [{secretKey: a}], dataFrom: [{${FROM}}]`),
    'an ExternalSecret with an extract too': alone(`dataFrom: [{${FROM}}, {extract: {key: a}}]`),
    'an ExternalSecret with a generator of another kind too': alone(
      `dataFrom: [{${FROM}}, {sourceRef: {generatorRef: {kind: Password, name: a}}}]`,
    ),
    'an ExternalSecret with a slip in the name of its generator': alone(
      `dataFrom: [{${FROM.replace('deployer', 'deplyoer')}}]`,
    ),
    'an ExternalSecret with a slip in its metadata': list(
      generatorItem() + external(`dataFrom: [{${FROM}}]`).replace('namespace:', 'namespce:'),
    ),
    'a generator with its kind in other letters': list(
      generatorItem().replace('STSAssumeRoleToken', 'STSAssumeRoletoken') + external(`dataFrom: [{${FROM}}]`),
    ),
    'an ExternalSecret whose generator is not there': list(external(`dataFrom: [{${FROM}}]`)),
    'an ExternalSecret whose ClusterGenerator is not there': alone(
      'dataFrom: [{sourceRef: {generatorRef: {kind: ClusterGenerator, name: shared}}}]',
    ),
    'an ExternalSecret that names a ClusterGenerator as a generator': list(
      shared(`kind: STSAssumeRoleToken, generator: {stsAssumeRoleTokenSpec: {${GOOD_SPEC}}}`).replace(
        /ClusterGenerator(?=, name: shared\}\})/,
        'STSAssumeRoleToken',
      ),
    ),
    'an ExternalSecret that names a generator as a ClusterGenerator': alone(
      'dataFrom: [{sourceRef: {generatorRef: {kind: ClusterGenerator, name: deployer}}}]',
    ),
    'a generatorRef without sourceRef': alone(`dataFrom: [${FROM.replace('sourceRef: ', '')}]`),
    'a sourceRef without generatorRef': alone(
      `dataFrom: [{${FROM.replace('generatorRef: {', '').replace('}}', '}')}}]`,
    ),
    'dataFrom in target': alone(`target: {dataFrom: [{${FROM}}]}`),
    'a slip in generatorRef': alone(`dataFrom: [{${FROM.replace('generatorRef', 'generator')}}]`),
    'dataFrom that is no list': alone(`dataFrom: {${FROM}}`),
    'a slip in dataFrom': alone(`datafrom: [{${FROM}}]`),
    'a generator in a field that takes any object': list(
      external('target: {manifest: {apiVersion: a, kind: STSAssumeRoleToken}}, data: [{secretKey: a}]'),
    ),
    'an ExternalSecret of a version that does not exist': alone(`dataFrom: [{${FROM}}]`).replace(
      'secrets.io/v1\n',
      'secrets.io/v2\n',
    ),
    'an ExternalSecret with a slip in a field': alone(`dataFrom: [{${FROM}}], refreshIntervall: 1h`),
    'an ExternalSecret that is refreshed too late': {
      input: alone(`dataFrom: [{${FROM}}], refreshInterval: 2h`),
      environment: { STS_FUNCTION_MODE: 'placeholder' },
    },
    'an ExternalSecret that is refreshed once': {
      input: alone(`dataFrom: [{${FROM}}], refreshInterval: 0s`),
      environment: { STS_FUNCTION_MODE: 'placeholder' },
    },
    'an ExternalSecret by whose policy it is refreshed once': {
      input: alone(`dataFrom: [{${FROM}}], refreshPolicy: CreatedOnce`),
      environment: { STS_FUNCTION_MODE: 'placeholder' },
    },
    'a Secret that clusters do not let change': {
      input: withTarget('immutable: true'),
      environment: { STS_FUNCTION_MODE: 'placeholder' },
    },
    'a value that is encoded twice': {
      input: withTarget("template: {data: {a: '{{ .session_token | b64enc }}'}}"),
      environment: { STS_FUNCTION_MODE: 'placeholder' },
    },
    'a rewrite of two keys to one': rewritten('{regexp: {source: ".*", target: a}}'),
    'a rewrite to a key that no Secret can have': rewritten('{regexp: {source: _, target: /}}'),
    'a rewrite with an expression that Go does not know': rewritten('{regexp: {source: "(?=a)", target: a}}'),
    'a rewrite that merges': rewritten('{merge: {}}'),
    'a rewrite of two kinds': rewritten('{regexp: {source: a, target: b}, transform: {template: a}}'),
    'a deletion policy that does not go with the other': withTarget('creationPolicy: Merge, deletionPolicy: Delete'),
    'nothing to merge into': withTarget('creationPolicy: Merge'),
    'a template with an unknown function': withTarget('template: {data: {a: \'{{ env "HOME" }}\'}}'),
    'a template of a key that is not there': withTarget("template: {data: {a: '{{ .password }}'}}"),
    'a template of version 1': withTarget('template: {engineVersion: v1, data: {a: b}}'),
    'a literal that is a list': withTarget("template: {templateFrom: [{literal: '- a'}]}"),
    'a template for a label that no label can have': withTarget(
      "template: {metadata: {labels: {a: '{{ .session_token }}'}}}",
    ),
    'a template for our own annotation': withTarget(
      'template: {metadata: {annotations: {sts.fn.crossplane.io/expiration: a}}}',
    ),
    'a template for a key that no Secret can have': withTarget(
      "template: {templateFrom: [{literal: '{{ .secret_access_key }}: a'}]}",
    ),
    'a template for a ServiceAccount token': withTarget('template: {type: kubernetes.io/service-account-token}'),
    'a template in a ConfigMap that is not there': withTarget(
      'template: {templateFrom: [{configMap: {name: a, items: [{key: b}]}}]}',
    ),
    'a rewrite whose template is wrong': rewritten("{transform: {template: '{{ .key }}'}}"),
    'a target of another kind': withTarget('manifest: {apiVersion: v1, kind: ConfigMap}'),
    'a Secret of somebody else in the place of the target': list(
      `${generatorItem()}${external(`dataFrom: [{${FROM}}]`)}- apiVersion: v1\n  kind: Secret\n  metadata: {name: credentials, namespace: team-a}\n`,
    ),
    'two ExternalSecrets with one target': list(
      generatorItem() +
        external(`dataFrom: [{${FROM}}]`) +
        external(`dataFrom: [{${FROM}}], target: {name: credentials}`).replace('name: credentials,', 'name: again,'),
    ),
    'a ClusterGenerator without a spec': list(shared('kind: STSAssumeRoleToken, generator: {}')),
    'a ClusterGenerator with two specs': list(
      shared(`kind: STSAssumeRoleToken, generator: {stsAssumeRoleTokenSpec: {${GOOD_SPEC}}, stsSessionTokenSpec: {}}`),
    ),
    'a ClusterGenerator with a slip in its generator': list(
      shared('kind: STSAssumeRoleToken, generator: {stsAssumeRoleTokenSpec: {region: eu-west-1, roleArn: a}}'),
    ),
    'a ClusterGenerator with a duration that is too short': list(
      shared(
        `kind: STSAssumeRoleToken, generator: {stsAssumeRoleTokenSpec: {${GOOD_SPEC}, requestParameters: {sessionDuration: 60}}}`,
      ),
    ),
    'an ExternalSecret whose generator is in another namespace': list(
      generatorItem(GOOD_SPEC, { metadata: 'namespace: team-b' }) + external(`dataFrom: [{${FROM}}]`),
    ),
    'a rewrite that changes no key': rewritten("{regexp: {source: '^acces_', target: a}}"),
    'a rewrite by a template that changes no key': rewritten(
      "{regexp: {source: key, target: k}}, {transform: {template: '{{ .value }}'}}",
    ),
    'a template without a value': withTarget("template: {data: {a: '{ .access_key_id }'}}"),
    'a type without its key': withTarget(
      "template: {type: kubernetes.io/tls, data: {tls.crt: '{{ .session_token }}'}}",
    ),
    'a rewrite that makes keys ever longer': rewritten(`{regexp: {source: ".+", target: "${'$0'.repeat(400)}"}}`),
    'a template for a key that would be lost': withTarget('template: {data: {__proto__: a}}'),
    'half of a character in a label, an annotation and the name of one': list(
      generatorItem() +
        external(`dataFrom: [{${FROM}}]`, ', labels: {a: "\\ud800"}, annotations: {b: "\\ud83d", "\\udc00": c}'),
    ),
    'half of a character in a template': withTarget(
      'template: {metadata: {annotations: {a: "\\ud800"}}, data: {b: "\\ud800"}}',
    ),
    'half of a character in an annotation of a generator': list(
      generatorItem(GOOD_SPEC, { metadata: 'namespace: team-a, annotations: {a: "\\ud800"}' }),
    ),
    'half of a character in what says that it is to be renewed now': list(
      generatorItem(GOOD_SPEC, { metadata: 'namespace: team-a, annotations: {force-sync: "\\ud800"}' }),
    ),
    'a Secret that was only added to': list(
      generatorItem() + external(`dataFrom: [{${FROM}}]`) + added('ExternalSecret/team-a/credentials'),
    ),
    'a Secret that others encrypted, to be added to': list(
      `${generatorItem()}${external(`target: {creationPolicy: Merge}, dataFrom: [{${FROM}}]`)}- apiVersion: v1\n  kind: Secret\n  metadata: {name: credentials, namespace: team-a}\n  sops: {mac: a}\n`,
    ),
    'a Secret that is not ours with a list where its data belong, to be added to': list(
      `${generatorItem()}${external(`target: {creationPolicy: Merge}, dataFrom: [{${FROM}}]`)}- apiVersion: v1\n  kind: Secret\n  metadata: {name: credentials, namespace: team-a}\n  data: [a]\n`,
    ),
    'a Secret that was only added to, and is to be no more': list(added('ExternalSecret/team-a/gone')),
  });
  expectMessages(import.meta.filename, shown);
});
