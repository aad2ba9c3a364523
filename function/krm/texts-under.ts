import { isPair, isScalar, parseAllDocuments, type Scalar, visit } from 'yaml';

/** A string value of a YAML file, and the line where it begins, from 1. */
export interface TextAt {
  readonly text: string;
  readonly line: number;
}

/** The strings at any of `keys`, also those in a list there. A document that does not parse has none. */
export function textsUnder(yaml: string, keys: readonly string[]): TextAt[] {
  const texts: TextAt[] = [];
  const breaks = [...yaml.matchAll(/\n/g)].map(({ index }) => index);
  try {
    for (const document of parseAllDocuments(yaml, { prettyErrors: false, logLevel: 'error' })) {
      if (document.errors.length > 0) continue;
      visit(document, {
        Scalar(key, node, path) {
          const pair = path.findLast(isPair);
          if (key === 'key' || !isScalar(pair?.key) || !keys.includes(String(pair.key.value))) return;
          if (typeof node.value === 'string') texts.push({ text: node.value, line: lineOf(node, breaks) });
        },
      });
    }
  } catch {
    return texts; // nested too deeply
  }
  return texts;
}

/** The line of a scalar; a block scalar begins below its header. Binary search, since a file may have a script in each line. */
function lineOf({ range, type }: Scalar, breaks: readonly number[]): number {
  const start = range?.[0] ?? 0;
  let [low, high] = [0, breaks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((breaks[middle] ?? start) < start) low = middle + 1;
    else high = middle;
  }
  const line = low + 1;
  return type?.startsWith('BLOCK') ? line + 1 : line;
}
