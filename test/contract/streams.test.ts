import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/files/temporary-folder.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { exitOf, startFunction, textOf } from '../support/process/start-function.ts';
import { list, OTHER } from '../support/resource-list.ts';

const big = list(`${OTHER.repeat(1000)}  data: {text: "${'z'.repeat(5_000_000)}"}\n`);

const folder = forAllTests(temporaryFolder);

describe('standard output', () => {
  test('reaches a slow reader whole', async () => {
    const child = startFunction();
    const exit = exitOf(child);
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
    const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 });
    const written = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const child = startFunction({ stdout: written });
    child.stdin?.end(big);
    const [exit, out] = await Promise.all([exitOf(child).finally(() => closeSync(written)), text(reader.stdout)]);
    expect({ exit, same: out === big }).toEqual({ exit: 0, same: true });
  });

  test('that nobody reads is an error', async () => {
    const child = startFunction();
    child.stdout?.destroy();
    child.stdin?.end(big);
    const [exit, stderr] = await Promise.all([exitOf(child), textOf(child.stderr)]);
    expect({ exit, stderr }).toEqual({
      exit: 1,
      stderr:
        'error: cannot write standard output: whoever read it has ended (EPIPE). Look at what reads it, and run again.\n',
    });
  });

  test('to a full disk is an error', async () => {
    const full = openSync('/dev/full', 'w');
    const child = startFunction({ stdout: full });
    child.stdin?.end(list(OTHER));
    const [exit, stderr] = await Promise.all([exitOf(child), textOf(child.stderr)]);
    closeSync(full);
    expect({ exit, stderr }).toEqual({
      exit: 1,
      stderr: 'error: cannot write standard output: the disk is full (ENOSPC). Look at what reads it, and run again.\n',
    });
  });
});

test('a writer that pauses inside an item is waited for', async () => {
  const child = startFunction();
  const exit = exitOf(child);
  const input = list(OTHER);
  child.stdin?.write(input.slice(0, -20));
  await delay(300);
  child.stdin?.end(input.slice(-20));
  expect({ out: await textOf(child.stdout), exit: await exit }).toEqual({ out: input, exit: 0 });
});
