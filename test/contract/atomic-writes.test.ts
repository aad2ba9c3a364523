import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { ciEnvironment } from '../support/accounts.ts';
import type { EmittedSecret } from '../support/emitted.ts';
import { forAllTests, forEachTest, skippedIf } from '../support/for-each-test.ts';
import { IS_WHOLE } from '../support/is-whole.ts';
import { specDocument } from '../support/manifests.ts';
import { inMountNamespace, whyNoMounts } from '../support/mount-namespace.ts';
import { EXECUTABLE, runFunction, startFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FILES = IS_WHOLE ? 200 : 100;
const KILLS = IS_WHOLE ? 12 : 4;
const TAIL = "---\n# the end\nkind:   ConfigMap\napiVersion: v1\nmetadata: { name: 'tail' }\n";

const sts = forAllTests(startExampleSts);
const folder = forEachTest(temporaryFolder);

/** A user's file: a spec, its Secret that is to be made anew, and what is nobody's business. */
function userFile(name: string): string {
  const annotations = `{sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/${name}, mine: kept}`;
  const old = `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: team-a, annotations: ${annotations}}\ndata: {}\n`;
  return `# ${name}\n${specDocument(name)}---\n${old}${TAIL}`;
}

const isTemporary = (name: string) => /^\.function-sts-assume-role\..*\.tmp$/.test(name);

/** True for a file with all that its user wrote, and a whole Secret. */
function isComplete(name: string, text: string): boolean {
  const head = `# ${name}\n${specDocument(name)}---\n`;
  const [, secret, tail] = parseAllDocuments(text);
  const { data, metadata } = (secret?.toJS() ?? {}) as Partial<EmittedSecret>;
  const isSound = secret?.errors.length === 0 && tail?.errors.length === 0;
  const keys = Object.keys(data ?? {}).length;
  return isSound && text.startsWith(head) && text.endsWith(TAIL) && keys === 4 && metadata?.annotations.mine === 'kept';
}

test('killed at any moment of its writing, each file is as before or complete; the next run leaves nothing behind', async () => {
  const environment = { STS_FUNCTION_CONCURRENCY: '32' };
  const names = Array.from({ length: FILES }, (_, index) => `s${index}`);
  const seen = { before: 0, complete: 0, temporary: 0 };
  let round = 0;
  for (; round < KILLS || seen.before === 0 || seen.temporary === 0; round += 1) {
    for (const name of names) folder.write(`${name}.yaml`, userFile(name));
    const { child, exit } = startFunction({ sts, environment, arguments: ['render', '-i', folder.path] });
    const watcher = watch(folder.path);
    const from = round % 2 === 0 ? '.tmp' : '.yaml'; // from the first temporary file, or from the first rename
    const began = new Promise<void>((resolve) =>
      watcher.on('change', (_, name) => (String(name).endsWith(from) ? resolve() : undefined)),
    );
    await Promise.race([began, exit]);
    watcher.close();
    await delay(from === '.tmp' ? ((round % KILLS) * 400) / KILLS : 0);
    child.kill('SIGKILL');
    await exit;
    for (const [file, text] of Object.entries(folder.read())) {
      const name = file.replace('.yaml', '');
      if (isTemporary(file)) seen.temporary += 1;
      else if (text === userFile(name)) seen.before += 1;
      else if (isComplete(name, text)) seen.complete += 1;
      else throw new Error(`round ${round}: ${file} is neither as before nor complete`);
    }
  }
  process.stderr.write(`killed ${round} times: ${JSON.stringify(seen)}\n`);
  expect({ files: seen.before + seen.complete, someBefore: seen.before > 0, someLeft: seen.temporary > 0 }).toEqual({
    files: FILES * round,
    someBefore: true,
    someLeft: true,
  });
  const last = await runFunction('', { sts, environment, arguments: ['render', '-i', folder.path] });
  const after = Object.entries(folder.read());
  expect({
    exit: last.exit,
    files: after.length,
    wrong: after.filter(([file, text]) => !isComplete(file.replace('.yaml', ''), text)).map(([file]) => file),
  }).toEqual({ exit: 0, files: FILES, wrong: [] });
});

/** A round counts if all its signals came while files were written: on a busy machine the writing may be over by then, often. */
const MOST_ROUNDS = 100;

test.each<[signals: readonly NodeJS.Signals[], exit: NodeJS.Signals | 0]>([
  [['SIGINT'], 'SIGINT'],
  [['SIGTERM'], 'SIGTERM'],
  [['SIGHUP'], 'SIGHUP'],
  [['SIGQUIT'], 'SIGQUIT'],
  [['SIGINT', 'SIGINT'], 'SIGINT'],
  [['SIGTERM', 'SIGTERM'], 'SIGTERM'],
  [['SIGPIPE'], 0],
])(
  '%j in the middle of its writing waits until all files are written, then ends the run: %s',
  async (signals, want) => {
    const names = Array.from({ length: FILES }, (_, index) => `s${index}`);
    const environment = { STS_FUNCTION_CONCURRENCY: '32' };
    for (let round = 1; ; round += 1) {
      for (const name of names) folder.write(`${name}.yaml`, userFile(name));
      const { child, exit, stderr } = startFunction({ sts, environment, arguments: ['render', '-i', folder.path] });
      const watcher = watch(folder.path);
      const began = new Promise<void>((resolve) =>
        watcher.on('change', (_, name) => (isTemporary(String(name)) ? resolve() : undefined)),
      );
      await Promise.race([began, exit]);
      watcher.close();
      const there = readdirSync(folder.path).filter(isTemporary).length;
      for (const [index, signal] of signals.entries()) {
        await delay(index); // two that come at once are one
        child.kill(signal);
      }
      const ended = await exit;
      const files = Object.entries(folder.read());
      const left = {
        temporary: files.filter(([file]) => isTemporary(file)).length,
        incomplete: files.filter(([file, text]) => !isComplete(file.replace('.yaml', ''), text)).length,
      };
      const said = (await stderr).split('\n').filter((line) => line.includes('wrote ')).length;
      const wasInTime = there > 0 && there < FILES && (want === 0 || ended !== 0);
      const wasLate = left.temporary === 0 && left.incomplete === 0 && said < FILES; // when all was written, the next one ends the run
      if ((!wasInTime || wasLate) && round < MOST_ROUNDS) continue;
      const wanted = { ended: want, wasInTime: true, said: FILES, temporary: 0, incomplete: 0 };
      expect({ ended, wasInTime, said, ...left }).toEqual(wanted);
      return;
    }
  },
);

test('a closed pipe is an error of render as of the function', async () => {
  folder.write('a.yaml', userFile('a'));
  const { child, exit, stderr } = startFunction({ sts, arguments: ['render', folder.path] });
  child.stdout?.destroy();
  const want =
    'error: cannot write standard output: its reader has ended (EPIPE). Look at what reads it, and run again. [OUTPUT_UNWRITABLE]';
  expect(await Promise.all([exit, stderr])).toEqual([1, `${want}\n`]);
});

const withMounts = skippedIf(whyNoMounts(), 'full disks and read-only folders');

withMounts.describe('where nothing can be written', () => {
  /** Runs `render -i` on a file system that `prepare` makes of $PACKAGE; the package's files as they are there afterwards. */
  async function renderOn(prepare: string) {
    using out = temporaryFolder();
    const script = `${prepare}\nset +e; "$FUNCTION" render -i "$PACKAGE"; echo "$?" >"$OUT/exit"; cp -a "$PACKAGE/." "$OUT/"`;
    const before = sts.calls.length;
    const environment = {
      ...ciEnvironment(sts.url),
      FUNCTION: EXECUTABLE,
      PACKAGE: folder.path,
      OUT: out.path,
    };
    const { stderr } = await inMountNamespace(script, environment);
    const { exit, ...files } = out.read();
    return { exit: exit?.trim(), stderr, files, calls: sts.calls.length - before };
  }

  const onTmpfs = (fill: string) => `cp -a "$PACKAGE" "$OUT.copy"
mount -t tmpfs -o size=64k tmpfs "$PACKAGE"; cp -a "$OUT.copy/." "$PACKAGE/"; rm -r "$OUT.copy"
${fill}`;

  beforeEach(() => {
    for (const name of ['a', 'b']) folder.write(`${name}.yaml`, userFile(name));
  });

  test('a full disk: nothing is written, no temporary file stays', async () => {
    const given = folder.read();
    const { exit, stderr, files } = await renderOn(onTmpfs('head -c 52k /dev/zero >"$PACKAGE/fill"'));
    const { fill, ...others } = files;
    expect({ exit, stderr: stderr.split('\n')[0], files: others, filled: fill?.length }).toEqual({
      exit: '1',
      stderr: expect.stringMatching(
        /^error: cannot write ".*b\.yaml": the disk is full \(ENOSPC\)\. Nothing was written\. \[FILE_UNWRITABLE\]$/,
      ),
      files: given,
      filled: 52 * 1024,
    });
  });

  test('a read-only folder: nobody is asked for anything', async () => {
    const given = folder.read();
    const ended = await renderOn('mount --bind "$PACKAGE" "$PACKAGE"; mount -o remount,ro,bind "$PACKAGE"');
    expect(ended).toEqual({
      exit: '1',
      stderr: expect.stringMatching(
        /^error: cannot write ".*a\.yaml": the file system is read-only \(EROFS\)\. Nothing was written\. \[FILE_UNWRITABLE\]\nerror: .*b\.yaml/,
      ),
      files: given,
      calls: 0,
    });
  });

  test('a file that cannot be replaced: those that were written before are named', async () => {
    const given = folder.read();
    const { exit, stderr, files } = await renderOn('mount --bind "$PACKAGE/b.yaml" "$PACKAGE/b.yaml"');
    const path = join(folder.path, 'a.yaml');
    expect({
      exit,
      stderr,
      names: Object.keys(files),
      a: isComplete('a', files['a.yaml'] ?? ''),
      b: files['b.yaml'],
    }).toEqual({
      exit: '1',
      stderr: expect.stringContaining(`b.yaml": EBUSY. These were written before: "${path}". [FILE_UNWRITABLE]\n`),
      names: ['a.yaml', 'b.yaml'],
      a: true,
      b: given['b.yaml'],
    });
  });
});
