import { FindingError } from '../api/finding.ts';
import { isToken, type ServiceAccountIdentity } from '../api/job.ts';
import { type ObjectRef, serviceAccountObject } from '../api/kinds.ts';
import type { Sensitive } from '../api/sensitive.ts';
import type { World } from '../api/world.ts';
import type { Base } from '../chain/run-chain.ts';
import { isForItsIssuer } from '../identity/audience.ts';
import { apiServerAudience } from '../identity/read-service-account.ts';
import { takeToken } from '../identity/take-token.ts';
import type { CompletePart } from '../planner/complete.ts';
import type { Draft } from '../planner/draft.ts';
import { askCluster } from './look-up.ts';

type Signalled = World & { readonly signal: AbortSignal };

/** What the first hop of a part is made with: keys that were read, or a token that is fetched when it is to be sent. */
export function baseOf({ part, keys }: CompletePart, draft: Pick<Draft, 'cluster'>, world: Signalled): Base {
  const { generator, chain } = part;
  const { identity } = chain;
  if (identity.source === 'serviceAccount')
    return { token: () => serviceAccountToken(generator, identity, draft, world) };
  if (isToken(identity)) return { token: () => takeToken(generator, identity, world.ambient, world.signal) };
  return keys === undefined ? {} : { keys };
}

/** @throws FindingError when there is none, or it would open the cluster. */
async function serviceAccountToken(
  generator: ObjectRef,
  identity: ServiceAccountIdentity,
  { cluster }: Pick<Draft, 'cluster'>,
  world: Signalled,
): Promise<Sensitive> {
  if (cluster === undefined) throw new Error('a token of a ServiceAccount was planned without a cluster');
  const answer = await askCluster(
    {
      cluster,
      generator,
      object: serviceAccountObject(identity),
      verb: 'create',
      resource: 'serviceaccounts/token',
    },
    () => world.kubernetes.requestToken(cluster, identity, identity.audiences, world.signal),
    world,
  );
  if ('finding' in answer) throw new FindingError(answer.finding);
  if (!isForItsIssuer(answer.value.reveal())) return answer.value;
  throw new FindingError(apiServerAudience(generator, identity, "of the token's issuer"));
}
