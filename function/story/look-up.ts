import pMap from 'p-map';
import { type Finding, hasErrors } from '../api/finding.ts';
import type { Prepared, Reference } from '../api/flow.ts';
import { CLUSTER_GENERATOR_KIND, type ObjectRef, objectKey, pluralOf } from '../api/kinds.ts';
import type { SuppliedObject, Unread } from '../api/supplied.ts';
import { ClusterError, type World } from '../api/world.ts';
import { AttemptsError, withRetries } from '../chain/retry.ts';
import { type ClusterQuestion, explainClusterFailure } from '../identity/explain-cluster-failure.ts';

/** What was found of the references, by `objectKey`. */
export type Found = readonly (readonly [string, SuppliedObject | Unread | null])[];

/**
 * Between the second step and the third: settles what the host does not have. Sources come from the cluster, if one is
 * switched on and nothing is refused yet; targets and objects that lack their namespace are never looked up there.
 */
export async function lookUp(prepared: Prepared, missing: readonly Reference[], world: World): Promise<Found> {
  const { settings, findings } = prepared;
  const cluster = settings.mode === 'mint' ? prepared.cluster : undefined; // a preview asks nobody
  const isInCluster = ({ role, object }: Reference) =>
    role === 'source' && (object.namespace !== undefined || object.kind === CLUSTER_GENERATOR_KIND);
  const nowhere = missing.filter((reference) => cluster === undefined || !isInCluster(reference));
  const absent = nowhere.map(({ object }) => [objectKey(object), null] as const);
  if (cluster === undefined || hasErrors(findings)) return absent;
  const signal = prepared.signal();
  const found = await pMap(
    missing.filter(isInCluster),
    async ({ object, generator }) => {
      const question: ClusterQuestion = { cluster, generator, object, verb: 'get', resource: resourceOf(object) };
      const answer = await askCluster(question, () => world.kubernetes.read(cluster, object, signal), {
        ...world,
        signal,
      });
      return [objectKey(object), 'finding' in answer ? { unread: answer.finding } : answer.value] as const;
    },
    { concurrency: settings.concurrency },
  );
  return [...absent, ...found];
}

/** As RBAC names them; those of generators are made from their kinds. */
const RESOURCES: Readonly<Record<string, ClusterQuestion['resource']>> = {
  Secret: 'secrets',
  ServiceAccount: 'serviceaccounts',
  ConfigMap: 'configmaps',
};

function resourceOf({ kind }: ObjectRef): ClusterQuestion['resource'] {
  return RESOURCES[kind] ?? pluralOf(kind);
}

/** Asks an API server, with retries: the answer, or why there is none. */
export async function askCluster<T>(
  question: ClusterQuestion,
  attempt: () => Promise<T>,
  world: Pick<World, 'sleep' | 'random'> & { signal: AbortSignal },
): Promise<{ value: T } | { finding: Finding }> {
  try {
    return { value: await withRetries(attempt, world) };
  } catch (error) {
    if (!(error instanceof AttemptsError && error.last instanceof ClusterError)) throw error;
    return { finding: explainClusterFailure(question, error.last.failure) };
  }
}
