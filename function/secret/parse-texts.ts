import { type Document, isScalar, parseDocument, visit } from 'yaml';
import { decodeUtf8 } from '../api/decode-utf8.ts';

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
    const document = parseDocument(text, {
      version: '1.1',
      merge: true,
      uniqueKeys: false, // the library compares each key with all before it: 40,000 of them take a minute
      prettyErrors: false,
      logLevel: 'error',
    });
    const isSound = document.errors.length === 0 && !hasKeyTwice(document) && hasFewAliases(document, text.length);
    return isSound ? document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES }) : undefined;
  } catch {
    return undefined; // aliases that expand
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
