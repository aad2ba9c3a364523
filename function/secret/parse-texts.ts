import { type Document, isScalar, parseDocument, visit } from 'yaml';
import { decodeUtf8 } from '../api/decode-utf8.ts';

/** Aliases that a text may expand to, as a bound on YAML bombs. */
const MAX_ALIASES = 100;

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
    const document = parseDocument(text, {
      version: '1.1',
      merge: true,
      uniqueKeys: false, // the library compares each key with all before it: 40,000 of them take a minute
      prettyErrors: false,
      logLevel: 'error',
    });
    const isSound = document.errors.length === 0 && !hasKeyTwice(document);
    return isSound ? document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES }) : undefined;
  } catch {
    return undefined; // aliases
  }
}

/** As the library tells it, but in one pass. `<<` may stand in a map more than once. */
function hasKeyTwice(document: Document): boolean {
  let found = false;
  visit(document, {
    Map: (_, { items }) => {
      const keys = items.flatMap(({ key }) => (isScalar(key) && key.value !== '<<' ? [key.value] : []));
      found ||= new Set(keys).size < keys.length;
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}
