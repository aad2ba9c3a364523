import { type Finding, writtenFinding } from '../../findings/finding.ts';
import { say, THE_POLICY } from '../../findings/say.ts';
import type { Hop, Requests, Route } from '../../model/hop.ts';
import type { WrittenHop } from '../../model/written-hop.ts';
import { limitFinding } from '../explain-limit.ts';
import type { LimitContext } from '../limits.ts';
import { assumeRole, assumeRoleWithWebIdentity } from './assume-role.ts';
import type { Operation } from './operation.ts';
import { getAuthorizationToken } from './registry-token.ts';
import { getSessionToken } from './session-token.ts';

/** One row for each operation: a request without its row does not compile. */
const OPERATIONS: { readonly [Name in keyof Requests]: Operation<Name> } = {
  AssumeRole: assumeRole,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  GetSessionToken: getSessionToken,
  GetAuthorizationToken: getAuthorizationToken,
};

/** What is known of a hop's operation. */
export function operationOf<Name extends keyof Requests>({ operation }: { readonly operation: Name }): Operation<Name> {
  return OPERATIONS[operation];
}

/** Seconds that what the hops give lasts, unless AWS shortens it. */
export function lifetimeSecondsOf(route: Route): number {
  const final = finalHop(route);
  return final === undefined ? 0 : final.row.lifetimeSeconds(final.hop.request);
}

/** The hop that gives what is in the Secret, and its operation's row. */
type FinalHop = { readonly hop: Hop; readonly row: Operation<keyof Requests> };

/** Undefined where the route has no hop: guards also judge what is only looked up in a cluster. */
export function finalHop(route: Route | undefined): FinalHop | undefined {
  const hop = route?.after.at(-1) ?? route?.chain.generatorHop;
  return hop && { hop, row: operationOf(hop) };
}

const OTHER_PARTITION = say`is of another partition than what ${THE_POLICY} supplies`;

/** Everything that AWS would refuse in hops as they were written. `isChained`: a role's session signs the first of them. */
export function checkLimits(
  hops: readonly WrittenHop[],
  { isChained, ...options }: Required<Omit<LimitContext, 'earlierHops'>>,
): Finding[] {
  return hops.flatMap((hop, index) => {
    const earlierHops = hops.slice(0, index).map(({ parameters }) => parameters);
    const { parameters, at } = hop;
    const { limits } = operationOf(hop);
    const context = { ...options, earlierHops, isChained: isChained || index > 0 };
    return limits(parameters, context).map(([name, text, how]) => {
      const place = at(name);
      if (place.isSupplied) return writtenFinding(place, OTHER_PARTITION); // all else was checked with the Policy
      if (how === 'conflict') return writtenFinding(place, text);
      return limitFinding(place, text, how === 'hidden' ? undefined : Reflect.get(parameters, name));
    });
  });
}
