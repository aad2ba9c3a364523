import { CLUSTER_GENERATOR_KIND, GENERATOR_KINDS } from '../api/kinds.ts';

/** One document of a YAML stream, found without parsing it. */
export interface SplitDocument {
  /** From its `---`, or its directives, to the next document. */
  readonly start: number;
  readonly end: number;
  /** Its top-level `kind`, where that is one plain word on a line of its own; absent: only the parser knows. */
  readonly kind?: string;
}

/** At the margin these are markers wherever they stand: YAML forbids such a line in every scalar. */
const MARKER = /(?<=^|\n)(?:---|\.\.\.)(?=[ \t\r\n]|$)/g;
/** Lines without content. Each line is read in one way only, here and below: two ways would take 2ⁿ steps for n lines. */
const NO_CONTENT = /\ufeff?(?:(?:---|\.\.\.)?[ \t]*(?:#[^\n]*|\r)?\n)*[ \t]*(?:(?:---|\.\.\.|#[^\n]*)$)?/y;
/** What may stand before the `---` that it belongs to. */
const DIRECTIVES = /^\ufeff?(?:[ \t]*(?:#[^\n]*|\r)?\n|%[^\n]*\n)*$/;
const FIRST_KEY = /[A-Za-z][\w./-]*:[ \r\n]/y;
const KIND = /(?<=^|\n)kind: ([^\r\n]*)/g;
/** A key that may say `kind` in other words: in quotes, as an explicit or an anchored one, or before a space. */
const OTHER_KEY = /\n(?:["'?!&*<{[]|kind[ \t]+:)/;

/** The documents of a text that have content. */
export function splitDocuments(text: string): SplitDocument[] {
  return rangesOf(text).flatMap(([start, end]) => {
    const document = text.slice(start, end);
    NO_CONTENT.lastIndex = 0;
    const content = NO_CONTENT.exec(document)?.[0].length ?? 0;
    if (content === document.length) return [];
    const kind = kindOf(document, content);
    return [{ start, end, ...(kind === undefined ? {} : { kind }) }];
  });
}

function rangesOf(text: string): (readonly [start: number, end: number])[] {
  const ranges: (readonly [number, number])[] = [];
  let start = 0;
  for (const { index, 0: marker } of text.matchAll(MARKER)) {
    const before = text.slice(start, index);
    if (marker === '---' && before.includes('%') && DIRECTIVES.test(before)) continue;
    const line = text.indexOf('\n', index);
    const end = marker === '---' ? index : line < 0 ? text.length : line + 1;
    ranges.push([start, end]);
    start = end;
  }
  return [...ranges, [start, text.length]];
}

/** The kind of a block mapping at the margin, if exactly one line of it says so plainly. */
function kindOf(document: string, content: number): string | undefined {
  FIRST_KEY.lastIndex = content;
  if (!FIRST_KEY.test(document) || OTHER_KEY.test(document)) return undefined;
  const [kind, another] = [...document.matchAll(KIND)].map(([, value = '']) => value);
  return kind !== undefined && another === undefined && /^[A-Za-z]+$/.test(kind) ? kind : undefined;
}

const SPECS = [...GENERATOR_KINDS, CLUSTER_GENERATOR_KIND].join('|');
/** A slip in the kind of an object of our own group must not make it one that nobody reads. */
const OUR_GROUP = /sts\.fn\.crossplane\.io/i;
/** Words without which a document whose kind only the parser can tell holds nothing that is looked at. */
const WORDS = new RegExp(`${SPECS}|${OUR_GROUP.source}|Secret|ServiceAccount`, 'i');

const KINDS = `${SPECS}|Input|Secret|ServiceAccount`;
/** A key at the margin, in quotes or explicit too, or within braces. */
const TOP = String.raw`(?:(?:^\ufeff?|\n)(?:\?[ \t]+)?["']?|[{,]\s*["']?|["'])`;
/** Of an anchor or a tag, such as `!<tag:yaml.org,2002:str>`: with no sign that a key may follow, or n keys would be n² steps. */
const PROPERTY = String.raw`[&!](?:[^\s"'{,]|,2002)*`;
/** Between a key and the beginning of its value: an anchor and a tag may come first. */
const COLON = String.raw`["']?\s*:\s*(?:${PROPERTY}\s+){0,2}["']?`;
const END = String.raw`(?![\w-])`;
const TOP_TYPE = new RegExp(`${TOP}(?:kind${COLON}(?:${KINDS})|apiVersion${COLON}${OUR_GROUP.source})${END}`, 'i');
/** An ExternalSecret of stores is nobody's here, whatever it looks like. */
const EXTERNAL_SECRET = new RegExp(`${TOP}kind${COLON}ExternalSecret${END}`, 'i');
const NAMES_GENERATOR = /generatorRef/;
const LIST = new RegExp(`${TOP}kind${COLON}(?:Resource)?List${END}`);
const ANY_TYPE = new RegExp(String.raw`\skind${COLON}(?:${KINDS})${END}`, 'i');

/** False for a document that holds nothing that is looked at, whatever its kind. */
export function hasOurWords(document: string): boolean {
  return WORDS.test(document);
}

/** True where a document names our group, wherever it does. */
export function namesOurGroup(document: string): boolean {
  return OUR_GROUP.test(document);
}

/**
 * True for a document that says it is of a kind that is looked at, or as a list that one of its items is. It is asked of one
 * that does not parse, such as a template: what mentions a Secret somewhere inside is none.
 */
export function saysKind(document: string): boolean {
  if (NAMES_GENERATOR.test(document) && EXTERNAL_SECRET.test(document)) return true;
  return TOP_TYPE.test(document) || (LIST.test(document) && ANY_TYPE.test(document));
}
