import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { CLEAN_ENVIRONMENT, EXECUTABLE } from '../../run-function.ts';
import { until } from './until.ts';

/** What a Deployment says of the function's container, as far as it is of use without a container. */
export interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** The built executable, started as the Deployment says. */
export interface Pod {
  readonly stderr: () => string;
  /** Ends it as a kubelet does; gives the exit code, or the signal that ended it. */
  stop(): Promise<number | NodeJS.Signals | null>;
}

/** The Service names this port, and the Deployment gives the function no other. */
const PORT = 9443;
/** The function's own default, for the same reason. */
export const HEALTH_PORT = 8080;
const STOP_MILLISECONDS = 30_000;

/** Starts it with `mounts` in place of the paths in its environment, and waits until it is ready. */
export async function startPod(
  { command = [EXECUTABLE], args = [], env = [] }: Container,
  mounts: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Promise<Pod> {
  for (const port of [PORT, HEALTH_PORT]) await untilFree(port);
  const given = env.flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, mounts[value] ?? value] as const],
  );
  const [program = EXECUTABLE, ...first] = command;
  const child = spawn(program, [...first, ...args], {
    env: { ...CLEAN_ENVIRONMENT, ...environment, ...Object.fromEntries(given) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([exit, signal]) => signal ?? exit);
  try {
    await until('the function to be ready', 30, async () => {
      if (child.exitCode !== null) throw new Error(stderr);
      const { ok } = await fetch(`http://127.0.0.1:${HEALTH_PORT}/readyz`);
      return ok || undefined;
    });
  } catch (error) {
    await stop(child, ended);
    throw error;
  }
  return { stderr: () => stderr, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<number | NodeJS.Signals | null>) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
  const exit = await ended;
  clearTimeout(timer);
  return exit;
}

/** Waits for whoever has it for a moment, as an example that runs. @throws Error that says what to do, when that is for long. */
async function untilFree(port: number): Promise<void> {
  await until(`port ${port}, which Crossplane fixes and somebody has: end what listens there`, 60, async () => {
    const server = createServer().listen(port);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  });
}
