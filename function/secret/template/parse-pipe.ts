import { toByteString } from './byte-string.ts';
import { findFunction } from './functions.ts';
import type { Token } from './lex-token.ts';
import type { Command, Operand, Pipe } from './nodes.ts';
import { readNumber } from './number-constant.ts';
import { parseDeclarations } from './parse-declarations.ts';
import { readFormat } from './printf.ts';
import { ParseRefusal, Refusal, shown } from './template-fault.ts';
import type { TokenStream } from './token-stream.ts';
import { unquote } from './unquote.ts';

const STARTS_OPERAND: readonly Token['type'][] = [
  'bool',
  'nil',
  'number',
  'dot',
  'field',
  'name',
  'string',
  'variable',
];
const CONSTANTS: readonly Operand['type'][] = ['bool', 'dot', 'nil', 'number', 'string'];

/**
 * `declarations? command ('|' command)*` up to `end`.
 * @param what the action it is in; in a `range` two variables may be declared
 */
export function parsePipe(stream: TokenStream, what: string, end: '}}' | ')'): Pipe {
  const { offset } = stream.peekNonSpace();
  const { variables, isAssignment } = parseDeclarations(stream, what);
  const commands: Command[] = [];
  for (;;) {
    const token = stream.peekNonSpace();
    if (token.text === end && (token.type === 'close' || token.type === 'mark')) break;
    if (!startsOperand(token)) throw stream.unexpected(token, what);
    commands.push(parseCommand(stream));
  }
  stream.next();
  if (commands.length === 0) throw new ParseRefusal(`missing value for ${what}`, offset);
  const idle = commands.find(({ first }, index) => index > 0 && CONSTANTS.includes(first.type));
  if (idle !== undefined) throw new ParseRefusal('a constant cannot be given a value by `|`', idle.offset);
  return { type: 'pipe', offset, commands, variables, isAssignment };
}

function startsOperand({ type, text }: Token): boolean {
  return STARTS_OPERAND.includes(type) || (type === 'mark' && text === '(');
}

/** Operands with spaces between them, up to `|`, which is read, or an end, which is not. */
function parseCommand(stream: TokenStream): Command {
  const { offset } = stream.peekNonSpace();
  const operands: Operand[] = [];
  for (;;) {
    const operand = parseOperand(stream);
    if (operand !== undefined) operands.push(operand);
    const token = stream.peek();
    if (token.type === 'space') {
      stream.next();
      continue;
    }
    if (token.text === '|' && token.type === 'mark') stream.next();
    else if (token.type !== 'close' && !(token.type === 'mark' && token.text === ')'))
      throw stream.unexpected(token, 'a command');
    break;
  }
  const [first, ...rest] = operands;
  if (first === undefined) throw new ParseRefusal('empty command', offset);
  if (first.type === 'function' && first.name === 'printf') at(first.offset, () => checkFormat(rest[0]));
  return { offset, first, rest };
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
  const token = stream.peekNonSpace();
  if (!startsOperand(token)) return undefined;
  stream.next();
  const { type, text, offset } = token;
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
      return { type, offset, value: readString(token) };
    case 'number':
      return { type, offset, value: at(offset, () => readNumber(text)) };
    default:
      return stream.nested(offset, () => parsePipe(stream, 'parentheses', ')'));
  }
}

function readString({ text, offset }: Token) {
  const value = unquote(text);
  if (value === undefined) throw new ParseRefusal('a string has an escape that Go does not know', offset);
  return value;
}

/** Gives a refusal its place. */
function at<T>(offset: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Refusal ? new ParseRefusal(error.message, offset) : error;
  }
}
