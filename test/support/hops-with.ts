import { defaultIdentity } from '../../function/identity/sources.ts';
import { type Hop, isRoleHop, type Route } from '../../function/model/hop.ts';
import type { Identity } from '../../function/model/identity.ts';
import type { Chain } from '../../function/model/job.ts';

/** The calls of a generator that names the last of these itself; a registry's login follows its roles. */
export function hopsWith(hops: readonly Hop[], identity: Identity = defaultIdentity): Route<Chain> {
  const after = hops.filter(({ operation }) => operation === 'GetAuthorizationToken');
  const own = hops.filter((hop) => !after.includes(hop)).at(-1);
  const via = hops.filter(isRoleHop).filter((hop) => hop !== own);
  return { chain: { identity, region: 'eu-west-1', via, ...(own && { generatorHop: own }) }, after };
}
