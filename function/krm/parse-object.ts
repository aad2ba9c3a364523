import { isMap } from 'yaml';
import { parseBounded } from '../api/parse-bounded.ts';

/** One object in YAML or JSON as plain data; undefined when the text is anything else. Aliases are bounded by the parser. */
export function parseObject(text: string): unknown {
  try {
    const document = parseBounded(text);
    return isMap(document.contents) ? document.toJS() : undefined;
  } catch {
    return undefined; // it is no YAML, is nested too deeply, or its aliases explode
  }
}
