import {
  Alias,
  Composer,
  type CST,
  type Document,
  type DocumentOptions,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  Lexer,
  type LineCounter,
  type Node,
  type ParseOptions,
  Parser,
  type Scalar,
  type SchemaOptions,
  type Tags,
} from 'yaml';
import { sizeOf } from './run-limits.ts';

/** Most levels of nested lists and maps. Kubernetes' deepest schemas have some thirty. */
export const MOST_LEVELS = 500;
/**
 * Most parts of a text: one for each of its characters, but at least and at most so many. A part is a lexeme, and each value counts one more,
 * so that a plain one is at least four: U+001F, which the lexer puts before it, itself, one more, and its comma; a key is a value too; a
 * list, a map and the dash of an entry count as two values each. Manifests have six to ten characters for a value.
 */
const PARTS = { least: 400_000, most: 2_000_000 };
const PARTS_OF_A_VALUE = 4;
const mostParts = ({ length }: string) => Math.min(Math.max(PARTS.least, length), PARTS.most);
/** What a line without a value counts more: texts have few, and the library goes through them again where each level around them ends. */
const OF_EMPTY_LINE = 4;
/** Most values that aliases repeat: one for so many parts of a text, and for so many of its characters, of which a short one has enough. */
const REPEATED = { least: 2000, characters: 2, parts: 40 };
const mostRepeated = (text: string) =>
  Math.min(Math.max(REPEATED.least, text.length / REPEATED.characters), mostParts(text) / REPEATED.parts);
/** Bytes of a part: the library keeps a thousand for a value, and takes longer for an empty line than for what it keeps of it. */
const BYTES_OF_A_PART = 250;

/** Some milliseconds' work. */
const LEXEMES_BETWEEN_CHECKS = 10_000;

/** Why a text is not read: a code of the library, or a limit of ours. */
export type TextFaultCode = string | 'ENDLESS' | 'TOO_DEEP' | 'TOO_MANY_MERGES' | 'TOO_LARGE' | 'WRONG_KEY';

/** What is wrong with a text, and where: the first fault. Nothing of the text is in it. */
export class TextFault extends Error {
  readonly code: TextFaultCode;
  readonly offset: number;

  constructor(code: TextFaultCode, offset: number) {
    super(code);
    this.code = code;
    this.offset = offset;
  }
}

/** Without the one for which the library compares each key with all before it (eemeli/yaml, v2, src/schema/yaml-1.1/omap.ts). */
const customTags = (tags: Tags) => tags.filter((tag) => Object(tag).tag !== 'tag:yaml.org,2002:omap');

type Options = SchemaOptions & DocumentOptions & Pick<ParseOptions, 'lineCounter'>;

/**
 * `parseDocument` of the library, in time and memory that follow the length of the text. Depth and number of values are counted
 * token by token, before anything too large is built. Repeated keys are found in one pass; the library compares each key with all
 * before it. The first fault ends the parsing; the library makes an error for each wrong character.
 * `check` is called now and then as it is read, with the bytes that are kept since it was called before.
 * @throws TextFault
 */
export function parseBounded(text: string, options: Options = {}, check?: (bytes: number) => void): Document.Parsed {
  const composer = new Composer({
    ...{ resolveKnownTags: false, customTags, ...options },
    ...{ prettyErrors: false, logLevel: 'error', uniqueKeys: false },
  });
  let first: TextFault | undefined;
  // replaces the handler that collects errors, each with a stack (docs/decisions/032-work-follows-the-text.md)
  const onError = (source: CST.Token | number | readonly number[], code: string, _: string, isWarning = false) => {
    if (isWarning) return;
    const [offset = 0] = Array.isArray(source)
      ? (source as number[])
      : [typeof source === 'number' ? source : (Object(source).offset as number)];
    first ??= new TextFault(code, offset); // every level that it passes reports it again
    throw first;
  };
  Object.assign(composer, { onError });
  const output: Document[] = [];
  let documents = 0;
  for (const token of tokensOf(text, options.lineCounter, check)) {
    if (token.type === 'error') throw new TextFault('UNEXPECTED_TOKEN', token.offset);
    if (token.type === 'document') documents += 1;
    if (documents > 1) throw new TextFault('MULTIPLE_DOCS', token.offset);
    output.push(...composer.next(token));
  }
  const [document] = [...output, ...composer.end(true, text.length)];
  if (document === undefined) throw new Error('the library promises a document');
  const walk = { text, named: new Map(), around: new Set(), sizes: new Map(), merges: 0, size: 0, repeated: 0 };
  checkNodes(document.contents, walk);
  check?.(walk.repeated * PARTS_OF_A_VALUE * BYTES_OF_A_PART);
  return document as Document.Parsed; // the library's own type for what it has composed of a text
}

/** Tokens that begin values, and how many values each counts. U+001F begins a plain scalar. */
const VALUES: ReadonlyMap<string, number> = new Map([
  ['\u001f', 1],
  ['-', 2],
  ['?', 1],
  ['[', 2],
  ['{', 2],
]);
/** The same by the first character of a token that has more: a text in quotes, and an alias, which is whole by itself. */
const OTHER_VALUES: ReadonlyMap<string, number> = new Map([
  ['"', 1],
  ["'", 1],
  ['*', 2],
]);

/**
 * The lexemes of a text. A text in single quotes may end at the margin: go-yaml writes it so where its last line is empty, and kpt sends and
 * stores what that writes (go.yaml.in/yaml/v3, emitterc.go, yaml_emitter_write_single_quoted).
 */
export function lexemesOf(text: string): Iterable<string> {
  const lexer = new Lexer();
  const continueScalar: unknown = Reflect.get(lexer, 'continueScalar'); // of the library alone
  Object.assign(lexer, {
    continueScalar(this: { readonly pos: number }, offset: number): unknown {
      const isEnd = text[this.pos] === "'" && text[offset] === "'" && text[offset + 1] !== "'";
      return isEnd ? offset : Reflect.apply(continueScalar as (at: number) => number, this, [offset]);
    },
  });
  return lexer.lex(text);
}

/** The parts of a text as its parser gives them, while they are neither too many nor too deep. */
function* tokensOf(
  text: string,
  lineCounter: LineCounter | undefined,
  check?: (bytes: number) => void,
): Generator<CST.Token, void> {
  const parser = new Parser(lineCounter?.addNewLine);
  lineCounter?.addNewLine(0);
  const most = mostParts(text);
  let parts = 0;
  let checked = 0;
  let lexemes = 0;
  let isEmpty = false;
  // nearly always no text in quotes ends at the margin
  for (const lexeme of text.includes("\n'") ? lexemesOf(text) : new Lexer().lex(text)) {
    const values = VALUES.get(lexeme) ?? OTHER_VALUES.get(lexeme.charAt(0)) ?? 0;
    parts += 1 + values + (lexeme.startsWith('#') ? linesBefore(parser) : 0);
    const isLineEnd = lexeme === '\n' || lexeme === '\r\n';
    if (isLineEnd && isEmpty) parts += OF_EMPTY_LINE + parser.stack.length;
    isEmpty = isLineEnd || (isEmpty && /^[ \t#]/.test(lexeme));
    lexemes += 1;
    if (lexemes % LEXEMES_BETWEEN_CHECKS === 0) {
      check?.((parts - checked) * BYTES_OF_A_PART);
      checked = parts;
    }
    if (parts > most) throw new TextFault('TOO_LARGE', parser.offset);
    yield* parser.next(lexeme);
    const key = lexeme === ':' ? keyAt(parser) : undefined;
    // the library goes through such a key again in each that is around it (eemeli/yaml, v2, src/compose/util-contains-newline.ts)
    if (key !== undefined && 'items' in key) throw new TextFault('WRONG_KEY', key.offset);
    const innermost = parser.stack.length > MOST_LEVELS + 1 ? parser.stack.at(-1) : undefined; // the first is the document
    if (innermost !== undefined && 'items' in innermost) throw new TextFault('TOO_DEEP', parser.offset);
  }
  check?.((parts - checked) * BYTES_OF_A_PART);
  yield* parser.end();
}

/** What is read of the innermost list or map's last entry. */
function lastItem({ stack }: Parser) {
  const innermost = stack.at(-1);
  return innermost !== undefined && 'items' in innermost ? innermost.items.at(-1) : undefined;
}

/** The key of that entry. */
function keyAt(parser: Parser): CST.Token | undefined {
  const item = lastItem(parser);
  return item !== undefined && 'key' in item ? (item.key ?? undefined) : undefined;
}

/** The empty lines that the library goes through for a comment behind them (eemeli/yaml, v2, src/parse/parser.ts, atIndentedComment). */
function linesBefore(parser: Parser): number {
  const item = lastItem(parser);
  const start = item !== undefined && 'start' in item ? item.start : [];
  const end = start.findIndex(({ type }) => type !== 'newline' && type !== 'space');
  return end < 0 ? start.length : end;
}

/**
 * `JSON.parse` for what others answer, within the same limits: they are counted before anything is built.
 * @throws TextFault, or SyntaxError.
 */
export function parseJson(text: string): unknown {
  const mostValues = mostParts(text) / PARTS_OF_A_VALUE;
  let [levels, values] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') for (at += 1; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at += 1;
    if (character === ']' || character === '}') levels -= 1;
    if (character === '[' || character === '{') levels += 1;
    if (character === '[' || character === '{' || character === ',') values += 1;
    if (levels > MOST_LEVELS) throw new TextFault('TOO_DEEP', at);
    if (values > mostValues) throw new TextFault('TOO_LARGE', at);
  }
  return JSON.parse(text);
}

/** Most maps that are written in each other by `<<`: the library copies what is in the innermost once for each. */
export const MOST_MERGES = 10;

/** Where `checkNodes` is in a document, and what it has passed. */
interface AnchorWalk {
  readonly text: string;
  /** What anchors name so far. */
  readonly named: Map<string, Node>;
  /** Lists and maps with an anchor around the node. */
  readonly around: Set<unknown>;
  /** Of what has an anchor, with its aliases followed. */
  readonly sizes: Map<unknown, number>;
  /** How many maps around the node it is merged into. */
  merges: number;
  /** Of the document so far, and what of it aliases repeat. */
  size: number;
  repeated: number;
}

/**
 * Tells an alias what it names: the library goes through the document for each, and through that again to count what it repeats, for which
 * an empty list is nothing (eemeli/yaml, v2, src/nodes/Alias.ts).
 */
function tell(alias: Alias, named: Node | undefined): void {
  alias.resolve = (document, context) => {
    if (named === undefined || context === undefined) return named as ReturnType<Alias['resolve']>;
    Object.assign(context, { aliasResolveCache: [named, alias], maxAliasCount: -1 });
    return Alias.prototype.resolve.call(alias, document, context);
  };
}

/** False for a key that Go's library finds elsewhere or reads otherwise: in `{?a: b}` it takes `a`, and in `{a:}` the colon too. */
function isKey(key: unknown, text: string): boolean {
  // a merge key has a tag and a Symbol from our own library
  if (!isScalar(key) || (key.tag !== undefined && typeof key.value !== 'symbol')) return false;
  const [start, end] = key.range ?? [0, 0];
  const isOther = text[start] === '?' || text[end - 1] === ':' || /^:[,[\]{}]/.test(text.slice(end, end + 2));
  return key.type !== 'PLAIN' || !isOther;
}

/**
 * Leaves a block text without a line end where the whole text ends in it without one, as Go's library does; with blanks alone in that line,
 * which each library counts in its own way, it is refused.
 */
function endAsGo(node: Scalar, text: string): void {
  const [start, end] = node.range ?? [0, 0];
  if (end < text.length || !node.type?.startsWith('BLOCK')) return;
  if (/\n[ \t]*$/.test(text.slice(text.lastIndexOf('\n')))) throw new TextFault('BAD_INDENT', start);
  node.value = String(node.value).replace(/\n$/, '');
}

/**
 * Refuses a plain key that begins with `?` or ends with a colon, which only Go's library reads as marks, and repeated keys, as the library
 * does. A `<<` that merges may be repeated: each has a Symbol of its own. And refuses an alias inside of what it names, as Go's library does:
 * its value would have no end.
 */
function checkNodes(node: unknown, walk: AnchorWalk): void {
  const { text, named, around, sizes } = walk;
  const before = walk.size;
  if (isPair(node)) {
    if (!isKey(node.key, text)) throw new TextFault('WRONG_KEY', (node.key as Node | null)?.range?.[0] ?? 0);
    checkNodes(node.key, walk);
    const merge = isScalar(node.key) && typeof node.key.value === 'symbol' ? node.key : undefined;
    if (merge !== undefined) walk.merges += 1;
    if (walk.merges > MOST_MERGES) throw new TextFault('TOO_MANY_MERGES', merge?.range?.[0] ?? 0);
    checkNodes(node.value, walk);
    if (merge !== undefined) walk.merges -= 1;
  }
  if (isScalar(node) && !text.endsWith('\n')) endAsGo(node, text);
  walk.size += isScalar(node) ? sizeOf(node.value) : 1;
  if (isAlias(node)) {
    const target = named.get(node.source);
    const size = sizes.get(target) ?? 0;
    if (around.has(target)) throw new TextFault('ENDLESS', node.range?.[0] ?? 0);
    walk.size += size;
    walk.repeated += size;
    if (walk.repeated > mostRepeated(text)) throw new TextFault('TOO_LARGE', node.range?.[0] ?? 0);
    tell(node, target);
  }
  if (!isScalar(node) && !isCollection(node)) return;
  if (node.anchor !== undefined) {
    named.set(node.anchor, node);
    around.add(node);
  }
  if (isMap(node)) {
    const seen = new Set<unknown>();
    for (const { key } of node.items) {
      if (!isScalar(key)) continue;
      if (seen.has(key.value)) throw new TextFault('DUPLICATE_KEY', key.range?.[0] ?? 0);
      seen.add(key.value);
    }
  }
  if (isCollection(node)) for (const item of node.items) checkNodes(item, walk);
  if (around.delete(node)) sizes.set(node, walk.size - before);
}
