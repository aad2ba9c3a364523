import { quoted, type Sayable, say } from '../findings/say.ts';
import type { HopSpec } from '../model/hop-spec.ts';
import {
  CHAINED_SESSION_MAX_SECONDS,
  durationFault,
  externalIDFault,
  type Fault,
  partitionFault,
  policyArnsFault,
  policyFault,
  regionFault,
  roleFault,
  sessionNameFault,
  tagsFault,
  transitiveKeysFault,
} from './limits.ts';

/** A field of a hop and what AWS would say of it. */
export type HopFault = readonly [name: keyof HopSpec, text: Sayable];

/** Everything in one hop that AWS would refuse. Absent values are not checked: who requires them says so. */
export function checkHop(hop: HopSpec, options: { customEndpoint: boolean }): HopFault[] {
  const regionWrong = given(hop.region, regionFault);
  const roleWrong = given(hop.role, (role) => roleFault(role, options));
  return faultsOf([
    ['region', regionWrong],
    ['role', roleWrong ?? (regionWrong === undefined ? partition(hop) : undefined)],
    ['sessionName', given(hop.sessionName, sessionNameFault)],
    ['sessionDuration', given(hop.sessionDuration, durationFault)],
    ['externalID', given(hop.externalID, externalIDFault)],
    ['tags', given(hop.tags, tagsFault)],
    ['transitiveTagKeys', given(hop.transitiveTagKeys, (keys) => transitiveKeysFault(keys, hop.tags ?? {}))],
    ['sourceIdentity', given(hop.sourceIdentity, sessionNameFault)],
    ['policyARNs', given(hop.policyARNs, policyArnsFault)],
    ['policy', given(hop.policy, (policy) => policyFault(policy, hop.policyARNs ?? []))],
  ]);
}

/** What a hop may not ask for because of those before it, that to the identity's own role among them, which is not read yet. */
export function checkInChain(hop: HopSpec, before: readonly HopSpec[], isBehindOwnRole = false): HopFault[] {
  if (before.length === 0 && !isBehindOwnRole) return [];
  return faultsOf([
    ['sessionDuration', tooLong(hop)],
    ['role', sameRole(hop, before.at(-1))],
    ['tags', overriddenTag(hop, before)],
    ['sourceIdentity', otherSourceIdentity(hop, before)],
  ]);
}

function tooLong({ sessionDuration }: HopSpec): Fault {
  if (sessionDuration === undefined || sessionDuration <= CHAINED_SESSION_MAX_SECONDS) return undefined;
  return say`must be at most ${CHAINED_SESSION_MAX_SECONDS} behind another hop, got ${quoted(String(sessionDuration))}`;
}

function sameRole({ role }: HopSpec, last: HopSpec | undefined): Fault {
  if (role === undefined || role !== last?.role) return undefined;
  return say`must not be the role of the hop before it, got ${quoted(role)}`;
}

function overriddenTag({ tags = {} }: HopSpec, before: readonly HopSpec[]): Fault {
  const inherited = new Set(before.flatMap((hop) => (hop.transitiveTagKeys ?? []).map((key) => key.toLowerCase())));
  const key = Object.keys(tags).find((name) => inherited.has(name.toLowerCase()));
  return key === undefined ? undefined : say`must not have ${quoted(key)}, which an earlier hop made transitive`;
}

function otherSourceIdentity({ sourceIdentity }: HopSpec, before: readonly HopSpec[]): Fault {
  const earlier = before.find((hop) => hop.sourceIdentity !== undefined)?.sourceIdentity;
  if (sourceIdentity === undefined || earlier === undefined || sourceIdentity === earlier) return undefined;
  return say`must stay ${quoted(earlier)}, which an earlier hop set, got ${quoted(sourceIdentity)}`;
}

/** The checks that found a fault. */
function faultsOf(checks: readonly (readonly [keyof HopSpec, Fault])[]): HopFault[] {
  return checks.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
}

function partition({ region, role }: HopSpec): Fault {
  return region === undefined || role === undefined ? undefined : partitionFault(region, role);
}

function given<T>(value: T | undefined, check: (value: T) => Fault): Fault {
  return value === undefined ? undefined : check(value);
}
