import type { HopSpec } from '../api/hop-spec.ts';
import {
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
export type HopFault = readonly [name: keyof HopSpec, text: string];

/** The checks that found a fault. */
export function faultsOf(checks: readonly (readonly [keyof HopSpec, Fault])[]): HopFault[] {
  return checks.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
}

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

function partition({ region, role }: HopSpec): Fault {
  return region === undefined || role === undefined ? undefined : partitionFault(region, role);
}

function given<T>(value: T | undefined, check: (value: T) => Fault): Fault {
  return value === undefined ? undefined : check(value);
}
