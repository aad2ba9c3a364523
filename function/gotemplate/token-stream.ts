import type { Token } from './lex.ts';
import { ParseRefusal, shown } from './template-error.ts';

/** Nesting of actions and parentheses: parsing and rendering recurse. */
const NESTING_MAX = 100;
/** Variables in scope. Each use searches all of them. */
const VARIABLES_MAX = 1000;

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
    const found = type === 'end' ? 'the end of the template' : type === 'text' ? 'text' : `\`${shown(text)}\``;
    return new ParseRefusal(`unexpected ${found} in ${what}`, offset);
  }
}
