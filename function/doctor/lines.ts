/**
 * The lines of a script, each with those that a backslash or a pipe joins to it, and with its number, from 1. `isInText`: it is inside a text
 * in quotes, or a here-document, that began in a line above. In a Makefile each line is for a shell of its own, so no text goes over several.
 */
export function* linesOf(script: string, isMakefile: boolean) {
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
      before.push(line.replace(/\\$/, ''));
      continue;
    }
    const text = before.length === 0 ? line : [...before, line].join(' ');
    yield { text, number: number - before.length, isInText: quote !== '' || isInDocument };
    before = [];
    if (isInDocument) ended += line.replace(/^\t+/, '') === ends[ended] ? 1 : 0;
    else if (!isMakefile) [{ quote, ends }, ended] = [openAfter(text, quote), 0];
  }
}

/** A backslash that no other one takes, or a pipe; not behind a comment or the begin of a here-document. */
const CONTINUED = /(?<!\\)(?:\\\\)*\\$|^(?!.*(?:\s#|<<)).*\|[ \t]*$/s;
/** The parts of a line: text in quotes, a comment, a quote that stays open, the beginning of a here-document; `<<<` begins none. */
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

/** What begins a recipe of make. */
const MAKE = /^[\s@+-]*/;
/** A sign that a backslash takes is passed over first: else each `\"` would be looked at as the begin of a text that never ends. */
const QUOTED = /\\.|"((?:\\.|[^"\\])*)"|'([^']*)'/gs;
/** What another program prints, and a variable of make. */
const SUBSTITUTED = /\$\(([^()]*)\)|`([^`]*)`/g;
const TEMPLATE = /\$\{\{([^{}]*)\}\}/g;
const REDIRECTION = /(?:(?<!\S)\d+)?&?[<>]+&?\s*[^\s;|&()<>]*/g;

/** The words of each command in a line, without quotes and redirections. Another one may stand in brackets, or where its output is used. */
export function wordsOf(line: string): readonly (readonly string[])[] {
  const text = plainOf(line)
    .replaceAll(SUBSTITUTED, (_, shell?: string, old?: string) => {
      const inner = (shell ?? old ?? '').trim();
      if (/^\w+$/.test(inner)) return `$${inner}`;
      return /\s(?:build|kustomize|fn|live|render)(?:\s|$)/.test(inner) ? `;${inner};` : '$@';
    })
    .replaceAll(/[<>]\(/g, ';')
    .replaceAll(REDIRECTION, ' ');
  return text.split(/[;|&()]/).map((part) => part.split(/\s+/).filter((word) => word !== ''));
}

/** A line without quotes, comments and the spaces of templates. */
function plainOf(line: string): string {
  return line
    .replace(MAKE, '')
    .replaceAll(QUOTED, (match, double?: string, single?: string) => asWord(double, single) ?? match)
    .replace(/(?:^|\s)#.*/s, '')
    .replaceAll(TEMPLATE, (_, inner: string) => `$${inner.trim().replaceAll(/\W+/g, '.')}`);
}

/** The commands of a line, from the first that is so: it, those behind its pipes, and what stands behind `||`. */
export function pipeOf(line: string, isSo: (command: string) => boolean) {
  const plain = plainOf(line).replaceAll(/\d?[<>]&\d?/g, ' ');
  const parts = plain.split(/(\|\|?|&&|;)/);
  const start = parts.findIndex((part, index) => index % 2 === 0 && isSo(part));
  let end = start + 1;
  while (parts[end] === '|') end += 2;
  const [command = '', ...pipes] = parts.slice(start, end).filter((part) => part !== '|');
  return {
    plain,
    command,
    pipes: pipes.map((pipe) => pipe.trim()),
    otherwise: parts[end] === '||' ? parts[end + 1] : '',
  };
}

/**
 * A text in quotes: the word that it is, or one that nobody can tell, for it is more than one or has signs of the shell. Undefined: no text is
 * in quotes.
 */
function asWord(double: string | undefined, single: string | undefined): string | undefined {
  const text = double ?? single;
  if (text === undefined) return undefined;
  if (double !== undefined && /\$\(|`/.test(text)) return /["']/.test(text) ? '$' : text;
  return /^[^\s;|&()<>#]+$/.test(text) ? text : '$';
}
