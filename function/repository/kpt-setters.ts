import { isPlainText } from '../krm/parse-yaml.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { cached } from '../model/plain-data.ts';
import type { ManifestFile } from './read-manifests.ts';

const SETTERS = new WeakMap<readonly ManifestFile[], ReturnType<typeof settersOf>>();

/** A field of a block with a plain value that a setter sets. */
const SET = /^\s*(?:- )?[\w./-]+: ([A-Za-z][\w:./@-]*) # kpt-set: (\S{1,1000})$/;
/** A setter in a comment. */
const SETTER = /\$\{([^${}]*)\}/;
/** A sign of setters. */
export const SIGN = /[${}]/;
/** A block that begins with an empty line: the function's older library takes it away (gopkg.in/yaml.v3, v3.0.1). */
const OPENS_EMPTY = /: *[|>][-+\d]*[ \t]*(?:#.*)?\r?\n[ \t]*\r?$/m;
/** A list or map on one line, the comments of setters aside: a comment in it may be of another value. */
const FLOW = /^[^#\n\r\u2028\u2029]*[{[]/m;
/** Most characters of a comment. */
const LONGEST = 1000;
/** Most fields of a package that setters set, and steps for which these are looked at. */
const [MOST_FIELDS, MOST_STEPS] = [200, 100];

/** What a step gives to setters, by their names; `arePlainNames`: none of them may be a part of others. */
interface GivenValues {
  readonly values: ReadonlyMap<string, unknown>;
  readonly arePlainNames: boolean;
}

/**
 * True where setters may change what is ours, make another object ours unless the type stands at the head, or end the function. It leaves alone
 * a comment with no name that has a value, fails where only some have one, and replaces each name in the comment, in a random order, which
 * gives the field's value (kptdev/krm-functions-catalog, functions/go/apply-setters/applysetters/apply_setters.go).
 */
export function hasSetters(
  files: readonly ManifestFile[],
  { values, arePlainNames }: GivenValues,
  isApart: boolean,
): boolean {
  const isIdle = ({ names }: SetLine) => !names.some((name) => values.has(name));
  const areGiven = ({ names }: SetLine) =>
    names.every((name) => values.has(name) && values.get(name) !== '' && !SIGN.test(String(values.get(name))));
  const isSame = ({ value, parts }: SetField) => {
    let at = 0;
    for (const [index, part] of parts.entries()) {
      const text = index % 2 === 0 ? part : String(values.get(part) ?? '$');
      if (!value.startsWith(text, at)) return false;
      at += text.length;
    }
    return at === value.length;
  };
  const isKept = (line: SetLine) =>
    !line.isOpen && (isIdle(line) || (areGiven(line) && (isApart || line.field === undefined || isSame(line.field))));
  const setters = cached(SETTERS, files, settersOf);
  const { isUnclear, lines } = setters;
  setters.looks += 1;
  if (lines.length > 0 && (setters.looks > MOST_STEPS || !arePlainNames)) return true;
  return (isUnclear && !isApart) || !lines.every(isKept);
}

/** Each is in all packages around it. */
const BY_FILE = new WeakMap<ManifestFile, ReturnType<typeof settersIn>>();

function settersOf(files: readonly ManifestFile[]) {
  const all = files.flatMap((file) => cached(BY_FILE, file, () => settersIn(file)));
  const lines = all.flatMap((file) => file.lines);
  const isLong = lines.filter(({ field }) => field !== undefined).length > MOST_FIELDS;
  return { isUnclear: isLong || all.some((file) => file.isUnclear), lines, looks: 0 };
}

/** The value of a field of ours, and its comment: texts and, at odd places, names of setters. */
interface SetField {
  readonly value: string;
  readonly parts: readonly string[];
}

/** A line with a comment of setters. */
interface SetLine {
  readonly names: readonly string[];
  /** True for one with signs beside whole setters, or that is too long. */
  readonly isOpen: boolean;
  readonly field?: SetField;
}

/** The lines of a file. `isUnclear`: more of ours than them may change, or another object may become ours. */
function settersIn({
  text,
  items,
}: ManifestFile): { readonly isUnclear: boolean; readonly lines: readonly SetLine[] }[] {
  const isOurs = items.length > 0;
  if (isOurs && OPENS_EMPTY.test(text)) return [{ isUnclear: true, lines: [] }];
  if (!text.includes('kpt-set')) return [];
  const lines = text.split('\n').flatMap((line): SetLine[] => {
    if (!line.includes('kpt-set')) return [];
    const comment = line.replace(/.*kpt-set/s, '');
    if (comment.length > LONGEST) return [{ names: [], isOpen: true }];
    const pieces = comment.split(SETTER);
    const names = pieces.filter((_, index) => index % 2 === 1);
    const isOpen = pieces.some((piece, index) => index % 2 === 0 && SIGN.test(piece));
    if (!isOurs) return [{ names, isOpen }];
    const [, value = '', pattern = ''] = SET.exec(line) ?? [];
    return [{ names, isOpen, field: { value, parts: isPlainText(value) ? pattern.split(SETTER) : ['$'] } }];
  });
  const isUnclear = isOurs ? FLOW.test(text) : splitDocuments(text).some(({ kind }) => kind === undefined);
  return [{ isUnclear, lines }];
}
