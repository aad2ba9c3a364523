import { configFinding, type Finding, finding } from '../findings/finding.ts';
import { firstOf, named, type ObjectRef, say, THE_OPTIONS, theObject } from '../findings/say.ts';
import type { WantedSecret } from '../model/job.ts';
import { ASSUME_ROLE_KIND, type NamedRef, OBJECT_NAME_MAX } from '../model/kinds.ts';
import { defined, globOf } from '../model/plain-data.ts';
import { type LoopLimits, MOST_FAULTS_OF_AN_OBJECT, refuseMore, sizeOf, WorkBudget } from '../model/run-limits.ts';
import type { Entry } from './input.ts';
import { kindLeftOut, type MatchSubject, misnamed, type NearMatch, nearMatch, nearOf } from './near-match.ts';
import type { ReadGenerator } from './read-generator.ts';
import { readSecrets } from './read-secrets.ts';
import { substitute, type Values } from './substitute.ts';

/**
 * An entry of the Input for one of its generators: its variables are replaced, and its `secrets` are the generator's. Or a stand-in
 * with what a Policy's grant supplies (`isSupplied`): it has no place in any file, so `field` is empty and must not reach a message.
 */
export interface MatchedEntry extends Pick<Entry, 'identity' | 'expectAccount'> {
  readonly via: NonNullable<Entry['via']>;
  readonly last: NonNullable<Entry['last']>;
  readonly renew: NonNullable<Entry['renew']>;
  /** True where a Policy supplies `identity` and `via`. */
  readonly isSupplied?: true;
  /** Its path in the functionConfig. */
  readonly field: string;
}

/** A generator with its entry of the Input and the Secrets that it wants. */
export interface GeneratorWithSecrets extends ReadGenerator {
  /** Name and namespace of its Secret where no entry says otherwise. */
  readonly defaultTarget: NamedRef;
  /** The ExternalSecret that its session goes into: then it has no Secret of its own. */
  readonly consumer?: ObjectRef;
  /** The Input's entry for it, its variables replaced. */
  readonly entry?: MatchedEntry;
  /** The Secrets that it wants: the default one where no entry says otherwise. */
  readonly secrets: readonly WantedSecret[];
}

/**
 * Gives each generator its entry. A generator that two entries match is an error and gets none; an entry that matches none is a warning.
 * `isUnsure`: an entry has a variable without a value, and is nobody's.
 */
export function matchEntries(
  generators: readonly GeneratorWithSecrets[],
  entries: readonly Entry[],
  values: Values,
  { work, throwIfExpired }: LoopLimits,
): { generators: GeneratorWithSecrets[]; isUnsure: boolean; findings: Finding[] } {
  const matchesOf = entryMatcher(entries, work);
  const targetsOf = entries.map(({ secrets }) =>
    secrets?.reduce((sum, secret) => sum + (secret.namespaces?.length ?? 1), 0),
  );
  let secretsOfRun = 0;
  let faults = 0;
  let isUnsure = false;
  const reports = new Set<string>();
  const isFirst = (index: number, name: string) => {
    const report = JSON.stringify([index, name]);
    const isNew = !reports.has(report);
    reports.add(report);
    return isNew;
  };
  const matches = generators.map((generator) => {
    throwIfExpired();
    const { indexes, near, wrongKindIndex } = matchesOf(generator);
    const [index, other] = indexes;
    if (index === undefined || faults > MOST_FAULTS_OF_AN_OBJECT)
      return { generator, used: [], near, wrongKindIndex, findings: [] };
    if (other !== undefined)
      return { generator, used: [index, other], findings: [doubleMatch(generator, index, other)] };
    secretsOfRun += targetsOf[index] ?? 1;
    refuseMore('Secrets', secretsOfRun);
    const reading = readEntry(generator, { ...entries[index], field: `sessions[${index}]` }, values, work);
    const { isWhole, unknown, secrets, entry } = reading;
    const strangers = unknown
      .filter((name) => isFirst(index, name))
      .map((name) => unknownVariable(index, name, generator));
    const findings = [...strangers, ...reading.findings];
    faults += findings.length;
    isUnsure ||= !isWhole;
    return { generator: { ...generator, secrets, ...defined({ entry }) }, used: [index], findings };
  });
  const used = new Set(matches.flatMap((match) => match.used));
  const nearly = matches.flatMap(({ generator, near }) => {
    if (near === undefined || (used.has(near.index) && !near.isSlip)) return []; // the entry is right, and for others
    return [{ near, finding: nearMatch(generator, near) }];
  });
  const otherKinds = matches.flatMap(({ generator, wrongKindIndex }) =>
    wrongKindIndex === undefined || !used.has(wrongKindIndex) ? [] : [kindLeftOut(generator, wrongKindIndex)],
  );
  const alone = matches.flatMap((match) =>
    match.used.length === 0 && match.near === undefined ? [match.generator] : [],
  );
  const nearlyNamed = misnamed(alone, entries, generators);
  const explained = new Set([...nearly.map(({ near }) => near.index), ...nearlyNamed.map(({ index }) => index)]); // why these have no effect is said already
  const isKnown = faults <= MOST_FAULTS_OF_AN_OBJECT; // after too many, matching stops
  const unused = entries.flatMap((_, index) =>
    used.has(index) || explained.has(index) || !isKnown ? [] : [unusedEntry(index, generators)],
  );
  return {
    generators: matches.map(({ generator }) => generator),
    isUnsure,
    findings: [
      ...matches.flatMap(({ findings }) => findings),
      ...[...nearly, ...nearlyNamed].map((miss) => miss.finding),
      ...otherKinds,
      ...unused,
    ],
  };
}

/** An entry with its path in the functionConfig. */
type EntryAt = Entry & { readonly field: string };

/** What an entry says of one generator. */
interface EntryReading extends Pick<GeneratorWithSecrets, 'entry' | 'secrets' | 'findings'> {
  /** False where a variable has no value: then there is no `entry`. */
  readonly isWhole: boolean;
  /** Variables that nobody has. */
  readonly unknown: readonly string[];
}

function readEntry(
  { object, kind, defaultTarget, spec, consumer }: GeneratorWithSecrets,
  { field, match: _, identity, expectAccount, via = [], last = {}, renew = {}, secrets, ...none }: EntryAt,
  values: Values,
  work: WorkBudget,
): EntryReading {
  none satisfies Record<string, never>; // a field that nobody reads would be dropped in silence
  const builtIn = builtIns(object, spec.role);
  const { value, unknown, isWhole } = substitute(
    { via, last, secrets, ...defined({ identity }) },
    { ...values, get: (name) => builtIn.get(name) ?? values.get(name) },
    (made) => work.take('copies', made),
  );
  const { secrets: specs, ...hopFields } = value;
  const size = sizeOf(hopFields); // every Secret copies these
  for (const { namespaces, ...others } of specs ?? []) {
    const copies = namespaces?.length ?? 1;
    work.take('copies', copies * size + (copies - 1) * sizeOf(others)); // `substitute` has counted the first
  }
  const { secrets: wantedSecrets, findings } =
    consumer === undefined
      ? readSecrets({ kind, defaultTarget }, field, isWhole ? specs : undefined) // an unsure request makes no job
      : { secrets: [], findings: secrets === undefined ? [] : [unwelcomeSecrets(field, object, consumer)] };
  const entry: MatchedEntry = { field, renew, ...defined({ expectAccount }), ...hopFields };
  return { ...(isWhole ? { entry } : {}), secrets: wantedSecrets, isWhole, unknown, findings };
}

/** Said once for all generators of the entry. */
function unknownVariable(index: number, name: string, { object }: ReadGenerator): Finding {
  const text = say`uses a variable ${named(name)} that neither ${theObject(object)} nor \`vars\` has; correct the name, or add it to \`vars\``;
  return configFinding(`sessions[${index}]`, text);
}

/** Refuses `secrets` for a consumed generator: its ExternalSecret decides. */
function unwelcomeSecrets(field: string, object: ObjectRef, consumer: ObjectRef): Finding {
  const text = say`must be absent for ${theObject(object)}: ${theObject(consumer)} says what its Secret is. Remove it, or let \`match\` leave that generator out`;
  return configFinding(`${field}.secrets`, text);
}

/** Variables that every generator has; those of the role only if its ARN is one. */
function builtIns({ name, namespace }: ReadGenerator['object'], role: string | undefined): ReadonlyMap<string, string> {
  const [, partition, account] = /^arn:([a-z-]+):iam::(\d{12}):role\//.exec(role ?? '') ?? [];
  const all = defined({ name, namespace, 'role.partition': partition, 'role.account': account });
  return new Map(Object.entries(all).map(([key, value]) => [key, value.slice(0, OBJECT_NAME_MAX + 1)])); // a longer one is refused
}

function doubleMatch({ object }: ReadGenerator, first: number, second: number): Finding {
  const text = say`matches ${theObject(object)}, and so does \`sessions[${first}]\`; make one of them narrower`;
  return configFinding(`sessions[${second}]`, text);
}

/** Generators in one message. */
const MOST_NAMED = 3;

function unusedEntry(index: number, generators: readonly Pick<ReadGenerator, 'object'>[]): Finding {
  const field = `sessions[${index}]`;
  const cause =
    generators.length === 0
      ? 'matches no generator'
      : say`does not match ${firstOf(generators, MOST_NAMED, ({ object }) => theObject(object), ', ')}`;
  const message = say`\`${field}\` of ${THE_OPTIONS} has no effect: it ${cause}. Correct its \`match\` (without \`kinds\` it means ${ASSUME_ROLE_KIND} alone), or remove it.`;
  return finding('SESSION_UNUSED', message, { field });
}

/**
 * Finds the indexes of the first entries that a generator matches, at most two: two are a fault already. `near`: of a generator that
 * matches none, an entry from which one label keeps it; `wrongKindIndex`: one with `identity` or `via` that it would match if absent `kinds`
 * meant all kinds.
 * Absent parts match all; absent `kinds` match only STSAssumeRoleToken. An entry with names but no patterns is compared only with generators
 * of those names.
 */
export function entryMatcher(entries: readonly Entry[], work = new WorkBudget()) {
  const rules = entries.map(toRule);
  const byName = Map.groupBy(
    rules.flatMap((rule) => [...(rule.names?.onlyExact ?? [])].map((name) => ({ name, rule }))),
    ({ name }) => name,
  );
  const others = rules.filter(({ names }) => names?.onlyExact === undefined);
  return (generator: MatchSubject) => {
    const named = (byName.get(generator.object.name) ?? []).map(({ rule }) => rule);
    let wrongKindIndex: number | undefined;
    const lacksOne: Pick<NearMatch, 'index' | 'entryLabel'>[] = [];
    const firstTwo = (among: readonly Rule[]) => {
      const matching: number[] = [];
      for (const rule of among) {
        work.take('comparisons', rule.cost);
        const lacking = lackingLabels(rule, generator);
        if (!rule.kinds.has(generator.kind)) {
          if (rule.mayMeanAll && lacking?.length === 0) wrongKindIndex ??= rule.index;
          continue;
        }
        if (lacking?.length === 0) matching.push(rule.index);
        if (matching.length === 2) break;
        const [label, another] = lacking ?? [];
        if (label !== undefined && another === undefined) lacksOne.push({ index: rule.index, entryLabel: label });
      }
      return matching;
    };
    const matches = [...firstTwo(named), ...firstTwo(others)];
    const indexes = matches.toSorted((a, b) => a - b).slice(0, 2);
    return indexes.length > 0 ? { indexes } : { indexes, near: nearOf(lacksOne, generator.labels), wrongKindIndex };
  };
}

/** An entry's `match`, ready to be compared with many generators. */
type Rule = ReturnType<typeof toRule>;

function toRule({ match = {}, identity, via }: Entry, index: number) {
  const { kinds = [ASSUME_ROLE_KIND], names, namespaces, labels = {} } = match;
  const pairs = Object.entries(labels);
  const patterns = [...(names ?? []), ...(namespaces ?? [])].filter((name) => name.includes('*'));
  const characters = patterns.reduce((length, pattern) => length + pattern.length, 0);
  return {
    index,
    kinds: new Set(kinds),
    mayMeanAll: match.kinds === undefined && (identity ?? via) !== undefined,
    names: names && toNames(names),
    namespaces: namespaces && toNames(namespaces),
    labels: pairs,
    cost: 1 + patterns.length + characters / 100 + pairs.length,
  };
}

/** Names and patterns of them. `onlyExact`: the names, if there are no patterns. */
function toNames(names: readonly string[]) {
  const exact = new Set(names.filter((name) => !name.includes('*')));
  const globs = names.filter((name) => name.includes('*')).map(globOf);
  return { exact, globs, onlyExact: globs.length === 0 ? exact : undefined };
}

/** The labels that keep a generator from an entry; undefined where its name or namespace does. */
function lackingLabels(rule: Rule, { object, labels }: MatchSubject): [string, string][] | undefined {
  const { names, namespaces } = rule;
  if (!fits(names, object.name) || !fits(namespaces, object.namespace)) return undefined;
  return rule.labels.filter(([label, value]) => !Object.hasOwn(labels, label) || labels[label] !== value);
}

/** A name that no object can have fits nothing. */
function fits(names: Rule['names'], text: string | undefined): boolean {
  if (names === undefined) return true;
  if (text === undefined || text.length > OBJECT_NAME_MAX) return false;
  return names.exact.has(text) || names.globs.some((isFitting) => isFitting(text));
}
