import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ci, roles } from '../support/accounts.ts';
import { request } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { findLeaks, needlesOf } from '../support/leaks/find-leaks.ts';
import { onceAsking } from '../support/leaks/once-asking.ts';
import { newAccessKeyId, newCanary } from '../support/leaks/secret-sources.ts';
import { generatorItem, list, specDocument } from '../support/manifests.ts';
import { EXECUTABLE, ROOT, runFunction, SCRIPT } from '../support/run-function.ts';
import { startSts } from '../support/sts/start-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A fault of ours in the built executable says its class and where it was in the sources, and nothing of the error, which knows a Secret. */
const user = { ...ci, accessKeyId: newAccessKeyId(), secretAccessKey: newCanary() };
const text = newCanary();
const needles = needlesOf({ 'access key ID': user.accessKeyId, 'secret key': user.secretAccessKey, text });
const sts = forAllTests(() => startSts({ users: [user], roles }));
const folder = forAllTests(temporaryFolder);

const PRELOAD = join(ROOT, 'test/support/leaks/throw-in.ts');
const LOADING =
  EXECUTABLE === SCRIPT
    ? { NODE_OPTIONS: `--import ${PRELOAD} --disable-warning=ExperimentalWarning` }
    : { BUN_OPTIONS: `--preload ${PRELOAD}` };

/** In which code under function/ the first call of a method throws. */
const faultIn = (location: string) => ({
  ...{ AWS_STS_ENDPOINT: sts.url, AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey },
  ...{ ...LOADING, THROW_IN: location, THROW_TEXT: text },
});

/** The fault's line, with its first frame, if the engine gives the function's name. */
const lineOf = (location: string, where = '') =>
  new RegExp(
    `^error: cannot finish${where}: this function has a fault \\(TypeError at (?:[\\w$#]+, )?(function/${location}[^ :]*:\\d+)\\)\\. Please report it\\. \\[INTERNAL\\]$`,
    'm',
  );

/** In the sources, the line of each frame calls the frame above, if that has a name: how many do. Bun counts equal names up. */
function calledIn(frames: readonly string[]): number {
  return frames.slice(1).filter((frame, index) => {
    const [, callee = '?'] = /^([\w$#]+?)\d*, /.exec(frames[index] ?? '') ?? [];
    const [, file = '', line] = /((?:function|node_modules)\/.*):(\d+)$/.exec(frame) ?? [];
    return readFileSync(join(ROOT, file), 'utf8').split('\n')[Number(line) - 1]?.includes(callee) === true;
  }).length;
}

const MINTING = ['cli', 'krm', 'model', 'manifests', 'generators', 'chain', 'identity', 'planner', 'issuer', 'hosts'];
const PREVIEWING = ['findings', 'secret'];

describe('a KRM function says its class and the line of the sources', () => {
  test.each([...MINTING, ...PREVIEWING])('in %s', async (location) => {
    const mode = PREVIEWING.includes(location) ? { STS_FUNCTION_MODE: 'placeholder' } : {}; // which warns
    const ended = await runFunction(list(generatorItem()), { environment: { ...faultIn(location), ...mode } });
    expect({ ...ended, leaks: findLeaks(ended.stdout + ended.stderr, needles) }).toMatchObject({
      ...{ exit: 1, leaks: [], stderr: expect.stringMatching(lineOf(location)) },
    });
  });

  test("in kustomize's plugin", async () => {
    const argv = [folder.write('plugin/config.yaml', specDocument())];
    const ended = await runFunction('', { arguments: argv, environment: faultIn('secret') });
    expect({ ...ended, leaks: findLeaks(ended.stderr, needles) }).toMatchObject({
      ...{ exit: 1, stdout: '', leaks: [], stderr: expect.stringMatching(lineOf('secret')) },
    });
  });
});

/** Says which source maps are read. */
const RECORDER = `const fs = require('node:fs');
const { readFileSync } = fs;
fs.readFileSync = (path, ...given) => {
  if (String(path).endsWith('.map')) process.stderr.write('read a map\\n');
  return readFileSync(path, ...given);
};
`;

describe('the maps of the script', () => {
  const recording = () => ({ NODE_OPTIONS: `--require ${folder.write('recorder.cjs', RECORDER)}` });

  test('are not read without a fault', async () => {
    const environment = { ...faultIn(''), ...recording() };
    const ended = await runFunction(list(generatorItem()), { environment, executable: SCRIPT });
    expect(ended).toMatchObject({ exit: 0, stderr: '' });
  });

  test('are read once it has one', async () => {
    const { NODE_OPTIONS: options } = recording();
    const fault = folder.write('fault.cjs', onceAsking("process.emit('beforeExit');"));
    const environment = { ...faultIn(''), NODE_OPTIONS: `${options} --require ${fault}` };
    const ended = await runFunction(list(generatorItem()), { environment, executable: SCRIPT });
    expect(ended.stderr).toMatch(/^read a map$[\s\S]*a fault \(Error at function\/main\.ts:\d+\)/m);
  });
});

describe('a command says all frames with --debug, and the first one without', () => {
  test.each([
    ['render', 'krm'],
    ['render', 'planner'],
    ['render', 'secret'],
    ['plan', 'files/answer-files'],
    ['plan', 'manifests'],
    ['doctor', 'doctor/survey'],
    ['doctor', 'krm'],
  ])('%s, in %s', async (command, location) => {
    folder.write('package/spec.yaml', specDocument());
    const run = async (...flags: readonly string[]) => {
      const argv = [command, ...flags, join(folder.path, 'package')];
      const { stdout, stderr } = await runFunction('', { arguments: argv, environment: faultIn(location) });
      return `${stdout}${stderr}`; // what doctor finds is its output
    };
    const [all, first] = [await run('--debug'), await run()];
    const frames = [...all.matchAll(/^ {2}at (.*)$/gm)].map(([, frame = '']) => frame);
    expect(all).toMatch(lineOf(location, '(?: ".*")?'));
    expect(frames[0]).toMatch(new RegExp(`(?:^|, )function/${location}`));
    expect(frames.filter((frame) => !/^(?:[\w$#.]+, )?(?:function|node_modules)\/[^ ]+:\d+$/.test(frame))).toEqual([]);
    expect(calledIn(frames)).toBeGreaterThan(0);
    expect(first).toMatch(lineOf(location, '(?: ".*")?'));
    expect(first).not.toMatch(/^ +at/m);
    expect(findLeaks(`${all}${first}`, needles)).toEqual([]);
  });
});

test.each(['crossplane/read-step', 'crossplane/compose', 'planner/plan', 'chain', 'secret/format'])(
  'a server has all frames in its log, in %s',
  async (location) => {
    await using server = await startServer({ environment: faultIn(location) });
    const asked = request({ requiredResources: { 'Secret/team-a/acme-deployer': { items: [] } } });
    const answer: unknown = await server.call(asked).catch((error: Error) => error.message);
    const log = server.stderr();
    const line = log.split('\n').find((one) => one.includes('this function has a fault')) ?? '{}';
    const { class: name, frames = [] } = JSON.parse(line) as { class?: string; frames?: readonly string[] };
    expect({ answer, name, first: frames[0] }).toEqual({
      answer: '13 INTERNAL: this function has a fault',
      name: 'TypeError',
      first: expect.stringMatching(new RegExp(`(?:^|, )function/${location}`)),
    });
    expect(calledIn(frames)).toBeGreaterThan(0);
    expect(findLeaks(log, needles)).toEqual([]);
  },
);
