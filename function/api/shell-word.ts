import { INVISIBLE } from './quote.ts';

const SAFE = /^[\w@%+=:,./-]+$/;

/** A value as one word of a command that a message gives: on one line, and no more than a word whatever is in it. */
export function shellWord(value: string): string {
  if (SAFE.test(value)) return value;
  if (!INVISIBLE.test(value)) return `'${value.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = [...value].map((one) => (INVISIBLE.test(one) ? written(one) : one.replaceAll(/['\\]/g, '\\$&')));
  return `$'${escaped.join('')}'`;
}

/** As bash reads it. */
function written(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}
