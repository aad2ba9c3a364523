import { type Finding, finding } from '../findings/finding.ts';
import { firstOf, quoted, type Sayable, say, THE_OPTIONS, THE_POLICY, theObject } from '../findings/say.ts';
import type { ChosenGrants, Demand, Grant, Guards } from '../model/grant.ts';
import { isRoleHop, type RoleHop } from '../model/hop.ts';
import type { Identity } from '../model/identity.ts';
import { cached } from '../model/plain-data.ts';
import { mostOf, sizeOf, WorkBudget } from '../model/run-limits.ts';
import { misfit } from './impose.ts';
import { demandsOf, type Matcher, matcherOf, type PermissionRequest } from './permissions.ts';

/** What the guards say. */
export interface Choice {
  /** What is read later must be covered by these grants, not by other ones of the guard. */
  readonly chosenGrants?: ChosenGrants;
  /** Why they refuse. */
  readonly findings: readonly Finding[];
}

/**
 * Chooses the grant of each guard: of the Input's `allow` and of the operator's Policy. Both must grant it; neither can widen the other. The
 * first grant that has all of it is the one that counts. `judged`: the demands that count, where others are not known yet.
 */
export function choose(request: PermissionRequest, guards: Guards, judged?: readonly Demand[]): Choice {
  const relevant = guardsFor(request, guards);
  if (relevant.length === 0) return { chosenGrants: {}, findings: [] };
  const demands = (judged ?? demandsOf(request)).map(matcherOf);
  const hasNamespace = request.generator.namespace !== undefined && guards.isClusterScoped !== true;
  const chosenGrants: { -readonly [Source in (typeof GUARDS)[number]]?: Grant[] } = {};
  const indexes: { -readonly [Source in (typeof GUARDS)[number]]?: number } = {};
  const findings = relevant.flatMap((guard) => {
    let unfit: Sayable | undefined; // why the first grant that has all that is asked for does not cover it
    const chosen = guard.grants.find(({ grant }) => {
      if (!demands.every(({ isGranted }) => isGranted(grant, guard.whenAbsent))) return false;
      const why = grant.session && request.kind && misfit(grant.session, request, hasNamespace); // what is only looked up gets no session
      unfit ??= why;
      return why === undefined;
    });
    if (chosen === undefined) return [notGranted(request, demands, guard, unfit)];
    chosenGrants[guard.source] = [chosen.grant];
    indexes[guard.source] = chosen.index;
    return [];
  });
  return findings.length > 0 ? { findings } : { chosenGrants: { ...chosenGrants, indexes }, findings };
}

/** The names of the guards whose chosen grant refuses plain text in files. */
export function refusersOfPlaintext(chosenGrants: ChosenGrants): Sayable[] {
  return GUARDS.flatMap((source) =>
    chosenGrants[source]?.some(({ plaintext }) => plaintext === 'refuse') ? [NAMES[source]] : [],
  );
}

const NAMES = { allow: say`\`allow\` of ${THE_OPTIONS}`, policy: THE_POLICY } as const;
const GUARDS = ['allow', 'policy'] as const;

interface Guard {
  readonly source: (typeof GUARDS)[number];
  readonly name: Sayable;
  /** Its grants for the namespaces that are asked for, in their order. */
  readonly grants: readonly IndexedGrant[];
  /** What a list allows that is absent from a grant: true for all, false for nothing. */
  readonly whenAbsent: boolean;
}

/** An empty grant. Where an absent list allows all, it grants everything but what needs an entry, such as `fromCluster`. */
const ALL_BUT_NAMED: readonly Grant[] = [{}];

/** The guards of this run. Without one, generators from the cluster are refused where tenants may have written them. */
function guardsFor(request: PermissionRequest, { hasTenants, ...guards }: Guards): Guard[] {
  const namespaces = namespacesOf(request);
  const all = GUARDS.flatMap((source): Guard[] => {
    const grants = guards[source] && grantsFor(namespaces, guards[source]);
    return grants ? [{ source, name: NAMES[source], grants, whenAbsent: source === 'allow' }] : [];
  });
  if (all.length === 0 && request.isFromCluster && hasTenants) {
    const name = say`${THE_OPTIONS}, which has no \`allow\`,`;
    all.push({ source: 'allow', name, grants: grantsFor(namespaces, ALL_BUT_NAMED), whenAbsent: true });
  }
  return all;
}

/** The namespaces of the generator, of each Secret that its session goes into, and of where these end. */
function namespacesOf({ generator, target, namespaces = [] }: PermissionRequest): Namespaces {
  return [...new Set([generator.namespace, target.namespace, ...namespaces])];
}

/** A grant, and its place in its guard's list: the first grant that has everything is the one that counts. */
interface IndexedGrant {
  readonly grant: Grant;
  readonly index: number;
  readonly namespaces: ReadonlySet<string>;
  /** How many texts are in it: of very many namespaces each asks. */
  readonly size: number;
}

type Namespaces = readonly (string | undefined)[];

/** The grants for any namespace, and for each. A guard is asked about every generator of a run, so its grants are grouped once. */
function grouped(grants: readonly Grant[]): GroupedGrants {
  return cached(GROUPED, grants, () => {
    const all = grants.map(
      (grant, index): IndexedGrant => ({ grant, index, namespaces: new Set(grant.namespaces), size: sizeOf(grant) }),
    );
    const named = all.flatMap((item) => [...item.namespaces].map((namespace) => ({ namespace, item })));
    const groups = Map.groupBy(named, ({ namespace }) => namespace);
    return {
      any: counted(all.filter(({ grant }) => grant.namespaces === undefined)),
      byNamespace: new Map([...groups].map(([namespace, some]) => [namespace, counted(some.map(({ item }) => item))])),
    };
  });
}
const GROUPED = new WeakMap<readonly Grant[], GroupedGrants>();
type GroupedGrants = Readonly<{ any: CountedGrants; byNamespace: ReadonlyMap<string, CountedGrants> }>;
type CountedGrants = ReturnType<typeof counted>;

/** Some grants of a guard, and how many texts are in them: an empty grant counts, and what is long counts as several. */
function counted(grants: readonly IndexedGrant[]) {
  return { grants, texts: grants.reduce((sum, { size }) => sum + size, 0) };
}

const NONE = counted([]);

/** The grants for all of these namespaces. An object without namespace needs a grant without `namespaces`. */
function grantsFor([first, ...others]: Namespaces, grants: readonly Grant[]): readonly IndexedGrant[] {
  const { any, byNamespace } = grouped(grants);
  const named = (first === undefined ? undefined : byNamespace.get(first)) ?? NONE;
  const common = named.grants.filter(({ namespaces }) =>
    others.every((other) => other !== undefined && namespaces.has(other)),
  );
  return common.length === 0 ? any.grants : [...common, ...any.grants].toSorted((a, b) => a.index - b.index);
}

/**
 * Refuses a run whose guards would take too long. All that a session asks for is compared with each text of the grants for its
 * namespace, again for each of its Secrets. Their number is the same for each Secret of a chain: computed once, and added for each.
 */
export function checkComparisons(
  all: readonly PermissionRequest[],
  guards: Guards,
  work = new WorkBudget(),
): Finding[] {
  const lists = GUARDS.map((source) => grouped(guards[source] ?? []));
  const sizeByChain = new Map<PermissionRequest['chain'], number>();
  let size = 0;
  for (const request of all)
    size += cached(sizeByChain, request.chain, () => {
      const { namespace = '' } = request.generator;
      const groups = lists.flatMap(({ any, byNamespace }) => [any, byNamespace.get(namespace) ?? NONE]);
      const texts = groups.reduce((sum, group) => sum + group.texts, 0);
      return texts === 0 ? 0 : texts * demandsOf(request).length;
    });
  const comparisons = Math.ceil(size);
  if (work.spend('grants', comparisons)) return [];
  const cause = say`what its generators ask for would be held against the grants in ${comparisons} comparisons, and a run may take ${mostOf('grants')}`;
  const cure = 'Give the grants `namespaces`, merge those that are alike, or split the package';
  return [finding('LIMIT_EXCEEDED', say`cannot check the run: ${cause}. ${cure}.`)];
}

/** Namespaces in one message, and things that are not granted. */
const MOST_NAMED = 5;

function notGranted(
  request: PermissionRequest,
  demands: readonly Matcher[],
  { source, name, grants, whenAbsent }: Guard,
  unfit: Sayable | undefined,
): Finding {
  const { generator, isFromCluster, entryField } = request;
  const { generatorHop, identity, identityHop } = request.chain;
  const missing = demands.filter(({ isGranted }) => !grants.some(({ grant }) => isGranted(grant, whenAbsent)));
  const disputed = demands.filter(({ isGranted }) => !grants.every(({ grant }) => isGranted(grant, whenAbsent)));
  const shortfall = missing.length > 0 ? missing : disputed;
  const namespaces = namespacesOf(request);
  const nameOf = (namespace: string | undefined) =>
    namespace === undefined ? 'a manifest without a namespace' : say`namespace ${quoted(namespace)}`;
  const to = firstOf(namespaces, MOST_NAMED, nameOf, ' and ');
  const what = firstOf(shortfall, MOST_NAMED, ({ words }) => words(), ', ');
  const isForNone = grants.length === 0 && !isFromCluster;
  if (unfit !== undefined) {
    const message = say`cannot use ${theObject(generator)}: ${name} ${unfit}. Ask the operator for a grant without that.`;
    return finding('NOT_GRANTED', message, { object: generator });
  }
  const cause = isForNone
    ? say`no grant of ${name} is for ${to}`
    : missing.length > 0
      ? say`${name} does not grant ${what} to ${to}`
      : say`no one grant of ${name} has all of ${what} for ${to}`;
  const account = identityHop && !isForNone ? correctionOf(identity, identityHop, shortfall) : undefined;
  const use =
    isForNone && namespaces.includes(undefined)
      ? 'Give the manifest the namespace of a grant'
      : (account ?? 'Use what is granted');
  const cure = isFromCluster
    ? 'Let a grant have `fromCluster: true` and what it asks for, or use a generator of your own'
    : say`${use}, or ${source === 'allow' ? 'widen `allow`' : 'ask the operator for a grant'}`;
  const isPassed = !isForNone && shortfall.some((demand) => demand.list === 'via');
  const where = isPassed ? ' (a hop before the last: list it under `via`)' : '';
  const message = say`cannot use ${theObject(generator)}: ${cause}. ${cure}${where}.`;
  const isOfEntry =
    missing.length > 0 &&
    missing.every((demand) => demand.list === 'identities' || demand.list === 'audiences') &&
    identity.demands.some((demand) => demand.list === 'identities'); // the identity of an entry alone needs that
  if (isOfEntry && !isFromCluster) return finding('NOT_GRANTED', message, { field: `${entryField}.identity` });
  return finding('NOT_GRANTED', message, {
    object: generator,
    ...(generatorHop && isRoleHop(generatorHop) && { field: 'spec.role' }),
  });
}

/** What to correct where the role that a grant lacks is not in the manifest, but an annotation of its ServiceAccount. */
function correctionOf(
  { isRoleReadLater, reads: [account] }: Identity,
  { request: { roleArn } }: RoleHop,
  shortfall: readonly Matcher[],
): Sayable | undefined {
  const grantOfRole: Grant = { via: [roleArn], roles: [roleArn] };
  const isLacking = shortfall.some(
    ({ list, isGranted }) => (list === 'via' || list === 'roles') && isGranted(grantOfRole, false),
  );
  return isRoleReadLater && account && isLacking
    ? say`Correct the role that ${theObject(account.object)} is annotated with`
    : undefined;
}
