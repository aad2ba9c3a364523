import * as z from 'zod';
import { quoted, type Sayable, say } from '../findings/say.ts';
import { once } from './plain-data.ts';
import { exactlyOne, nonEmpty, optional } from './schema-parts.ts';

/** Which API server is asked. Never the kubeconfig's current context: anybody's last command may have changed it. */
export const clusterSpec = once(() =>
  z
    .strictObject({
      context: optional(nonEmpty, 'Name of a context of the kubeconfig.'),
      inCluster: optional(z.literal(true), 'The cluster of the pod that the function runs in.'),
    })
    .check(exactlyOne('context', 'inCluster')),
);

export type Cluster = z.infer<ReturnType<typeof clusterSpec>>;

/** How messages write a cluster. */
export function describeCluster({ context }: Cluster): Sayable {
  return context === undefined ? "the pod's own cluster" : say`the cluster of context ${quoted(context)}`;
}
