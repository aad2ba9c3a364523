import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { CLEAN_ENVIRONMENT, EXECUTABLE } from './run-function.ts';
import { temporaryFolder } from './temporary-folder.ts';

const BOUND_SECONDS = 60;

/** A busy machine needs longer for the same work: `ulimit` counts that. */
const PATIENCE = { STS_FUNCTION_TIMEOUT: '1000' };

/** What the function is started with. */
export interface Work {
  /** Files of the folder in which it is started. */
  readonly files?: Readonly<Record<string, string>>;
  /** Absent: the KRM function, in the mode `plan`. */
  readonly argv?: readonly string[];
  readonly input?: string;
}

/** What a run said, and what it took: seconds of the processor, and most memory in MB of 2^20 bytes. */
interface Taken {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  readonly megabytes: number;
}

/** Runs the function in a shell that says what it took. What takes longer than {@link BOUND_SECONDS} of the processor is ended. */
export async function runMeasured(
  { files = {}, argv = [], input = '' }: Work,
  environment: Record<string, string> = {},
  executable = EXECUTABLE,
): Promise<Taken> {
  using folder = temporaryFolder({});
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  const mode = argv.length === 0 ? { STS_FUNCTION_MODE: 'plan' } : {};
  const script = `ulimit -t ${BOUND_SECONDS}; "$@"; code=$?; times >&3; exit $code`;
  const child = spawn('sh', ['-c', script, 'sh', executable, ...argv], {
    cwd: folder.path,
    env: { ...CLEAN_ENVIRONMENT, ...PATIENCE, ...mode, ...environment },
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
