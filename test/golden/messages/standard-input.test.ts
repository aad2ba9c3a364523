import { test } from '@jest/globals';
import { GOOD_SPEC, generatorItem, list, OTHER } from '../../support/manifests.ts';
import { expectMessages, showEach } from './expect-messages.ts';

test('what is said of standard input', async () => {
  const shown = await showEach({
    'empty input': '',
    'white space': '\n \n',
    'not UTF-8': Buffer.concat([Buffer.from(list(OTHER)), Buffer.from([0x2d, 0x20, 0xff, 0xfe, 0x0a])]),
    'a Deployment': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n',
    'a list, not an object': '- a\n- b\n',
    'a scalar': 'hello\n',
    'a ResourceList of an unknown version': list(OTHER).replace('/v1', '/v2'),
    'two documents': `${list(OTHER)}---\n${list(OTHER)}`,
    'cut inside a line': list(OTHER + generatorItem()).slice(0, -30),
    'cut inside a plain value': `${list(OTHER)}- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: oth`,
    'cut inside a key': `${list(OTHER)}- apiVersion: v1\n  ki`,
    'cut between two lines of an item': `${list(OTHER)}- apiVersion: v1\n  kind: ConfigMap\n`,
    'cut JSON': '{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[{"apiVersion":"v1"',
    'a repeated key': list(`${OTHER}  kind: Secret\n`),
    'a conflict of git': list(`<<<<<<< HEAD\n${OTHER}=======\n${OTHER}>>>>>>> other\n`),
    'a tab as indentation': list('- apiVersion: v1\n\tkind: ConfigMap\n'),
    'a cut before the first item': 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n',
    'no items': 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\ntems: []\n',
    'items that are no list': 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {}\n',
    'an item that is a string': list('- hello\n'),
    'nested too deeply': list(`- ${'['.repeat(100_000)}\n`),
    'merge keys that are nested too deeply': list(`- ${'{<<: '.repeat(11)}{}${'}'.repeat(11)}\n`),
    'aliases that explode': list(bomb() + generatorItem(`${GOOD_SPEC}, auth: *e`)),
    'an alias without anchor': list(generatorItem(`${GOOD_SPEC}, auth: *nothing`)),
    'a package in another one that starts the function too': list(
      `${kptfile('', '/package')}${kptfile('', '/package/nested')}`,
    ),
    'the same as `kpt fn eval` shows it': list(`${kptfile('a/b/')}${kptfile('a/')}`),
    'packages beside each other': list(`${kptfile('a/')}${kptfile('b/')}`),
    'a validator': list(kptfile('a/').replace('mutators', 'validators')),
    'a terminal escape in the kind': 'apiVersion: a\nkind: "\\e[31mred\\u202e"\n',
  });
  expectMessages(import.meta.filename, shown);
});

/** A Kptfile that starts the function, as kpt shows it among the items. */
function kptfile(folder: string, packagePath?: string): string {
  const ofPackage = packagePath === undefined ? '' : `, internal.config.kubernetes.io/package-path: ${packagePath}`;
  return `- apiVersion: kpt.dev/v1
  kind: Kptfile
  metadata: {name: a, annotations: {internal.config.kubernetes.io/path: ${folder}Kptfile${ofPackage}}}
  pipeline: {mutators: [{exec: function-sts-assume-role}]}
`;
}

/** Lists of references to the list before: 9^5 values when expanded. */
function bomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const levels = names.map((name, index) => {
    const item = index === 0 ? '"x"' : `*${names[index - 1]}`;
    return `  ${name}: &${name} [${Array(9).fill(item).join(', ')}]\n`;
  });
  return `- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: bomb}\n${levels.join('')}`;
}
