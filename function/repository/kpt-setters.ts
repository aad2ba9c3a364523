import { depthOf, isPlainText } from '../krm/parse-yaml.ts';
import { isKeyed, readAlike } from '../krm/plain-objects.ts';
import { splitDocuments } from '../krm/split-documents.ts';
import { lexemesOf } from '../model/parse-bounded.ts';
import { cached } from '../model/plain-data.ts';
import { ORIGIN } from './catalogue-shapes.ts';
import type { ManifestFile } from './read-manifests.ts';

const SETTERS = new WeakMap<readonly ManifestFile[], ReturnType<typeof settersOf>>();

/** A field of a block with a value on its line that a setter sets. */
const SET = /^\s*(?:- )?([\w./-]+): (?:([A-Za-z\d][\w:./@-]*)|"([^"\\]*)"|'([^']*)') # kpt-set: (\S{1,1000})$/;
/** A text or map on a line, with its key or as an entry of a list, before a comment of setters; and a list whose comment is one setter. */
const [SCALAR, LIST] = [
  /^\s*(?:(?:- )*[\w./-]+: +|(?:- )+(?![^#]*:))["'{\w./].*(?<![:\s]) +# ?kpt-set/,
  /^\s*(?:- )?([\w./-]+):(?: \[[^\][]*\])? # kpt-set: \$\{[^${}]+\}$/,
];
/** A number that every reader takes as this one. */
const PLAIN_NUMBER = /^(?:0|[1-9]\d{0,14})$/;
/** What kpt wants of each object. */
const WANTED = /^(?:apiVersion|kind|name)$/;
/** A setter in a comment. */
const SETTER = /\$\{([^${}]*)\}/;
/** A sign of setters. */
export const SIGN = /[${}]/;
/** In what a setter gives: go-yaml may write it so that nobody reads it. */
const UNSURE = /[${}\t\n\r]/;
/** The head of a block, and an empty line: the function's older library takes that away behind it (gopkg.in/yaml.v3, v3.0.1). */
const [HEAD, EMPTY] = [/: *[|>][-+\d]*[ \t]*(?:#.*)?\r?$/s, /^[ \t]*\r?$/];
/** Most characters of a comment. */
const LONGEST = 1000;
/** Most fields of a package that setters set, and steps for which these are looked at. */
const [MOST_FIELDS, MOST_STEPS] = [200, 30];

/** What a step gives to setters, by their names; `arePlainNames`: none of them may be a part of others. */
interface GivenValues {
  readonly values: ReadonlyMap<string, unknown>;
  readonly arePlainNames: boolean;
}

/** Where a step is. `isApart`: a start gets nothing of its package. `isAlone`: no other function reads what it writes, or writes what it reads. */
interface SetterPlace {
  readonly isApart: boolean;
  readonly isAlone: boolean;
  /** True where a run before it may have renewed a Secret, with its comments. */
  readonly isBehind: boolean;
}

/**
 * True where setters may change what is ours, make another object ours unless the type stands at the head, or end the function. It leaves alone
 * a comment with no name that has a value, and replaces each name in the comment, in a random order, which gives the field's value. Names
 * without a value get what the former value has at their places, or it fails
 * (kptdev/krm-functions-catalog, functions/go/apply-setters/applysetters/apply_setters.go).
 */
export function hasSetters(
  files: readonly ManifestFile[],
  { values, arePlainNames }: GivenValues,
  { isApart, isAlone, isBehind }: SetterPlace,
): boolean {
  const isIdle = ({ names }: SetLine) => !names.some((name) => values.has(name));
  const areGiven = ({ names }: SetLine) =>
    names.every((name) => values.has(name) && values.get(name) !== '' && !UNSURE.test(String(values.get(name))));
  const isClear = (text: string, { value, isQuoted }: SetField) =>
    isQuoted || isPlainText(text) || [text, value].every((number) => PLAIN_NUMBER.test(number));
  const isSame = (field: SetField) => valueAfter(field, values) === field.value && isClear(field.value, field);
  const isSound = (field: SetField) => {
    const after = valueAfter(field, values);
    if (after === undefined || field.key === ORIGIN) return false;
    const mayBeOdd = isAlone && !WANTED.test(field.key);
    return mayBeOdd || (after !== '' && isClear(after, field));
  };
  const lists = new Map<string, boolean>(); // very many lines may have one name
  const isList = (text: string) => {
    const list = text.length <= 2 * LONGEST ? readAlike(text) : undefined;
    return Array.isArray(list) && list.every((each) => typeof each === 'string');
  };
  const isListGiven = ({ listKey, names: [name = ''] }: SetLine) =>
    listKey !== undefined && !isKeyed(listKey) && cached(lists, name, () => isList(String(values.get(name) ?? '')));
  const isSafe = (line: SetLine) =>
    line.field ? isSound(line.field) : line.isScalar ? isAlone && areGiven(line) : isListGiven(line);
  const isUntouched = (line: SetLine) => !line.isOpen && isIdle(line);
  const isKept = (line: SetLine) => {
    if (line.isOpen || isIdle(line)) return !line.isOpen;
    if (!isAlone && !areGiven(line)) return false;
    return line.isOurs && !isApart ? line.field !== undefined && isSame(line.field) : isSafe(line);
  };
  const { isUnclear, read } = cached(SETTERS, files, settersOf);
  const areKept = (file: SetFile) => {
    file.looks += 1;
    const isLeft = isBehind && file.hasSecret ? isUntouched : isKept;
    return file.lines.length === 0 || (file.looks <= MOST_STEPS && arePlainNames && file.lines.every(isLeft));
  };
  return (isUnclear && !isApart) || !read.every(areKept);
}

/** Each is in all packages around it. */
const BY_FILE = new WeakMap<ManifestFile, ReturnType<typeof settersIn>>();

function settersOf(files: readonly ManifestFile[]) {
  const read = files.flatMap((file) => cached(BY_FILE, file, () => settersIn(file)));
  const count = read.reduce((sum, { lines }) => sum + lines.filter(({ isOurs }) => isOurs).length, 0);
  return { isUnclear: count > MOST_FIELDS || read.some((file) => file.isUnclear), read };
}

/** A field with its value, and its comment: texts and, at odd places, names of setters. */
interface SetField {
  readonly key: string;
  readonly value: string;
  readonly isQuoted: boolean;
  readonly parts: readonly string[];
}

/** A line with a comment of setters. */
interface SetLine {
  readonly names: readonly string[];
  /** True for one with signs beside whole setters, or that is too long. */
  readonly isOpen: boolean;
  readonly isOurs: boolean;
  /** Absent: the value does not stand on the line, or not as plainly. */
  readonly field?: SetField;
  /** True for another text on the line, of a field that kpt does not want. */
  readonly isScalar: boolean;
  /** The key of a list, where a setter gives all of it. */
  readonly listKey?: string;
}

/** The lines of a file. `looks`: how many steps looked at them, of packages in each other too. */
interface SetFile {
  readonly isUnclear: boolean;
  readonly hasSecret: boolean;
  readonly lines: readonly SetLine[];
  looks: number;
}

/** The lines of a file. `isUnclear`: more of ours than them may change, or another object may become ours. */
function settersIn({ text, items }: ManifestFile): SetFile[] {
  const isOurs = items.length > 0;
  const textLines = text.split('\n');
  const opensEmpty = (line: string, index: number) => EMPTY.test(textLines[index + 1] ?? 'x') && HEAD.test(line);
  if (isOurs && textLines.some(opensEmpty)) return [{ isUnclear: true, hasSecret: false, lines: [], looks: 0 }];
  if (!text.includes('kpt-set')) return [];
  const lines = textLines.flatMap((line): SetLine[] => {
    if (!line.includes('kpt-set')) return [];
    const comment = line.replace(/.*kpt-set/s, '');
    if (comment.length > LONGEST) return [{ names: [], isOpen: true, isOurs, isScalar: false }];
    const pieces = comment.split(SETTER);
    const names = pieces.filter((_, index) => index % 2 === 1);
    const isOpen = pieces.some((piece, index) => index % 2 === 0 && SIGN.test(piece));
    const isShort = line.length <= 2 * LONGEST;
    const [, key, plain, double, single = '', pattern = ''] = isShort ? (SET.exec(line) ?? []) : [];
    const isScalar = isShort && SCALAR.test(line) && !WANTED.test(/^[\s-]*(\w[\w./-]*): /.exec(line)?.[1] ?? '');
    const listKey = isShort ? LIST.exec(line)?.[1] : undefined;
    const quoted = double ?? single;
    const field = key && { key, value: plain ?? quoted, isQuoted: plain === undefined, parts: pattern.split(SETTER) };
    return [{ names, isOpen, isOurs, isScalar, ...(field && { field }), ...(listKey && { listKey }) }];
  });
  const isUnclear = isOurs ? hasSetterInBrackets(text) : splitDocuments(text).some(({ kind }) => kind === undefined);
  return [{ isUnclear, hasSecret: items.some(({ kind }) => kind === 'Secret'), lines, looks: 0 }];
}

/** True where a comment in brackets, or behind them, may be of another value than the one before it. */
function hasSetterInBrackets(text: string): boolean {
  let [depth, before] = [0, ''];
  for (const lexeme of lexemesOf(text)) {
    if (lexeme.startsWith('#') && lexeme.includes('kpt-set') && (depth > 0 || /^[\]}]$/.test(before))) return true;
    if (!/^[ \t]*$/.test(lexeme)) before = lexeme;
    depth += depthOf(lexeme);
  }
  return false;
}

/**
 * The value that setters give a field, or undefined where they fail or it is not sure. A name without a value gets the part of the former one
 * that the comment as a pattern has there: each takes as much as it can, and none may be empty.
 */
function valueAfter({ value, parts }: SetField, values: GivenValues['values']): string | undefined {
  const names = parts.filter((_, index) => index % 2 === 1);
  const areGiven = names.every((name) => values.has(name));
  const formerly = areGiven ? [] : partsBefore(value, parts);
  if (formerly === undefined || (!areGiven && new Set(names).size < names.length)) return undefined;
  const after = parts.map((part, index) => (index % 2 === 0 ? part : String(values.get(part) ?? formerly[index])));
  if (after.reduce((sum, { length }) => sum + length, 0) > 2 * LONGEST) return undefined; // than which no value is longer
  return after.some((part) => UNSURE.test(part)) ? undefined : after.join('');
}

/** The parts of a value at the places of a comment's names. The last text between them stands as far behind as it can, and so on. */
function partsBefore(value: string, parts: readonly string[]): string[] | undefined {
  const former: string[] = [];
  let end = value.length;
  for (let index = parts.length - 1; index >= 0; index -= 2) {
    const text = parts[index] as string;
    const at = index === 0 ? value.indexOf(text) : value.lastIndexOf(text, end - text.length);
    const from = at + text.length;
    if (at < 0 || from > end) return undefined;
    if (index < parts.length - 1) former[index + 1] = value.slice(from, end);
    end = at;
  }
  return former.every((part) => part !== '') ? former : undefined;
}
