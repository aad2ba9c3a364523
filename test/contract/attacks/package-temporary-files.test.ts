import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readdirSync, rmSync, symlinkSync, utimesSync, watch } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { MACHINE } from '../../../function/files/write-files.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import { forEachTest, skippedIf } from '../../support/for-each-test.ts';
import { specDocument } from '../../support/manifests.ts';
import { EXECUTABLE, environmentOf, runProcess } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A package may bring files of the names that temporary files have: machine and process can be guessed. */
const sts = forEachTest(startExampleSts);
const folder = forEachTest(temporaryFolder);
const nameOf = (process: string | number, rest: string) =>
  `.function-sts-assume-role.${MACHINE}.${process}.${rest}.tmp`;

/** Renders by a shell that first runs `script`, with its own process ID in `$$`, and then becomes the function. */
const renderAfter = (script: string) =>
  runProcess('sh', ['-c', `${script}\nexec "$0" "$@"`, EXECUTABLE, 'render', '-i', folder.path], {
    cwd: folder.path,
    environment: environmentOf({ sts }),
  });

const secretsIn = () => Object.entries(folder.read()).filter(([name]) => name.includes('secret_'));

test.each([
  ['links that lead nowhere', 'ln -s nowhere'],
  ['links to a file', 'ln -s theirs'],
  ['links to a device', 'ln -s /dev/full'],
  ['folders', 'mkdir'],
  ['pipes', 'mkfifo'],
])('%s at the names that can be guessed keep no file from being written', async (_, make) => {
  folder.write('theirs', 'theirs\n');
  for (const name of ['a', 'b']) folder.write(`${name}/spec.yaml`, specDocument(name));
  const script = `for n in 0 1 2 3; do for d in a b; do ${make} "$d/${nameOf('$$', '$n')}" || exit 9; done; done`;
  const { exit, stderr } = await renderAfter(script);
  expect({ exit, calls: sts.calls.length }).toEqual({ exit: 0, calls: 2 });
  expect(stderr).not.toContain('error');
  expect(secretsIn().map(([, text]) => emittedSecrets(text).length)).toEqual([1, 1]);
  expect(folder.read().theirs).toBe('theirs\n');
  for (const name of ['a', 'b'])
    expect(readdirSync(join(folder.path, name)).filter((one) => one.endsWith('.tmp'))).toHaveLength(4);
});

test('what a killed run left is removed, of former versions too; what another one writes, and what is none, is not', async () => {
  folder.write('spec.yaml', specDocument());
  const ENDED = 2 ** 22 + 1; // beyond every process ID
  const left = [nameOf(ENDED, '0'), nameOf(ENDED, '0123456789abcdef')];
  const kept = [
    nameOf(process.pid, '0'),
    nameOf(process.pid, '0123456789abcdef'),
    nameOf(ENDED, 'x'),
    nameOf(ENDED, ''),
  ];
  for (const name of [...left, ...kept]) folder.write(name, 'x');
  symlinkSync('spec.yaml', join(folder.path, nameOf(ENDED, '1')));
  const old = folder.write('.function-sts-assume-role.00000000.1.0123456789abcdef.tmp', 'x'); // of another machine
  utimesSync(old, new Date(0), new Date(0));
  expect((await renderAfter('')).exit).toBe(0);
  const names = readdirSync(folder.path).filter((name) => name.endsWith('.tmp'));
  expect(names.toSorted()).toEqual([...kept, nameOf(ENDED, '1')].toSorted());
  expect(lstatSync(join(folder.path, 'spec.yaml')).isFile()).toBe(true);
  expect(secretsIn()).toHaveLength(1);
});

const CONTAINER = ['--pid', '--fork', '--mount-proc'];
const tried = spawnSync('unshare', [...CONTAINER, 'true'], { encoding: 'utf8' });
const reason =
  tried.status === 0 ? undefined : `They need root and \`unshare\`: ${tried.stderr ?? tried.error?.message}`;
/** A round counts if the first run was stopped while it wrote: on a busy machine it may be ready before that is seen, often. */
const MOST_ROUNDS = 100;

skippedIf(reason, 'containers of one host name').test(
  'of two containers of one host name, in which each run is process 1, neither takes what the other writes for a leftover',
  async () => {
    const names = Array.from({ length: 200 }, (_, index) => `a${index}`);
    for (const name of [...names, 'b']) folder.write(`${name}.yaml`, specDocument(name));
    const start = (...files: readonly string[]) => {
      const argv = [...CONTAINER, EXECUTABLE, 'render', '-i', ...files];
      const options = { cwd: folder.path, env: environmentOf({ sts }), detached: true, timeout: 300_000 };
      const child = spawn('unshare', argv, { ...options, stdio: 'ignore' });
      const signal = (name: NodeJS.Signals) => {
        try {
          return process.kill(-(child.pid ?? 0), name); // unshare, and what runs in its namespace
        } catch {
          return false; // it has ended
        }
      };
      return { signal, ended: once(child, 'exit') };
    };
    const temporary = () => readdirSync(folder.path).filter((name) => name.endsWith('.tmp'));
    for (let round = 1; ; round += 1) {
      for (const [name] of secretsIn()) rmSync(join(folder.path, name));
      const watcher = watch(folder.path);
      const first = start(...names.map((name) => `${name}.yaml`));
      const began = new Promise<void>((resolve) =>
        watcher.on('change', (_, name) => (String(name).endsWith('.tmp') ? resolve() : undefined)),
      );
      await Promise.race([began, first.ended]);
      watcher.close();
      const before = first.signal('SIGSTOP') ? temporary() : [];
      try {
        if (before.length > 0) {
          expect(await start('b.yaml').ended).toEqual([0, null]);
          expect(temporary()).toEqual(expect.arrayContaining(before)); // it may have written one more before it stopped
        }
      } finally {
        first.signal('SIGCONT');
      }
      expect(await first.ended).toEqual([0, null]);
      if (before.length === 0 && round < MOST_ROUNDS) continue;
      expect(before.length).toBeGreaterThan(0);
      expect(secretsIn()).toHaveLength(names.length + 1);
      return;
    }
  },
);
