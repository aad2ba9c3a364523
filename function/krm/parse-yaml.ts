import { type Document, isMap, isScalar, LineCounter, type Scalar, Schema } from 'yaml';
import type { Code } from '../findings/codes.ts';
import { FindingError, finding } from '../findings/finding.ts';
import { lexemesOf, MOST_LEVELS, MOST_MERGES, parseBounded, TextFault } from '../model/parse-bounded.ts';
import { attempt, decodeUtf8, defined } from '../model/plain-data.ts';

/** The source of a text: its name in messages, its file if it is one, and the line at which the text begins in it. */
export interface Origin {
  readonly name: string;
  readonly file?: string;
  readonly line: number;
}

/** The parser's error codes in words. Its own messages may quote the text, which may be a Secret's. */
const CAUSES: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias is wrong',
  BAD_INDENT: 'the indentation is wrong, or a bracket is not closed',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping starts where only a value may stand',
  BLOCK_IN_FLOW: 'a block collection is inside brackets',
  DUPLICATE_KEY: 'a key is repeated',
  ENDLESS: 'an alias stands inside of what it names',
  IMPOSSIBLE: 'the text is not YAML',
  KEY_OVER_1024_CHARS: 'a key is too long',
  MISSING_CHAR: 'a quote, bracket or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines, or a colon is missing',
  MULTIPLE_DOCS: 'a second YAML document begins; one ResourceList is expected',
  TAB_AS_INDENT: 'a tab is used as indentation',
  UNEXPECTED_TOKEN: 'the text is not YAML',
  WRONG_KEY: 'a key is an alias, a list or a map, has a tag, begins with `?` or ends with a colon. Write it in quotes',
};

/** Limits on any text that is read, with a cure. */
const LIMITS: Readonly<Record<string, string>> = {
  TOO_DEEP: `lists and maps are nested more than ${MOST_LEVELS} levels deep. Make it flatter`,
  TOO_MANY_MERGES: `merge keys (\`<<\`) are nested more than ${MOST_MERGES} levels deep. Write the keys into one map`,
  TOO_LARGE: 'it has too many values, aliases, comments or empty lines for its length. Leave some out, or split it',
};

/** What git writes where a conflict begins. */
const CONFLICT = '<<<<<<< ';

const STANDARD_INPUT: Origin = { name: 'standard input', line: 1 };

/** YAML 1.2 with merge keys. Shared, since a schema for each of a thousand items took a tenth of the parser's time. */
const SCHEMA = new Schema({ schema: 'core', resolveKnownTags: false, merge: true });
/** A directive such as `%YAML 1.1` selects another schema. */
const DIRECTIVE = /^%/m;

/**
 * Parses one YAML document.
 * @throws FindingError with line and column of the first error.
 */
export function parseYaml(
  text: string,
  origin = STANDARD_INPUT,
  throwIfExpired?: () => void,
  schema: Schema | 'failsafe' = SCHEMA,
): Document.Parsed {
  const lineCounter = new LineCounter();
  try {
    return parseBounded(
      text,
      { ...(schema === SCHEMA && DIRECTIVE.test(text) ? { merge: true } : { schema }), lineCounter },
      throwIfExpired,
    );
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    const { line: lineInText, col } = lineCounter.linePos(error.offset);
    const { name, file } = origin;
    const line = lineInText + origin.line - 1;
    const column = `${file === undefined ? `line ${line}, ` : ''}column ${col}`;
    const limit = LIMITS[error.code];
    const fault = text.startsWith(CONFLICT, error.offset) ? 'a conflict of git begins. Resolve it' : CAUSES[error.code];
    const cause = limit ?? fault ?? `the text is not valid YAML (${error.code})`;
    const code = limit === undefined ? undefined : 'LIMIT_EXCEEDED';
    throw unreadable(`${column}: ${cause}`, { name, line, ...defined({ file }) }, code);
  }
}

/**
 * Decodes standard input or a file. A byte order mark stays in the text and is written again.
 * @throws FindingError when the bytes are not UTF-8, since they could not be passed through unchanged.
 */
export function decodeText(bytes: Uint8Array, name?: () => string): string {
  const text = decodeUtf8(bytes);
  if (text === undefined)
    throw unreadable('it is not UTF-8. Save it as UTF-8', name === undefined ? undefined : { name: name() });
  return text;
}

/** The error for a text that cannot be read. After it nothing may be written. */
export function unreadable(
  cause: string,
  { name, file, line }: Partial<Origin> = STANDARD_INPUT,
  code: Code = 'INPUT_UNREADABLE',
): FindingError {
  const location = file === undefined ? undefined : { file, ...defined({ line }) };
  return new FindingError(finding(code, `cannot read ${name}: ${cause}.`, defined({ location })));
}

/** One object in YAML or JSON as plain data; undefined when the text is anything else. Aliases are bounded by the parser. */
export function parseObject(text: string): unknown {
  return attempt(() => {
    const document = parseBounded(text); // it may be no YAML, nested too deeply, or have too many aliases
    return isMap(document.contents) ? document.toJS() : undefined;
  });
}

/**
 * Parts that Go's reader of YAML takes otherwise or refuses: tags, `?` before a key, signs in the name of an anchor, escapes that it does not
 * know, and an escaped line end before an empty line (go.yaml.in/yaml/v3, v3.0.4, scannerc.go).
 */
const OTHERWISE =
  /^(?:[!?]|[&*](?![\w-]+$)|"(?:[^\\]|\\(?!\/|u[dD][89a-fA-F]|\r?\n[ \t]*\r?\n).)*\\(?:\/|u[dD][89a-fA-F]|\r?\n[ \t]*\r?\n))/s;
/** The same of a plain text in brackets: Go ends it at `?`, and a colon at its start is that of a key. */
const OTHERWISE_IN_BRACKETS = /^(?::.|[^"'#].*\?)/s;
/** What stands before the colon of a key that is empty, a list or a map, too long, or not on one line with it. */
const NO_KEY = /^(?:[[{}\],\p{Cc}-]|""|'')?$|\n|.{1000}/u;
/** What is no value: blanks, comments, anchors and the library's own marks. */
const NO_VALUE = /^(?:[#&].*|\s*|\p{Cc})$/su;
/** Marks between the lexemes of the library that are no part of the text. */
const SCALAR = '\x1f';
const MARKS: readonly string[] = ['\x02', '\x18', SCALAR];
/** Behind this, or a line break, Go takes no tab, but in a text that is JSON. */
const BEFORE_NO_TAB = /^-?$|\n/;
/** The head of a block, one with a number, and a line of blanks, which Go takes otherwise than we do behind a number. */
const [HEAD, NUMBERED, BLANK_LINE] = [/^[|>][-+\d]*$/, /^[|>].?\d/, /^[ \t]+\r?$/m];
/** What begins with a tab, if only behind blanks: Go takes no such block without a number, and writes one so. */
const TAB_FIRST = /^\s*\t/;

/**
 * The offset of the first such part. `isWritten`: or of what is another one once a host has written it: a numbered block that begins with a tab, and
 * an empty value in brackets, which is null, and then a text (emitterc.go).
 */
export function readOtherwiseAt(text: string, isWritten = true): number | undefined {
  let [before, value, head, anchor, isBlock, isJson, offset] = ['', '', '', false, false, false, 0];
  const hasBlankLine = BLANK_LINE.test(text);
  const brackets: { isMap: boolean; hasColon: boolean }[] = [];
  for (const lexeme of lexemesOf(text)) {
    if (OTHERWISE.test(lexeme) || (lexeme === ':' && NO_KEY.test(before))) return offset;
    const isRefused = isBlock ? isWritten || !NUMBERED.test(head) : !isJson && BEFORE_NO_TAB.test(before);
    if (isRefused && TAB_FIRST.test(lexeme)) return offset;
    if (isBlock) [head, isBlock] = ['', false];
    else if (HEAD.test(lexeme)) head = lexeme;
    else isBlock = head !== '' && lexeme === SCALAR;
    isJson ||= value === '' && /^[[{]$/.test(lexeme);
    if (hasBlankLine && NUMBERED.test(lexeme)) return offset;
    if (/[^ \t]/.test(lexeme) && !MARKS.includes(lexeme)) before = lexeme;
    const inner = brackets.at(-1);
    if (inner !== undefined) {
      const isEnd = /^[,\]}]$/.test(lexeme);
      const isKeyAlone = inner.isMap && !inner.hasColon && !/^[{,]$/.test(value);
      const isAnchorAlone = anchor && (/^\r?\n/.test(lexeme) || isEnd || lexeme === ':'); // Go wants a value on its line
      if (OTHERWISE_IN_BRACKETS.test(lexeme) || isAnchorAlone) return offset;
      if (isWritten && isEnd && (value === ':' || isKeyAlone)) return offset;
      if (!/^\s*$/.test(lexeme) && !MARKS.includes(lexeme)) anchor = lexeme.startsWith('&');
      if (isEnd || lexeme === ':') inner.hasColon = lexeme === ':';
    }
    if (/^[[{]$/.test(lexeme)) brackets.push({ isMap: lexeme === '{', hasColon: false });
    if (/^[\]}]$/.test(lexeme)) brackets.pop();
    isJson &&= brackets.length > 0;
    if (!NO_VALUE.test(lexeme)) value = lexeme;
    if (!MARKS.includes(lexeme)) offset += lexeme.length;
  }
  return undefined;
}

/** What a lexeme adds to the count of open brackets. */
export const depthOf = (lexeme: string) => Number(/^[[{]$/.test(lexeme)) - Number(/^[\]}]$/.test(lexeme));

/** A comment that kyaml may read as the schema of a field: JSON that is no setter (kubernetes-sigs/kustomize, kyaml/v0.21.1, fieldmeta.go). */
const SCHEMA_OF_FIELD = /^#+\s*\{\s*"(?!\$(?:openapi|kpt-set)":"[^"\\]*"\}\s*$).*\}\s*$/;

/**
 * True for a comment by which kyaml finds items of a list, and for one in brackets behind which it prints a bracket or comma at the margin:
 * one before `}`, and one behind a list, a map or a colon (go.yaml.in/yaml/v3, v3.0.4, emitterc.go).
 */
export function isTornByComment(text: string): boolean {
  let [depth, value, isBehind, isBefore] = [0, '', false, false];
  for (const lexeme of text.includes('#') ? lexemesOf(text) : []) {
    if (SCHEMA_OF_FIELD.test(lexeme)) return true;
    if (depth > 0 && lexeme.startsWith('#')) [isBefore, isBehind] = [true, isBehind || /^[\]}:]$/.test(value)];
    if (lexeme === ',' || /^(?:#|\s*$|\p{Cc}$)/u.test(lexeme)) continue;
    if (isBefore && (lexeme === '}' || (isBehind && lexeme !== ']'))) return true;
    [isBefore, isBehind, value] = [false, false, lexeme];
    depth += depthOf(lexeme);
  }
  return false;
}

/** Plain scalars that are words for YAML 1.1 or 1.2, and numbers for either, or for Go (go.yaml.in/yaml/v2, v2.4.2, resolve.go). */
const WORD = /^(?:~|null|y|yes|true|on|n|no|false|off)?$/i;
const NUMBER =
  /^(?:[-+]?_*(?:0x[\da-f_]+|0b[01_]+|0o[0-7_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.[\d_]+)(?:e[-+\d_]*)?|\.inf)|\.nan|<<)$/i;
const DATE = /^\d{4}-\d\d?-\d\d?(?:$|[Tt\s])/;

/** True for a text that every reader of YAML takes as one. `areTexts`: where any scalar but null is taken as it is written. */
export function isText(node: unknown, areTexts = false): node is Scalar<string> {
  if (!isScalar(node) || typeof node.value !== 'string' || node.tag !== undefined) return false;
  if (node.type !== 'PLAIN') return true;
  return areTexts ? !/^(?:~|null)$/i.test(node.value) : !WORD.test(node.value) && !NUMBER.test(node.value);
}

/** False for a text that is something else for a reader of YAML where it stands without quotes. */
export function isPlainText(text: string): boolean {
  return text.trim() !== '' && ![WORD, NUMBER, DATE].some((other) => other.test(text));
}

/** True for a plain scalar that a program in Go reads as a number or, in an object, as a date. */
export function isNumberInGo({ value, type }: Pick<Scalar, 'value' | 'type'>): boolean {
  return typeof value === 'string' && type === 'PLAIN' && (NUMBER.test(value) || DATE.test(value));
}

/** True for a text that kustomize hands on without quotes where they are needed (go-yaml, emitterc.go and resolve.go), or with another line break. */
export function isWrittenOtherwise(text: string): boolean {
  const number = /^[-+]?[.\d]/.test(text) ? Math.abs(Number(text)) : 0;
  const isTooLarge = number === Infinity || (/^0[ox]/.test(text) && number >= 2 ** 64);
  return text === '<<' || isTooLarge || /[\u0085\ud800-\udfff]/u.test(text) || isLostOnceWritten(text);
}

/** True for a text that go-yaml writes so that nobody reads it again: as a block that begins with a tab, or with characters that end lines. */
export function isLostOnceWritten(text: string): boolean {
  return (
    /[\u007f-\u0084\u0086-\u009f\u2028\u2029\ufffe\uffff]/.test(text) || (text.startsWith('\t') && text.includes('\n'))
  );
}

/**
 * True for a folded text with an indented line, or an empty one at its end: it gets another empty line each time that a host writes it
 * (go.yaml.in/yaml/v3, v3.0.4, emitterc.go).
 */
export function isFoldedAnew({ type, value }: Scalar): boolean {
  return type === 'BLOCK_FOLDED' && /(?:^|\n)[ \t]|\n\n$/.test(String(value));
}
