import type { Pipe } from './nodes.ts';
import { ParseRefusal } from './template-fault.ts';
import type { TokenStream } from './token-stream.ts';

/** `$a :=`, `$a =`, and in a `range` `$a, $b :=`; nothing is read when there is none. */
export function parseDeclarations(stream: TokenStream, what: string): Pick<Pipe, 'variables' | 'isAssignment'> {
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
