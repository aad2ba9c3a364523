import { type ByteString, toByteString } from './byte-string.ts';
import { type NumberConstant, readNumber, unquote } from './constants.ts';
import type { TemplateFunction } from './functions/define.ts';
import { findFunction } from './functions.ts';
import type { TokenStream } from './lex.ts';
import { readFormat } from './printf.ts';
import { ParseRefusal, Refusal, shown } from './template-error.ts';

/** A node's offset in the source, for faults. */
export interface Placed {
  readonly offset: number;
}

/** `$a, $b := command | command`. */
export interface Pipe extends Placed {
  readonly type: 'pipe';
  readonly commands: readonly Command[];
  readonly variables: readonly string[];
  /** True for `=`, which assigns to variables that exist. */
  readonly isAssignment: boolean;
}

/** A first operand, with arguments if it is a function. */
export interface Command {
  readonly first: Operand;
  readonly rest: readonly Operand[];
}

/** A function. Its arguments are in its command. */
export interface Call extends Placed {
  readonly type: 'function';
  readonly name: string;
  readonly called: TemplateFunction;
}

export type Operand =
  | (Placed & { readonly type: 'dot' | 'nil' })
  | (Placed & { readonly type: 'bool'; readonly value: boolean })
  | (Placed & { readonly type: 'string'; readonly value: ByteString })
  | (Placed & { readonly type: 'number'; readonly value: NumberConstant })
  | (Placed & { readonly type: 'field'; readonly fields: readonly ByteString[] })
  | (Placed & { readonly type: 'variable'; readonly name: string; readonly fields: readonly ByteString[] })
  | Call
  | (Placed & { readonly type: 'chain'; readonly of: Operand; readonly fields: readonly ByteString[] })
  | Pipe;

const CONSTANTS: readonly Operand['type'][] = ['bool', 'dot', 'nil', 'number', 'string'];

/**
 * `declarations? command ('|' command)*` up to `end`.
 * @param what the action that contains it; a `range` may declare two variables
 */
export function parsePipe(stream: TokenStream, what: string, end: 'close' | ')'): Pipe {
  const { offset } = stream.peekNonSpace();
  const { variables, isAssignment } = parseDeclarations(stream, what);
  const commands: Command[] = [];
  for (let token = stream.peekNonSpace(); token.type !== end; token = stream.peekNonSpace()) {
    const command = parseCommand(stream);
    if (command === undefined) throw stream.unexpected(token, what);
    commands.push(command);
  }
  stream.next();
  if (commands.length === 0) throw new ParseRefusal(`missing value for ${what}`, offset);
  const idle = commands.find(({ first }, index) => index > 0 && CONSTANTS.includes(first.type));
  if (idle !== undefined) throw new ParseRefusal('a constant cannot be given a value by `|`', idle.first.offset);
  return { type: 'pipe', offset, commands, variables, isAssignment };
}

/** Reads operands up to `|`, which it consumes, or up to an end, which it does not. */
function parseCommand(stream: TokenStream): Command | undefined {
  const first = parseOperand(stream);
  if (first === undefined) return undefined;
  const rest: Operand[] = [];
  while (stream.peek().type === 'space') {
    const operand = parseOperand(stream);
    if (operand !== undefined) rest.push(operand);
  }
  const token = stream.peek();
  if (token.type === '|') stream.next();
  else if (token.type !== 'close' && token.type !== ')') throw stream.unexpected(token, 'a command');
  if (first.type === 'function' && first.name === 'printf') at(first.offset, () => checkFormat(rest[0]));
  return { first, rest };
}

/** Checks a constant format, so that a fault is found before rendering. */
function checkFormat(format: Operand | undefined): void {
  if (format?.type === 'string') for (const _ of readFormat(format.value)); // each piece is read
}

/** A term, and the fields that follow it without a space. */
function parseOperand(stream: TokenStream): Operand | undefined {
  const term = parseTerm(stream);
  if (term === undefined || stream.peek().type !== 'field') return term;
  const { offset } = stream.peek();
  const fields = [];
  while (stream.peek().type === 'field') fields.push(toByteString(stream.next().text.slice(1)));
  if (term.type === 'field' || term.type === 'variable') return { ...term, fields: [...term.fields, ...fields] };
  if (CONSTANTS.includes(term.type)) throw new ParseRefusal('a constant has no fields', offset);
  return { type: 'chain', offset: term.offset, of: term, fields };
}

function parseTerm(stream: TokenStream): Operand | undefined {
  const { type, text, offset } = stream.peekNonSpace();
  const start = stream.at;
  stream.next();
  switch (type) {
    case 'name':
      return { type: 'function', offset, name: text, called: at(offset, () => findFunction(text)) };
    case 'bool':
      return { type, offset, value: text === 'true' };
    case 'dot':
    case 'nil':
      return { type, offset };
    case 'field':
      return { type, offset, fields: [toByteString(text.slice(1))] };
    case 'variable':
      if (!stream.variables.includes(text)) throw new ParseRefusal(`variable ${shown(text)} is not declared`, offset);
      return { type, offset, name: text, fields: [] };
    case 'string':
      return { type, offset, value: at(offset, () => unquote(text)) };
    case 'number':
      return { type, offset, value: at(offset, () => readNumber(text)) };
    case '(':
      return stream.nested(offset, () => parsePipe(stream, 'parentheses', ')'));
    default:
      stream.at = start;
      return undefined;
  }
}

/** Adds the offset to a refusal. */
function at<T>(offset: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Refusal ? new ParseRefusal(error.message, offset, error.code) : error;
  }
}

/** Reads `$a :=`, `$a =`, or in a `range` `$a, $b :=`; nothing if there is no declaration. */
function parseDeclarations(stream: TokenStream, what: string): Pick<Pipe, 'variables' | 'isAssignment'> {
  const variables: string[] = [];
  for (;;) {
    const variable = stream.peekNonSpace();
    const start = stream.at;
    stream.next();
    const { type, offset } = stream.peekNonSpace();
    if (variable.type !== 'variable' || ![':=', '=', ','].includes(type)) {
      stream.at = start; // an operand
      return { variables, isAssignment: false };
    }
    stream.next();
    variables.push(variable.text);
    stream.declare(variable);
    if (type !== ',') return { variables, isAssignment: type === '=' };
    if (what !== '`range`' || variables.length > 1) throw new ParseRefusal(`too many declarations in ${what}`, offset);
    const follows = stream.peekNonSpace();
    const mayFollow = follows.type === 'variable' || follows.type === 'close' || follows.type === ')';
    if (!mayFollow) throw new ParseRefusal('`range` can only declare variables', follows.offset);
  }
}
