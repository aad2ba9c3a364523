import type { Writer } from './budget.ts';
import { type ByteString, charactersOf } from './byte-string.ts';

/** What stands between `%` and the verb. */
export interface FormatFlags {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  /** Never beside `minus`, which wins. */
  readonly zero: boolean;
  readonly width?: number;
  readonly precision?: number;
}

export const NO_FLAGS: FormatFlags = { minus: false, plus: false, sharp: false, space: false, zero: false };

/** What stands before a number's digits. */
export function signOf(isNegative: boolean, { plus, space }: FormatFlags): string {
  if (isNegative) return '-';
  return plus ? '+' : space ? ' ' : '';
}

/** Text in a field of the wanted width: filled on the left unless there is a `-`, with zeros where asked for. */
export function pad(writer: Writer, bytes: ByteString, { width, minus, zero }: FormatFlags): void {
  const missing = width === undefined ? 0 : width - charactersOf(bytes).length;
  if (!minus) writer.repeat(zero ? '0' : ' ', missing);
  writer.write(bytes);
  if (minus) writer.repeat(' ', missing);
}
