import type { SessionEntry } from '../api/input.ts';
import type { ObjectRef } from '../api/kinds.ts';
import { matchesGlob } from '../api/matches-glob.ts';

/** A generator as far as an entry's `match` looks at it. */
export interface Matchable {
  readonly object: ObjectRef;
  readonly labels: Readonly<Record<string, string>>;
}

/** The indexes of the entries that a generator matches. Absent parts match all. */
export function matchSessions({ object, labels }: Matchable, sessions: readonly SessionEntry[]): number[] {
  return sessions.flatMap(({ match = {} }, index) => {
    const { names, namespaces, labels: wanted = {} } = match;
    const isNamed = names === undefined || names.some((pattern) => matchesGlob(pattern, object.name));
    const isIn =
      namespaces === undefined ||
      (object.namespace !== undefined && namespaces.some((pattern) => matchesGlob(pattern, object.namespace ?? '')));
    const isLabelled = Object.entries(wanted).every(
      ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
    );
    return isNamed && isIn && isLabelled ? [index] : [];
  });
}
