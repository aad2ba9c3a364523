const QUOTED_MAX_LENGTH = 120;

/**
 * Characters that nobody sees, or that change how others are seen: controls, spaces but the usual one, line separators, all that is
 * ignored where it cannot be shown, halves of a character, and the empty one of Braille, which is a letter to Unicode. And the second
 * sign of `##[warning]` or `##vso[…]`, which runners take for a command wherever it stands in a line (actions/runner, v2.330.0,
 * src/Runner.Common/ActionCommand.cs, TryParse).
 */
const INVISIBLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]|(?<=#)#(?=\w*\[)/u;

/** The same in a value of YAML. */
export const UNSEEN = new RegExp(INVISIBLE, 'gu');

/** A manifest's value as messages show it: in quotes, escaped, on one line, cut when long. */
export function quote(value: string): string {
  return visible(JSON.stringify(cut(value, QUOTED_MAX_LENGTH)));
}

/** The text with its invisible characters as escapes, such as `\u200b` or `\u{e0001}`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** In a text of JSON a line break stands between values. */
const UNSEEN_IN_JSON = new RegExp(`(?!\\n)(?:${INVISIBLE.source})`, 'gu');

/** JSON in which every character is seen, with the same values: a character of two halves is two escapes there. */
export function visibleJson(json: string): string {
  return json.replaceAll(UNSEEN_IN_JSON, (character) => character.replaceAll(/[\s\S]/g, escapeOf));
}

/** The first `length` characters, and `…` where there are more: no character is cut in two. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const characters = [...text.slice(0, 2 * (length + 1))]; // of two units at most
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : text;
}

const SAFE = /^[\w@%+=:,./-]+$/;

/** A value as one word of a command that a message gives: on one line, and always a single word for the shell. */
export function shellWord(value: string): string {
  if (SAFE.test(value)) return value;
  if (!INVISIBLE.test(value)) return `'${value.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${value.replaceAll(/['\\]/g, '\\$&').replaceAll(UNSEEN, escapeOf)}'`;
}

/** Beginnings of a path that a program takes for an option, or kustomize for the address of a repository (api/internal/git/repospec.go). */
const NO_PATH = /^(-|[^/]*[:@]|github\.com(\/|$))/i;

/** A path as one word of a command: never an option or an address, even if a folder is called like one. */
export function shellPath(path: string): string {
  return shellWord(NO_PATH.test(path) ? `./${path}` : path);
}

/** A path as a person reads it. It begins as one does, and never as a command of a runner, a heading or a fence of Markdown. */
export function shownPath(path: string): string {
  const text = visible(path);
  return /^[\p{L}\p{N}_./]/u.test(text) ? text : `./${text}`;
}

/** An escape of bash and YAML; of half a character also one of JSON. */
export function escapeOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}
