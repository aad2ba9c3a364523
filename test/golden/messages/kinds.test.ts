import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, list, OTHER, specDocument } from '../../support/manifests.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { expectMessages, showEach } from './expect-messages.ts';
import { withInput } from './resource-lists.ts';

const MISSPELT = { kind: 'STSAssumeRoleTokn' };
const GROUP = 'generators.external-secrets.io/v1alpha1';
const EXTERNAL_SECRET = `- apiVersion: external-secrets.io/v1
  kind: ExternalSecret
  metadata: {name: login, namespace: team-a}
  spec: {dataFrom: [{sourceRef: {generatorRef: {apiVersion: ${GROUP}, kind: STSAssumeRoleToken, name: deployer}}}]}
`;
const REST = `metadata: {name: deployer, namespace: team-a}\n  spec: {${GOOD_SPEC}}\n`;
const ofOthers = (kind: string, group: string) =>
  `- apiVersion: ${group}\n  kind: ${kind}\n  metadata: {name: ${kind.toLowerCase()}}\n`;

test('what is said of a kind that is not there', async () => {
  using folder = temporaryFolder({
    'generator/a.yaml': `# first\n${specDocument().replace('STSAssumeRoleToken', MISSPELT.kind)}`,
    'input/a.yaml': specDocument(),
    'input/b.yaml':
      'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Imput\nmetadata: {name: options}\nsessions: [{match: {names: [deployer]}}]\n',
  });
  const shown = await showEach({
    'a misspelt kind': list(generatorItem(GOOD_SPEC, MISSPELT) + OTHER),
    'a misspelt kind, and another fault': list(generatorItem(`${GOOD_SPEC}, regoin: a`, MISSPELT) + OTHER),
    'a misspelt kind that is named and matched': withInput(
      'sessions: [{match: {names: [deployer]}}]',
      generatorItem(GOOD_SPEC, MISSPELT) + EXTERNAL_SECRET,
    ),
    'a misspelt ExternalSecret': list(EXTERNAL_SECRET.replace('ExternalSecret', 'ExternalSecrets') + OTHER),
    'a misspelt kind in an Input': withInput(
      `generators: [{apiVersion: ${GROUP}, kind: STSSesionToken, metadata: {name: a}, spec: {region: eu-west-1}}]`,
      OTHER,
    ),
    'a misspelt Input': list(
      generatorItem(),
      'functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Inputs, metadata: {name: options}, sessions: [{match: {names: [deployer]}}]}\n',
    ),
    'a misspelt generator as functionConfig and item': list(
      generatorItem(GOOD_SPEC, MISSPELT),
      `functionConfig:\n${generatorItem(GOOD_SPEC, MISSPELT).replace('- ', '  ')}`,
    ),
    'no group': list(`- kind: STSAssumeRoleToken\n  ${REST}${OTHER}`),
    'a kind that begins as ours': list(generatorItem(GOOD_SPEC, { kind: 'STSAssumeRole' }) + OTHER),
    'a group that is not there': list(generatorItem().replace('generators.', 'generator.') + OTHER),
    'the group of ExternalSecrets': list(generatorItem().replace(GROUP, 'external-secrets.io/v1') + OTHER),
    'the group of generators': list(generatorItem() + EXTERNAL_SECRET.replace('external-secrets.io/v1', GROUP)),
    'a group that is not there, as functionConfig': list(
      OTHER,
      `functionConfig:\n${generatorItem().replace('generators.', 'generator.').replace('- ', '  ')}`,
    ),
    'a kind in a generatorRef': list(
      generatorItem() + EXTERNAL_SECRET.replace('kind: STSAssumeRoleToken', 'kind: STSAssumeToken'),
    ),
    'a generator of the cluster in a generatorRef': list(
      generatorItem() + EXTERNAL_SECRET.replace('kind: STSAssumeRoleToken', 'kind: ClusterSTSAssumeRoleToken'),
    ),
    'no kind in a generatorRef': list(generatorItem() + EXTERNAL_SECRET.replace('kind: STSAssumeRoleToken, ', '')),
    'a group in a generatorRef': list(generatorItem() + EXTERNAL_SECRET.replace(GROUP, 'external-secrets.io/v1')),
    'a kind in a ClusterGenerator': list(
      EXTERNAL_SECRET.replace('STSAssumeRoleToken', 'ClusterGenerator') +
        `- apiVersion: ${GROUP}\n  kind: ClusterGenerator\n  metadata: {name: deployer}\n` +
        `  spec: {kind: STSAssumeRole, generator: {stsAssumeRoleTokenSpec: {${GOOD_SPEC}}}}\n`,
    ),
    'a misspelt kind that is to be ignored': list(
      generatorItem(GOOD_SPEC, {
        ...MISSPELT,
        metadata: 'annotations: {sts.fn.crossplane.io/ignore: "true"}',
      }) + OTHER,
    ),
    'kinds of External Secrets that are others’ business': list(
      ['Fake', 'Password', 'UUID', 'Webhook', 'Grafana', 'NewThing'].map((kind) => ofOthers(kind, GROUP)).join('') +
        ['SecretStore', 'PushSecret', 'ClusterExternalSecret']
          .map((kind) => ofOthers(kind, 'external-secrets.io/v1'))
          .join('') +
        ofOthers('ExternalSecret', 'kubernetes-client.io/v1') +
        EXTERNAL_SECRET.replace('STSAssumeRoleToken', 'NewThing') +
        ofOthers('Input', 'pt.fn.crossplane.io/v1beta1'),
    ),
  });
  const ofFiles = await showEach({
    'a misspelt kind in a file': { input: '', arguments: ['render', `${folder.path}/generator`] },
    'a misspelt Input in a file': { input: '', arguments: ['render', `${folder.path}/input`] },
  });
  expectMessages(import.meta.filename, [...shown, ...ofFiles.map((text) => text.replaceAll(folder.path, 'DIR'))]);
});
