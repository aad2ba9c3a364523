import { defined } from '../api/defined.ts';
import { configFinding, type Finding, finding } from '../api/finding.ts';
import type { HopSpec } from '../api/hop-spec.ts';
import type { IdentitySpec } from '../api/identity-spec.ts';
import type { SessionEntry } from '../api/input.ts';
import type { WantedSecret } from '../api/job.ts';
import { describeObject, type NamedRef, type ObjectRef } from '../api/kinds.ts';
import { OBJECT_NAME_MAX } from '../api/names.ts';
import { quote } from '../api/quote.ts';
import type { Renewal } from '../api/renewal.ts';
import { MOST_FAULTS_OF_AN_OBJECT, type Multiplied, refuseMore, sizeOf } from '../api/run-limits.ts';
import { sessionMatcher } from './match-session.ts';
import type { ReadGenerator } from './read-generator.ts';
import { readSecrets } from './read-secrets.ts';
import { substitute, type Values } from './substitute.ts';

/** The Input's entry for a generator, its variables replaced. */
interface ReadEntry {
  /** Path of the entry in the functionConfig. */
  readonly field: string;
  readonly identity?: IdentitySpec;
  readonly expectAccount?: string;
  readonly via: readonly HopSpec[];
  readonly last: HopSpec;
  readonly renew: Renewal;
}

/** A generator with its entry of the Input and the Secrets that it wants. */
export interface MatchedGenerator extends ReadGenerator {
  /** Name and namespace of its Secret where no entry says otherwise. */
  readonly defaultTarget: NamedRef;
  /** The ExternalSecret that its session goes into: then it has no Secret of its own. */
  readonly consumer?: ObjectRef;
  readonly entry?: ReadEntry;
  readonly wanted: readonly WantedSecret[];
}

/** A generator before it has its entry. */
type UnmatchedGenerator = Omit<MatchedGenerator, 'entry' | 'wanted'>;

/** Where a run stands, for what takes its time. */
export interface Progress {
  readonly multiplied: Multiplied;
  /** Throws when the time is up. */
  readonly check: () => void;
}

/** Gives each generator its entry; a generator with two has none, and an entry without a generator is a warning. */
export function matchEntries(
  generators: readonly UnmatchedGenerator[],
  sessions: readonly SessionEntry[],
  values: Values,
  { multiplied, check }: Progress,
): { generators: MatchedGenerator[]; findings: Finding[] } {
  const matchesOf = sessionMatcher(sessions, multiplied);
  const targetsOf = sessions.map(({ secrets }) => secrets?.map(({ namespaces }) => namespaces?.length ?? 1));
  let secretsOfRun = 0;
  let faults = 0;
  const read = generators.map((generator) => {
    check();
    const [index, other] = matchesOf(generator);
    const alone = { ...generator, wanted: wantedByDefault(generator) };
    if (index === undefined || faults > MOST_FAULTS_OF_AN_OBJECT) return { generator: alone, used: [], findings: [] };
    if (other !== undefined)
      return { generator: alone, used: [index, other], findings: [matchesTwice(generator, index, other)] };
    secretsOfRun += sum(targetsOf[index] ?? [1]);
    refuseMore('Secrets', secretsOfRun);
    const { entry, wanted, findings } = readEntry(generator, sessions[index] ?? {}, index, values, multiplied);
    faults += findings.length;
    return { generator: { ...generator, entry, wanted }, used: [index], findings };
  });
  const used = new Set(read.flatMap((one) => one.used));
  const isKnown = faults <= MOST_FAULTS_OF_AN_OBJECT; // of the others nobody looked for an entry
  const unused = sessions.flatMap((_, index) => (used.has(index) || !isKnown ? [] : [unusedSession(index)]));
  return {
    generators: read.map(({ generator }) => generator),
    findings: [...read.flatMap(({ findings }) => findings), ...unused],
  };
}

/** What a generator wants where no entry says otherwise. */
function wantedByDefault({ defaultTarget, consumer }: UnmatchedGenerator): readonly WantedSecret[] {
  return consumer === undefined ? [{ target: defaultTarget, form: {} }] : [];
}

function readEntry(
  { object, kind, defaultTarget, readable, consumer }: UnmatchedGenerator,
  { identity, expectAccount, via = [], last = {}, renew = {}, secrets }: SessionEntry,
  index: number,
  values: Values,
  multiplied: Multiplied,
) {
  const field = `sessions[${index}]`;
  const own = builtIns(object, readable.role);
  const { value, unknown } = substitute(
    { via, last, secrets, ...defined({ identity }) },
    { get: (name) => own.get(name) ?? values.get(name) },
    (made) => multiplied.copied(made),
  );
  for (const { namespaces = [''], ...others } of value.secrets ?? [])
    multiplied.copied((namespaces.length - 1) * sizeOf(others)); // once it was written
  const { secrets: specs, ...chain } = value;
  const { wanted, findings } =
    consumer === undefined
      ? readSecrets({ kind, defaultTarget }, field, unknown.length > 0 ? undefined : specs)
      : { wanted: [], findings: secrets === undefined ? [] : [hasNoSecrets(field, object, consumer)] };
  const strangers = unknown.map((name) =>
    configFinding(
      field,
      `has a variable ${quote(name)} that ${describeObject(object)} and \`vars\` do not have; correct it, or add it to \`vars\``,
    ),
  );
  return {
    entry: { field, renew, ...defined({ expectAccount }), ...chain },
    wanted,
    findings: [...strangers, ...findings],
  };
}

/** What the Secret of a consumed generator looks like, its ExternalSecret says. */
function hasNoSecrets(field: string, object: ObjectRef, consumer: ObjectRef): Finding {
  const text = `cannot be had by ${describeObject(object)}, whose session goes into the Secret of ${describeObject(consumer)}; make \`match\` narrower`;
  return configFinding(`${field}.secrets`, text);
}

/** Variables that every generator has. An ARN that is no role's has no parts to name. */
function builtIns({ name, namespace }: ReadGenerator['object'], role: string | undefined): ReadonlyMap<string, string> {
  const [, partition, account] = /^arn:([a-z-]+):iam::(\d{12}):role\//.exec(role ?? '') ?? [];
  const all = defined({ name, namespace, 'role.partition': partition, 'role.account': account });
  return new Map(Object.entries(all).map(([key, value]) => [key, value.slice(0, OBJECT_NAME_MAX + 1)])); // a longer one is refused
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function matchesTwice({ object }: ReadGenerator, first: number, second: number): Finding {
  const text = `matches ${describeObject(object)}, and so does \`sessions[${first}]\`; make one of them narrower`;
  return configFinding(`sessions[${second}]`, text);
}

function unusedSession(index: number): Finding {
  const field = `sessions[${index}]`;
  const message = `cannot apply \`${field}\` of the functionConfig: it matches no generator. Correct its \`match\`, or remove it.`;
  return finding('SESSION_UNUSED', message, { field });
}
