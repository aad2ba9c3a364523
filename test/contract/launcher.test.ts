import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'acorn';
import { startServer } from '../support/crossplane/start-server.ts';
import { emittedSecrets, reveal } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { generatorItem, list, OTHER } from '../support/manifests.ts';
import { runFunction, SCRIPT } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = forAllTests(temporaryFolder);
const sts = forAllTests(startExampleSts);

test('starts from any folder, and through a symbolic link', async () => {
  const copy = join(folder.path, 'a folder with spaces');
  cpSync(dirname(SCRIPT), copy, { recursive: true });
  const link = join(folder.path, 'link');
  symlinkSync(join(copy, 'function-sts-assume-role'), link);
  const input = list(OTHER);
  expect(await runFunction(input, { executable: link })).toMatchObject({ exit: 0, stdout: input, stderr: '' });
});

test('refuses an old Node.js in one line', async () => {
  const script = "Object.defineProperty(process.versions, 'node', { value: '20.11.0' });\n";
  const old = folder.write('old.cjs', script);
  const ended = await runFunction('', { executable: SCRIPT, environment: { NODE_OPTIONS: `--require ${old}` } });
  expect(ended).toEqual({
    exit: 2,
    signal: null,
    stdout: '',
    stderr:
      'error: cannot start on Node.js 20.11.0: it must be 22.19 or newer. Install one, and put it first on PATH.\n',
  });
});

test('is written so that an old Node.js can read it', () => {
  const source = readFileSync(SCRIPT, 'utf8');
  expect(() => parse(source, { ecmaVersion: 5, allowHashBang: true })).not.toThrow();
  expect(() => parse(`${source}\nvar newer = () => 1;`, { ecmaVersion: 5, allowHashBang: true })).toThrow();
});

describe('what a run compiled is kept', () => {
  const build = forEachTest(() => {
    const { path, close } = temporaryFolder();
    cpSync(dirname(SCRIPT), path, { recursive: true, filter: (name) => !/compile-cache|dist.bin|\.map$/.test(name) });
    return { path, close };
  });
  const run = (argv: readonly string[] = [], input = list(generatorItem())) =>
    runFunction(input, { arguments: argv, sts, executable: join(build.path, 'function-sts-assume-role') });
  const cache = () => join(build.path, '.compile-cache', readdirSync(join(build.path, '.compile-cache'))[0] ?? '');
  /** Each file that is kept, and what tells it from one that was written later. */
  const kept = () => Object.fromEntries(readdirSync(cache()).map((name) => [name, statSync(join(cache(), name)).ino]));

  test('by a chunk, once; with all others when another chunk is loaded', async () => {
    await run(['version']);
    const first = kept();
    expect(Object.keys(first)).toContain('main.cjs');
    await run(['version']);
    expect(kept()).toEqual(first);
    expect(await run()).toMatchObject({ exit: 0, stderr: '' });
    const second = kept();
    expect(Object.keys(second).length).toBeGreaterThan(Object.keys(first).length);
    expect(second['main.cjs']).not.toBe(first['main.cjs']);
    expect(await run()).toMatchObject({ exit: 0, stderr: '' });
    expect(kept()).toEqual(second);
  });

  test('without anything that the run was given or got', async () => {
    const { stdout } = await run();
    const [secret] = emittedSecrets(stdout);
    const told = Object.entries(secret?.data ?? {}).flatMap(([key, value]) => [value, secret && reveal(secret, key)]);
    told.push(sts.url, 'deployer');
    expect(told.length).toBe(10);
    const bytes = readdirSync(cache()).map((name) => readFileSync(join(cache(), name), 'latin1'));
    expect(told.filter((text = '') => bytes.some((all) => all.includes(text)))).toEqual([]);
  });

  const halfOf = (file: string) => {
    const bytes = readFileSync(file);
    return bytes.fill(0, bytes.length / 2);
  };
  test.each<[string, (file: string) => void]>([
    ['is cut off', (file) => writeFileSync(file, readFileSync(file).subarray(0, 1000))],
    ['is empty', (file) => writeFileSync(file, '')],
    ['is something else', (file) => writeFileSync(file, Buffer.alloc(5000, 'x'))],
    ['has only zeros from its middle on, as after a loss of power', (file) => writeFileSync(file, halfOf(file))],
    ['is missing', (file) => rmSync(file)],
  ])('and kept anew where it %s', async (_, spoil) => {
    await run();
    const file = join(cache(), 'main.cjs');
    const whole = readFileSync(file).length;
    spoil(file);
    expect(await run()).toMatchObject({ exit: 0, stderr: '' });
    expect(readFileSync(file).length).toBeGreaterThan(0.9 * whole);
  });

  test('by a server too, as another start can use it', async () => {
    const serve = async () => {
      await using _ = await startServer({ command: [join(build.path, 'function-sts-assume-role')] });
    };
    await serve();
    const first = kept();
    await serve();
    await run(['version']);
    expect(kept()).toEqual(first);
  });

  test('but not by one that ran for long, of which the engine has let functions go', async () => {
    const executable = join(build.path, 'function-sts-assume-role');
    const start = async (seconds: number) => {
      const late = folder.write('late.cjs', `process.uptime = () => ${seconds};\n`);
      const environment = { NODE_OPTIONS: `--require ${late}` };
      expect(await runFunction('', { arguments: ['version'], environment, executable })).toMatchObject({ exit: 0 });
      return existsSync(join(build.path, '.compile-cache'));
    };
    expect([await start(31), await start(29)]).toEqual([false, true]);
  });

  test('and not used for other code of the same length', async () => {
    const main = join(build.path, 'main.cjs');
    const greet = (text: string) => writeFileSync(main, `process.stdout.write('${text}');`);
    greet('one');
    expect(await run()).toMatchObject({ stdout: 'one' });
    greet('two');
    expect(await run()).toMatchObject({ stdout: 'two' });
  });
});
