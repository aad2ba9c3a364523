import { FindingError } from '../api/finding.ts';
import type { World } from '../api/world.ts';
import type { Base } from '../chain/run-chain.ts';
import type { CompletePart } from '../planner/complete.ts';
import type { Draft } from '../planner/draft.ts';
import { askCluster } from './resolve-from-cluster.ts';

/** What authenticates a part's first hop: keys from a Secret, or a token that is fetched just before it is sent. */
export function baseOf(
  { part: { generator, chain }, keys }: CompletePart,
  { cluster }: Pick<Draft, 'cluster'>,
  world: World & { readonly signal: AbortSignal },
): Base {
  const { token } = chain.identity;
  if (token === undefined) return keys === undefined ? {} : { keys };
  return {
    token: () =>
      token.take(generator, {
        ...world,
        async ofServiceAccount(object, audiences) {
          if (cluster === undefined) throw new Error('a token of a ServiceAccount was planned without a cluster');
          const answer = await askCluster(
            { cluster, generator, object, verb: 'create', resource: 'serviceaccounts/token' },
            () => world.kubernetes.requestToken(cluster, object, audiences, world.signal),
            world,
          );
          if ('finding' in answer) throw new FindingError(answer.finding);
          return answer.value;
        },
      }),
  };
}
