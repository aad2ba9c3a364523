import { isPair, isScalar, parseAllDocuments, type Scalar, visit } from 'yaml';

/** A text of a YAML file as its reader gets it, and the line where it begins, from 1. */
export interface TextAt {
  readonly text: string;
  readonly line: number;
}

/** The texts at keys of such a name, also those in a list there. A document that does not parse has none. */
export function textsUnder(yaml: string, keys: readonly string[]): TextAt[] {
  const texts: TextAt[] = [];
  try {
    for (const document of parseAllDocuments(yaml, { prettyErrors: false, logLevel: 'error' })) {
      if (document.errors.length > 0) continue;
      visit(document, {
        Scalar(key, node, path) {
          const pair = path.findLast(isPair);
          if (key === 'key' || !isScalar(pair?.key) || !keys.includes(String(pair.key.value))) return;
          if (typeof node.value === 'string') texts.push({ text: node.value, line: lineOf(node, yaml) });
        },
      });
    }
  } catch {
    return texts; // nested too deeply
  }
  return texts;
}

/** A block begins in the line below its header. */
function lineOf({ range, type }: Scalar, yaml: string): number {
  const line = yaml.slice(0, range?.[0]).split('\n').length;
  return type?.startsWith('BLOCK') ? line + 1 : line;
}
