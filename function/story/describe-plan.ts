import { type Finding, finding } from '../api/finding.ts';
import { apiVersionOf, describeObject, secretObject } from '../api/kinds.ts';
import type { PlannedReason, PlannedSecret, PlannedSession } from '../api/planned-secret.ts';
import { quote } from '../api/quote.ts';

/**
 * One Secret of a plan as a line, since kpt shows standard error as one line, which a table would not survive. It is the same
 * in every run while nothing changes, so it does not say when a Secret that is made now would be renewed.
 */
export function describePlan(planned: PlannedSecret): Finding {
  const { target, generator, also = [] } = planned;
  const chains = [planned, ...also].map(describeSession).join('; and ');
  const message = `${describeObject(secretObject(target))}: ${decision(planned)}; ${chains}.`;
  return finding('PLAN', message, { object: { apiVersion: apiVersionOf(generator.kind), ...generator } });
}

function describeSession(session: PlannedSession): string {
  const { identity, lifetime } = session;
  return `${identity.description}, then ${stepsOf(session).join(', then ')}, for ${lifetime} seconds`;
}

const REASONS: Readonly<Record<PlannedReason, string>> = {
  valid: 'it is valid',
  due: 'it is due',
  absent: 'there is none yet',
  placeholder: 'it is a placeholder',
  specChanged: 'its spec has changed',
  notEncrypted: 'it is not encrypted',
  keysMissing: 'keys are missing in it',
  dataChanged: 'its data do not fit their hash',
  timesUnreadable: 'its times cannot be believed',
  expired: 'it has expired',
};

/** Why a Secret is made, in words. */
export function describeReason({ reason }: Pick<PlannedSecret, 'reason'>): string {
  return REASONS[reason];
}

function decision(planned: PlannedSecret): string {
  const { action, renewAfter } = planned;
  return action === 'reuse' ? `reuse, until ${renewAfter}` : `${action}, since ${describeReason(planned)}`;
}

/** What a plan asks AWS for, in order, as messages show it: roles, and the call at the end where that is none. */
export function stepsOf({ hops }: Pick<PlannedSession, 'hops'>): string[] {
  return hops.map((hop) => {
    if ('role' in hop) return quote(hop.role);
    return 'operation' in hop ? hop.operation : 'the role of the ServiceAccount';
  });
}
