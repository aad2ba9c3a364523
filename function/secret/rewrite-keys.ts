import type { Matcher, RE2JS } from 're2js';
import { type Finding, FindingError, fieldFinding, finding } from '../findings/finding.ts';
import { quoted, type Sayable, say, theField, theObject } from '../findings/say.ts';
import { once } from '../model/plain-data.ts';
import { type LoopLimits, WorkBudget } from '../model/run-limits.ts';
import { dataKey } from '../model/schema-parts.ts';

/** An expression, and what a match of it becomes. */
interface Expression {
  readonly source: string;
  readonly target: string;
}

/** One entry of `rewrite`, by an expression or by a template: exactly one of both. */
interface Rewrite {
  readonly regexp?: Expression | undefined;
  readonly transform?: { readonly template: string } | undefined;
}

/** What an entry makes of a key. @throws FindingError where a template fails with this key: with another it may not */
type Renaming = (key: string) => string;

/** The object and field in which entries are written. */
type FindingLocation = Required<Pick<Finding, 'object' | 'field'>>;

/** What the entries of a list share. */
interface Tools {
  /** Charges instructions to the work of the list, and looks at the clock. @throws FindingError when that is too much */
  readonly spend: (instructions: number, by: FindingLocation) => void;
  /** Loads the engine of templates, which most runs do not need. */
  readonly compiler: () => Promise<ReturnType<typeof import('./compile-template.ts').newCompiler>>;
  /** Says what is strange, and no fault. */
  readonly warn: (warning: Finding) => void;
}

/** Most characters of a key between two entries. A Secret's has at most 253, and growing ones would fill the memory. */
const PASSING_MAX_CHARACTERS = 1024;
/** Compiling takes as long as running so many: an instruction, a class of Unicode, and a range outside of ASCII without regard to case. */
const COMPILING = { instruction: 250, unicode: 8500, folded: 100_000 };

type KeyRename = readonly [key: string, made: string];

/**
 * What each key becomes, entry by entry. A key that becomes empty is left out, as External Secrets does; two keys that
 * become one are a fault, since in External Secrets it is chance which value stays. An entry that changes no key is a warning, and so is one
 * with a group that its expression lacks.
 * @param at the list of entries
 */
export async function rewriteKeys(
  keys: readonly string[],
  rewrites: readonly Rewrite[],
  at: FindingLocation,
  limits: LoopLimits,
): Promise<{ readonly keys?: Readonly<Record<string, string>>; readonly findings: readonly Finding[] }> {
  const work = new WorkBudget(limits.work);
  const warnings: Finding[] = [];
  const shared: Tools = {
    spend: (instructions, by) => {
      limits.throwIfExpired();
      if (!work.spend('instructions', instructions)) throw refusal(by, 'takes too much work, with those before it');
    },
    compiler: once(async () => (await import('./compile-template.ts')).newCompiler({ ...limits, work })),
    warn: (warning) => warnings.push(warning),
  };
  try {
    let made = keys;
    for (const [index, rewrite] of rewrites.entries()) {
      limits.throwIfExpired();
      const by = below(at, `[${index}]`);
      const before = made;
      made = before.map(await readRenaming(rewrite, by, shared)); // in order: too much ends it
      if (before.every((key, place) => key === made[place])) warnings.push(changesNothing(before, by));
    }
    const renamed = keys.map((key, place): KeyRename => [key, made[place] ?? '']);
    const kept = renamed.filter(([, made]) => made !== '');
    const texts = [...kept.flatMap(checkKey), ...checkTwice(kept)];
    if (texts.length === 0) return { keys: Object.fromEntries(kept), findings: warnings };
    return { findings: [...texts.map((text) => fieldFinding('SPEC_INVALID', at, text)), ...warnings] };
  } catch (error) {
    limits.throwIfExpired(); // that the time is up is no fault of an entry
    if (error instanceof FindingError) return { findings: [error.finding] };
    throw error;
  }
}

async function readRenaming(rewrite: Rewrite, at: FindingLocation, shared: Tools): Promise<Renaming> {
  const rename = await readKind(rewrite, at, shared);
  return (key) => {
    const made = rename(key);
    if (made.length <= PASSING_MAX_CHARACTERS) return made;
    throw refusal(at, say`makes a key of more than ${PASSING_MAX_CHARACTERS} characters`);
  };
}

function readKind({ regexp, transform, ...others }: Rewrite, at: FindingLocation, shared: Tools): Promise<Renaming> {
  others satisfies Readonly<Record<string, undefined>>; // a kind that the schema lets through has its line below
  if (regexp !== undefined) return readExpression(regexp, below(at, '.regexp'), shared);
  if (transform !== undefined) return readTransform(transform.template, below(at, '.transform.template'), shared);
  throw new Error('a step of `rewrite` is of no known kind'); // it must not make every key empty, which leaves them all out
}

/** Loads the engine of expressions, which most runs do not need. */
async function readExpression(
  { source, target }: Expression,
  by: FindingLocation,
  { spend, warn }: Tools,
): Promise<Renaming> {
  const { RE2JS, RE2JSSyntaxException } = await import('re2js');
  const at = below(by, '.source');
  try {
    spend(compilingOf(source), at);
    const expression = RE2JS.compile(source);
    const groups = target.split(REFERENCE).filter((piece, index) => index % 4 > 1 && piece);
    const matcher = expression.matcher('');
    const lacking = groups.find((name) => !hasGroup(matcher, name));
    if (lacking !== undefined) warn(lacksGroup(lacking, below(by, '.target')));
    return (key) => replaceAll(expression, key, target, (instructions) => spend(instructions, at));
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw refusal(at, say`is not an expression of Go's regexp, got ${quoted(source)}`);
  }
}

/** A quoted text, an escape, a class, a repetition, or another character. A class that does not end takes the rest: nobody looks for more. */
const PIECES = /\\Q.*?(?:\\E|$)|\\.|\[(?:\\.|[^\]\\])*(?:\]|$)|\{(\d+)(?:,(\d*))?\}|./gsu;

/** The most instructions that an expression compiles to: a repetition copies what stands before it. */
export function instructionsOf(source: string): number {
  const around: number[] = [];
  let [size, last] = [2, 0];
  for (const [piece, least, most] of source.matchAll(PIECES)) {
    if (least !== undefined) size += last * Math.max(Number(least), Number(most ?? 0));
    else if (piece === '(') {
      around.push(size);
      size = 0;
    } else if (piece === ')') {
      last = size + 3;
      size = last + (around.pop() ?? 0);
    } else {
      last = piece.startsWith('\\Q') ? 2 * piece.length : 2;
      size += last;
    }
  }
  return around.reduce((sum, count) => sum + count, size);
}

function compilingOf(source: string): number {
  const count = (pattern: RegExp) => source.match(pattern)?.length ?? 0;
  const folded = /\(\?[\w-]*i/.test(source) ? count(/-(?![a-z\d])/gi) : 0; // up to a letter of ASCII it is short
  const { instruction, unicode } = COMPILING;
  return instruction * instructionsOf(source) + unicode * count(/\\p/gi) + COMPILING.folded * folded;
}

function changesNothing(keys: readonly string[], at: FindingLocation): Finding {
  const message = say`${theField(at.field)} of ${theObject(at.object)} has no effect: none of the keys ${quoted(keys.join(' '))} becomes another. Correct it, or leave it out.`;
  return { ...finding('FIELD_IGNORED', message, at), severity: 'warning' };
}

function lacksGroup(name: string, at: FindingLocation): Finding {
  const meant = name.replace(/^\d+(?=\D)/, '${$&}');
  const cure = meant === name ? 'Correct the name' : say`Write ${quoted(meant)}`;
  const message = say`${theField(at.field)} of ${theObject(at.object)} puts nothing in place of group ${quoted(name)}: its \`source\` has none of that name. ${cure}.`;
  return { ...finding('FIELD_IGNORED', message, at), severity: 'warning' };
}

/** The template's text is in the manifest, and a key is no secret: both may be in a message. */
async function readTransform(text: string, at: FindingLocation, { compiler }: Tools): Promise<Renaming> {
  const template = (await compiler())({ code: 'SPEC_INVALID', ...at, text });
  return (value) => template.toText({ value });
}

function below({ object, field }: FindingLocation, path: string): FindingLocation {
  return { object, field: `${field}${path}` };
}

function refusal(at: FindingLocation, text: Sayable): FindingError {
  return new FindingError(fieldFinding('SPEC_INVALID', at, text));
}

function checkKey([key, made]: KeyRename): Sayable[] {
  const [issue] = dataKey.safeParse(made).error?.issues ?? [];
  return issue === undefined ? [] : [say`renames ${quoted(key)} to ${quoted(made)}, but a new name ${issue.message}`];
}

function checkTwice(renamed: readonly KeyRename[]): Sayable[] {
  return renamed.flatMap(([key, made], index) => {
    const other = renamed.slice(0, index).find(([, earlier]) => earlier === made);
    return other === undefined ? [] : [say`renames both ${quoted(other[0])} and ${quoted(key)} to ${quoted(made)}`];
  });
}

/** `$$`, `${name}` or `$name`, where a name is as long as it can be: `$1x` is the group named `1x`. */
const REFERENCE = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
/** A group's number; any other text is a group's name. */
const NUMBER = /^(?:0|[1-9]\d{0,7})$/;

/**
 * Go's Regexp.ReplaceAllString: every match that does not overlap, but no empty one right behind another, and Go's own rules
 * for what `$` means. A missing group is empty. Before each search `spend` gets its most instructions.
 */
export function replaceAll(
  expression: RE2JS,
  text: string,
  replacement: string,
  spend: (instructions: number) => void = () => {},
): string {
  const size = expression.programSize();
  const matcher = expression.matcher(text);
  const pieces = replacement.split(REFERENCE);
  let result = '';
  let end = 0;
  const find = () => {
    spend(size * (text.length - end + 1));
    return matcher.find();
  };
  for (let isFirst = true; find(); isFirst = false) {
    result += text.slice(end, matcher.start());
    spend(pieces.length);
    if (matcher.end() > end || isFirst) result += expand(pieces, matcher);
    end = matcher.end();
  }
  return result + text.slice(end);
}

/** Of four pieces the first is a text, the second a dollar, and the others name a group. */
function expand(pieces: readonly (string | undefined)[], matcher: Matcher): string {
  return pieces.map((piece = '', index) => (index % 4 < 2 || piece === '' ? piece : groupOf(matcher, piece))).join('');
}

function groupOf(matcher: Matcher, name: string): string {
  if (!hasGroup(matcher, name)) return '';
  return matcher.group(NUMBER.test(name) ? Number(name) : name) ?? '';
}

function hasGroup(matcher: Matcher, name: string): boolean {
  return NUMBER.test(name) ? Number(name) <= matcher.groupCount() : Object.hasOwn(matcher.namedGroups, name);
}
