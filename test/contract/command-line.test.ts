import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CODES } from '../../function/findings/codes.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { EXECUTABLE, ROOT, runFunction, runProcess } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const folder = forAllTests(temporaryFolder);

test.each([['--version'], ['version']])('%s says its version', async (...argv) => {
  expect(await run(...argv)).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' });
});

test('the help is the same however it is asked for, and fits a screen', async () => {
  const help = await run('--help');
  expect(help).toMatchObject({ exit: 0, stderr: '' });
  expect(sizeOf(help.stdout)).toEqual({ isShort: true, isNarrow: true });
  for (const argv of [['-h'], ['help']]) expect(await run(...argv)).toEqual(help);
});

test.each([
  ['render', '--placeholder', 'STS_FUNCTION_POLICY'],
  ['plan', '--output <FORMAT>', 'STS_FUNCTION_POLICY'],
  ['status', '--output <FORMAT>', 'STS_FUNCTION_TIMEOUT'],
  ['install', '--kustomize-plugin-home', undefined],
  ['doctor', '--online', 'AWS_STS_ENDPOINT'],
  ['serve', '--tls-certs-dir <DIR>', 'TLS_SERVER_CERTS_DIR'],
  ['completion', '"fish"', undefined],
  ['help', '[COMMAND|CODE]', undefined],
  ['version', '--help', undefined],
])('%s has a help of its own, with an example', async (command, part, variable) => {
  const help = await run(command, '--help');
  expect(help).toMatchObject({ exit: 0, stderr: '' });
  expect(sizeOf(help.stdout)).toMatchObject({ isNarrow: true });
  expect(help.stdout).toMatch(new RegExp(`^Usage: function-sts-assume-role ${command}`));
  expect(help.stdout).toContain(part);
  expect(help.stdout).toMatch(/\nExample:\n {2}.*function-sts-assume-role /);
  if (variable !== undefined) expect(help.stdout).toContain(`\n  ${variable} `);
  for (const argv of [
    [command, '-h'],
    ['help', command],
    ['--help', command],
  ])
    expect(await run(...argv)).toEqual(help);
});

test('help says of a code what the page says, within 80 columns', async () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const words = (text: string) => text.split(/\s+/).join(' ').trim();
  for (const code of ['HOP_DENIED', 'FILE_WRITTEN']) {
    const { exit, stdout } = await run('help', code);
    expect({ exit, isNarrow: sizeOf(stdout).isNarrow }).toEqual({ exit: 0, isNarrow: true });
    const [, section = ''] = new RegExp(`\n## ${code}\n\n\\w+\\. ([^]*?)\n## `).exec(page) ?? [];
    const unlinked = section.replaceAll(/\[([\w-]+\.md)\]\(\1\)/g, 'docs/$1');
    expect(words(stdout)).toBe(`${code} (${code === 'HOP_DENIED' ? 'error' : 'info'}) ${words(unlinked)}`);
  }
  expect(await run('help', 'HopDenied')).toEqual(await run('help', 'HOP_DENIED')); // as a condition of Crossplane has it
});

test('help for a code that is none has all codes by what somebody sees, within 80 columns', async () => {
  const { exit, stdout, stderr } = await run('help', 'HOPDENIED');
  expect({ exit, stderr, isNarrow: sizeOf(stdout).isNarrow }).toEqual({
    exit: 2,
    stderr: expect.stringContaining('Did you mean `HOP_DENIED`?'),
    isNarrow: true,
  });
  expect(stdout).toContain('\nAWS refuses, or is not reached:\n');
  expect(stdout.match(/\b[A-Z]+(?:_[A-Z]+)*\b/g)).toEqual(expect.arrayContaining(Object.keys(CODES)));
});

test('the words of help do not depend on the terminal', async () => {
  const environment = { COLUMNS: '30', FORCE_COLOR: '1', CLICOLOR_FORCE: '1' };
  expect((await runFunction('', { arguments: ['--help'], environment })).stdout).toBe((await run('--help')).stdout);
});

test('a command goes before a file of its name, and a file before an option', async () => {
  folder.write('plan', 'apiVersion: v1\nkind: ConfigMap\n');
  folder.write('--insecur', 'apiVersion: v1\nkind: ConfigMap\n');
  const start = (...argv: string[]) => runProcess(EXECUTABLE, argv, { cwd: folder.path });
  expect(await start('plan')).toMatchObject({ exit: 0, stderr: expect.stringContaining('nothing in "." is an STS') });
  for (const file of ['./plan', '--insecur']) expect(await start(file)).toMatchObject({ exit: 1 }); // the plugin refuses its kind
});

async function run(...argv: string[]) {
  const { exit, stdout, stderr } = await runFunction('', { arguments: argv });
  return { exit, stdout, stderr };
}

function sizeOf(text: string) {
  const lines = text.split('\n');
  return { isShort: lines.length <= 31, isNarrow: lines.every((line) => line.length <= 80) };
}
