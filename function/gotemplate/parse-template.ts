import { Budget } from './budget.ts';
import { type ByteString, toByteString } from './byte-string.ts';
import { lex, type Token, TokenStream } from './lex.ts';
import { type Pipe, type Placed, parsePipe } from './parse-pipe.ts';
import { ParseRefusal, Refusal, TemplateError } from './template-error.ts';

/** A parsed template, which can be rendered any number of times. */
export interface Template {
  readonly source: string;
  readonly nodes: readonly Node[];
}

export type Node =
  | (Placed & { readonly type: 'text'; readonly bytes: ByteString })
  | (Placed & { readonly type: 'action'; readonly pipe: Pipe })
  | (Placed & { readonly type: 'break' | 'continue' })
  | Control;

export interface Control extends Placed {
  readonly type: 'if' | 'with' | 'range';
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  /** The nodes of `else`; empty without one. */
  readonly otherwise: readonly Node[];
}

/** The largest size of a Secret or ConfigMap. */
const SOURCE_MAX_LENGTH = 1024 * 1024;

/** How a list of nodes ended. */
type Ending = Keyword | { readonly type: 'end of source'; readonly offset: number };
type Keyword = { readonly type: 'end'; readonly offset: number } | { readonly type: 'else'; readonly offset: number };

/**
 * Parses a template of External Secrets' engine v2. What is not supported is refused here, even where it would never be executed.
 * @param budget shared by several templates; by default one of its own
 * @throws TemplateError
 */
export function parseTemplate(source: string, budget = new Budget()): Template {
  const text = source.toWellFormed();
  try {
    budget.source(text.length);
    if (text.length > SOURCE_MAX_LENGTH)
      throw new ParseRefusal(`a template is longer than ${SOURCE_MAX_LENGTH} characters`, 0, 'tooMuch');
    const stream = new TokenStream(lex(text, budget));
    const { nodes, ending } = parseNodes(stream);
    if (ending.type !== 'end of source')
      throw new ParseRefusal(`\`${ending.type}\` without \`if\`, \`with\` or \`range\``, ending.offset);
    return { source: text, nodes };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const offset = error instanceof ParseRefusal ? error.offset : 0;
    throw new TemplateError(error.code ?? 'malformed', error.message, text, offset);
  }
}

/** Nodes up to an `end` or `else` of an enclosing action. */
function parseNodes(stream: TokenStream): { nodes: Node[]; ending: Ending } {
  const nodes: Node[] = [];
  for (;;) {
    const token = stream.next();
    const { type, text, offset } = token;
    if (type === 'end') return { nodes, ending: { type: 'end of source', offset } };
    if (type === 'text') {
      nodes.push({ type, offset, bytes: toByteString(text) });
      continue;
    }
    if (type !== 'open') throw stream.unexpected(token, 'an action'); // `else if` in an action that is no `if`
    const first = stream.peekNonSpace();
    if (first.type !== 'keyword') {
      nodes.push({ type: 'action', offset: first.offset, pipe: parsePipe(stream, 'an action', 'close') });
      continue;
    }
    const node = parseKeyword(stream, stream.next());
    if (node.type === 'end' || node.type === 'else') return { nodes, ending: node };
    nodes.push(node);
  }
}

function parseKeyword(stream: TokenStream, token: Token): Node | Keyword {
  const { text, offset } = token;
  switch (text) {
    case 'if':
    case 'with':
    case 'range':
      return parseControl(stream, text, offset);
    case 'end':
      stream.expectClose('`end`');
      return { type: text, offset };
    case 'else':
      if (!['if', 'with'].includes(stream.peekNonSpace().text)) stream.expectClose('`else`');
      return { type: text, offset };
    case 'break':
    case 'continue':
      stream.expectClose(`\`${text}\``);
      if (stream.rangeDepth === 0) throw new ParseRefusal(`\`${text}\` outside \`range\``, offset);
      return { type: text, offset };
    case 'define':
    case 'block':
    case 'template':
      throw new ParseRefusal(`\`${text}\` is not supported`, offset, 'unsupported');
    default:
      throw stream.unexpected(token, 'an action');
  }
}

function parseControl(stream: TokenStream, type: Control['type'], offset: number): Control {
  return stream.nested(offset, () => {
    const count = stream.variables.length;
    const pipe = parsePipe(stream, `\`${type}\``, 'close');
    if (type === 'range') stream.rangeDepth += 1;
    const { nodes: body, ending } = parseNodes(stream);
    if (type === 'range') stream.rangeDepth -= 1;
    const otherwise = ending.type === 'else' ? parseElse(stream, type, offset) : [];
    if (ending.type === 'end of source') throw new ParseRefusal(`\`${type}\` has no \`end\``, offset);
    stream.variables.length = count;
    return { type, offset, pipe, body, otherwise };
  });
}

/** The nodes of an `else`. `else if` and `else with` are nested actions that share its `end`. */
function parseElse(stream: TokenStream, type: Control['type'], offset: number): Node[] {
  const token = stream.peek();
  const isSame = token.type === 'keyword' && token.text === type && type !== 'range';
  if (isSame) return [parseControl(stream, type, stream.next().offset)];
  const { nodes, ending } = parseNodes(stream);
  if (ending.type === 'end of source') throw new ParseRefusal(`\`${type}\` has no \`end\``, offset);
  if (ending.type === 'else') throw new ParseRefusal('a second `else`', ending.offset);
  return nodes;
}
