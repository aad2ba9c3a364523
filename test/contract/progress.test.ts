import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ciEnvironment } from '../support/accounts.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { specDocument } from '../support/manifests.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE, runFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { until } from '../support/start-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Who waits at a terminal is told for what; who stops a run, what was not written.

const sts = forEachTest(startExampleSts);
const folder = forEachTest(temporaryFolder);
const SECONDS = 300;
/** Erases the line. */
const CLEAR = '\r\u001b[2K';

const slow = (delayMs: number) => sts.fail({ kind: 'slow', delayMs, times: Number.POSITIVE_INFINITY });
const DEPLOYER = 'arn:aws:iam::123456789012:role/deployer';
/** The line that is shown while somebody waits. */
const LINE = `${CLEAR}Secrets: 1 of 2, waiting for ${DEPLOYER}`;

/** `render -i` at a terminal, which `script` of util-linux gives it. */
function renderAtTerminal() {
  const command = `${EXECUTABLE} render -i ${folder.path} 2>/dev/tty >${folder.path}/out`;
  const child = spawn('script', ['--quiet', '--echo', 'never', '--return', '--command', command, '/dev/null'], {
    env: { ...CLEAN_ENVIRONMENT, ...ciEnvironment(sts.url), TERM: 'xterm', NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.on('data', (part) => {
    shown += part;
  });
  return { child, shown: () => shown };
}

test('at a terminal a line says how much is done and what is waited for, and is gone at the end', async () => {
  folder.write('spec.yaml', specDocument());
  folder.write('b/spec.yaml', specDocument('puller', { role: 'puller' }));
  const { promise, resolve: release } = Promise.withResolvers<void>();
  sts.fail({ kind: 'held', until: promise, roleArn: DEPLOYER });
  const { child, shown } = renderAtTerminal();
  const closed = once(child, 'close');
  try {
    await until('the line', SECONDS, async () => shown().includes(LINE) || undefined);
    release();
    await closed;
  } finally {
    child.kill('SIGKILL');
  }
  const after = shown().slice(shown().lastIndexOf(CLEAR) + CLEAR.length);
  expect(after).toMatch(
    /^(?:warning: .*\r\n)*info: wrote ".*secret_puller\.yaml"\. \[FILE_WRITTEN\]\r\ninfo: wrote ".*secret_deployer\.yaml"\. \[FILE_WRITTEN\]\r\n$/,
  );
});

test('nothing of that where standard error is no terminal', async () => {
  folder.write('spec.yaml', specDocument());
  slow(3_000);
  const { exit, stderr } = await runFunction('', { sts, arguments: ['render', folder.path] });
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
});

test('Ctrl-C says that nothing was written, and nothing was', async () => {
  folder.write('spec.yaml', specDocument());
  const { promise, resolve: release } = Promise.withResolvers<void>();
  sts.fail({ kind: 'held', until: promise });
  const { child, shown } = renderAtTerminal();
  const closed = once(child, 'close');
  try {
    await until('the line', SECONDS, async () => shown().includes('waiting for') || undefined);
    child.stdin.write('\u0003');
    await until('the message', SECONDS, async () => shown().includes('was stopped') || undefined);
    release(); // a run that goes on has its answer
    await closed;
  } finally {
    child.kill('SIGKILL');
  }
  expect(shown()).toMatch(
    /error: cannot finish: it was stopped\. No file was written, and no Secret was printed\.\r\n/,
  );
  expect(Object.keys(folder.read())).toEqual(['out', 'spec.yaml']);
  expect(folder.read()).toMatchObject({ out: '' });
});

test('each file that was written is named', async () => {
  folder.write('a/spec.yaml', specDocument('one'));
  folder.write('b/spec.yaml', specDocument('two'));
  const { exit, stderr } = await runFunction('', { sts, arguments: ['render', '-i', folder.path] });
  const lines = stderr.split('\n').filter((line) => line.startsWith('info: '));
  expect({ exit, lines }).toEqual({
    exit: 0,
    lines: ['a/secret_one.yaml', 'b/secret_two.yaml'].map(
      (name) => `info: wrote "${join(folder.path, name)}". [FILE_WRITTEN]`,
    ),
  });
  const again = await runFunction('', { sts, arguments: ['render', '-i', folder.path] });
  expect(again.stderr).not.toContain('wrote');
});
