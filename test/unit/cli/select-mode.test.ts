import { expect, test } from '@jest/globals';
import { selectMode } from '../../../function/cli/select-mode.ts';

const PLUGIN = { KUSTOMIZE_PLUGIN_CONFIG_ROOT: '/' };
const TLS = { TLS_SERVER_CERTS_DIR: '/tls' };
const FILES = ['config.yaml', 'plan', 'version', '--insecure', '--address=x', '--help', '--bogus', '-d', '-dx'];

/** Rules in their order: a command; an option of `serve`, or its variable; kustomize's plugin; KRM. */
test.each<
  readonly [reason: string, argv: readonly string[], environment: Readonly<Record<string, string>>, want: unknown]
>([
  ['no arguments', [], {}, { mode: 'krm' }],
  ['no arguments, from kustomize', [], PLUGIN, { mode: 'krm' }],
  ['no arguments, in a pod of Crossplane', [], TLS, { mode: 'command', argv: ['serve'] }],
  ['an empty variable is none', [], { TLS_SERVER_CERTS_DIR: '' }, { mode: 'krm' }],
  ['a command, though a file has its name', ['plan', 'x'], PLUGIN, { mode: 'command', argv: ['plan', 'x'] }],
  ['a new command, though a file has its name', ['version'], PLUGIN, { mode: 'command', argv: ['version'] }],
  [
    'an option of serve, though a file has its name',
    ['--insecure'],
    PLUGIN,
    { mode: 'command', argv: ['serve', '--insecure'] },
  ],
  ['one with its value', ['--address=x'], {}, { mode: 'command', argv: ['serve', '--address=x'] }],
  ['a short one', ['-d', '--insecure'], {}, { mode: 'command', argv: ['serve', '-d', '--insecure'] }],
  ['what only begins like a short one', ['-dx'], {}, { mode: 'plugin', configFile: '-dx' }],
  ['a file', ['config.yaml'], {}, { mode: 'plugin', configFile: 'config.yaml' }],
  ['a file in a pod of Crossplane', ['config.yaml'], TLS, { mode: 'plugin', configFile: 'config.yaml' }],
  ['a file with the name of an option that is not of serve', ['--help'], {}, { mode: 'plugin', configFile: '--help' }],
  ['no file, from kustomize', ['gone.yaml'], PLUGIN, { mode: 'plugin', configFile: 'gone.yaml' }],
  ['an option that nobody knows, from kustomize', ['--nobody'], PLUGIN, { mode: 'plugin', configFile: '--nobody' }],
  ['the version, where kustomize set its variable', ['--version'], PLUGIN, { mode: 'command', argv: ['--version'] }],
  ['no file', ['gone.yaml'], {}, { mode: 'command', argv: ['gone.yaml'] }],
  ['a word that every object has', ['constructor'], {}, { mode: 'command', argv: ['constructor'] }],
])('%s', (_, argv, environment, want) => {
  const isFile = (path: string) => FILES.includes(path);
  expect(selectMode(argv, { environment, stdinIsTerminal: false, isFile })).toEqual(want);
});

test('a terminal gets no ResourceList, but starts a server', () => {
  const select = (environment: Readonly<Record<string, string>>) =>
    selectMode([], { environment, stdinIsTerminal: true, isFile: () => false }).mode;
  expect([select({}), select(TLS)]).toEqual(['wrongUsage', 'command']);
});
