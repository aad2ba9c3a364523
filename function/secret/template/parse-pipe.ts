import { toByteString } from './byte-string.ts';
import { findFunction } from './functions.ts';
import type { Command, Operand, Pipe } from './nodes.ts';
import { readNumber } from './number-constant.ts';
import { parseDeclarations } from './parse-declarations.ts';
import { readFormat } from './printf.ts';
import { ParseRefusal, Refusal, shown } from './template-fault.ts';
import type { TokenStream } from './token-stream.ts';
import { unquote } from './unquote.ts';

const CONSTANTS: readonly Operand['type'][] = ['bool', 'dot', 'nil', 'number', 'string'];

/**
 * `declarations? command ('|' command)*` up to `end`.
 * @param what the action it is in; in a `range` two variables may be declared
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

/** Operands with spaces between them, up to `|`, which is read, or an end, which is not. */
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

/** A format that stands in the template is refused before anything is rendered. */
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

/** Gives a refusal its place. */
function at<T>(offset: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Refusal ? new ParseRefusal(error.message, offset) : error;
  }
}
