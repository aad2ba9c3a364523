import { type Finding, finding } from '../api/finding.ts';
import type { Grant, Guards } from '../api/grant.ts';
import { describeObject } from '../api/kinds.ts';
import type { Job } from '../api/plan.ts';
import { quote } from '../api/quote.ts';
import { matchesArn } from './arn-pattern.ts';

/** What a job asks for: the whole of it must be in one grant, since a role of one and a namespace of another never mix. */
type Asked = Pick<Job, 'generator' | 'plan' | 'target'>;

/** What the Input's own guard and the operator's Policy refuse. Both are asked, and neither can widen the other. */
export function checkGuards(asked: Asked, { allow, policy }: Guards): Finding[] {
  return [
    ...(allow === undefined ? [] : refuse(asked, allow, { guard: '`allow` of the functionConfig', absentRoles: true })),
    ...(policy === undefined ? [] : refuse(asked, policy, { guard: 'the Policy of this run', absentRoles: false })),
  ];
}

interface Rule {
  readonly guard: string;
  /** Whether a grant without `roles` has every role, or none. */
  readonly absentRoles: boolean;
}

function refuse({ generator, plan, target }: Asked, grants: readonly Grant[], { guard, absentRoles }: Rule): Finding[] {
  const roles = [...new Set(plan.hops.map(({ request }) => request.roleArn))];
  const here = grants.filter(({ namespaces }) => covers(namespaces, target.namespace));
  const has = ({ roles: granted }: Grant, role: string) =>
    granted?.some((pattern) => matchesArn(pattern, role)) ?? absentRoles;
  if (here.some((grant) => roles.every((role) => has(grant, role)))) return [];
  const missing = roles.filter((role) => !here.some((grant) => has(grant, role)));
  const to = target.namespace === undefined ? 'an object without namespace' : `namespace ${quote(target.namespace)}`;
  const cause =
    missing.length > 0
      ? `${guard} does not grant ${missing.map(quote).join(', ')} to ${to}`
      : `no one grant of ${guard} has ${roles.map(quote).join(' and ')} for ${to}`;
  const message = `cannot use ${describeObject(generator)}: ${cause}. Use a role that is granted, or ask whoever keeps the grants.`;
  return [finding('NOT_GRANTED', message, { object: generator, field: 'spec.role' })];
}

/** An object without namespace is in none, so only a grant for any namespace has it. */
function covers(namespaces: Grant['namespaces'], namespace: string | undefined): boolean {
  return namespaces === undefined || (namespace !== undefined && namespaces.includes(namespace));
}
