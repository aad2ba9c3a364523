import type { HopSpec } from '../api/hop-spec.ts';
import { quote } from '../api/quote.ts';
import { faultsOf, type HopFault } from './check-hop.ts';
import { CHAINED_SESSION_MAX_SECONDS, type Fault } from './limits.ts';

/** What a hop may not ask for because of those before it, a ServiceAccount's among them that is not read yet. */
export function checkInChain(hop: HopSpec, before: readonly HopSpec[], isBehindServiceAccount = false): HopFault[] {
  if (before.length === 0 && !isBehindServiceAccount) return [];
  return faultsOf([
    ['sessionDuration', tooLong(hop)],
    ['role', sameRole(hop, before.at(-1))],
    ['tags', overriddenTag(hop, before)],
    ['sourceIdentity', otherSourceIdentity(hop, before)],
  ]);
}

function tooLong({ sessionDuration }: HopSpec): Fault {
  if (sessionDuration === undefined || sessionDuration <= CHAINED_SESSION_MAX_SECONDS) return undefined;
  return `must be at most ${CHAINED_SESSION_MAX_SECONDS} behind another hop, got "${sessionDuration}"`;
}

function sameRole({ role }: HopSpec, last: HopSpec | undefined): Fault {
  if (role === undefined || role !== last?.role) return undefined;
  return `must not be the role of the hop before it, got ${quote(role)}`;
}

function overriddenTag({ tags = {} }: HopSpec, before: readonly HopSpec[]): Fault {
  const inherited = new Set(before.flatMap((hop) => (hop.transitiveTagKeys ?? []).map((key) => key.toLowerCase())));
  const key = Object.keys(tags).find((name) => inherited.has(name.toLowerCase()));
  return key === undefined ? undefined : `must not have ${quote(key)}, which an earlier hop made transitive`;
}

function otherSourceIdentity({ sourceIdentity }: HopSpec, before: readonly HopSpec[]): Fault {
  const earlier = before.find((hop) => hop.sourceIdentity !== undefined)?.sourceIdentity;
  if (sourceIdentity === undefined || earlier === undefined || sourceIdentity === earlier) return undefined;
  return `must stay ${quote(earlier)}, which an earlier hop set, got ${quote(sourceIdentity)}`;
}
