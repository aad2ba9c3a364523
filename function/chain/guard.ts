import { type Finding, finding } from '../findings/finding.ts';
import { joined, quoted, type Sayable, say, THE_OPTIONS, theObject } from '../findings/say.ts';
import type { Grant, Guards } from '../model/grant.ts';
import { isRoleHop } from '../model/hop.ts';
import { MOST_GRANT_COMPARISONS } from '../model/run-limits.ts';
import { type Asked, demandsOf } from './demands-of.ts';
import { type Matcher, matcherOf } from './powers.ts';

/**
 * What the Input's own guard and the operator's Policy refuse. Both are asked, and neither can widen the other. `declared` is what
 * was asked for before a ServiceAccount was read: it has chosen the grant, and what is there now must fit that one.
 */
export function checkGuards(asked: Asked, guards: Guards, declared = asked): Finding[] {
  const set = guardsFor(asked, guards);
  if (set.length === 0) return []; // as in most runs
  const demands = demandsOf(asked).map(matcherOf);
  const before = declared === asked ? demands : demandsOf(declared).map(matcherOf);
  return set.flatMap((guard) => {
    const chosen = coveringGrant(before, guard);
    if (chosen !== undefined && (declared === asked || hasAll(chosen, demands, guard))) return [];
    return [notGranted(asked, demands, chosen === undefined ? guard : { ...guard, grants: [chosen] })];
  });
}

/** The names of the guards that refuse plain credentials in files: those of which the grant that counts says so. */
export function refusersOfPlaintext(asked: Asked, guards: Guards): Sayable[] {
  return guardsFor(asked, guards).flatMap((guard) =>
    coveringGrant(demandsOf(asked).map(matcherOf), guard)?.plaintext === 'refuse' ? [guard.name] : [],
  );
}

interface Guard {
  readonly name: Sayable;
  /** Those for the namespaces of what is asked for, in their order. */
  readonly grants: readonly Grant[];
  /** Whether a grant without a part has all of it, or none. */
  readonly absent: boolean;
}

/** Says nothing, so that all but what must be said is granted. */
const NO_WORD: readonly Grant[] = [{}];

/** The guards that there are. What tenants wrote is not used where there is none. */
function guardsFor(asked: Asked, { allow, policy, hasTenants }: Guards): Guard[] {
  const { isFromCluster } = asked;
  const spaces = namespacesOf(asked);
  const guard = (name: Sayable, grants: readonly Grant[], absent: boolean): Guard => ({
    name,
    grants: grantsIn(spaces, grants),
    absent,
  });
  const set = [
    ...(allow === undefined ? [] : [guard(say`\`allow\` of ${THE_OPTIONS}`, allow, true)]),
    ...(policy === undefined ? [] : [guard('the Policy of this run', policy, false)]),
  ];
  if (set.length > 0 || !(isFromCluster && hasTenants)) return set;
  return [guard(say`${THE_OPTIONS}, which has no \`allow\`,`, NO_WORD, true)];
}

/** Those of the generator and of each Secret that its session goes into. */
function namespacesOf({ generator, target, namespaces }: Asked): Spaces {
  return namespaces ?? [...new Set([generator.namespace, target.namespace])];
}

/** A grant, and its place in the list: the first that covers is the one that counts. */
interface Placed {
  readonly grant: Grant;
  readonly place: number;
}

/** Some grants of a list, and how many texts are in them. */
interface Placeds {
  readonly grants: readonly Placed[];
  readonly texts: number;
}

interface SortedGrants {
  /** Those for any namespace. */
  readonly any: Placeds;
  readonly byNamespace: ReadonlyMap<string, Placeds>;
  /** Those for several namespaces: a generator with thousands of Secrets is asked about for each. */
  readonly bySpaces: WeakMap<Spaces, readonly Grant[]>;
}

type Spaces = readonly (string | undefined)[];

/** A list of grants is asked about every generator of a run: it is sorted once. */
const sortedOnce = new WeakMap<readonly Grant[], SortedGrants>();

function sorted(grants: readonly Grant[]): SortedGrants {
  const known = sortedOnce.get(grants) ?? sortGrants(grants);
  sortedOnce.set(grants, known);
  return known;
}

function sortGrants(grants: readonly Grant[]): SortedGrants {
  const placed = grants.map((grant, place): Placed => ({ grant, place }));
  const named = placed.flatMap((one) => [...new Set(one.grant.namespaces)].map((namespace) => ({ namespace, one })));
  const groups = Map.groupBy(named, ({ namespace }) => namespace);
  return {
    any: counted(placed.filter(({ grant }) => grant.namespaces === undefined)),
    byNamespace: new Map([...groups].map(([namespace, some]) => [namespace, counted(some.map(({ one }) => one))])),
    bySpaces: new WeakMap(),
  };
}

function counted(grants: readonly Placed[]): Placeds {
  return { grants, texts: grants.reduce((sum, { grant }) => sum + textsIn(grant), 0) };
}

/** At least one, of an empty grant too. */
function textsIn(part: unknown): number {
  if (typeof part !== 'object' || part === null) return 1;
  return Object.values(part).reduce((sum: number, inner) => sum + textsIn(inner), 1);
}

const NONE: Placeds = { grants: [], texts: 0 };

/** The grants for all of these namespaces. An object without namespace is in none, so only a grant for any namespace has it. */
function grantsIn(spaces: Spaces, grants: readonly Grant[]): readonly Grant[] {
  const all = sorted(grants);
  const known = all.bySpaces.get(spaces) ?? filteredGrants(spaces, all);
  all.bySpaces.set(spaces, known);
  return known;
}

function filteredGrants([first, ...others]: Spaces, { any, byNamespace }: SortedGrants): readonly Grant[] {
  const named = (first === undefined ? undefined : byNamespace.get(first)) ?? NONE;
  const own = named.grants.filter(({ grant: { namespaces = [] } }) =>
    others.every((other) => other !== undefined && namespaces.includes(other)),
  );
  const all = own.length === 0 ? any.grants : [...own, ...any.grants].toSorted((one, other) => one.place - other.place);
  return all.map(({ grant }) => grant);
}

/**
 * Refuses a run of which the guards would take too long. What each part asks for is held against each text of the grants for its namespace.
 */
export function checkComparisons(all: readonly Asked[], { allow = [], policy = [] }: Guards): Finding[] {
  const lists = [allow, policy].map(sorted);
  let comparisons = 0;
  for (const asked of all) {
    const { namespace = '' } = asked.generator;
    const texts = lists.reduce(
      (sum, { any, byNamespace }) => sum + any.texts + (byNamespace.get(namespace) ?? NONE).texts,
      0,
    );
    comparisons += texts === 0 ? 0 : texts * demandsOf(asked).length;
  }
  if (comparisons <= MOST_GRANT_COMPARISONS) return [];
  const cause = say`what its generators ask for would be held against the grants in ${comparisons} comparisons, and a run may take ${MOST_GRANT_COMPARISONS}`;
  const cure = 'Give the grants `namespaces`, merge those that are alike, or split the package';
  return [finding('LIMIT_EXCEEDED', say`cannot check the run: ${cause}. ${cure}.`)];
}

/** The first grant that has all of it: it is the one that counts, whatever others say. */
function coveringGrant(demands: readonly Matcher[], guard: Guard): Grant | undefined {
  return guard.grants.find((grant) => hasAll(grant, demands, guard));
}

function hasAll(grant: Grant, demands: readonly Matcher[], { absent }: Guard): boolean {
  return demands.every(({ isIn }) => isIn(grant, absent));
}

/** Namespaces in one message. */
const MOST_NAMED = 5;

function notGranted(asked: Asked, demands: readonly Matcher[], { name, grants, absent }: Guard): Finding {
  const { generator, chain, isFromCluster } = asked;
  const last = chain.hops.at(-1);
  const missing = demands.filter(({ isIn }) => !grants.some((grant) => isIn(grant, absent)));
  const disputed = demands.filter(({ isIn }) => !grants.every((grant) => isIn(grant, absent)));
  const spaces = namespacesOf(asked);
  const named = spaces.slice(0, MOST_NAMED).map(describeNamespace);
  const more = spaces.length > MOST_NAMED ? [say`${spaces.length - MOST_NAMED} more`] : [];
  const to = joined([...named, ...more], ' and ');
  const list = (some: readonly Matcher[]) =>
    joined(
      some.map(({ words }) => words()),
      ', ',
    );
  const cause =
    missing.length > 0
      ? say`${name} does not grant ${list(missing)} to ${to}`
      : say`no one grant of ${name} has all of ${list(disputed)} for ${to}`;
  const cure = isFromCluster
    ? 'Let a grant have `fromCluster: true` and what it asks for, or use a generator of your own'
    : 'Use what is granted, or ask whoever keeps the grants';
  const message = say`cannot use ${theObject(generator)}: ${cause}. ${cure}.`;
  return finding('NOT_GRANTED', message, { object: generator, ...(last && isRoleHop(last) && { field: 'spec.role' }) });
}

function describeNamespace(namespace: string | undefined): Sayable {
  return namespace === undefined ? 'an object without namespace' : say`namespace ${quoted(namespace)}`;
}
