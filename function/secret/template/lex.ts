import { closeAt, lexToken, type Token } from './lex-token.ts';
import { ParseRefusal } from './template-fault.ts';

/** All tokens of a template; comments and what trim markers take away are gone. @throws ParseRefusal */
export function lex(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    const open = source.indexOf('{{', at);
    const end = open < 0 ? source.length : open;
    const trims = open >= 0 && /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    const text = trims ? trimEnd(source.slice(at, end)) : source.slice(at, end);
    if (text !== '') tokens.push({ type: 'text', text, offset: at });
    if (open < 0) break;
    const start = open + (trims ? 4 : 2);
    at = source.startsWith('/*', start) ? skipComment(source, start, open) : lexAction(source, open, start, tokens);
  }
  tokens.push({ type: 'end', text: '', offset: source.length });
  return tokens;
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text[end - 1] ?? '')) end -= 1; // a pattern for this would be slow
  return text.slice(0, end);
}

function skipComment(source: string, start: number, open: number): number {
  const end = source.indexOf('*/', start + 2);
  if (end < 0) throw new ParseRefusal('the comment has no end', open);
  const next = closeAt(source, end + 2);
  if (next === undefined) throw new ParseRefusal('`}}` does not follow the end of the comment', end);
  return next;
}

/** Reads one action and gives the place after it. */
function lexAction(source: string, open: number, start: number, tokens: Token[]): number {
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
    const token = lexToken(source, at);
    if (token.type === '(') depth += 1;
    if (token.type === ')') depth -= 1;
    if (depth < 0) throw new ParseRefusal('`)` has no `(`', at);
    tokens.push(token);
    at += token.text.length;
  }
}
