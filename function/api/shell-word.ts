const SAFE = /^[\w@%+=:,./-]+$/;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** A value as one word of a command that a message gives: on one line, and no more than a word whatever is in it. */
export function shellWord(value: string): string {
  if (SAFE.test(value)) return value;
  if (!CONTROL.test(value)) return `'${value.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = [...value].map((one) =>
    CONTROL.test(one) ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}` : one.replaceAll(/['\\]/g, '\\$&'),
  );
  return `$'${escaped.join('')}'`;
}
