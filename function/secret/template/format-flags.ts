import type { Writer } from './budget.ts';
import { type ByteString, runeCount } from './byte-string.ts';

/** What stands between `%` and the verb. */
export interface FormatFlags {
  readonly minus?: boolean;
  readonly plus?: boolean;
  readonly sharp?: boolean;
  readonly space?: boolean;
  readonly zero?: boolean;
  readonly width?: number;
  readonly precision?: number;
}

/** Text in a field of the wanted width: filled on the left unless there is a `-`, with zeros where asked for. */
export function pad(writer: Writer, bytes: ByteString, flags: FormatFlags): void {
  const missing = flags.width === undefined ? 0 : flags.width - runeCount(bytes);
  if (flags.minus !== true) fill(writer, missing, flags);
  writer.write(bytes);
  if (flags.minus === true) fill(writer, missing, flags);
}

/** The filling alone. */
export function fill(writer: Writer, count: number, { zero, minus }: FormatFlags): void {
  writer.repeat(zero === true && minus !== true ? '0' : ' ', count);
}
