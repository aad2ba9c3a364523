import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ciEnvironment } from '../support/accounts.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { GOOD_SPEC, generatorItem, list, specDocument } from '../support/manifests.ts';
import { runFunction, SCRIPT } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What a run loads of the script's bundle: no run waits for clients that it does not use. The one file is one. */

/** A text that only one part of the bundle has: how a client calls its service, and what refuses an argument. */
const MARKS = {
  sts: 'GetWebIdentityToken',
  ecr: 'AmazonEC2ContainerRegistry_V20150921',
  'ecr-public': 'SpencerFrontendService',
  'arguments of commands': 'commander.unknownCommand',
} as const;

/** Modules of Node.js that take milliseconds, and that no run over HTTPS needs. */
const NEEDLESS = ['zlib', 'internal/deps/undici/undici', 'http2', 'child_process', 'repl', 'worker_threads'];
/** Of Node.js' own modules; an empty process has 79. */
const MOST_MODULES = 165;

/** Writes the path of every chunk that is loaded, and at the end the names of Node.js' own modules. */
const RECORDER = `
const fs = require('node:fs');
const { readFileSync } = fs;
fs.readFileSync = (path, options) => {
  if (/dist\\/[^/.]+\\.cjs$/.test(path)) fs.appendFileSync(process.env.LOADED, path + '\\n');
  return readFileSync(path, options);
};
process.on('exit', () => fs.writeFileSync(process.env.LOADED + '-modules', process.moduleLoadList.join('\\n')));
`;

const sts = forAllTests(startExampleSts);
const folder = forAllTests(temporaryFolder);

test.each([
  ['an STSAssumeRoleToken', generatorItem(), ['sts']],
  ['an STSSessionToken', generatorItem('region: eu-west-1', { kind: 'STSSessionToken' }), ['sts']],
  ['a login without a role', generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken' }), ['ecr']],
  [
    'a public login',
    generatorItem('region: eu-west-1, scope: public', { kind: 'ECRAuthorizationToken' }),
    ['ecr-public'],
  ],
  ['a login behind a role', generatorItem(GOOD_SPEC, { kind: 'ECRAuthorizationToken' }), ['sts', 'ecr']],
])('%s loads the clients of its own services', async (_, manifest, want) => {
  const { loaded, ...ended } = await runRecorded([], list(manifest));
  expect(ended).toMatchObject({ exit: 0, stderr: '' });
  expect(loaded).toEqual(want);
});

test("only commands load what reads their arguments: kustomize's plugin does not", async () => {
  const config = folder.write('config.yaml', specDocument());
  const plugin = await runRecorded([config]);
  expect(plugin).toMatchObject({ exit: 0, loaded: ['sts'] });
  const fromHost = await runRecorded([config], '', { KUSTOMIZE_PLUGIN_CONFIG_ROOT: folder.path });
  expect(fromHost).toMatchObject({ exit: 0, loaded: ['sts'] });
  expect(await runRecorded(['version'])).toMatchObject({ exit: 0, loaded: ['arguments of commands'] });
});

test('of Node.js itself a run loads no more than it needs', async () => {
  expect(await runRecorded([], list(generatorItem()))).toMatchObject({ exit: 0, stderr: '' });
  const loaded = folder.read()['loaded-modules']?.match(/(?<=^NativeModule ).*/gm) ?? [];
  expect(loaded.filter((name) => NEEDLESS.includes(name))).toEqual([]);
  expect(loaded).toContain('https');
  expect(loaded.length).toBeLessThanOrEqual(MOST_MODULES);
});

/** Runs the script, and says which of the parts with a mark it loaded. */
async function runRecorded(argv: readonly string[], input = '', more: Readonly<Record<string, string>> = {}) {
  const record = folder.write('loaded', '');
  const environment = {
    ...ciEnvironment(sts.url),
    NODE_OPTIONS: `--require ${folder.write('recorder.cjs', RECORDER)}`,
    LOADED: record,
    ...more,
  };
  const ended = await runFunction(input, { arguments: argv, environment, executable: SCRIPT });
  const text = readFileSync(record, 'utf8')
    .trim()
    .split('\n')
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  return { ...ended, loaded: Object.entries(MARKS).flatMap(([name, mark]) => (text.includes(mark) ? [name] : [])) };
}
