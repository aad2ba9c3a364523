import { CLUSTER_GENERATOR_KIND, CONFIG_MAP_KIND, CORE_KINDS, GENERATOR_KINDS } from '../model/kinds.ts';

/** One document of a YAML stream, found without parsing. */
export interface SplitDocument {
  /** Offset of its `---` or its directives. */
  readonly start: number;
  readonly end: number;
  /** Its `kind`, where it begins with it: a line further down may be of a text. Absent: only the parser can find it. */
  readonly kind?: string;
}

/** Document markers. YAML allows no scalar with such a line. */
const MARKER = /(?<=^|\n)(?:---|\.\.\.)(?=[ \t\r\n]|$)/g;
/** A line without content, and what stands without content at the end of a text. One pattern for all lines would overflow the stack. */
const EMPTY_LINE = /(?:---|\.\.\.)?[ \t]*(?:#[^\n]*|\r)?\n/y;
const EMPTY_END = /[ \t]*(?:(?:---|\.\.\.|#[^\n]*)$)?/y;
/** The start of a line that may not precede the `---` of its own document. */
const NO_DIRECTIVE = /(?:^(?!\ufeff)|^\ufeff|\n)(?!%|[ \t]*(?:#|\r?\n)|$)/;
/** A document that begins with its kind, perhaps behind its version. */
const HEAD = /(?:apiVersion: +[\w./-]+[ \t]*\r?\n)?kind: +([A-Za-z]+)[ \t]*\r?(?:\n|$)/y;

/** The documents with content in a text. */
export function splitDocuments(text: string): SplitDocument[] {
  return rangesOf(text).flatMap(([start, end]) => {
    const document = text.slice(start, end);
    const content = contentOf(document);
    if (content === document.length) return [];
    const kind = kindOf(document, content);
    return [{ start, end, ...(kind === undefined ? {} : { kind }) }];
  });
}

/** Where the content of a document begins. */
function contentOf(document: string): number {
  let at = document.startsWith('\ufeff') ? 1 : 0;
  for (EMPTY_LINE.lastIndex = at; EMPTY_LINE.test(document); ) at = EMPTY_LINE.lastIndex;
  EMPTY_END.lastIndex = at;
  return at + (EMPTY_END.exec(document)?.[0].length ?? 0);
}

function rangesOf(text: string): (readonly [start: number, end: number])[] {
  const ranges: (readonly [number, number])[] = [];
  let start = 0;
  for (const { index, 0: marker } of text.matchAll(MARKER)) {
    const before = text.slice(start, index);
    if (marker === '---' && before.includes('%') && !NO_DIRECTIVE.test(before)) continue;
    const line = text.indexOf('\n', index);
    const end = marker === '---' ? index : line < 0 ? text.length : line + 1;
    ranges.push([start, end]);
    start = end;
  }
  return [...ranges, [start, text.length]];
}

/** The kind with which a document begins. */
function kindOf(document: string, content: number): string | undefined {
  HEAD.lastIndex = content;
  return HEAD.exec(document)?.[1];
}

const SPECS = [...GENERATOR_KINDS, CLUSTER_GENERATOR_KIND].join('|');
/** Our own group, with any kind: an object with a mistyped kind must be read and refused. */
const OUR_GROUP = /sts\.fn\.crossplane\.io/i;
const OUR_WORDS = new RegExp(`${SPECS}|${OUR_GROUP.source}`, 'i');
/** Words of our kinds and group, and of kinds that these read. Many other objects have `configMap`: in that one letters count. */
const WORDS = new RegExp(`${OUR_WORDS.source}|Secret|ServiceAccount`, 'i');

const OWN_KINDS = `${SPECS}|Input`;
const KINDS = `${OWN_KINDS}|Secret|ServiceAccount`;
/** The start of a key at the margin, plain, quoted, explicit, or after a brace. */
const TOP = String.raw`(?:(?:^\ufeff?|\n)(?:\?[ \t]+)?["']?|[{,]\s*["']?|["'])`;
/** An anchor or a tag, such as `!<tag:yaml.org,2002:str>`. No character after which a key may begin, or n keys would take n² steps. */
const PROPERTY = String.raw`[&!](?:[^\s"'{,]|,2002)*`;
/** What stands between a key and its value: a colon, and perhaps an anchor and a tag. */
const COLON = String.raw`["']?\s*:\s*(?:${PROPERTY}\s+){0,2}["']?`;
const END = String.raw`(?![\w-])`;
const OWN_TYPE = new RegExp(`${TOP}(?:kind${COLON}(?:${OWN_KINDS})|apiVersion${COLON}${OUR_GROUP.source})${END}`, 'i');
const CORE_TYPE = new RegExp(`${TOP}kind${COLON}(?:${CORE_KINDS.join('|')})${END}`, 'i');
/** A Secret that this function made names one in its annotations. */
const OUR_GROUPS = new RegExp(`${OUR_GROUP.source}|external-secrets\\.io`, 'i');
/** An ExternalSecret concerns this function only if it names a generator. */
const EXTERNAL_SECRET = new RegExp(`${TOP}kind${COLON}ExternalSecret${END}`, 'i');
const NAMES_GENERATOR = /generatorRef/;
const LIST = new RegExp(`${TOP}kind${COLON}(?:Resource)?List${END}`);
const ANY_TYPE = new RegExp(String.raw`\skind${COLON}(?:${KINDS})${END}`, 'i');

/** What must be read: an Input would be a guard, a Kptfile a pipeline. */
const NEVER_LEFT_OUT = new RegExp(`${OUR_GROUP.source}|${TOP}kind${COLON}(?:Input|Kptfile)${END}`, 'i');

/**
 * True for a document that is a template of another program: a line begins with `{{` or `{%`. `mayHaveText`: an indented line may be of a
 * text in it.
 */
export function isTemplate(document: string, mayHaveText: boolean): boolean {
  return (mayHaveText ? /^\{[{%]/m : /^[ \t]*\{[{%]/m).test(document) && !NEVER_LEFT_OUT.test(document);
}

/** A character as a number, and a line break that is none, in double quotes (YAML 1.2.2, 5.7): a word can be hidden in no other way. */
const ESCAPE = /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|[ \t]*\r?\n[ \t]*)/g;

/** A document for a search, with its escapes spelt out behind it: what has none of our words here is not ours in any spelling. */
export function spelledOut(document: string): string {
  if (!document.includes('\\')) return document;
  const spelled = document.replaceAll(ESCAPE, (_, ...digits: readonly (string | undefined)[]) => {
    const code = Number.parseInt(digits.slice(0, 3).find((hex) => hex !== undefined) ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
  return `${document}\n${spelled}`;
}

/** False for a document that surely does not concern this function. */
export function mayBeOurs(document: string): boolean {
  return WORDS.test(document) || document.includes(CONFIG_MAP_KIND);
}

/** True when one of our kinds or our group is anywhere in a document. */
export function namesOurKind(document: string): boolean {
  return OUR_WORDS.test(document);
}

/** True when our group is anywhere in a document. */
export function namesOurGroup(document: string): boolean {
  return OUR_GROUP.test(document);
}

/**
 * True for a document that declares one of our kinds, for one of Kubernetes' core that names our groups, or for a list with an item that
 * may be looked at. For documents that do not parse, such as templates
 * of other tools: a kind that is only mentioned inside does not count.
 */
export function declaresKind(document: string): boolean {
  if (NAMES_GENERATOR.test(document) && EXTERNAL_SECRET.test(document)) return true;
  if (CORE_TYPE.test(document) && OUR_GROUPS.test(document)) return true;
  return OWN_TYPE.test(document) || (LIST.test(document) && ANY_TYPE.test(document));
}
