import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, list, OTHER, secret } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { MATCH_OTHER_KINDS, OTHER_KINDS, REGION, REGISTRY_TOKEN, SECRET_REF, withInput } from './resource-lists.ts';

test('what is said of the Secrets that are to be written', async () => {
  const shown = await showEach({
    'Secrets of the Input with faults': withInput(
      'sessions: [{secrets: [{name: "${namespace}/x", namespaces: [Team, a, a], labels: {a: "b c"}, annotations: {config.kubernetes.io/path: a, sts.fn.crossplane.io/spec-hash: b}, key: credentials, format: env}]}]',
    ),
    'Secrets of the Input that its schema refuses': withInput(
      'sessions: [{secrets: []}, {secrets: [{namespaces: [], format: dotenv, key: a/b, labels: {a/b/c: d, e: 1}, encrypt: {}, data: {}}]}]',
    ),
    'a Secret with a variable that nobody has': withInput('sessions: [{secrets: [{name: "${nope}"}]}]'),
    'a key that no file can have, and half of a character': withInput(
      'sessions: [{secrets: [{format: credentialsFile, key: .., annotations: {a: "\\ud83d"}}]}]',
    ),
    'two generators that want one Secret of an entry': withInput(
      'sessions: [{secrets: [{name: shared}]}]',
      generatorItem() + generatorItem(GOOD_SPEC, { name: 'other' }),
    ),
    'two entries that want one Secret': withInput('sessions: [{secrets: [{}, {format: env}]}]'),
    'recipients that are none': withInput(
      'sessions: [{secrets: [{encrypt: {sops: {age: []}}}, {name: b, encrypt: {sops: {age: [AGE-SECRET-KEY-1QQQ, ssh-ed25519 AAAA, age1x]}}}]}]',
    ),
    'recipients that look right and are not': withInput(
      'sessions: [{secrets: [{encrypt: {sops: {age: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q, AGE-SECRET-KEY-1QQQ]}}}]}]',
    ),
    'a label that SOPS would take for an encrypted value': withInput(
      'sessions: [{secrets: [{labels: {data: a}, encrypt: {sops: {age: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]}}}]}]',
    ),
    'formats for what others give': withInput(
      `sessions: [{${MATCH_OTHER_KINDS}, secrets: [{format: env}, {name: "\${name}-b", format: dockerConfigJson}]}]`,
      OTHER_KINDS,
    ),
    'a key where Kubernetes chooses it': withInput(
      `sessions: [{${MATCH_OTHER_KINDS}, secrets: [{format: dockerConfigJson, key: a}]}]`,
      generatorItem(REGION, REGISTRY_TOKEN),
    ),
    'two generators that want one Secret': list(generatorItem() + generatorItem()),
    'a target that another generator reads': list(
      generatorItem(`${GOOD_SPEC}, auth: {${SECRET_REF}}`) +
        generatorItem(GOOD_SPEC, { name: 'keys' }) +
        secret('id: a, secret: b', {
          annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/keys}',
        }),
    ),
    'a Secret that is not ours': list(generatorItem() + secret('a: b', { name: 'deployer' })),
    "another generator's Secret": list(
      generatorItem() +
        secret('a: b', {
          name: 'deployer',
          annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken//x}',
        }),
    ),
    'the Secret of a generator of the same build': list(
      generatorItem() +
        secret('a: b', {
          name: 'deployer',
          annotations:
            ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer, kustomize.config.k8s.io/id: "1", internal.config.kubernetes.io/generatorBehavior: unspecified}',
        }),
    ),
    'our Secret twice': list(
      generatorItem() + secret('a: b', { name: 'deployer' }) + secret('a: b', { name: 'deployer' }),
    ),
    'our Secret with an anchor': list(
      generatorItem() +
        secret('a: &a b', {
          name: 'deployer',
          annotations: ', annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer}',
        }) +
        OTHER,
    ),
  });
  expectMessages(import.meta.filename, shown);
});
