import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import {
  FunctionRunnerServiceService,
  RunFunctionRequest,
  RunFunctionResponse,
} from '@crossplane-org/function-sdk-typescript';
import { type ChannelCredentials, Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Identity } from '../make-identity.ts';
import { EXECUTABLE, environmentOf, type FunctionOptions, ROOT } from '../run-function.ts';
import { isAnswered, type RunningProcess, startProcess } from '../start-process.ts';
import { applied, type Parts, type Remembered, reconcile, request } from './request.ts';

/** Longer than the server takes on a busy machine: the deadline is its own, unless a test is about the client's. */
const DEADLINE_MILLISECONDS = 300_000;

/** A connection of its own to a function. */
export interface GrpcCaller extends Disposable {
  /** One call; rejects with gRPC's error. `rewrite` changes the bytes that are sent. */
  call(
    request: Parts,
    options?: {
      deadlineMilliseconds?: number;
      signal?: AbortSignal;
      version?: 'v1' | 'v1beta1';
      rewrite?: (bytes: Buffer) => Buffer;
    },
  ): Promise<RunFunctionResponse>;
  /** What the engine does in one reconcile: {@link reconcile}. */
  reconcile(first: Parts, objects?: readonly unknown[], remembered?: Remembered): ReturnType<typeof reconcile>;
  close(): void;
}

/** A request with the Secret that a first one gave. */
export async function goodRequest(engine: Pick<GrpcCaller, 'reconcile'>): Promise<Parts> {
  const { response } = await engine.reconcile(request());
  const [[key = '', { resource = {} } = {}] = []] = Object.entries(response.desired?.resources ?? {});
  return request({ observedResources: { [key]: applied(resource) } });
}

/** Credentials of the engine: a certificate that `authority` has signed. */
export function mutualTls(authority: Identity, { key, cert }: Identity): ChannelCredentials {
  const named = { checkServerIdentity: () => undefined }; // its name is an address, which SNI cannot have
  return credentials.createSsl(Buffer.from(authority.cert), Buffer.from(key), Buffer.from(cert), named);
}

export function grpcCaller(port: number, channel: ChannelCredentials = credentials.createInsecure()): GrpcCaller {
  // With the pool that all clients share, a new client would not be a new connection.
  const client = new Client(`127.0.0.1:${port}`, channel, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  });
  const { path, requestSerialize } = FunctionRunnerServiceService.runFunction;
  const caller: GrpcCaller = {
    call: (
      request,
      { deadlineMilliseconds = DEADLINE_MILLISECONDS, signal, version = 'v1', rewrite = (bytes: Buffer) => bytes } = {},
    ) =>
      new Promise((resolve, reject) => {
        const message = RunFunctionRequest.fromPartial(request as Parameters<typeof RunFunctionRequest.fromPartial>[0]);
        const options = { deadline: Date.now() + deadlineMilliseconds };
        const call = client.makeUnaryRequest(
          path.replace('.v1.', `.${version}.`),
          (asked: RunFunctionRequest) => rewrite(requestSerialize(asked)),
          decodeResponse,
          message,
          new Metadata(),
          options,
          (error, response) => (response === undefined ? reject(error) : resolve(response)),
        );
        signal?.addEventListener('abort', () => call.cancel(), { once: true });
      }),
    reconcile: (first, objects, remembered) => reconcile((asked) => caller.call(asked), first, objects, remembered),
    close: () => client.close(),
    [Symbol.dispose]: () => client.close(),
  };
  return caller;
}

/** However deep it is: the SDK's decoder stops where its reader has counted 100 levels. */
function decodeResponse(bytes: Buffer): RunFunctionResponse {
  return RunFunctionResponse.decode(Object.assign(new BinaryReader(bytes), { __tsProtoDecodeDepth: -Infinity }));
}

/** The built executable as a server on loopback, and a real gRPC client. */
export interface FunctionServer extends RunningProcess, Pick<GrpcCaller, 'call' | 'reconcile'> {
  readonly port: number;
  readonly healthPort: number;
  /** Over HTTP, from the health address. */
  get(path: string): Promise<{ status: number; text: string }>;
  /** Ends it as the system does that has no memory left. */
  kill(): Promise<void>;
  /** As `stop`. */
  close(): Promise<unknown>;
}

/** Starts it, without TLS unless `certificates` names a folder, and waits until it is ready. */
export async function startServer({
  arguments: more = [],
  certificates,
  command: [program, ...before] = [EXECUTABLE],
  ports,
  ...options
}: FunctionOptions & {
  certificates?: string;
  /** What starts it in place of the built executable, such as a container's engine with its arguments. */
  command?: readonly [string, ...string[]];
  /** Those of a server that has ended. */
  ports?: Pick<FunctionServer, 'port' | 'healthPort'>;
} = {}): Promise<FunctionServer> {
  const wanted = ports ?? { port: 0, healthPort: 0 }; // the system chooses: one that was free a moment ago may be taken
  const tls = certificates === undefined ? ['--insecure'] : ['--tls-certs-dir', certificates];
  const addresses = ['--address', `127.0.0.1:${wanted.port}`, '--health-address', `127.0.0.1:${wanted.healthPort}`];
  const started = await startProcess(program, [...before, 'serve', ...tls, ...addresses, ...more], {
    environment: environmentOf(options),
    isReady: async (stderr) => {
      const said = ports ?? portsIn(stderr);
      return said !== undefined && isAnswered(said.healthPort, '/readyz');
    },
  });
  const { port, healthPort } = ports ?? portsIn(started.stderr()) ?? wanted;
  const caller = grpcCaller(port);
  const close = () => started.stop().finally(() => caller.close());
  return {
    ...started,
    port,
    healthPort,
    get: async (path) => {
      const response = await fetch(`http://127.0.0.1:${healthPort}${path}`, { signal: AbortSignal.timeout(5000) });
      return { status: response.status, text: await response.text() };
    },
    call: caller.call,
    reconcile: caller.reconcile,
    kill: async () => {
      await started.stop('SIGKILL'); // its client stays
    },
    stop: close,
    close,
    [Symbol.asyncDispose]: async () => void (await close()),
  };
}

/** Where a server says that it listens. */
function portsIn(stderr: string): { port: number; healthPort: number } | undefined {
  const [, port, healthPort] = /"message":"serving","port":(\d+),"healthPort":(\d+)/.exec(stderr) ?? [];
  return port === undefined ? undefined : { port: Number(port), healthPort: Number(healthPort) };
}

/** Starts the function that does nothing (`bench/noop-function.ts`), without TLS: what a measurement is held against. */
export async function startNoop(): Promise<
  Disposable & { readonly port: number; readonly pid: number; readonly stop: () => void }
> {
  const child = spawn(process.execPath, [join(ROOT, 'bench/noop-function.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout, 'data');
  const stop = () => void child.kill('SIGTERM');
  return { port: Number(port), pid: child.pid ?? 0, stop, [Symbol.dispose]: stop };
}
