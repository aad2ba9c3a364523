import * as z from 'zod';
import { quote } from './quote.ts';

/** Which API server is asked. Never the current context: which one that is depends on what somebody did last. */
export const clusterSpec = z
  .strictObject({
    context: z
      .string()
      .min(1, 'must not be empty')
      .optional()
      .meta({ description: 'Name of a context of the kubeconfig.' }),
    inCluster: z.literal(true).optional().meta({ description: 'The cluster of the pod that the function runs in.' }),
  })
  .refine(({ context, inCluster }) => (context === undefined) !== (inCluster === undefined), {
    error: 'must have exactly one of `context` and `inCluster`',
  });

export type Cluster = z.infer<typeof clusterSpec>;

/** How messages write a cluster. */
export function describeCluster({ context }: Cluster): string {
  return context === undefined ? "the pod's own cluster" : `the cluster of context ${quote(context)}`;
}

/** True when both mean the same API server, as far as their words say. */
export function isSameCluster(one: Cluster, other: Cluster): boolean {
  return one.context === other.context;
}
