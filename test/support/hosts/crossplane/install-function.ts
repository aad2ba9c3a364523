import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ApiServer } from '../api-server/start-api-server.ts';
import { type Container, type Pod, startPod } from './start-pod.ts';
import { until } from './until.ts';
import { NAMESPACE, writeSecret } from './write-secret.ts';

export const FUNCTION = 'function-sts-assume-role';

interface Deployment {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly [Container];
        readonly volumes?: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
      };
    };
  };
}

/** A function that Crossplane has installed, and that runs. */
export interface Installed {
  readonly container: Container;
  /** Starts it once more, after the former one was stopped. */
  start(): Promise<Pod>;
}

/**
 * Installs the package of a registry as a user does, and is the kubelet of it: mounts the Secrets that the Deployment names,
 * starts the container's program and says that it is available. Resolves when Crossplane calls the function healthy.
 */
export async function installFunction(
  { kubectl }: Pick<ApiServer, 'kubectl'>,
  {
    reference,
    folder,
    environment,
  }: { reference: string; folder: string; environment: Readonly<Record<string, string>> },
): Promise<{ installed: Installed; pod: Pod }> {
  const manifest = { apiVersion: 'pkg.crossplane.io/v1', kind: 'Function', metadata: { name: FUNCTION } };
  await kubectl(['apply', '-f', '-'], stringify({ ...manifest, spec: { package: reference } }));
  const inSystem = `--namespace=${NAMESPACE}`;
  const deployment = await until('the Deployment of the function', 60, async () => {
    const { items } = JSON.parse(await kubectl(['get', 'deployments', inSystem, '--output=json'])) as {
      items: Deployment[];
    };
    return items[0];
  });
  const { containers, volumes = [] } = deployment.spec.template.spec;
  const [container] = containers;
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
  const start = () => startPod(container, mounts, environment);
  const pod = await start();
  try {
    const condition = { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: '' };
    const now = new Date().toISOString();
    const status = {
      ...{ replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1, observedGeneration: 1 },
      conditions: [{ ...condition, lastTransitionTime: now, lastUpdateTime: now }],
    };
    const patch = ['--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`];
    await kubectl(['patch', 'deployment', deployment.metadata.name, inSystem, ...patch]);
    await kubectl(['wait', `function/${FUNCTION}`, '--for=condition=Healthy', '--timeout=60s']);
    return { installed: { container, start }, pod };
  } catch (error) {
    await pod.stop();
    throw error;
  }
}
