import { parseDocument } from 'yaml';

/** Aliases that a text may expand to, as a bound on YAML bombs. */
const MAX_ALIASES = 100;

/**
 * Keys and values of YAML as External Secrets reads it: YAML 1.1, every value a string, null an empty one. Undefined: it is
 * something else.
 */
export function parseTexts(bytes: Uint8Array): (readonly [string, Uint8Array])[] | undefined {
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const document = parseDocument(text, { version: '1.1', merge: true, prettyErrors: false, logLevel: 'error' });
    if (document.errors.length > 0) return undefined;
    value = document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES });
  } catch {
    return undefined;
  }
  if (value === null || value === undefined) return [];
  if (!(value instanceof Map)) return undefined;
  const entries = [...(value as Map<unknown, unknown>)].map(([key, text]) => [String(key), text ?? ''] as const);
  const isText = (entry: readonly [string, unknown]): entry is readonly [string, string] =>
    typeof entry[1] === 'string';
  return entries.every(isText) ? entries.map(([key, text]) => [key, Buffer.from(text)] as const) : undefined;
}
