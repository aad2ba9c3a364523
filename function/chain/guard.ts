import { type Finding, finding } from '../api/finding.ts';
import type { Grant, Guards } from '../api/grant.ts';
import { isRoleHop } from '../api/hop.ts';
import { describeObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { type Asked, type Demand, demandsOf } from './demands-of.ts';

/** What the Input's own guard and the operator's Policy refuse. Both are asked, and neither can widen the other. */
export function checkGuards(asked: Asked, guards: Guards): Finding[] {
  return guardsOf(guards).flatMap((guard) => (grantsOf(asked, guard).length > 0 ? [] : [notGranted(asked, guard)]));
}

/** Refuses credentials in a file of the package where every grant that has the job says so. */
export function refusePlaintext(asked: Asked, guards: Guards): Finding[] {
  return guardsOf(guards).flatMap((guard) => {
    const granting = grantsOf(asked, guard);
    if (granting.length === 0 || granting.some(({ plaintext }) => plaintext !== 'refuse')) return [];
    const cause = `its Secret would be written into the package in plain text, which ${guard.name} refuses`;
    const cure = 'Encrypt it (`encrypt` in an Input), or render to standard output from a generator without a file';
    const message = `cannot use ${describeObject(asked.generator)}: ${cause}. ${cure}.`;
    return [finding('NOT_GRANTED', message, { object: asked.generator })];
  });
}

interface Guard {
  readonly name: string;
  readonly grants: readonly Grant[];
  /** Whether a grant without a part has all of it, or none. */
  readonly absent: boolean;
}

/** Those that were set. */
function guardsOf({ allow, policy }: Guards): Guard[] {
  return [
    ...(allow === undefined ? [] : [{ name: '`allow` of the functionConfig', grants: allow, absent: true }]),
    ...(policy === undefined ? [] : [{ name: 'the Policy of this run', grants: policy, absent: false }]),
  ];
}

/** The grants that have all of what is asked for. */
function grantsOf(asked: Asked, guard: Guard): Grant[] {
  const demands = demandsOf(asked);
  return grantsFor(asked, guard).filter((grant) => demands.every((demand) => demand.isIn(grant) ?? guard.absent));
}

/** The grants for the generator's namespace and for its Secret's. */
function grantsFor({ generator, target }: Asked, { grants }: Guard): Grant[] {
  return grants.filter(
    ({ namespaces }) => covers(namespaces, generator.namespace) && covers(namespaces, target.namespace),
  );
}

function notGranted(asked: Asked, guard: Guard): Finding {
  const { generator, target, plan } = asked;
  const last = plan.hops.at(-1);
  const demands = demandsOf(asked);
  const grants = grantsFor(asked, guard);
  const missing = demands.filter((demand) => !grants.some((grant) => demand.isIn(grant) ?? guard.absent));
  const spaces = [...new Set([generator.namespace, target.namespace])];
  const to = spaces.map(describeNamespace).join(' and ');
  const list = (some: readonly Demand[]) => some.map(({ text }) => text).join(', ');
  const cause =
    missing.length > 0
      ? `${guard.name} does not grant ${list(missing)} to ${to}`
      : `no one grant of ${guard.name} has all of ${list(demands)} for ${to}`;
  const message = `cannot use ${describeObject(generator)}: ${cause}. Use what is granted, or ask whoever keeps the grants.`;
  return finding('NOT_GRANTED', message, { object: generator, ...(last && isRoleHop(last) && { field: 'spec.role' }) });
}

function describeNamespace(namespace: string | undefined): string {
  return namespace === undefined ? 'an object without namespace' : `namespace ${quote(namespace)}`;
}

/** An object without namespace is in none, so only a grant for any namespace has it. */
function covers(namespaces: Grant['namespaces'], namespace: string | undefined): boolean {
  return namespaces === undefined || (namespace !== undefined && namespaces.includes(namespace));
}
