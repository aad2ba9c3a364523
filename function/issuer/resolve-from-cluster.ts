import pLimit from 'p-limit';
import { AttemptsError, withRetries } from '../chain/retry.ts';
import type { Finding } from '../findings/finding.ts';
import { type ClusterQuestion, explainClusterFailure } from '../identity/explain-cluster-failure.ts';
import type { NeedAnswer, NeedAnswers } from '../model/answers.ts';
import type { TokenNeed } from '../model/identity.ts';
import type { Need, ObjectNeed } from '../model/job.ts';
import { CLUSTER_GENERATOR_KIND, pluralOf } from '../model/kinds.ts';
import { type Ambient, ClusterError, type World } from '../model/world.ts';
import type { Draft } from '../planner/draft.ts';

/** What needs are resolved with. */
export interface ElsewhereContext {
  readonly draft: Draft;
  /** True when the run is refused: then no cluster is asked. */
  readonly isRefused: boolean;
  readonly world: World;
  readonly signal: () => AbortSignal;
}

/**
 * Resolves the needs that manifests do not answer: objects are read from the cluster, if one is switched on and nothing is refused yet;
 * tokens are checked for being there. Targets, and objects without their namespace, are never read from a cluster.
 */
export async function resolveElsewhere(needs: readonly Need[], context: ElsewhereContext): Promise<NeedAnswers> {
  const { draft, isRefused, world, signal } = context;
  const { settings, purpose } = draft;
  const cluster = purpose.resolvesReferences ? draft.cluster : undefined;
  const isAsked = purpose.mints && !isRefused; // a preview calls nobody
  const tokens = needs.filter((need) => 'probe' in need);
  const objects = needs.filter((need) => 'object' in need);
  const answer = async (need: ObjectNeed): Promise<NeedAnswer> => {
    if (cluster === undefined || !isInCluster(need)) return null;
    if (!isAsked) return 'notAsked';
    const { object, by: generator } = need;
    const question = { cluster, generator, object, verb: 'get', resource: pluralOf(object.kind) } as const;
    const asking = { ...world, signal: signal() };
    const result = await askCluster(question, () => world.kubernetes.read(cluster, object, asking.signal), asking);
    return 'finding' in result ? { unread: result.finding } : result.value;
  };
  const limit = pLimit(settings.concurrency);
  const answers = await limit.map(objects, async (need) => [need.key, await answer(need)] as const);
  const answered = isRefused
    ? tokens.map(({ key }) => [key, 'notAsked'] as const) // a refused run does not learn whether a file exists
    : await resolveTokens(tokens, world.ambient, signal);
  return new Map([...answers, ...answered]);
}

/** Checks that tokens can be read, without keeping them. */
export async function resolveTokens(
  needs: readonly TokenNeed[],
  ambient: Ambient,
  signal: () => AbortSignal,
): Promise<(readonly [string, NeedAnswer])[]> {
  return Promise.all(needs.map(async ({ key, probe }) => [key, { tokenFault: await probe(ambient, signal()) }]));
}

function isInCluster({ as, object }: ObjectNeed): boolean {
  return as !== 'target' && (object.namespace !== undefined || object.kind === CLUSTER_GENERATOR_KIND);
}

/** Calls an API server, with retries. Gives its answer, or a finding that explains the failure. */
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
