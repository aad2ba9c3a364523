import type { Token } from './lex.ts';
import { ParseRefusal, shown } from './template-error.ts';

/** Nested actions and parentheses: reading and rendering follow them by recursion. */
const NESTING_MAX = 100;
/** Variables in use at one place: each is looked for among all others. */
const VARIABLES_MAX = 1000;

/** The tokens of a template, and what is known at the place that is being read. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  /** Number of the next token; setting it back reads again. */
  at = 0;
  /** Variables that are known here, with their `$`. */
  readonly variables: string[] = ['$'];
  /** How many `range` are around. */
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

  /** The next token that is no space; what is before it is read. */
  peekNonSpace(): Token {
    while (this.peek().type === 'space') this.at += 1;
    return this.peek();
  }

  /** The next token, which must be `}}`. */
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

  /** Reads something nested. */
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
