import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  FunctionRunnerServiceService,
  RunFunctionRequest,
  type RunFunctionResponse,
} from '@crossplane-org/function-sdk-typescript';
import { Client, credentials as grpcCredentials, Metadata } from '@grpc/grpc-js';
import { freePort } from '../free-port.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE } from '../run-function.ts';
import type { Parts } from './request.ts';

const START_MILLISECONDS = 20_000;

/** The built executable as a server on loopback, and a real gRPC client. */
export interface FunctionServer {
  readonly pid: number;
  readonly port: number;
  readonly healthPort: number;
  /** Everything on standard error so far. */
  readonly stderr: () => string;
  /** One call; rejects with gRPC's error. */
  call(
    request: Parts,
    options?: { deadlineMilliseconds?: number; signal?: AbortSignal; version?: 'v1' | 'v1beta1' },
  ): Promise<RunFunctionResponse>;
  /** Over HTTP, from the health address. */
  get(path: string): Promise<{ status: number; text: string }>;
  /** Ends it as the system does that has no memory left. */
  kill(): Promise<void>;
  /** Sends SIGTERM; gives the exit code, or the signal that ended it. */
  stop(): Promise<number | NodeJS.Signals | null>;
}

/** Starts it, without TLS unless `certificates` names a folder, and waits until it is ready. */
export async function startServer({
  environment = {},
  arguments: more = [],
  certificates,
  command: [program, ...before] = [EXECUTABLE],
  ports,
}: {
  environment?: Readonly<Record<string, string>>;
  arguments?: readonly string[];
  certificates?: string;
  /** What starts it in place of the built executable, such as a container's engine with its arguments. */
  command?: readonly [string, ...string[]];
  /** Those of a server that has ended. */
  ports?: Pick<FunctionServer, 'port' | 'healthPort'>;
} = {}): Promise<FunctionServer> {
  const { port, healthPort } = ports ?? { port: await freePort(), healthPort: await freePort() };
  const tls = certificates === undefined ? ['--insecure'] : ['--tls-certs-dir', certificates];
  const addresses = ['--address', `127.0.0.1:${port}`, '--health-address', `127.0.0.1:${healthPort}`];
  const env = { ...CLEAN_ENVIRONMENT, ...environment };
  const child = spawn(program, [...before, 'serve', ...tls, ...addresses, ...more], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([exit, signal]) => signal ?? exit);
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${healthPort}${path}`, { signal: AbortSignal.timeout(5000) });
    return { status: response.status, text: await response.text() };
  };
  const until = Date.now() + START_MILLISECONDS;
  while ((await get('/readyz').catch(() => undefined))?.status !== 200) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start: ${stderr}`);
    }
    await delay(20);
  }
  const client = new Client(`127.0.0.1:${port}`, grpcCredentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  });
  const { path, requestSerialize, responseDeserialize } = FunctionRunnerServiceService.runFunction;
  return {
    pid: child.pid ?? 0,
    port,
    healthPort,
    stderr: () => stderr,
    get,
    call: (request, { deadlineMilliseconds = 30_000, signal, version = 'v1' } = {}) =>
      new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(
          path.replace('.v1.', `.${version}.`),
          requestSerialize,
          responseDeserialize,
          RunFunctionRequest.fromPartial(request as Parameters<typeof RunFunctionRequest.fromPartial>[0]),
          new Metadata(),
          { deadline: Date.now() + deadlineMilliseconds },
          (error, response) => (response === undefined ? reject(error) : resolve(response)),
        );
        signal?.addEventListener('abort', () => call.cancel());
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const exit = await ended;
      client.close();
      return exit;
    },
  };
}
