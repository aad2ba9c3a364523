import { isPair, isScalar, LineCounter, type Scalar, visit } from 'yaml';
import { parseBounded } from '../model/parse-bounded.ts';
import { attempt } from '../model/plain-data.ts';

/** A string value of a YAML document, and the line where it begins, from 1. */
export interface TextAt {
  readonly text: string;
  readonly line: number;
}

/** The strings at any of `keys`, also those in a list there; without keys all values that are strings. Undefined for a document that does not parse. */
export function textsUnder(document: string, keys?: readonly string[]): TextAt[] | undefined {
  return attempt(() => {
    const texts: TextAt[] = [];
    const lineCounter = new LineCounter();
    visit(parseBounded(document, { lineCounter }), {
      Scalar(key, node, path) {
        const pair = path.findLast(isPair);
        if (key === 'key' || (keys && !(isScalar(pair?.key) && keys.includes(String(pair.key.value))))) return;
        if (typeof node.value === 'string') texts.push({ text: node.value, line: lineOf(node, lineCounter) });
      },
    });
    return texts;
  });
}

/** The line of a scalar; a block scalar begins below its header. */
function lineOf({ range, type }: Scalar, lineCounter: LineCounter): number {
  const { line } = lineCounter.linePos(range?.[0] ?? 0);
  return type?.startsWith('BLOCK') ? line + 1 : line;
}
