import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ciEnvironment } from '../support/accounts.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest, skippedIf } from '../support/for-each-test.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { inMountNamespace, whyNoMounts } from '../support/mount-namespace.ts';
import { EXECUTABLE } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// As in a container without a writable file, or on a machine whose disk is full: the folder of the program, its compile cache,
// and temporary folders are what a run could do without.

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);
const input = list(generatorItem());

const withMounts = skippedIf(whyNoMounts(), 'nothing that can be written');

withMounts.describe('the KRM function needs no file that it can write', () => {
  /** A copy of the program without its compile cache: `*` leaves it out, since other tests fill it meanwhile. */
  const copied = `mount -t tmpfs -o mode=755 tmpfs /mnt
cp -a "${dirname(EXECUTABLE)}"/* /mnt/; rm -rf /mnt/bin; program="/mnt/$(basename "$FUNCTION")"`;

  test.each([
    [
      'every file system is read-only',
      'for at in / /tmp /dev/shm /mnt; do mount -o remount,bind,ro "$at" 2>/dev/null || true; done',
    ],
    ['its disk is full', 'dd if=/dev/zero of=/mnt/fill bs=64k 2>/dev/null || true'],
  ])('%s', async (_, prepare) => {
    writeFileSync(join(folder.path, 'list.yaml'), input);
    const limited = copied.replace('mode=755', 'mode=755,size=256m');
    const script = `${limited}; exec <"$LIST"; ${prepare}\ntouch /mnt/a 2>/dev/null && echo x >/mnt/a 2>/dev/null && exit 77; "$program"`;
    const { exit, stdout, stderr } = await inMountNamespace(script, {
      ...ciEnvironment(sts.url),
      FUNCTION: EXECUTABLE,
      LIST: join(folder.path, 'list.yaml'),
    });
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  });
});

withMounts.describe('what is installed where nothing can be written is refused', () => {
  test.each([
    [
      'a read-only folder',
      'mount -t tmpfs -o ro tmpfs /mnt',
      /^error: cannot [^\n]*read-only \(EROFS\)[^\n]*\. \[[A-Z_]+\]\n$/,
    ],
    [
      'a full disk',
      'mount -t tmpfs -o size=64k tmpfs /mnt',
      /^error: cannot [^\n]*the disk is full \(ENOSPC\)[^\n]*\. \[[A-Z_]+\]\n$/,
    ],
  ])('%s', async (_, prepare, message) => {
    const ended = await inMountNamespace(
      `${prepare}; set +e; "$FUNCTION" install /mnt; code=$?; ls -A /mnt; exit $code`,
      {
        FUNCTION: EXECUTABLE,
      },
    );
    expect(ended).toEqual({ exit: 1, signal: null, stdout: '', stderr: expect.stringMatching(message) });
  });
});
