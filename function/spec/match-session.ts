import type { SessionEntry } from '../api/input.ts';
import { ASSUME_ROLE_KIND } from '../api/kinds.ts';
import { globOf } from '../api/matches-glob.ts';
import { OBJECT_NAME_MAX } from '../api/names.ts';
import { Multiplied } from '../api/run-limits.ts';
import type { ReadGenerator } from './read-generator.ts';

type Matched = Pick<ReadGenerator, 'object' | 'kind' | 'labels'>;

/**
 * The indexes of the entries that a generator matches, of more than two the first two: no generator may have more than one. Absent
 * parts match all, absent kinds STSAssumeRoleToken alone. An entry that names its generators without patterns is looked at for
 * those alone.
 */
export function sessionMatcher(
  sessions: readonly SessionEntry[],
  multiplied = new Multiplied(),
): (generator: Matched) => number[] {
  const rules = sessions.map(({ match = {} }, index) => toRule(match, index));
  const byName = Map.groupBy(
    rules.flatMap((rule) => [...(rule.names?.onlyExact ?? [])].map((name) => ({ name, rule }))),
    ({ name }) => name,
  );
  const others = rules.filter(({ names }) => names?.onlyExact === undefined);
  return (generator) => {
    const named = (byName.get(generator.object.name) ?? []).map(({ rule }) => rule);
    const firstTwo = (among: readonly Rule[]) => {
      const found: number[] = [];
      for (const rule of among) {
        multiplied.compared(rule.cost);
        if (isMatched(rule, generator)) found.push(rule.index);
        if (found.length === 2) break;
      }
      return found;
    };
    const found = [...firstTwo(named), ...firstTwo(others)];
    return found.toSorted((a, b) => a - b).slice(0, 2);
  };
}

/** Names, or patterns of them. */
interface Names {
  readonly exact: ReadonlySet<string>;
  readonly globs: readonly ((text: string) => boolean)[];
  /** Absent when there are patterns. */
  readonly onlyExact?: ReadonlySet<string>;
}

interface Rule {
  readonly index: number;
  readonly kinds: ReadonlySet<string>;
  readonly names: Names | undefined;
  readonly namespaces: Names | undefined;
  readonly labels: readonly (readonly [string, string])[];
  readonly cost: number;
}

function toRule(match: NonNullable<SessionEntry['match']>, index: number): Rule {
  const { kinds = [ASSUME_ROLE_KIND], names, namespaces, labels = {} } = match;
  const wanted = Object.entries(labels);
  const patterns = [...(names ?? []), ...(namespaces ?? [])].filter((one) => one.includes('*'));
  const characters = patterns.reduce((length, pattern) => length + pattern.length, 0);
  return {
    index,
    kinds: new Set(kinds),
    names: names && toNames(names),
    namespaces: namespaces && toNames(namespaces),
    labels: wanted,
    cost: 1 + patterns.length + characters / 100 + wanted.length,
  };
}

function toNames(names: readonly string[]): Names {
  const exact = new Set(names.filter((name) => !name.includes('*')));
  const globs = names.filter((name) => name.includes('*')).map(globOf);
  return { exact, globs, ...(globs.length === 0 ? { onlyExact: exact } : {}) };
}

function isMatched({ kinds, names, namespaces, labels: wanted }: Rule, { object, kind, labels }: Matched): boolean {
  const isLabelled = () => wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
  return kinds.has(kind) && fits(names, object.name) && fits(namespaces, object.namespace) && isLabelled();
}

/** A name that no object can have fits nothing. */
function fits(names: Names | undefined, text: string | undefined): boolean {
  if (names === undefined) return true;
  if (text === undefined || text.length > OBJECT_NAME_MAX) return false;
  return names.exact.has(text) || names.globs.some((isFitting) => isFitting(text));
}
