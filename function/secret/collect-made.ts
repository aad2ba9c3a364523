import { isReserved } from '../api/annotations.ts';
import { decodeUtf8 } from '../api/decode-utf8.ts';
import { dataKey, labelValue, qualifiedName } from '../api/names.ts';
import type { TemplatePart } from '../api/secret-template.ts';

/** What templates give. */
export interface Made {
  readonly data: Map<string, Uint8Array>;
  readonly labels: Map<string, string>;
  readonly annotations: Map<string, string>;
  /** Length of all data. */
  bytes: number;
}

/** An API server takes no Secret with more. */
const DATA_MAX_BYTES = 1024 * 1024;
/** Whatever could end a line, or move a cursor, where somebody prints it. */
const CONTROL = /(?![\t\n])\p{Cc}|[\u2028\u2029]/u;

/** Adds one value, in the place of an earlier one of its name. Returns what is wrong with it, never a byte of it. */
export function collect(
  made: Made,
  target: TemplatePart['target'],
  key: string,
  value: Uint8Array,
): string | undefined {
  const { data, labels, annotations } = made;
  if (target === 'Data') {
    if (!dataKey.safeParse(key).success) return 'gives a key that no Secret can have';
    made.bytes += value.length - (data.get(key)?.length ?? 0);
    data.set(key, value);
    return made.bytes > DATA_MAX_BYTES ? 'makes the Secret larger than 1 MiB' : undefined;
  }
  const what = target === 'Labels' ? 'label' : 'annotation';
  if (!qualifiedName.safeParse(key).success) return `gives a name that no ${what} can have`;
  if (isReserved(key))
    return `sets ${target === 'Labels' ? 'a label' : 'an annotation'} that is for tools alone; remove it`;
  const text = decodeUtf8(value);
  if (target === 'Labels') {
    if (text === undefined || !labelValue.safeParse(text).success) return 'gives a value that no label can have';
    labels.set(key, text);
    return undefined;
  }
  if (text === undefined || CONTROL.test(text)) return 'gives an annotation with control characters';
  annotations.set(key, text);
  return undefined;
}
