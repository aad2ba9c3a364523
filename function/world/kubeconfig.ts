import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { Cluster } from '../api/cluster.ts';
import { ClusterError, type Environment } from '../api/world.ts';

/** A kubeconfig whose current context is the cluster's. @throws ClusterError when there is none. */
export function loadKubeconfig({ context }: Cluster, environment: Environment): KubeConfig {
  return context === undefined ? ofPod(environment) : ofContext(context, environment);
}

function ofPod(environment: Environment): KubeConfig {
  if (!environment.KUBERNETES_SERVICE_HOST || !environment.KUBERNETES_SERVICE_PORT)
    throw new ClusterError({ kind: 'unusable', cause: 'noPod' });
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** The files of KUBECONFIG, else that of kubectl in the home folder. Of equal names the first counts, as in kubectl. */
function ofContext(context: string, environment: Environment): KubeConfig {
  const paths = environment.KUBECONFIG?.split(delimiter).filter((path) => path !== '') ?? [];
  const files = paths.length > 0 ? paths : [join(environment.HOME || homedir(), '.kube', 'config')];
  const read = files.flatMap((file) => readKubeconfig(file) ?? []);
  if (read.length === 0) throw new ClusterError({ kind: 'unusable', cause: 'noKubeconfig' });
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: firstOfEachName(read.flatMap((file) => file.clusters)),
    users: firstOfEachName(read.flatMap((file) => file.users)),
    contexts: firstOfEachName(read.flatMap((file) => file.contexts)),
    currentContext: context,
  });
  if (config.getCurrentCluster() === null) throw new ClusterError({ kind: 'unusable', cause: 'noContext' });
  return config;
}

/** A file that is missing or no kubeconfig counts as none, as one of several is with kubectl. */
function readKubeconfig(file: string): KubeConfig | undefined {
  const config = new KubeConfig();
  try {
    config.loadFromString(readFileSync(file, 'utf8'));
    config.makePathsAbsolute(dirname(file));
    return config;
  } catch {
    return undefined;
  }
}

function firstOfEachName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return [...new Map(all.toReversed().map((one) => [one.name, one])).values()].toReversed();
}
