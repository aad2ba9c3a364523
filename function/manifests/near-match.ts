import { type Finding, finding } from '../findings/finding.ts';
import { named, quoted, say, THE_OPTIONS, theObject } from '../findings/say.ts';
import { ASSUME_ROLE_KIND } from '../model/kinds.ts';
import { isSlip } from '../model/meant-kind.ts';
import { typedKeys } from '../model/plain-data.ts';
import type { Entry } from './input.ts';
import type { ReadGenerator } from './read-generator.ts';

/** One label of a generator keeps it from an entry. */
export interface NearMatch {
  readonly index: number;
  readonly label: string;
  /** The label that the entry wants, and its value. */
  readonly entryLabel: readonly [label: string, value: string];
  /** True where the generator was surely meant to match. */
  readonly isSlip: boolean;
}

/** Most words that are compared for one generator. */
const MOST_COMPARED = 200;

/** The first slip of the pen among labels that entries lack, or else the first label of another value. */
export function nearOf(lacking: readonly Pick<NearMatch, 'index' | 'entryLabel'>[], labels: MatchSubject['labels']) {
  const byValue = Map.groupBy(Object.entries(labels), ([, value]) => value); // both may be thousands
  const all = lacking.values().flatMap(function* ({ index, entryLabel }): Iterable<NearMatch | undefined> {
    const [name, value] = entryLabel;
    if (Object.hasOwn(labels, name))
      yield { index, label: name, entryLabel, isSlip: isSlip(labels[name] ?? '', value) };
    else
      for (const [label] of byValue.get(value) ?? [])
        yield isSlip(label, name) ? { index, label, entryLabel, isSlip: true } : undefined;
  });
  let near: NearMatch | undefined;
  for (const match of all.take(MOST_COMPARED)) {
    if (match?.isSlip) return match;
    near ??= match;
  }
  return near;
}

export function nearMatch({ object, labels }: ReadGenerator, near: NearMatch): Finding {
  const { index, label, entryLabel } = near;
  const [name, value] = entryLabel;
  const cause =
    label === name
      ? say`its label ${named(label)} is ${quoted(labels[label] ?? '')}, and \`match\` wants ${quoted(value)}`
      : say`it has a label ${named(label)}, and \`match\` wants ${named(name)}`;
  const entry = say`\`sessions[${index}]\` of ${THE_OPTIONS}`;
  const start = near.isSlip ? say`cannot apply ${entry} to` : say`${entry} has no effect on`;
  const message = say`${start} ${theObject(object)}: ${cause}. Correct one of them, or give it an entry of its own.`;
  const code = near.isSlip ? 'LABEL_MISMATCH' : 'SESSION_UNUSED';
  return finding(code, message, { object, field: `metadata.labels.${label}` });
}

const NAMED = { names: 'name', namespaces: 'namespace' } as const;

/**
 * Warns of generators without an entry, where one names nearly them: a name in `match` that nothing here has. `all`: every generator, by which
 * is known what is there.
 */
export function misnamed(
  generators: readonly MatchSubject[],
  entries: readonly Pick<Entry, 'match'>[],
  all: readonly MatchSubject[],
) {
  const absent = typedKeys(NAMED).flatMap((part) => {
    const names = entries.flatMap(({ match }, index) => (match?.[part] ?? []).map((name) => ({ part, index, name })));
    if (names.length === 0) return []; // nearly always: there may be very many generators
    const there = new Set(all.map(({ object }) => object[NAMED[part]]));
    return names.filter(({ name }) => !name.includes('*') && !there.has(name)).slice(0, MOST_COMPARED);
  });
  return generators.slice(0, MOST_COMPARED).flatMap(({ object }) => {
    const slip = absent.find(({ part, name }) => isSlip(name, object[NAMED[part]] ?? ''));
    if (slip === undefined) return [];
    const { part, index, name } = slip;
    const cause = say`\`match.${part}\` has ${quoted(name)}`;
    const message = say`\`sessions[${index}]\` of ${THE_OPTIONS} has no effect on ${theObject(object)}: ${cause}. Did you mean ${quoted(object[NAMED[part]] ?? '')}? Correct it.`;
    return [{ index, finding: finding('SESSION_UNUSED', message, { field: `sessions[${index}].match.${part}` }) }];
  });
}

/** Warns of a generator whose kind keeps it from an entry for others: without the entry it may have wider rights. */
export function kindLeftOut({ object, kind }: ReadGenerator, index: number): Finding {
  const entry = say`\`sessions[${index}]\` of ${THE_OPTIONS}`;
  const message = say`${entry} has no effect on ${theObject(object)}: without \`kinds\`, \`match\` means ${ASSUME_ROLE_KIND} alone. Write \`kinds\` in it: with ${kind}, or ${ASSUME_ROLE_KIND} alone.`;
  return finding('SESSION_UNUSED', message, { object });
}

export type MatchSubject = Pick<ReadGenerator, 'object' | 'kind' | 'labels'>;
