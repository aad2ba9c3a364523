import type { NamedRef } from '../model/kinds.ts';
import { cached, defined, listAt, textAt, valueAt } from '../model/plain-data.ts';
import type { FoundObject } from './survey.ts';

/** Fields with a Secret that is read, or with an object of a kind that stands there. Whatever else has a name may make one. */
const READS = /^(?:\w*[sS]ecret(?:Key)?Ref|imagePullSecrets|secret)$/;
const NAMES = /^(?:generatorRef|valuesFrom|substituteFrom)$/;
/** What patches and replacements select. */
const SELECTS = /\bpatches\w*\[\d+\]\.target$|\btargets\[\d+\]\.select$/;

/** A name in an object that means a Secret, or an object of a kind. */
export type Reference = NamedRef &
  Readonly<{
    kind: string;
    by: FoundObject;
    field: string;
    isSelected: boolean;
    under: string;
    keys: readonly string[];
    /** True where what reads it goes on without it. */
    isOptional: boolean;
  }>;

/** A longer path to a field is of no object that reads a Secret, and very many may be as long as a file. */
const LONGEST_FIELD = 1000;

/** The references of an object, and all other names in it. */
export const namesIn = (by: FoundObject) => cached(NAMES_IN, by, readNames);
export type NamesIn = ReturnType<typeof readNames>;
const NAMES_IN = new WeakMap<FoundObject, NamesIn>();

function readNames(by: FoundObject) {
  const references: Reference[] = [];
  const names: string[] = [];
  const open: { value: unknown; field: string; under: string }[] = [{ value: by.value, field: '', under: '' }];
  const seen = new Set<unknown>();
  for (const { value, field, under } of open) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const name = textAt(value, ['secretName']) ?? textAt(value, ['name']);
    const namespace = textAt(value, ['namespace']) ?? by.object.namespace;
    const keyed = [value, ...listAt(value, ['items'])];
    const [kind = ''] = READS.test(under) ? ['Secret'] : [textAt(value, ['kind'])];
    const isShort = field.length <= LONGEST_FIELD;
    const isSelected = isShort && kind === 'Secret' && SELECTS.test(field) && /^[\w-]+$/.test(name ?? ''); // and no pattern
    const isRead = isShort && (READS.test(under) || NAMES.test(under) || isSelected);
    if (name !== undefined && !isRead) names.push(name);
    else if (name !== undefined) {
      const keys = keyed.flatMap((each) => textAt(each, ['key']) ?? []);
      const isOptional = valueAt(value, ['optional']) === true;
      references.push({ by, field, kind, name, isSelected, isOptional, under, keys, ...defined({ namespace }) });
    }
    for (const [part, inner] of Object.entries(value))
      if (Array.isArray(value)) open.push({ value: inner, field: `${field}[${part}]`, under });
      else open.push({ value: inner, field: field === '' ? part : `${field}.${part}`, under: part });
  }
  return { by, references, names };
}

/** True for two namespaces that may be one: what has none may be in any. */
export function mayBeOne(first: string | undefined, second: string | undefined): boolean {
  return (first ?? second) === (second ?? first);
}
