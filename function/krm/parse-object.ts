import { isMap, parseDocument } from 'yaml';

/** One object in YAML or JSON as plain data; undefined when the text is anything else. Aliases are bounded by the parser. */
export function parseObject(text: string): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
    return document.errors.length === 0 && isMap(document.contents) ? document.toJS() : undefined;
  } catch {
    return undefined; // nested too deeply, or its aliases explode
  }
}
