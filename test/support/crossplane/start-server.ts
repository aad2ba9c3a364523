import { isAnswered, type RunningProcess, startProcess } from '../process/start-process.ts';
import { EXECUTABLE } from '../run-function.ts';
import { type GrpcCaller, grpcCaller } from './grpc-caller.ts';

/** The built executable as a server on loopback, and a real gRPC client. */
export interface FunctionServer extends RunningProcess, Pick<GrpcCaller, 'call'> {
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
  const wanted = ports ?? { port: 0, healthPort: 0 }; // the system chooses: one that was free a moment ago may be taken
  const tls = certificates === undefined ? ['--insecure'] : ['--tls-certs-dir', certificates];
  const addresses = ['--address', `127.0.0.1:${wanted.port}`, '--health-address', `127.0.0.1:${wanted.healthPort}`];
  const started = await startProcess(program, [...before, 'serve', ...tls, ...addresses, ...more], {
    environment,
    isReady: async (stderr) => {
      const said = ports ?? portsIn(stderr);
      return said !== undefined && isAnswered(said.healthPort, '/readyz');
    },
  });
  const { port, healthPort } = ports ?? portsIn(started.stderr()) ?? wanted;
  const caller = grpcCaller(port);
  return {
    ...started,
    port,
    healthPort,
    get: async (path) => {
      const response = await fetch(`http://127.0.0.1:${healthPort}${path}`, { signal: AbortSignal.timeout(5000) });
      return { status: response.status, text: await response.text() };
    },
    call: caller.call,
    kill: async () => {
      await started.stop('SIGKILL'); // its client stays
    },
    stop: () => started.stop().finally(() => caller.close()),
    close: () => started.stop().finally(() => caller.close()),
  };
}

/** Where a server says that it listens. */
function portsIn(stderr: string): { port: number; healthPort: number } | undefined {
  const [, port, healthPort] = /"message":"serving","port":(\d+),"healthPort":(\d+)/.exec(stderr) ?? [];
  return port === undefined ? undefined : { port: Number(port), healthPort: Number(healthPort) };
}
