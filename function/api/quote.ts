const QUOTED_MAX_LENGTH = 120;

/** A manifest's value as messages show it: in quotes, escaped, on one line, cut when long. */
export function quote(value: string): string {
  const shown = value.length > QUOTED_MAX_LENGTH ? `${value.slice(0, QUOTED_MAX_LENGTH)}…` : value;
  return JSON.stringify(shown).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
