import { type Finding, finding } from '../api/finding.ts';
import type { Grant, Guards } from '../api/grant.ts';
import { describeObject } from '../api/kinds.ts';
import type { Identity, Job, TokenIdentity } from '../api/plan.ts';
import { quote } from '../api/quote.ts';
import { matchesArn } from './arn-pattern.ts';

/** What a job asks for: the whole of it must be in one grant, since a role of one and a namespace of another never mix. */
type Asked = Pick<Job, 'generator' | 'plan' | 'target'>;

/** What the Input's own guard and the operator's Policy refuse. Both are asked, and neither can widen the other. */
export function checkGuards(asked: Asked, { allow, policy }: Guards): Finding[] {
  return [
    ...(allow === undefined ? [] : refuse(asked, allow, { guard: '`allow` of the functionConfig', absent: true })),
    ...(policy === undefined ? [] : refuse(asked, policy, { guard: 'the Policy of this run', absent: false })),
  ];
}

interface Rule {
  readonly guard: string;
  /** Whether a grant without `roles` or `identities` has all of them, or none. */
  readonly absent: boolean;
}

function refuse({ generator, plan, target }: Asked, grants: readonly Grant[], { guard, absent }: Rule): Finding[] {
  const roles = [...new Set(plan.hops.map(({ request }) => request.roleArn))];
  const here = grants.filter(({ namespaces }) => covers(namespaces, target.namespace));
  const has = ({ roles: granted }: Grant, role: string) =>
    granted?.some((pattern) => matchesArn(pattern, role)) ?? absent;
  const knows = ({ identities }: Grant) =>
    !isToken(plan.identity) || (identities?.includes(plan.identity.source) ?? absent);
  if (here.some((grant) => knows(grant) && roles.every((role) => has(grant, role)))) return [];
  const missing = roles.filter((role) => !here.some((grant) => has(grant, role)));
  const to = target.namespace === undefined ? 'an object without namespace' : `namespace ${quote(target.namespace)}`;
  const missingIdentity = isToken(plan.identity) && !here.some(knows) ? [plan.identity.source] : [];
  const notGranted = [...missingIdentity, ...missing];
  const cause =
    notGranted.length > 0
      ? `${guard} does not grant ${notGranted.map(quote).join(', ')} to ${to}`
      : `no one grant of ${guard} has all of ${[...(isToken(plan.identity) ? [plan.identity.source] : []), ...roles].map(quote).join(', ')} for ${to}`;
  const message = `cannot use ${describeObject(generator)}: ${cause}. Use a role that is granted, or ask whoever keeps the grants.`;
  return [finding('NOT_GRANTED', message, { object: generator, field: 'spec.role' })];
}

/** An object without namespace is in none, so only a grant for any namespace has it. */
function covers(namespaces: Grant['namespaces'], namespace: string | undefined): boolean {
  return namespaces === undefined || (namespace !== undefined && namespaces.includes(namespace));
}

/** A token's source needs a grant, since a manifest chooses it. */
function isToken(identity: Identity): identity is TokenIdentity {
  return identity.source !== 'default' && identity.source !== 'secretRef';
}
