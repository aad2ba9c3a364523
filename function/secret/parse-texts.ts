import { type Document, visit } from 'yaml';
import { decodeUtf8 } from '../api/decode-utf8.ts';
import { parseBounded } from '../api/parse-bounded.ts';

/** Aliases that a text may have, and expand to: for each the library goes through all anchors. */
const MAX_ALIASES = 100;
/** Characters that aliases may stand for, each for the whole text: `<<` copies what it names. */
const MAX_ALIASED = 16 * 1024 * 1024;

/**
 * Keys and values of YAML as External Secrets reads it: YAML 1.1, every value a string, null an empty one. Undefined: it is
 * something else.
 */
export function parseTexts(bytes: Uint8Array): (readonly [string, Uint8Array])[] | undefined {
  const text = decodeUtf8(bytes);
  const value = text === undefined ? undefined : parse(text);
  if (value === null) return [];
  if (!(value instanceof Map)) return undefined;
  const entries = [...(value as Map<unknown, unknown>)].map(([key, text]) => [String(key), text ?? ''] as const);
  if (!entries.every(([, text]) => typeof text === 'string')) return undefined;
  return entries.map(([key, text]) => [key, Buffer.from(String(text))] as const);
}

function parse(text: string): unknown {
  try {
    const document = parseBounded(text, { version: '1.1', merge: true });
    const isSound = hasFewAliases(document, text.length);
    return isSound ? document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES }) : undefined;
  } catch {
    return undefined; // no YAML, or aliases that expand
  }
}

/** Before one of them is resolved. */
function hasFewAliases(document: Document, length: number): boolean {
  let aliases = 0;
  visit(document, {
    Alias: () => {
      aliases += 1;
    },
  });
  return aliases <= MAX_ALIASES && aliases * length <= MAX_ALIASED;
}
