import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { ROOT } from '../run-function.ts';

/** Starts the function that does nothing (`bench/noop-function.ts`), without TLS: what a measurement is held against. */
export async function startNoop(): Promise<{ readonly port: number; readonly stop: () => void }> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'bench/noop-function.ts')], {
    env: { ...process.env, ADDRESS: `127.0.0.1:${port}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return { port, stop: () => void child.kill('SIGTERM') };
}
