import { describeObject, type ObjectRef, quoted, type Sayable, say } from '../findings/say.ts';
import type { ChosenValue, Demand, Grant, Permissions } from '../model/grant.ts';
import { hopsOf, isRoleHop, type RoleHop } from '../model/hop.ts';
import type { Job, SecretPart } from '../model/job.ts';
import { secretObject } from '../model/kinds.ts';
import { cached, globOf, matchesGlob } from '../model/plain-data.ts';
import type { SecretTemplate } from '../model/secret-spec.ts';

/** A generator with a Secret that its session goes into. One grant must have all it asks for: grants do not add up. */
export interface PermissionRequest
  extends Pick<
      SecretPart,
      'generator' | 'chain' | 'after' | 'mayUseCluster' | 'isFromCluster' | 'sessionNames' | 'namespaces' | 'entryField'
    >,
    Pick<Job, 'target'> {
  /** Undefined where a generator is only looked up. */
  readonly kind: SecretPart['kind'] | undefined;
  /** Absent where the Secret's templates are not judged with it. */
  readonly form?: Job['form'];
}

/** What it asks for, in the order in which a refusal names it. */
export function demandsOf(request: PermissionRequest): Demand[] {
  const { generator: by, kind, chain, mayUseCluster, isFromCluster, sessionNames = [], form } = request;
  const { identity, generatorHop } = chain;
  const hops = hopsOf(request);
  const roleHops = hops.filter(isRoleHop);
  const last = roleHops.at(-1); // what comes after it is made of its session
  const passed = new Set(roleHops.slice(0, -1).map((hop) => hop.request.roleArn));
  const sourceIdentities = new Set(roleHops.flatMap((hop) => hop.request.sourceIdentity ?? []));
  const regions = new Set(hops.map(({ region }) => region));
  return [
    ...(isFromCluster ? [{ list: 'fromCluster', of: true } as const] : []),
    ...(mayUseCluster ? [{ list: 'cluster', of: true } as const] : []),
    ...identity.demands,
    // the owner of the role's account can read an external ID, and a manifest may choose the role
    ...roleHops.flatMap(({ request: { externalIDFrom: of } }): Demand[] =>
      of === undefined ? [] : [{ list: 'externalIDs', of: secretObject(of) }],
    ),
    ...(form?.template === undefined ? [] : templateDemands(form.template)),
    ...[...passed].map((of): Demand => ({ list: 'via', of })),
    ...(last === undefined ? [] : [{ list: 'roles', of: last.request.roleArn } as const]),
    // the Secret holds all rights of what precedes it (docs/decisions/018-neighbour-generators.md)
    ...(kind === undefined || (generatorHop !== undefined && isRoleHop(generatorHop))
      ? []
      : [{ list: 'withoutRole', of: kind } as const]),
    ...[...regions].map((of): Demand => ({ list: 'regions', of })),
    ...[...new Set(sessionNames)].map((value): Demand => ({ list: 'sessionNames', of: { value, by } })),
    ...[...sourceIdentities].map((value): Demand => ({ list: 'sourceIdentities', of: { value, by } })),
    ...roleHops.flatMap(tagDemands),
  ];
}

/** A transitive key that is not in `tags` has a finding of its own; here it is demanded without a value. */
function tagDemands({ request: { tags = {}, transitiveTagKeys = [] } }: RoleHop): Demand[] {
  const keys = transitiveTagKeys.filter((key) => !Object.hasOwn(tags, key));
  return [
    ...Object.entries(tags).map(([key, value]): Demand => ({ list: 'tags', of: { key, value } })),
    ...keys.map((key): Demand => ({ list: 'tags', of: { key } })),
  ];
}

/** A template copies its Secret's text as it is, even one that only the run's SOPS key opens or only a cluster has. */
function templateDemands({ templates }: SecretTemplate): Demand[] {
  const froms = templates.flatMap((template) => ('from' in template ? [template.from] : []));
  const secrets = new Map(froms.filter(({ kind }) => kind === 'Secret').map((from) => [from.name, from]));
  return [...secrets.values()].map((from): Demand => ({ list: 'templateSecrets', of: secretObject(from) }));
}

/** How a demand is compared with one list of a grant. */
interface Permission<Value, Granted> {
  /** How a refusal names it. */
  readonly words: (value: Value) => Sayable;
  /** Prepares the comparison, which is then made with the lists of many grants. */
  readonly matches: (value: Value) => (granted: Granted) => boolean;
  /** What a grant without the list allows; undefined: the guard's `whenAbsent` counts. */
  readonly whenAbsent?: (grant: Grant) => boolean | undefined;
}

const NO = () => false;

/** One row for each list of a grant. */
const PERMISSIONS: { readonly [List in keyof Permissions]: Permission<Permissions[List], NonNullable<Grant[List]>> } = {
  // somebody else may have written the generator, so a grant must allow it explicitly
  fromCluster: { words: () => 'generators of the cluster', matches: () => (granted) => granted, whenAbsent: NO },
  cluster: { words: () => 'the cluster', matches: () => (granted) => granted },
  identities: { words: quoted, matches: (name) => (LEADS_OUT.test(name) ? () => false : inPatterns(name)) },
  serviceAccounts: objects(''),
  audiences: {
    words: (audience) => (audience === null ? 'any audience' : say`audience ${quoted(audience)}`),
    matches: (audience) => (audience === null ? (granted) => granted.length > 0 : inNames(audience)),
  },
  externalIDs: objects('an external ID from '),
  templateSecrets: objects('a template from '),
  via: {
    words: (role) => say`passing ${quoted(role)}`,
    matches: inPatterns,
    // a grant with `roles` and no `via` lets no role be passed
    whenAbsent: ({ roles }) => (roles === undefined ? undefined : false),
  },
  roles: { words: quoted, matches: inPatterns },
  withoutRole: { words: (kind) => say`${kind} without a role`, matches: inNames },
  regions: {
    words: (region) => say`region ${quoted(region)}`,
    matches: (region) => (granted) => granted.some((pattern) => matchesGlob(pattern, region)),
    whenAbsent: () => true, // in a Policy too
  },
  sessionNames: { words: ({ value }) => say`session name ${quoted(value)}`, matches: inOwnPatterns },
  sourceIdentities: { words: ({ value }) => say`source identity ${quoted(value)}`, matches: inOwnPatterns },
  tags: {
    words: ({ key, value }) => say`tag ${quoted(value === undefined ? key : `${key}=${value}`)}`,
    matches:
      ({ key, value }) =>
      (granted) => {
        const values = (Object.hasOwn(granted, key) ? granted[key] : undefined) ?? [];
        return values.some((pattern) => value === undefined || matchesGlob(pattern, value));
      },
  },
};

/** A demand that is ready to be compared with many grants. */
export interface Matcher {
  readonly list: keyof Permissions;
  /** How a refusal names it. */
  words(): Sayable;
  /** `whenAbsent`: what a grant without the list allows, as the guard says. */
  isGranted(grant: Grant, whenAbsent: boolean): boolean;
}

/** The matcher of a demand, by the row of its list. */
export function matcherOf<List extends keyof Permissions>({ list, of }: Demand<List>): Matcher {
  const permission: Permission<Permissions[List], NonNullable<Grant[List]>> = PERMISSIONS[list];
  const isListed = permission.matches(of);
  return {
    list,
    words: () => permission.words(of),
    isGranted(grant, whenAbsent) {
      const { [list]: granted } = grant;
      return granted === undefined ? (permission.whenAbsent?.(grant) ?? whenAbsent) : isListed(granted);
    },
  };
}

/** The row of a list of names of objects, all of one kind. */
function objects(what: string): Permission<ObjectRef, readonly string[]> {
  return { words: (object) => say`${what}${describeObject(object)}`, matches: ({ name }) => inNames(name) };
}

function inNames(name: string): (granted: readonly string[]) => boolean {
  return (granted) => granted.includes(name);
}

/** A part of a path that leads out of the folder that a pattern names: `.`, `..` or an empty one. */
const LEADS_OUT = /\/\.{0,2}(?:\/|$)/;

/** Compares part by part, an ARN (`roles`, `via`) or a path (`identities`): a folder's grant does not cover its subfolders. */
function inPatterns(name: string): (granted: readonly string[]) => boolean {
  const parts = name.split(SEPARATORS);
  return (granted) => cached(prepared, granted, () => granted.map(patternOf)).some((fits) => fits(parts));
}

/** Everything in a run is compared with the patterns of a grant, so they are prepared once. */
const prepared = new WeakMap<readonly string[], ReturnType<typeof patternOf>[]>();

/** Compares with patterns in which `${namespace}` and `${name}` stand for the generator's. */
function inOwnPatterns({ value, by: { name, namespace } }: ChosenValue): (granted: readonly string[]) => boolean {
  const fits = (pattern: string) => {
    if (namespace === undefined && pattern.includes('${namespace}')) return false;
    const filledPattern = pattern.replaceAll('${namespace}', namespace ?? '').replaceAll('${name}', name);
    return matchesGlob(filledPattern, value);
  };
  return (granted) => granted.some(fits);
}

/** Separators that `*` never crosses. Divided by them, an ARN or a path gives its parts, and what stands between them. */
export const SEPARATORS = /([:/])/;

/**
 * Prepares a pattern for comparing it with many texts, part by part: `arn:aws:iam::123456789012:role/ci-*` fits
 * `…:role/ci-deploy` and neither `…:role/ci-x/admin` nor another account. The last parts of ARNs differ most, so they come first.
 */
export function patternOf(pattern: string): (parts: readonly string[]) => boolean {
  const globs = pattern.split(SEPARATORS).map(globOf);
  return (parts) => {
    if (parts.length !== globs.length) return false;
    for (let index = globs.length - 1; index >= 0; index--)
      if (globs[index]?.(parts[index] ?? '') !== true) return false;
    return true;
  };
}
