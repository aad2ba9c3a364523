import type { Demand } from '../model/grant.ts';
import { type Hop, isRoleHop, type RoleHop } from '../model/hop.ts';
import type { Job, SecretPart } from '../model/job.ts';
import { secretObject } from '../model/kinds.ts';

/** What one part of a Secret asks for: the whole of it must be in one grant, since a role of one and a namespace of another never mix. */
export interface Asked
  extends Pick<SecretPart, 'generator' | 'chain' | 'mayUseCluster' | 'isFromCluster' | 'sessionNames' | 'namespaces'>,
    Pick<Job, 'target'> {
  /** Absent: no template is read with it. */
  readonly form?: Job['form'];
}

/** Where the generator is from and who asks come first, then the roles, then what is chosen beside them. */
export function demandsOf(asked: Asked): Demand[] {
  const { generator: by, chain, mayUseCluster, isFromCluster, sessionNames = [], form } = asked;
  const { identity, hops } = chain;
  const roleHops = hops.filter(isRoleHop);
  const roles = distinct(roleHops.map(({ request }) => request.roleArn));
  const sourceIdentities = distinct(roleHops.flatMap(({ request }) => request.sourceIdentity ?? []));
  return [
    ...(isFromCluster ? [{ list: 'fromCluster', of: true } as const] : []),
    ...(mayUseCluster ? [{ list: 'cluster', of: true } as const] : []),
    ...identity.demands,
    ...roleHops.flatMap(externalIDDemands),
    ...templateDemands(form),
    ...roles.map((of): Demand => ({ list: 'roles', of })),
    ...(roles.length > 0 || identity.hasOwnRole ? [] : hops.flatMap(withoutRoleDemands)),
    ...distinct(hops.map(({ region }) => region)).map((of): Demand => ({ list: 'regions', of })),
    ...distinct(sessionNames).map((value): Demand => ({ list: 'sessionNames', of: { value, by } })),
    ...sourceIdentities.map((value): Demand => ({ list: 'sourceIdentities', of: { value, by } })),
    ...roleHops.flatMap(tagDemands),
  ];
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** A transitive key is one of them: AWS takes no other. */
function tagDemands({ request: { tags = {}, transitiveTagKeys = [] } }: RoleHop): Demand[] {
  const keys = transitiveTagKeys.filter((key) => !Object.hasOwn(tags, key));
  return [
    ...Object.entries(tags).map(([key, value]): Demand => ({ list: 'tags', of: { key, value } })),
    ...keys.map((key): Demand => ({ list: 'tags', of: { key } })),
  ];
}

/** Kinds of generators by the call that ends their chain: a ClusterGenerator is one of them. */
const WITHOUT_ROLE = { GetSessionToken: 'STSSessionToken', GetAuthorizationToken: 'ECRAuthorizationToken' } as const;

/**
 * Without a role in between the Secret holds the rights of whoever asks, all of them (docs/decisions/018-neighbour-generators.md).
 * A chain without a call is a look-up alone.
 */
function withoutRoleDemands(hop: Hop): Demand[] {
  return isRoleHop(hop) ? [] : [{ list: 'withoutRole', of: WITHOUT_ROLE[hop.operation] }];
}

/** An external ID can be read in the account of the role, which a manifest may choose. */
function externalIDDemands({ request: { externalIDFrom } }: RoleHop): Demand[] {
  return externalIDFrom === undefined ? [] : [{ list: 'externalIDs', of: secretObject(externalIDFrom) }];
}

/** What a template's Secret holds comes out as it is, also what the run's SOPS key opened, or only a cluster has. */
function templateDemands(form: Asked['form']): Demand[] {
  const froms = (form?.template?.parts ?? []).flatMap((part) => ('from' in part ? [part.from] : []));
  const secrets = new Map(froms.filter(({ kind }) => kind === 'Secret').map((from) => [from.name, from]));
  return [...secrets.values()].map((from): Demand => ({ list: 'templateSecrets', of: secretObject(from) }));
}
