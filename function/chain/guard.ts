import { type Finding, finding } from '../api/finding.ts';
import type { Grant, Guards } from '../api/grant.ts';
import { isRoleHop, type RoleHop } from '../api/hop.ts';
import { describeObject, secretObject, serviceAccountObject } from '../api/kinds.ts';
import type { Job, Plan, SecretPart } from '../api/plan.ts';
import { quote } from '../api/quote.ts';
import { matchesArn } from './arn-pattern.ts';

/** What one part of a Secret asks for: the whole of it must be in one grant, since a role of one and a namespace of another never mix. */
interface Asked extends Pick<SecretPart, 'generator' | 'plan' | 'mayUseCluster'>, Pick<Job, 'target'> {
  /** Absent: no template is read with it. */
  readonly form?: Job['form'];
}

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

/** One thing that a grant has or has not. */
interface Part {
  readonly text: string;
  /** Undefined: the grant does not speak of it. */
  readonly isIn: (grant: Grant) => boolean | undefined;
}

/** The grants that have all of what is asked for. */
function grantsOf(asked: Asked, guard: Guard): Grant[] {
  const parts = partsOf(asked);
  return grantsFor(asked, guard).filter((grant) => parts.every((part) => has(grant, part, guard)));
}

/** The grants for the generator's namespace and for its Secret's. */
function grantsFor({ generator, target }: Asked, { grants }: Guard): Grant[] {
  return grants.filter(
    ({ namespaces }) => covers(namespaces, generator.namespace) && covers(namespaces, target.namespace),
  );
}

function has(grant: Grant, { isIn }: Part, { absent }: Guard): boolean {
  return isIn(grant) ?? absent;
}

function notGranted(asked: Asked, guard: Guard): Finding {
  const { generator, target } = asked;
  const parts = partsOf(asked);
  const missing = parts.filter((part) => !grantsFor(asked, guard).some((grant) => has(grant, part, guard)));
  const spaces = [...new Set([generator.namespace, target.namespace])];
  const to = spaces.map(describeNamespace).join(' and ');
  const list = (some: readonly Part[]) => some.map(({ text }) => text).join(', ');
  const cause =
    missing.length > 0
      ? `${guard.name} does not grant ${list(missing)} to ${to}`
      : `no one grant of ${guard.name} has all of ${list(parts)} for ${to}`;
  const message = `cannot use ${describeObject(generator)}: ${cause}. Use what is granted, or ask whoever keeps the grants.`;
  return finding('NOT_GRANTED', message, { object: generator, field: 'spec.role' });
}

function describeNamespace(namespace: string | undefined): string {
  return namespace === undefined ? 'an object without namespace' : `namespace ${quote(namespace)}`;
}

/** Identity first, then roles: in the order in which they would be used. */
function partsOf({ plan, mayUseCluster, form }: Asked): Part[] {
  const hops = plan.hops.filter(isRoleHop);
  const roles = [...new Set(hops.map(({ request }) => request.roleArn))];
  return [
    ...(mayUseCluster ? [{ text: 'the cluster', isIn: ({ cluster }: Grant) => cluster }] : []),
    ...identityParts(plan.identity),
    ...hops.flatMap(externalIDParts),
    ...templateParts(form),
    ...roles.map((role) => ({
      text: quote(role),
      isIn: ({ roles: granted }: Grant) => granted?.some((pattern) => matchesArn(pattern, role)),
    })),
    ...(roles.length > 0 || plan.identity.source === 'serviceAccount' ? [] : withoutRoleParts(plan)),
  ];
}

/** Kinds of generators by the call that ends their plan: a ClusterGenerator is one of them. */
const WITHOUT_ROLE = { GetSessionToken: 'STSSessionToken', GetAuthorizationToken: 'ECRAuthorizationToken' } as const;

/**
 * Without a role in between the Secret holds the rights of whoever asks, all of them (docs/decisions/018-neighbour-generators.md).
 * A plan without a call is a look-up alone.
 */
function withoutRoleParts({ hops }: Plan): Part[] {
  return hops.flatMap((hop) => {
    if (isRoleHop(hop)) return [];
    const kind = WITHOUT_ROLE[hop.operation];
    return [{ text: `${kind} without a role`, isIn: ({ withoutRole }: Grant) => withoutRole?.includes(kind) }];
  });
}

/** Keys and the default chain are the operator's own; a token's source is chosen by a manifest. */
function identityParts(identity: Plan['identity']): Part[] {
  switch (identity.source) {
    case 'default':
    case 'secretRef':
      return [];
    case 'serviceAccount': {
      const isIn = ({ serviceAccounts }: Grant) => serviceAccounts?.includes(identity.name);
      return [{ text: describeObject(serviceAccountObject(identity)), isIn }, ...audienceParts(identity.audiences)];
    }
    case 'github':
      return [sourcePart(identity.source), audiencePart(identity.audience)];
    default:
      return [sourcePart(identity.source)];
  }
}

/** An external ID can be read in the account of the role, which a manifest may choose. */
function externalIDParts({ request: { externalIDFrom } }: RoleHop): Part[] {
  if (externalIDFrom === undefined) return [];
  const isIn = ({ externalIDs }: Grant) => externalIDs?.includes(externalIDFrom.name);
  return [{ text: `an external ID from ${describeObject(secretObject(externalIDFrom))}`, isIn }];
}

/** What a template's Secret holds comes out as it is, also what the run's SOPS key opened, or only a cluster has. */
function templateParts(form: Asked['form']): Part[] {
  const froms = (form?.template?.parts ?? []).flatMap((part) => ('from' in part ? [part.from] : []));
  const secrets = new Map(froms.filter(({ kind }) => kind === 'Secret').map((from) => [from.name, from]));
  return [...secrets.values()].map((from) => ({
    text: `a template from ${describeObject(secretObject(from))}`,
    isIn: ({ templateSecrets }) => templateSecrets?.includes(from.name),
  }));
}

function sourcePart(source: NonNullable<Grant['identities']>[number]): Part {
  return { text: quote(source), isIn: ({ identities }) => identities?.includes(source) };
}

/** Before the ServiceAccount is read its own audience is not known, but that there will be one is. */
function audienceParts(audiences: readonly string[]): Part[] {
  const any: Part = { text: 'any audience', isIn: ({ audiences: granted }) => granted && granted.length > 0 };
  return audiences.length === 0 ? [any] : audiences.map(audiencePart);
}

function audiencePart(audience: string): Part {
  return { text: `audience ${quote(audience)}`, isIn: ({ audiences }) => audiences?.includes(audience) };
}

/** An object without namespace is in none, so only a grant for any namespace has it. */
function covers(namespaces: Grant['namespaces'], namespace: string | undefined): boolean {
  return namespaces === undefined || (namespace !== undefined && namespaces.includes(namespace));
}
