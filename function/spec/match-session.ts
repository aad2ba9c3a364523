import type { SessionEntry } from '../api/input.ts';
import { ASSUME_ROLE_KIND } from '../api/kinds.ts';
import { matchesGlob } from '../api/matches-glob.ts';
import type { ReadGenerator } from './read-generator.ts';

/** The indexes of the entries that a generator matches. Absent parts match all, absent kinds STSAssumeRoleToken alone. */
export function matchSessions(
  { object, kind, labels }: Pick<ReadGenerator, 'object' | 'kind' | 'labels'>,
  sessions: readonly SessionEntry[],
): number[] {
  return sessions.flatMap(({ match = {} }, index) => {
    const { kinds = [ASSUME_ROLE_KIND], names, namespaces, labels: wanted = {} } = match;
    const isLabelled = Object.entries(wanted).every(
      ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
    );
    const isMatched =
      kinds.includes(kind) && fits(names, object.name) && fits(namespaces, object.namespace) && isLabelled;
    return isMatched ? [index] : [];
  });
}

function fits(patterns: readonly string[] | undefined, text: string | undefined): boolean {
  return patterns === undefined || (text !== undefined && patterns.some((pattern) => matchesGlob(pattern, text)));
}
