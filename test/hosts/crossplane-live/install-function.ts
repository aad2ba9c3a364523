import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ApiServer } from '../../support/hosts/api-server.ts';
import { inPod, type ServiceAccountFiles } from '../../support/mount-namespace.ts';
import { EXECUTABLE, ROOT } from '../../support/run-function.ts';
import { isAnswered, type RunningProcess, startProcess, until } from '../../support/start-process.ts';

/** Where Crossplane is installed. */
export const NAMESPACE = 'crossplane-system';

/** Mounts a Secret of Crossplane's namespace as a kubelet does: a file for each key. */
export async function writeSecret(kubectl: ApiServer['kubectl'], name: string, folder: string): Promise<void> {
  const text = await kubectl(['get', 'secret', name, `--namespace=${NAMESPACE}`, '--output=json']);
  const { data = {} } = JSON.parse(text) as { data?: Record<string, string> };
  await mkdir(folder, { recursive: true });
  for (const [key, value] of Object.entries(data)) await writeFile(join(folder, key), Buffer.from(value, 'base64'));
}

/** What a Deployment says of the function's container, as far as it is of use without a container. */
interface Container {
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
interface Surroundings {
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
async function startPod(
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

/** Waits while another process has it, such as an example that runs. @throws Error that says what to do, when that is for long. */
async function untilFree(port: number, address: string | undefined): Promise<void> {
  await until(`port ${port}, which Crossplane fixes and somebody has: end what listens there`, 60, async () => {
    const server = createServer().listen(port, address);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  });
}

export const FUNCTION = 'function-sts-assume-role';

const EXAMPLE = join(ROOT, 'examples/crossplane/in-a-cluster');
/** What the example calls it. */
const PACKAGE = 'example.org/function-sts-assume-role:v0.1.0';
const IN_SYSTEM = `--namespace=${NAMESPACE}`;

interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly [Container];
  readonly volumes?: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
}

interface Deployment {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: PodSpec } };
}

/** A function that Crossplane has installed, and that runs. */
export interface Installed {
  readonly container: Container;
  /** As the Deployment says. */
  readonly replicas: number;
  readonly serviceAccount: string;
  /** Starts a pod of it. */
  start(address?: string): Promise<Pod>;
}

/** What is installed, and where it works. */
interface Installation {
  /** Of the package, in a registry. */
  readonly reference: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Installs the package of a registry as the example does, and is the kubelet of it: mounts the Secrets that the Deployment names,
 * starts the container's program and says that it is available. Resolves when Crossplane calls the function healthy.
 */
export async function installFunction(
  server: ApiServer,
  { reference, folder, environment }: Installation,
): Promise<{ installed: Installed; pod: Pod }> {
  const { kubectl } = server;
  for (const file of ['runtime-irsa.yaml', 'read-namespaces.yaml', 'function.yaml'])
    await kubectl(['apply', '-f', '-'], (await readFile(join(EXAMPLE, file), 'utf8')).replace(PACKAGE, reference));
  const { metadata, spec } = await until('the Deployment of the function', 60, async () => {
    const { items } = JSON.parse(await kubectl(['get', 'deployments', IN_SYSTEM, '--output=json'])) as {
      items: Deployment[];
    };
    return items[0];
  });
  const { containers, serviceAccountName } = spec.template.spec;
  const [container] = containers;
  const mounts = await mountSecrets(kubectl, spec.template.spec, folder);
  const token = await kubectl(['create', 'token', serviceAccountName, IN_SYSTEM, '--duration=1h']);
  const serviceAccount = {
    token: token.trim(),
    certificateAuthority: await readFile(server.certificateAuthority, 'utf8'),
  };
  const { hostname, port } = new URL(server.url);
  const inCluster = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  let started = 0;
  const start = (address?: string) =>
    startPod(container, {
      mounts,
      environment: { ...environment, ...inCluster },
      serviceAccount,
      folder: join(folder, `pod-${++started}`),
      ...(address === undefined ? {} : { address }),
    });
  const pod = await start();
  try {
    await sayAvailable(kubectl, metadata.name);
    await kubectl(['wait', `function/${FUNCTION}`, '--for=condition=Healthy', '--timeout=60s']);
    return { installed: { container, replicas: spec.replicas, serviceAccount: serviceAccountName, start }, pod };
  } catch (error) {
    await pod.stop();
    throw error;
  }
}

/** Folders with the Secrets that a pod mounts, by the path where it looks for them. */
async function mountSecrets(
  kubectl: ApiServer['kubectl'],
  { containers: [container], volumes = [] }: PodSpec,
  folder: string,
): Promise<Record<string, string>> {
  const mounts: Record<string, string> = {};
  for (const { name, secret } of volumes) {
    const path = container.volumeMounts?.find((mount) => mount.name === name)?.mountPath;
    if (secret === undefined || path === undefined) continue;
    const target = join(folder, name);
    await until(`the Secret ${secret.secretName}`, 30, async () => {
      await writeSecret(kubectl, secret.secretName, target);
      return true;
    });
    mounts[path] = target;
  }
  return mounts;
}

/** What the Deployment's controller says when a pod is ready. */
async function sayAvailable(kubectl: ApiServer['kubectl'], deployment: string): Promise<void> {
  const condition = { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: '' };
  const now = new Date().toISOString();
  const status = {
    ...{ replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1, observedGeneration: 1 },
    conditions: [{ ...condition, lastTransitionTime: now, lastUpdateTime: now }],
  };
  const patch = ['--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`];
  await kubectl(['patch', 'deployment', deployment, IN_SYSTEM, ...patch]);
}
