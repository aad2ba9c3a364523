/** A line of a script, with those that a backslash joins to it. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** True inside a text in quotes, or a here-document, that began in a line above. */
  readonly isInText: boolean;
}

/** The lines of a script. In a Makefile each line is for a shell of its own, so no text goes over several. */
export function* linesOf(script: string, isMakefile: boolean): Generator<Line> {
  let quote = '';
  let [ends, ended]: [string[], number] = [[], 0]; // the last lines of here-documents, and how many have come
  let before: string[] = []; // lines that end in a backslash
  let number = 0;
  for (let [start, end] = [0, 0]; start <= script.length; start = end + 1) {
    end = script.indexOf('\n', start);
    if (end < 0) end = script.length;
    const line = script.slice(start, script[end - 1] === '\r' && end > start ? end - 1 : end);
    number += 1;
    const isInDocument = ended < ends.length;
    const isComment = before.length === 0 && /^\s*#/.test(line);
    if (end < script.length && !isInDocument && !isComment && CONTINUED.test(line)) {
      before.push(line.slice(0, -1));
      continue;
    }
    const text = before.length === 0 ? line : [...before, line].join(' ');
    yield { text, number: number - before.length, isInText: quote !== '' || isInDocument };
    before = [];
    if (isInDocument) ended += line.replace(/^\t+/, '') === ends[ended] ? 1 : 0;
    else if (!isMakefile) [{ quote, ends }, ended] = [openAfter(text, quote), 0];
  }
}

/** A backslash that no other one takes. */
const CONTINUED = /(?<!\\)(?:\\\\)*\\$/;
/** What is closed in its line, and what is not: a quote; the last line of a here-document, of which `<<<` begins none. */
const OPENING =
  /\\.|'[^']*'|"[^"\\]*(?:\\.[^"\\]*)*"|(?<quote>["'])|(?<=^|\s)#.*|<<(?=-?[ \t]*["'\\]?(?<end>[A-Za-z_]\w*))|<+/gs;

/** What a line leaves open: a quote, perhaps that of a line before, and here-documents. */
function openAfter(line: string, before: string): { readonly quote: string; readonly ends: string[] } {
  const ends: string[] = [];
  for (const { groups: { quote, end } = {} } of `${before}${line}`.matchAll(OPENING)) {
    if (quote !== undefined) return { quote, ends };
    if (end !== undefined) ends.push(end);
  }
  return { quote: '', ends };
}

/** Longer lines are generated. */
const MOST_CHARACTERS = 10_000;
const MAKE = /^[\s@+-]*/;
/** White space, a redirection, an end of the command, a comment; and parts of words, of which some have white space inside them. */
const PIECE =
  /(?<space>\s+)|(?<redirection>(?:(?<!\S)\d+)?&?[<>]+&?\s*(?!\())|(?<end>[;|&()<>])|(?<comment>(?<!\S)#)|[^\s\\'"$`;|&()<>]+|\\.|'[^']*'|"(?:\\.|[^"\\])*"|\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$\([^()]*\)|`[^`]*`|./sy;

/** The words of the command at the beginning of a line, as they are written, and the offset behind it. */
export function wordsOf(line: string): { readonly words: readonly string[]; readonly end: number } {
  if (line.length > MOST_CHARACTERS) return { words: [], end: 0 };
  const words: string[] = [];
  let [word, isTarget] = ['', false];
  const put = () => {
    if (word !== '' && !isTarget) words.push(word); // a redirection takes the next word
    if (word !== '') [word, isTarget] = ['', false];
  };
  PIECE.lastIndex = MAKE.exec(line)?.[0].length ?? 0;
  for (let found = PIECE.exec(line); found !== null; found = PIECE.exec(line)) {
    const { 0: piece, index, groups: { space, redirection, end, comment } = {} } = found;
    if (end !== undefined || comment !== undefined) {
      put();
      return { words, end: comment === undefined ? index : line.length };
    }
    if (space !== undefined || redirection !== undefined) put();
    if (redirection !== undefined) isTarget = true;
    else if (space === undefined) word += piece;
  }
  put();
  return { words, end: line.length };
}
