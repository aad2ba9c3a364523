import { once } from 'node:events';
import { createServer } from 'node:net';
import { isAnswered, type RunningProcess, startProcess } from '../../process/start-process.ts';
import { until } from '../../process/until.ts';
import { EXECUTABLE } from '../../run-function.ts';
import { inPod, type ServiceAccountFiles } from '../run-in-pod.ts';

/** What a Deployment says of the function's container, as far as it is of use without a container. */
export interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** The built executable, started as the Deployment says. */
export interface Pod extends RunningProcess {
  /** Where it answers. */
  readonly address: string;
}

/** The Service names this port, and the Deployment gives the function no other. */
const PORT = 9443;
/** The function's own default, for the same reason. */
export const HEALTH_PORT = 8080;

/** What a kubelet adds to what the Deployment says. */
export interface Surroundings {
  /** Folders in place of the paths in the container's environment. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** What it is in Kubernetes. */
  readonly serviceAccount: ServiceAccountFiles;
  /** A folder of its own. */
  readonly folder: string;
  /** Of loopback, for a pod that is not alone; else it listens on all, as a container does. */
  readonly address?: string;
}

/** Starts it and waits until it is ready. */
export async function startPod(
  { command = [EXECUTABLE], args = [], env = [] }: Container,
  { mounts, environment, serviceAccount, folder, address }: Surroundings,
): Promise<Pod> {
  for (const port of [PORT, HEALTH_PORT]) await untilFree(port, address);
  const given = env.flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, mounts[value] ?? value] as const],
  );
  const [own = EXECUTABLE, ...first] = command;
  const { program, argv, environment: ofPod } = await inPod(own, folder, serviceAccount);
  const addresses =
    address === undefined ? [] : ['--address', `${address}:${PORT}`, '--health-address', `${address}:${HEALTH_PORT}`];
  const answers = address ?? '127.0.0.1';
  const started = await startProcess(program, [...argv, ...first, ...args, ...addresses], {
    environment: { ...environment, ...ofPod, ...Object.fromEntries(given) },
    isReady: () => isAnswered(HEALTH_PORT, '/readyz', answers),
  });
  return { ...started, address: answers };
}

/** Waits for whoever has it for a moment, as an example that runs. @throws Error that says what to do, when that is for long. */
async function untilFree(port: number, address: string | undefined): Promise<void> {
  await until(`port ${port}, which Crossplane fixes and somebody has: end what listens there`, 60, async () => {
    const server = createServer().listen(port, address);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  });
}
