import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../support/for-each-test.ts';
import { generatorItem, list, OTHER } from '../support/manifests.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE, runFunction, runProcess, startFunction } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const big = list(`${OTHER.repeat(1000)}  data: {text: "${'z'.repeat(5_000_000)}"}\n`);

const folder = forAllTests(temporaryFolder);

const cannotWrite = (cause: string) =>
  `error: cannot write standard output: ${cause}. Look at what reads it, and run again. [OUTPUT_UNWRITABLE]\n`;

describe('standard output', () => {
  test('reaches a slow reader whole', async () => {
    const { child, exit } = startFunction();
    child.stdin?.end(big);
    let length = 0;
    for await (const chunk of child.stdout ?? []) {
      length += chunk.length;
      if (length < 1_000_000) await delay(20);
    }
    expect({ exit: await exit, length }).toEqual({ exit: 0, length: Buffer.byteLength(big) });
  });

  test('reaches a reader whole through a pipe that does not block', async () => {
    const path = join(folder.path, 'fifo');
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 300_000 });
    const written = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const { child, exit } = startFunction({ stdout: written });
    child.stdin?.end(big);
    const [code, out] = await Promise.all([exit.finally(() => closeSync(written)), text(reader.stdout)]);
    expect({ code, same: out === big }).toEqual({ code: 0, same: true });
  });

  test('that nobody reads is an error', async () => {
    const { child, exit, stderr } = startFunction();
    child.stdout?.destroy();
    child.stdin?.end(big);
    expect(await Promise.all([exit, stderr])).toEqual([1, cannotWrite('its reader has ended (EPIPE)')]);
  });

  test('to a full disk is an error', async () => {
    const full = openSync('/dev/full', 'w');
    const { child, exit, stderr } = startFunction({ stdout: full });
    child.stdin?.end(list(OTHER));
    const said = await Promise.all([exit, stderr]);
    closeSync(full);
    expect(said).toEqual([1, cannotWrite('the disk is full (ENOSPC)')]);
  });
});

describe('standard error that nobody can read', () => {
  const wrong = list(generatorItem('region: eu-west-1, role: "arn:aws:iam::12:role/deployer"'));
  test.each([
    ['a full disk', '2>/dev/full'],
    ['a closed one', '2>&-'],
    ['a reader that has gone', '2> >(true); wait $!'],
  ])('%s: standard output and exit code are the same', async (_, redirection) => {
    const [exec = '', wait = ''] = redirection.split(';');
    const script = `exec ${exec};${wait === '' ? '' : `${wait};`} exec "$0"`;
    const [heard, unheard] = await Promise.all([
      runFunction(wrong),
      runProcess('bash', ['-c', script, EXECUTABLE], { input: wrong, environment: CLEAN_ENVIRONMENT }),
    ]);
    expect(heard.stderr).toMatch(/^error: /);
    expect(unheard).toEqual({ ...heard, stderr: '' });
  });
});

test('a writer that pauses inside an item is waited for', async () => {
  const { child, exit } = startFunction();
  const output = child.stdout && text(child.stdout);
  // more than a pipe holds: once it is written, the function has begun to read
  await new Promise((resolve) => child.stdin?.write(big.slice(0, -20), resolve));
  await delay(300);
  child.stdin?.end(big.slice(-20));
  const [code, out] = await Promise.all([exit, output]);
  expect({ code, same: out === big }).toEqual({ code: 0, same: true });
});
