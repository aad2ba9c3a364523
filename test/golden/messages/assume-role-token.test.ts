import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, list, OTHER } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { JWT, REGION, ROLE, SECRET_REF } from './resource-lists.ts';

const withSpec = (spec: string) => list(OTHER + generatorItem(spec));
const withMetadata = (metadata: string) =>
  list(generatorItem().replace('name: deployer, ', `name: deployer, ${metadata}, `));

test('what is said of the spec of an STSAssumeRoleToken', async () => {
  const shown = await showEach({
    'no spec': list(generatorItem().replace(/ {2}spec.*\n/, '')),
    'no metadata.name': list(generatorItem().replace('name: deployer, ', '')),
    'near misses in metadata': withMetadata(
      'namespce: team-a, label: {tier: prod}, labels: {kustomize.config.k8s.io/needs-hash: "true"}, annotations: {force-synk: "1", config.kubernetes.io/funciton: a, config.kubernetes.io/needs-hash: a, sts.fn.crossplane.io/ingore: "true", sts.fn.crossplane.io/expiration: a}',
    ),
    'an annotation with another value': withMetadata('annotations: {sts.fn.crossplane.io/ignore: "True"}'),
    'metadata of API servers and hosts': {
      input: withMetadata(
        'uid: a, generation: 1, creationTimestamp: null, managedFields: [], ownerReferences: [], finalizers: [a], labels: {team: a}, annotations: {force-sync: "1", sts.fn.crossplane.io/ignore: "false", kustomize.config.k8s.io/needs-hash: "true", config.k8s.io/function: a, config.kubernetes.io/local-config: "true", config.kubernetes.io/path: a, internal.config.kubernetes.io/index: "0", example.org/function: a}',
      ),
      environment: { STS_FUNCTION_MODE: 'plan' },
    },
    'a name that climbs out of the folder': list(generatorItem(GOOD_SPEC, { name: '../../etc/passwd' })),
    'a version that does not exist': list(generatorItem().replace('v1alpha1', 'v1')),
    'a kind in other letters, without a version': list(
      generatorItem().replace('/v1alpha1', '').replace('STSAssume', 'stsAssume'),
    ),
    'empty spec': withSpec(''),
    'region missing': withSpec(ROLE),
    'region empty, and none in the environment': withSpec(`region: "", ${ROLE}`),
    'region empty, and none of AWS in the environment': {
      input: withSpec(`region: "", ${ROLE}`),
      environment: { AWS_REGION: 'EU West' },
    },
    'region that is a host name': withSpec(`region: "eu-west-1.attacker.example#", ${ROLE}`),
    'region null': withSpec(`region: null, ${ROLE}`),
    'role empty': withSpec(`${REGION}, role: ""`),
    'role that is a user': withSpec(`${REGION}, role: "arn:aws:iam::123456789012:user/a"`),
    'role with a glob': withSpec(`${REGION}, role: "arn:aws:iam::123456789012:role/*"`),
    'role with a short account': withSpec(`${REGION}, role: "arn:aws:iam::1234:role/a"`),
    'role with an account of eleven digits': withSpec(`${REGION}, role: "arn:aws:iam::12345678901:role/a"`),
    'role of another partition': withSpec(`${REGION}, role: "arn:aws-cn:iam::123456789012:role/a"`),
    'role that is a number': withSpec(`${REGION}, role: 12`),
    'duration 0': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: 0}`),
    'duration too short': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: 60}`),
    'duration too long': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: 43201}`),
    'duration as a string': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: "3600"}`),
    'duration with a unit': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: 1h}`),
    'duration with two units': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: 1h30m}`),
    'duration of eleven digits': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: 36000000000}`),
    'duration with a fraction': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: 900.5}`),
    'duration that is no int32': withSpec(`${GOOD_SPEC}, requestParameters: {sessionDuration: 1e12}`),
    'external ID empty': withSpec(`${GOOD_SPEC}, requestParameters: {externalID: ""}`),
    'external ID of one character': withSpec(`${GOOD_SPEC}, requestParameters: {externalID: a}`),
    'external ID with a space': withSpec(`${GOOD_SPEC}, requestParameters: {externalID: "a b"}`),
    "the older draft's names": withSpec(
      `${GOOD_SPEC}, roleAssumptionParameters: {externalId: a}, requestParameters: {externalId: ab, roleSessionName: s}`,
    ),
    'near misses': withSpec('Region: eu-west-1, roleARN: a, requestParameter: {}, sessionDuration: 3600'),
    'an unknown field that could break a line': withSpec(`${GOOD_SPEC}, "x\\ny\\u001b[31m": 1`),
    'prototype keys': withSpec(`${GOOD_SPEC}, __proto__: {region: eu-west-1}, constructor: 1`),
    'auth null': withSpec(`${GOOD_SPEC}, auth: null`),
    'auth a list': withSpec(`${GOOD_SPEC}, auth: [secretRef]`),
    'both identities': withSpec(`${GOOD_SPEC}, auth: {jwt: {serviceAccountRef: {name: a}}, ${SECRET_REF}}`),
    jwt: withSpec(JWT),
    'jwt empty': withSpec(`${GOOD_SPEC}, auth: {jwt: {}}`),
    'secretRef empty': withSpec(`${GOOD_SPEC}, auth: {secretRef: {}}`),
    'a pasted key where a reference belongs': withSpec(
      `${GOOD_SPEC}, auth: {secretRef: {accessKeyIDSecretRef: CANARYKEY, secretAccessKeySecretRef: {name: a, key: CANARY/KEY}}}`,
    ),
    "another namespace's Secret": withSpec(
      `${GOOD_SPEC}, auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id, namespace: team-b}, secretAccessKeySecretRef: {name: keys, key: secret, namespace: team-a}}}`,
    ),
    'two specs and five faults': list(
      generatorItem(`region: a, role: b, requestParameters: {sessionDuration: 1}`) +
        generatorItem('region: c, rol: d', { name: 'other' }),
    ),
  });
  expectMessages(import.meta.filename, shown);
});
