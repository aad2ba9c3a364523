import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { JWT, OTHER_KINDS, withInput } from './resource-lists.ts';

const FROM_TEMPLATE = `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: credentials, namespace: team-a}
  spec:
    target: {template: {templateFrom: [{secret: {name: texts, items: [{key: b}]}}]}}
    dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}]
`;

test('what is said of roles and other things that are not granted', async () => {
  const shown = await showEach({
    'a role that allow does not have': withInput('allow: [{roles: ["arn:aws:iam::123456789012:role/other-*"]}]'),
    'a role that is granted in a namespace alone': withInput(
      'allow: [{namespaces: [team-a], roles: ["arn:aws:iam::123456789012:role/*"]}]',
      generatorItem(GOOD_SPEC, { metadata: 'labels: {}' }),
    ),
    'a role that is granted nowhere, without a namespace': withInput(
      'allow: [{namespaces: [team-a]}, {roles: []}]',
      generatorItem(GOOD_SPEC, { metadata: 'labels: {}' }),
    ),
    'a chain of which allow has one role': withInput(
      'allow: [{roles: ["arn:aws:iam::123456789012:role/deployer"]}], sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]',
    ),
    'a chain whose roles are in two grants': withInput(
      'allow: [{roles: ["arn:aws:iam::123456789012:role/*"]}, {via: ["arn:aws:iam::111111111111:role/*"], roles: []}], sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]',
    ),
    'what allow does not have of a ServiceAccount and a cluster': withInput(
      'cluster: {context: ci}, allow: [{serviceAccounts: [b], audiences: [], cluster: false}]',
      generatorItem(JWT),
    ),
    'what allow does not have without a role': withInput('allow: [{withoutRole: []}]', OTHER_KINDS),
    'a template in a Secret that is not granted': withInput(
      'allow: [{templateSecrets: [other]}]',
      generatorItem() + FROM_TEMPLATE,
    ),
  });
  expectMessages(import.meta.filename, shown);
});
