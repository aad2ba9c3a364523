import type { Budget } from './budget.ts';
import { ParseRefusal, shown } from './template-error.ts';
import { isNamePart } from './unicode.ts';

/** All tokens of a template, without comments and without the space that trim markers remove. @throws ParseRefusal */
export function lex(source: string, budget: Budget): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    const open = source.indexOf('{{', at);
    const end = open < 0 ? source.length : open;
    const trims = open >= 0 && /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    const text = trims ? trimEnd(source.slice(at, end)) : source.slice(at, end);
    if (text !== '') tokens.push({ type: 'text', text, offset: at });
    if (open < 0) break;
    const action = { open, start: open + (trims ? 4 : 2) };
    at = source.startsWith('/*', action.start)
      ? skipComment(source, action)
      : lexAction(source, action, tokens, budget);
  }
  tokens.push({ type: 'end', text: '', offset: source.length });
  return tokens;
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text[end - 1] ?? '')) end -= 1; // a pattern for this would be slow
  return text.slice(0, end);
}

/** Offsets of an action: of its mark, and of what it has inside. */
type Action = Readonly<Record<'open' | 'start', number>>;

function skipComment(source: string, { open, start }: Action): number {
  const end = source.indexOf('*/', start + 2);
  if (end < 0) throw new ParseRefusal('the comment has no end', open);
  const next = closeAt(source, end + 2);
  if (next === undefined) throw new ParseRefusal('`}}` does not follow the end of the comment', end);
  return next;
}

/** A token, and what is made of it, take as much as so many entries of a list. */
const TOKEN_VALUES = 2;

/** Reads one action and gives the offset after it. */
function lexAction(source: string, { open, start }: Action, tokens: Token[], budget: Budget): number {
  budget.values(TOKEN_VALUES);
  tokens.push({ type: 'open', text: '{{', offset: open });
  let depth = 0;
  for (let at = start; ; ) {
    const next = closeAt(source, at);
    if (next !== undefined) {
      if (depth > 0) throw new ParseRefusal('`)` is missing', at);
      tokens.push({ type: 'close', text: '}}', offset: at });
      return next;
    }
    if (at >= source.length) throw new ParseRefusal('the action has no end', open);
    budget.values(TOKEN_VALUES);
    const token = lexToken(source, at);
    if (token.type === 'string') budget.values(token.text.split('\\').length - 1); // each escape is a part
    if (token.type === '(') depth += 1;
    if (token.type === ')') depth -= 1;
    if (depth < 0) throw new ParseRefusal('`)` has no `(`', at);
    tokens.push(token);
    at += token.text.length;
  }
}

/** A piece of a template: text, or a word, mark or constant inside an action. `space` counts, since `a .b` is not `a.b`. */
export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly offset: number;
}

type TokenType =
  | 'text'
  | 'open' // {{
  | 'close' // }}
  | 'space'
  | 'name'
  | 'keyword'
  | 'bool'
  | 'nil'
  | 'dot'
  | 'field' // .name
  | 'variable' // $name
  | 'string'
  | 'number'
  | Mark
  | 'other' // text that no action may have
  | 'end';

type Mark = '(' | ')' | '|' | ',' | '=' | ':=';

const MARKS: readonly Mark[] = ['(', ')', '|', ',', '=', ':='];

const KEYWORDS = ['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'];
const SPACE = /[ \t\r\n]+/y;
/** A number as in Go's lexer (text/template/parse/lex.go, scanNumber). `readNumber` refuses what is no number after all. */
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
const CONSTANTS: readonly (readonly [RegExp, TokenType, string])[] = [
  [/"(?:\\[^\n]|[^"\\\n])*"/y, 'string', 'a string'],
  [/'(?:\\[^\n]|[^'\\\n])*'/y, 'number', 'a character'],
  [/`[^`]*`/y, 'string', 'a raw string'],
];

/** The offset after `}}` or ` -}}` at this offset; undefined if there is none. */
function closeAt(source: string, at: number): number | undefined {
  if (source.startsWith('}}', at)) return at + 2;
  if (!source.startsWith('-}}', at + 1) || !isSpace(source[at])) return undefined;
  return runEnd(SPACE, source, at + 4);
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

/** The token at an offset inside an action. @throws ParseRefusal */
function lexToken(source: string, offset: number): Token {
  const token = (type: TokenType, end: number) => ({ type, text: source.slice(offset, end), offset });
  const first = source[offset] ?? '';
  const spaceEnd = isSpace(first) ? runEnd(SPACE, source, offset) : offset;
  // the last space before -}} belongs to it
  if (spaceEnd > offset) return token('space', closeAt(source, spaceEnd - 1) === undefined ? spaceEnd : spaceEnd - 1);
  const mark = MARKS.find((candidate) => source.startsWith(candidate, offset));
  if (mark !== undefined) return token(mark, offset + mark.length);
  const constant = lexConstant(source, offset);
  if (constant !== undefined) return constant;
  const isNumber = /[0-9+-]/.test(first) || (first === '.' && /[0-9]/.test(source[offset + 1] ?? ''));
  if (isNumber) return lexNumber(source, offset);
  const nameEnd = endOfName(source, first === '.' || first === '$' ? offset + 1 : offset);
  if (first === '$') return checked(token('variable', nameEnd), source);
  if (first === '.') return checked(token(nameEnd === offset + 1 ? 'dot' : 'field', nameEnd), source);
  if (nameEnd > offset) return checked(token(typeOfWord(source.slice(offset, nameEnd)), nameEnd), source);
  if (/^[!-~]$/.test(first) && first !== ':') return token('other', offset + 1);
  throw new ParseRefusal('a character that no action has', offset);
}

function typeOfWord(word: string): TokenType {
  if (word === 'true' || word === 'false') return 'bool';
  if (word === 'nil') return word;
  return KEYWORDS.includes(word) ? 'keyword' : 'name';
}

function lexConstant(source: string, offset: number): Token | undefined {
  for (const [pattern, type, what] of CONSTANTS) {
    if (!pattern.source.startsWith(source[offset] ?? '')) continue;
    const end = runEnd(pattern, source, offset);
    if (end === offset) throw new ParseRefusal(`${what} has no end`, offset);
    return { type, text: source.slice(offset, end), offset };
  }
  return undefined;
}

function lexNumber(source: string, offset: number): Token {
  const end = runEnd(NUMBER, source, offset);
  const text = source.slice(offset, end);
  if (endOfName(source, end) > end) throw new ParseRefusal('a number is followed by a letter', end);
  if (/[+-]/.test(source[end] ?? ''))
    throw new ParseRefusal('complex numbers are not supported', offset, 'unsupported');
  return { type: 'number', text, offset };
}

function endOfName(source: string, offset: number): number {
  let end = offset;
  for (;;) {
    const code = source.codePointAt(end);
    if (code === undefined || !isNamePart(code)) return end;
    end += code > 0xffff ? 2 : 1;
  }
}

/** Refuses a name that is not followed by a space or a certain mark. */
function checked(token: Token, source: string): Token {
  const end = token.offset + token.text.length;
  const ends = end >= source.length || /[ \t\r\n.,|:()]/.test(source[end] ?? '') || source.startsWith('}}', end);
  if (!ends) throw new ParseRefusal('a name is followed by a character that no name has', end);
  return token;
}

/** The offset after a match of `pattern` here; the same offset if there is none. */
function runEnd(pattern: RegExp, source: string, offset: number): number {
  pattern.lastIndex = offset;
  return offset + (pattern.exec(source)?.[0].length ?? 0);
}

/** Nesting of actions and parentheses: parsing and rendering recurse. */
const NESTING_MAX = 100;
/** Variables in scope, and characters of a name with its `$`. Each use compares the names of all. */
const [VARIABLES_MAX, NAME_MAX] = [1000, 128];

/** The tokens of a template, and the parser's state at the current one. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  /** Index of the next token. */
  at = 0;
  /** Variables in scope, with their `$`. */
  readonly variables: string[] = ['$'];
  /** Number of enclosing `range` actions. */
  rangeDepth = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#tokens[Math.min(this.at, this.#tokens.length - 1)] ?? { type: 'end', text: '', offset: 0 };
  }

  next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  /** Skips spaces and gives the next token. */
  peekNonSpace(): Token {
    while (this.peek().type === 'space') this.at += 1;
    return this.peek();
  }

  /** Consumes the next token, which must be `}}`. */
  expectClose(what: string): void {
    const token = this.peekNonSpace();
    if (token.type !== 'close') throw this.unexpected(token, what);
    this.at += 1;
  }

  declare({ text, offset }: Token): void {
    if (this.variables.length >= VARIABLES_MAX)
      throw new ParseRefusal(`more than ${VARIABLES_MAX} variables`, offset, 'tooMuch');
    if (text.length > NAME_MAX)
      throw new ParseRefusal(`the name of a variable is longer than ${NAME_MAX} characters`, offset, 'tooMuch');
    this.variables.push(text);
  }

  /** Calls `read` one level deeper. */
  nested<T>(offset: number, read: () => T): T {
    this.#depth += 1;
    if (this.#depth > NESTING_MAX)
      throw new ParseRefusal(`nested more than ${NESTING_MAX} levels deep`, offset, 'tooMuch');
    const result = read();
    this.#depth -= 1;
    return result;
  }

  unexpected({ type, text, offset }: Token, what: string): ParseRefusal {
    const description = type === 'end' ? 'the end of the template' : type === 'text' ? 'text' : `\`${shown(text)}\``;
    return new ParseRefusal(`unexpected ${description} in ${what}`, offset);
  }
}
