import { isMap, parseDocument } from 'yaml';

/** One object in YAML or JSON as plain data; undefined when the text is anything else. Aliases are bounded by the parser. */
export function parseObject(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined;
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}
