import { expect, test } from '@jest/globals';
import { selectUse } from '../../../function/cli/select-use.ts';

const PLUGIN = { KUSTOMIZE_PLUGIN_CONFIG_ROOT: '/' };
const TLS = { TLS_SERVER_CERTS_DIR: '/tls' };
const FILES = ['config.yaml', 'plan', 'version', '--insecure', '--address=x', '--help', '--bogus', '-d', '-dx'];

/** Rules in their order: a command; an option of `serve`, or its variable; kustomize's plugin; KRM. */
test.each<
  readonly [reason: string, argv: readonly string[], environment: Readonly<Record<string, string>>, want: unknown]
>([
  ['no arguments', [], {}, { use: 'krm' }],
  ['no arguments, from kustomize', [], PLUGIN, { use: 'krm' }],
  ['no arguments, in a pod of Crossplane', [], TLS, { use: 'command', argv: ['serve'] }],
  ['an empty variable is none', [], { TLS_SERVER_CERTS_DIR: '' }, { use: 'krm' }],
  ['a command, though a file has its name', ['plan', 'x'], PLUGIN, { use: 'command', argv: ['plan', 'x'] }],
  ['a new command, though a file has its name', ['version'], PLUGIN, { use: 'command', argv: ['version'] }],
  [
    'an option of serve, though a file has its name',
    ['--insecure'],
    PLUGIN,
    { use: 'command', argv: ['serve', '--insecure'] },
  ],
  ['one with its value', ['--address=x'], {}, { use: 'command', argv: ['serve', '--address=x'] }],
  ['a short one', ['-d', '--insecure'], {}, { use: 'command', argv: ['serve', '-d', '--insecure'] }],
  ['what only begins like a short one', ['-dx'], {}, { use: 'plugin', configFile: '-dx' }],
  ['a file', ['config.yaml'], {}, { use: 'plugin', configFile: 'config.yaml' }],
  ['a file in a pod of Crossplane', ['config.yaml'], TLS, { use: 'plugin', configFile: 'config.yaml' }],
  ['a file with the name of an option that is not of serve', ['--help'], {}, { use: 'plugin', configFile: '--help' }],
  ['no file, from kustomize', ['gone.yaml'], PLUGIN, { use: 'plugin', configFile: 'gone.yaml' }],
  ['an option that nobody knows, from kustomize', ['--nobody'], PLUGIN, { use: 'plugin', configFile: '--nobody' }],
  ['the version, where kustomize set its variable', ['--version'], PLUGIN, { use: 'command', argv: ['--version'] }],
  ['no file', ['gone.yaml'], {}, { use: 'command', argv: ['gone.yaml'] }],
  ['a word that every object has', ['constructor'], {}, { use: 'command', argv: ['constructor'] }],
])('%s', (_, argv, environment, want) => {
  const isFile = (path: string) => FILES.includes(path);
  expect(selectUse(argv, { environment, stdinIsTerminal: false, isFile })).toEqual(want);
});

test('a terminal gets no ResourceList, but starts a server', () => {
  const select = (environment: Readonly<Record<string, string>>) =>
    selectUse([], { environment, stdinIsTerminal: true, isFile: () => false }).use;
  expect([select({}), select(TLS)]).toEqual(['wrongUsage', 'command']);
});
