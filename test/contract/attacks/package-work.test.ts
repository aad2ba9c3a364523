import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { CLEAN_ENVIRONMENT, EXECUTABLE } from '../../support/run-function.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { NEIGHBOURS, ROWS, USUAL, type Work } from './package-work.ts';

/** Who writes a package multiplies what it starts, names and includes. Processor time is compared, which a busy machine takes too. */

/** What any megabyte may take: seconds of a processor, and MB. */
const SECONDS = 2;
const MEGABYTES = 300;
/** Of what a harmless input of as many files and bytes takes. */
const TIMES = 2;
/** A busy machine takes more of its processor for the same: what multiplied took five times as much, and more. */
const BUSY = 2;
const BOUND_SECONDS = 60;

interface Taken {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  readonly megabytes: number;
}

/** Runs the function in a shell that says what it took. */
async function run(
  { files = {}, argv = [], input = '' }: Work,
  environment: Record<string, string> = {},
): Promise<Taken> {
  using folder = temporaryFolder({});
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  const mode = argv.length === 0 ? { STS_FUNCTION_MODE: 'plan' } : {};
  const script = `ulimit -t ${BOUND_SECONDS}; "$@"; code=$?; times >&3; exit $code`;
  const child = spawn('sh', ['-c', script, 'sh', EXECUTABLE, ...argv], {
    cwd: folder.path,
    env: { ...CLEAN_ENVIRONMENT, ...mode, ...environment },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  let kibibytes = 0;
  const looking = setInterval(() => {
    kibibytes = Math.max(kibibytes, peakBelow(child.pid));
  }, 20);
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdin, out, err, took] = child.stdio as unknown as [NodeJS.WritableStream, ...NodeJS.ReadableStream[]]; // four pipes
  stdin.on('error', () => {}); // what refuses early closes its input
  stdin.end(input);
  const [stdout = '', stderr = '', times = ''] = (
    await Promise.all([out, err, took].map((one) => buffer(one as never)))
  ).map(String);
  const exit = await closed;
  clearInterval(looking);
  const [, ofChildren = ''] = times.trim().split('\n');
  const seconds = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + 60 * Number(m) + Number(s),
    0,
  );
  return { exit, stdout, stderr, seconds, megabytes: kibibytes / 1024 };
}

function peakBelow(pid: number | undefined): number {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return Math.max(
      0,
      ...children.map((child) =>
        Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1] ?? 0),
      ),
    );
  } catch {
    return 0; // it has ended
  }
}

test.each(Object.entries({ ...ROWS, ...NEIGHBOURS }))(
  '%s: no more than twice what is harmless, or refused alone',
  async (_, { attack, harmless }) => {
    const usual = await run(harmless());
    const took = await run(attack());
    expect([0, 1]).toContain(took.exit);
    expect(took.stderr).not.toMatch(/has a fault|heap/);
    expect(took.seconds).toBeLessThan(BUSY * Math.max(SECONDS, TIMES * usual.seconds));
    expect(took.megabytes).toBeLessThan(Math.max(MEGABYTES, TIMES * usual.megabytes));
    // what is somebody else's goes on
    expect(took.stdout.includes('team-a/theirs')).toBe(usual.stdout.includes('team-a/theirs'));
    if (took.exit === 1) expect(took.stderr).toMatch(/^error: [^\n]*cannot [^\n]*\.$/m);
  },
  4 * BOUND_SECONDS * 1000,
);

test.each(Object.entries(USUAL))(
  '%s are not too many',
  async (_, work) => {
    const { exit, stdout, stderr } = await run(work());
    expect({ exit, stderr: stderr.replaceAll(/^(?:info|warning): .*\n/gm, '') }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('team-a/theirs');
  },
  4 * BOUND_SECONDS * 1000,
);

test(
  'doctor ends with the time of a run',
  async () => {
    const lines = Array.from({ length: 200_000 }, (_, at) => `kustomize build a${at}\n`).join('');
    const { exit, stdout, stderr } = await run(
      { argv: ['doctor', '.'], files: { 'a.sh': lines, 'b.sh': lines, 'c.sh': lines } },
      { STS_FUNCTION_TIMEOUT: '1' },
    );
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(stderr).toMatch(/^error: cannot plan this run: STS_FUNCTION_TIMEOUT was over/);
  },
  2 * BOUND_SECONDS * 1000,
);
