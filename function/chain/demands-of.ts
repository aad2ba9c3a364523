import type { Grant } from '../api/grant.ts';
import { isRoleHop, type RoleHop } from '../api/hop.ts';
import type { Chain, Job, SecretPart } from '../api/job.ts';
import { describeObject, type NamedRef, secretObject, serviceAccountObject } from '../api/kinds.ts';
import { matchesGlob } from '../api/matches-glob.ts';
import { quote } from '../api/quote.ts';
import { partsOf, patternOf } from './arn-pattern.ts';

/** What one part of a Secret asks for: the whole of it must be in one grant, since a role of one and a namespace of another never mix. */
export interface Asked
  extends Pick<SecretPart, 'generator' | 'chain' | 'mayUseCluster' | 'isFromCluster' | 'sessionNames' | 'namespaces'>,
    Pick<Job, 'target'> {
  /** Absent: no template is read with it. */
  readonly form?: Job['form'];
}

/** One thing that a grant has or has not. */
export interface Demand {
  readonly text: string;
  /** Undefined: the grant does not speak of it. */
  readonly isIn: (grant: Grant) => boolean | undefined;
}

/** Where the generator is from and who asks come first, then the roles, then what is chosen beside them. */
export function demandsOf(asked: Asked): Demand[] {
  const { generator, chain, mayUseCluster, isFromCluster, sessionNames = [], form } = asked;
  const hops = chain.hops.filter(isRoleHop);
  const roles = distinct(hops.map(({ request }) => request.roleArn));
  return [
    ...(isFromCluster ? [{ text: 'generators of the cluster', isIn: fromCluster }] : []),
    ...(mayUseCluster ? [{ text: 'the cluster', isIn: ({ cluster }: Grant) => cluster }] : []),
    ...identityDemands(chain.identity),
    ...hops.flatMap(externalIDDemands),
    ...templateDemands(form),
    ...roles.map(roleDemand),
    ...(roles.length > 0 || chain.identity.source === 'serviceAccount' ? [] : withoutRoleDemands(chain)),
    ...distinct(chain.hops.map(({ region }) => region)).map(regionDemand),
    ...distinct(sessionNames).map((name) => chosen('session name', 'sessionNames', name, generator)),
    ...distinct(hops.flatMap(({ request }) => request.sourceIdentity ?? [])).map((identity) =>
      chosen('source identity', 'sourceIdentities', identity, generator),
    ),
    ...hops.flatMap(tagDemands),
  ];
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** Somebody else wrote it: who keeps grants has to know that, so a grant that does not speak of it grants nothing, whoever's it is. */
function fromCluster({ fromCluster: isGranted = false }: Grant): boolean {
  return isGranted;
}

function roleDemand(role: string): Demand {
  const parts = partsOf(role);
  return { text: quote(role), isIn: ({ roles }) => roles && patternsOf(roles).some((fits) => fits(parts)) };
}

/** The patterns of a grant are asked about every role of a run. */
const taken = new WeakMap<readonly string[], ReturnType<typeof patternOf>[]>();

function patternsOf(roles: readonly string[]): ReturnType<typeof patternOf>[] {
  const known = taken.get(roles) ?? roles.map(patternOf);
  taken.set(roles, known);
  return known;
}

/** Absent: any region, in a Policy too. */
function regionDemand(region: string): Demand {
  return {
    text: `region ${quote(region)}`,
    isIn: ({ regions }) => regions === undefined || regions.some((pattern) => matchesGlob(pattern, region)),
  };
}

/** A value that the author of the manifests chose, by patterns that may have the generator's own names in them. */
function chosen(
  what: string,
  list: 'sessionNames' | 'sourceIdentities',
  value: string,
  { name, namespace }: NamedRef,
): Demand {
  const fits = (pattern: string) => {
    if (namespace === undefined && pattern.includes('${namespace}')) return false;
    const own = pattern.replaceAll('${namespace}', namespace ?? '').replaceAll('${name}', name);
    return matchesGlob(own, value);
  };
  return { text: `${what} ${quote(value)}`, isIn: (grant) => grant[list]?.some(fits) };
}

/** A transitive key is one of them: AWS takes no other. */
function tagDemands({ request: { tags = {}, transitiveTagKeys = [] } }: RoleHop): Demand[] {
  const keys = transitiveTagKeys.filter((key) => !Object.hasOwn(tags, key));
  return [
    ...Object.entries(tags).map(
      ([key, value]): Demand => ({
        text: `tag ${quote(`${key}=${value}`)}`,
        isIn: ({ tags: granted }) => granted && valuesOf(granted, key).some((pattern) => matchesGlob(pattern, value)),
      }),
    ),
    ...keys.map(
      (key): Demand => ({
        text: `tag ${quote(key)}`,
        isIn: ({ tags: granted }) => granted && valuesOf(granted, key).length > 0,
      }),
    ),
  ];
}

function valuesOf(tags: NonNullable<Grant['tags']>, key: string): readonly string[] {
  return (Object.hasOwn(tags, key) ? tags[key] : undefined) ?? [];
}

/** Kinds of generators by the call that ends their chain: a ClusterGenerator is one of them. */
const WITHOUT_ROLE = { GetSessionToken: 'STSSessionToken', GetAuthorizationToken: 'ECRAuthorizationToken' } as const;

/**
 * Without a role in between the Secret holds the rights of whoever asks, all of them (docs/decisions/018-neighbour-generators.md).
 * A chain without a call is a look-up alone.
 */
function withoutRoleDemands({ hops }: Chain): Demand[] {
  return hops.flatMap((hop) => {
    if (isRoleHop(hop)) return [];
    const kind = WITHOUT_ROLE[hop.operation];
    return [listed(`${kind} without a role`, 'withoutRole', kind)];
  });
}

/** Keys and the default chain are the operator's own; a token's source is chosen by a manifest. */
function identityDemands(identity: Chain['identity']): Demand[] {
  switch (identity.source) {
    case 'default':
    case 'secretRef':
      return [];
    case 'serviceAccount': {
      const account = listed(describeObject(serviceAccountObject(identity)), 'serviceAccounts', identity.name);
      return [account, ...audienceDemands(identity.audiences)];
    }
    case 'github':
      return [listed(quote('github'), 'identities', 'github'), audienceDemand(identity.audience)];
    case 'tokenEnv':
      return [tokenDemand('tokenEnv', identity.name)];
    case 'tokenFile':
      return [tokenDemand('tokenFile', identity.path)];
  }
}

/** An absolute path without a way out of the folder that a pattern names. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[^/]+)+$/;

/** Part by part, as an ARN: a grant for a folder is none for what is below it. */
function tokenDemand(source: 'tokenEnv' | 'tokenFile', name: string): Demand {
  const parts = partsOf(name);
  const isPlain = source === 'tokenEnv' || PLAIN_PATH.test(name);
  const fits = (granted: string) =>
    granted.startsWith(`${source}:`) && patternOf(granted.slice(source.length + 1))(parts);
  return {
    text: quote(`${source}:${name}`),
    isIn: ({ identities }) => identities?.some((one) => isPlain && fits(one)),
  };
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
