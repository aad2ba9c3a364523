import { styleText } from 'node:util';

/** A text in one of the colours that are used here. */
export function styled(style: 'red' | 'yellow' | 'green' | 'cyan' | 'dim', text: string): string {
  return styleText(style, text, { validateStream: false });
}

/** Whether colours are wanted: NO_COLOR says no, FORCE_COLOR yes unless it is 0, and else a terminal that can show them has them. */
export function hasColours(
  { NO_COLOR, FORCE_COLOR, TERM }: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (NO_COLOR) return false;
  return FORCE_COLOR === undefined ? isTerminal && TERM !== 'dumb' : FORCE_COLOR !== '0';
}
