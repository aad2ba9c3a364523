import type { Grant } from '../api/grant.ts';
import { isRoleHop, type RoleHop } from '../api/hop.ts';
import { describeObject, secretObject, serviceAccountObject } from '../api/kinds.ts';
import type { Job, Plan, SecretPart } from '../api/plan.ts';
import { quote } from '../api/quote.ts';
import { matchesArn } from './arn-pattern.ts';

/** What one part of a Secret asks for: the whole of it must be in one grant, since a role of one and a namespace of another never mix. */
export interface Asked extends Pick<SecretPart, 'generator' | 'plan' | 'mayUseCluster'>, Pick<Job, 'target'> {
  /** Absent: no template is read with it. */
  readonly form?: Job['form'];
}

/** One thing that a grant has or has not. */
export interface Demand {
  readonly text: string;
  /** Undefined: the grant does not speak of it. */
  readonly isIn: (grant: Grant) => boolean | undefined;
}

/** Identity first, then roles: in the order in which they would be used. */
export function demandsOf({ plan, mayUseCluster, form }: Asked): Demand[] {
  const hops = plan.hops.filter(isRoleHop);
  const roles = [...new Set(hops.map(({ request }) => request.roleArn))];
  return [
    ...(mayUseCluster ? [{ text: 'the cluster', isIn: ({ cluster }: Grant) => cluster }] : []),
    ...identityDemands(plan.identity),
    ...hops.flatMap(externalIDDemands),
    ...templateDemands(form),
    ...roles.map((role) => ({
      text: quote(role),
      isIn: ({ roles: granted }: Grant) => granted?.some((pattern) => matchesArn(pattern, role)),
    })),
    ...(roles.length > 0 || plan.identity.source === 'serviceAccount' ? [] : withoutRoleDemands(plan)),
  ];
}

/** Kinds of generators by the call that ends their plan: a ClusterGenerator is one of them. */
const WITHOUT_ROLE = { GetSessionToken: 'STSSessionToken', GetAuthorizationToken: 'ECRAuthorizationToken' } as const;

/**
 * Without a role in between the Secret holds the rights of whoever asks, all of them (docs/decisions/018-neighbour-generators.md).
 * A plan without a call is a look-up alone.
 */
function withoutRoleDemands({ hops }: Plan): Demand[] {
  return hops.flatMap((hop) => {
    if (isRoleHop(hop)) return [];
    const kind = WITHOUT_ROLE[hop.operation];
    return [listed(`${kind} without a role`, 'withoutRole', kind)];
  });
}

/** Keys and the default chain are the operator's own; a token's source is chosen by a manifest. */
function identityDemands(identity: Plan['identity']): Demand[] {
  switch (identity.source) {
    case 'default':
    case 'secretRef':
      return [];
    case 'serviceAccount': {
      const account = listed(describeObject(serviceAccountObject(identity)), 'serviceAccounts', identity.name);
      return [account, ...audienceDemands(identity.audiences)];
    }
    case 'github':
      return [listed(quote(identity.source), 'identities', identity.source), audienceDemand(identity.audience)];
    default:
      return [listed(quote(identity.source), 'identities', identity.source)];
  }
}

/** An external ID can be read in the account of the role, which a manifest may choose. */
function externalIDDemands({ request: { externalIDFrom } }: RoleHop): Demand[] {
  if (externalIDFrom === undefined) return [];
  const text = `an external ID from ${describeObject(secretObject(externalIDFrom))}`;
  return [listed(text, 'externalIDs', externalIDFrom.name)];
}

/** What a template's Secret holds comes out as it is, also what the run's SOPS key opened, or only a cluster has. */
function templateDemands(form: Asked['form']): Demand[] {
  const froms = (form?.template?.parts ?? []).flatMap((part) => ('from' in part ? [part.from] : []));
  const secrets = new Map(froms.filter(({ kind }) => kind === 'Secret').map((from) => [from.name, from]));
  return [...secrets.values()].map((from) =>
    listed(`a template from ${describeObject(secretObject(from))}`, 'templateSecrets', from.name),
  );
}

/** Before the ServiceAccount is read its own audience is not known, but that there will be one is. */
function audienceDemands(audiences: readonly string[]): Demand[] {
  const any: Demand = { text: 'any audience', isIn: ({ audiences: granted }) => granted && granted.length > 0 };
  return audiences.length === 0 ? [any] : audiences.map(audienceDemand);
}

function audienceDemand(audience: string): Demand {
  return listed(`audience ${quote(audience)}`, 'audiences', audience);
}

/** What a grant has when `name` is in its list. */
function listed(text: string, list: NameList, name: string): Demand {
  return { text, isIn: (grant) => grant[list]?.some((one) => one === name) };
}

type NameList = 'withoutRole' | 'identities' | 'serviceAccounts' | 'audiences' | 'externalIDs' | 'templateSecrets';
