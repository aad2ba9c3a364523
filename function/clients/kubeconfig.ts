import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { Cluster } from '../model/cluster.ts';
import { distinct } from '../model/plain-data.ts';
import { ClusterError, type Environment } from '../model/world.ts';

/** The kubeconfig of a cluster, with its context as the current one. @throws ClusterError when there is none. */
export function loadKubeconfig({ context }: Cluster, environment: Environment): KubeConfig {
  if (context !== undefined) return contextKubeconfig(context, environment);
  if (!environment.KUBERNETES_SERVICE_HOST || !environment.KUBERNETES_SERVICE_PORT)
    throw new ClusterError({ kind: 'unusable', cause: 'noPod' });
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** Merges the files of KUBECONFIG, or reads ~/.kube/config. Of entries with equal names the first counts, as in kubectl. */
function contextKubeconfig(context: string, environment: Environment): KubeConfig {
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

/** Undefined for a file that is missing or no kubeconfig: kubectl skips one of several as well. */
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
  return distinct(all, ({ name }) => name);
}
