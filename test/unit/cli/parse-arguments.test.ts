import { expect, test } from '@jest/globals';
import { createProgram } from '../../../function/cli/commands.ts';
import { parseArguments } from '../../../function/cli/parse-arguments.ts';
import { COMMANDS, SERVE_OPTIONS } from '../../../function/cli/select-use.ts';

const parse = (...argv: string[]) => parseArguments(argv, '1.2.3', { STS_FUNCTION_POLICY: '/policy.yaml' });

test.each<readonly [argv: readonly string[], want: unknown]>([
  [
    ['render', 'a', 'b'],
    { use: 'files', paths: ['a', 'b'], task: { inPlace: false, tellsFailed: false }, debug: false },
  ],
  [
    ['render', 'a', '-i', 'b'],
    { use: 'files', paths: ['a', 'b'], task: { inPlace: true, tellsFailed: false }, debug: false },
  ],
  [
    ['render', '--placeholder', '--', '-i'],
    { use: 'files', paths: ['-i'], task: { inPlace: false, tellsFailed: false }, debug: false, mode: 'placeholder' },
  ],
  [
    ['plan', '.'],
    { use: 'files', paths: ['.'], task: { preview: undefined, tellsDue: false }, mode: 'plan', debug: false },
  ],
  ...['tree', 'table', 'yaml', 'json', 'markdown'].map(
    (preview) =>
      [
        ['plan', '-o', preview, '.'],
        { use: 'files', paths: ['.'], task: { preview, tellsDue: false }, mode: 'plan', debug: false },
      ] as const,
  ),
  [
    ['plan', '--output=json', 'plan'],
    { use: 'files', paths: ['plan'], task: { preview: 'json', tellsDue: false }, mode: 'plan', debug: false },
  ],
  [['status'], { use: 'status', paths: ['.'], isJson: false, tellsLate: false }],
  [['status', '-', '-o', 'json'], { use: 'status', paths: ['-'], isJson: true, tellsLate: false }],
  [['status', 'a', '--detailed-exitcode', 'b'], { use: 'status', paths: ['a', 'b'], isJson: false, tellsLate: true }],
  [['install', 'd'], { use: 'install', folder: 'd', isPluginHome: false }],
  [['install', '--kustomize-plugin-home', 'd'], { use: 'install', folder: 'd', isPluginHome: true }],
  [['doctor'], { use: 'doctor', folder: '.', online: false, strict: false, isJson: false, debug: false }],
  [
    ['doctor', '--online', 'd'],
    { use: 'doctor', folder: 'd', online: true, strict: false, isJson: false, debug: false },
  ],
  [['doctor', '--strict'], { use: 'doctor', folder: '.', online: false, strict: true, isJson: false, debug: false }],
  [['doctor', '--debug'], { use: 'doctor', folder: '.', online: false, strict: false, isJson: false, debug: true }],
  [['doctor', '-o', 'json'], { use: 'doctor', folder: '.', online: false, strict: false, isJson: true, debug: false }],
  [
    ['plan', '.', '--debug'],
    { use: 'files', paths: ['.'], task: { preview: undefined, tellsDue: false }, mode: 'plan', debug: true },
  ],
  [
    ['render', '--debug', '.'],
    { use: 'files', paths: ['.'], task: { inPlace: false, tellsFailed: false }, debug: true },
  ],
  [['version'], { use: 'print', text: '1.2.3\n' }],
  [['--version'], { use: 'print', text: '1.2.3\n' }],
])('%j', (argv, want) => {
  expect(parse(...argv)).toStrictEqual(want);
});

test('a server has its defaults, and what is given in their place', () => {
  const defaults = { address: { host: '::', port: 9443 }, healthAddress: { host: '::', port: 8080 } };
  const options = { ...defaults, maxTtlSeconds: 300, maxReceiveBytes: 4 << 20, isDebug: false };
  expect(parse('serve', '--insecure')).toStrictEqual({ use: 'serve', options });
  expect(
    parse(
      'serve',
      '-d',
      '--tls-certs-dir=/tls',
      '--address',
      ':1',
      '--ttl',
      '1h',
      '--max-recv-message-size',
      '8',
      '--require-policy',
    ),
  ).toStrictEqual({
    use: 'serve',
    options: {
      ...options,
      address: { host: '::', port: 1 },
      certificates: '/tls',
      maxTtlSeconds: 3600,
      maxReceiveBytes: 8 << 20,
      isDebug: true,
    },
  });
});

test.each(['--insecure', '--tls-certs-dir=/tls'])('serve %s --require-policy demands a Policy', (option) => {
  expect(parseArguments(['serve', option, '--require-policy'], '1.2.3', {})).toMatchObject({
    use: 'wrongUsage',
    message: expect.stringContaining('no Policy is named'),
  });
});

test('what is told from a command before any is loaded is what there is', () => {
  const program = createProgram({ version: '', environment: {}, select: () => undefined });
  expect(program.commands.map((command) => command.name())).toEqual(COMMANDS);
  const serve = program.commands.find((command) => command.name() === 'serve');
  expect(serve?.options.map(({ long }) => long)).toEqual(SERVE_OPTIONS.map((name) => `--${name}`));
});

test('the help of an option with choices says what is chosen without it', () => {
  const program = createProgram({ version: '', environment: {}, select: () => undefined });
  const options = program.commands.flatMap((command) => command.options).filter(({ argChoices }) => argChoices);
  expect(options.map(({ description }) => description)).toEqual([
    'default: tree on a terminal, else table',
    'default: table',
    'default: text',
  ]);
});
