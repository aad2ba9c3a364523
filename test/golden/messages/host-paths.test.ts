import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, list, specDocument } from '../../support/manifests.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { expectMessages, showEach } from './expect-messages.ts';

const TYPO = `${GOOD_SPEC}, regoin: a`;
const placed = (name: string, path: string) => `namespace: team-a, annotations: {${name}: ${path}}`;
const PATH = 'internal.config.kubernetes.io/path';
const input = (fields: string) =>
  `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, metadata: {annotations: {${PATH}: options.yaml}}, ${fields}}\n`;

test('where a host says that something is written', async () => {
  using folder = temporaryFolder({
    'plugin.yaml': specDocument()
      .replace('namespace', `annotations: {${PATH}: specs/plugin.yaml}, namespace`)
      .replace('spec: {', 'spec: {regoin: a, '),
  });
  const shown = await showEach({
    'an item with a path': list(generatorItem(TYPO, { metadata: placed(PATH, 'specs/a.yaml') })),
    'an item with a path in the former annotation': list(
      generatorItem(TYPO, { metadata: placed('config.kubernetes.io/path', 'specs/a.yaml') }),
    ),
    'an item without a name': list(
      generatorItem(GOOD_SPEC, { metadata: placed(PATH, 'specs/a.yaml') }).replace(/name: deployer, /, ''),
    ),
    'an item without a path': list(generatorItem(TYPO)),
    'a path with characters that nobody sees': list(
      generatorItem(TYPO, { metadata: placed(PATH, String.raw`"a\nerror: b\e[31m.yaml"`) }),
    ),
    'a path longer than any': list(generatorItem(TYPO, { metadata: placed(PATH, 'a/'.repeat(3000)) })),
    'a field of a functionConfig with a path': list(generatorItem(), input('awaitRoles: 5m')),
    'a generator in a functionConfig with a path': list(
      generatorItem(),
      input(
        'generators: [{apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: b}, spec: {}}]',
      ),
    ),
    'a legacy plugin whose file has a path': {
      input: '',
      arguments: [`${folder.path}/plugin.yaml`],
    },
  });
  expectMessages(import.meta.filename, shown);
});
