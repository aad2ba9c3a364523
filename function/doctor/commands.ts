import type { FilePath } from '../hosts/files/find-files.ts';

/** A command of a host in a script or workflow, as far as it can be read without running it. */
export interface Command {
  readonly program: 'kustomize build' | 'kubectl kustomize' | 'kpt fn render' | 'kpt live apply';
  /** What follows, up to the end of the command. */
  readonly words: readonly string[];
  readonly file: FilePath;
  /** From 1. */
  readonly line: number;
}

const COMMAND =
  /(?<![\w.-])(?<program>kustomize\s+build|kubectl\s+kustomize|kpt\s+fn\s+render|kpt\s+live\s+apply)\b(?<rest>[^\n;|&)`]*)/g;
const CONTINUED = /\\\n/g;
const COMMENT = /(?<=^|\s)#[^\n]*/g;

/** The commands in a script. One that is put together from variables is not found. */
export function commandsIn(text: string, file: FilePath): Command[] {
  const blank = (found: string) => found.replaceAll(/[^\n]/g, ' ');
  // a continued line stays as long as it is, so that lines can be counted in the text itself
  const readable = text.replaceAll(COMMENT, blank).replaceAll(CONTINUED, '  ');
  return [...readable.matchAll(COMMAND)].map(({ index, groups = {} }) => ({
    program: String(groups.program).replaceAll(/\s+/g, ' ') as Command['program'], // the alternatives of the expression
    words: (groups.rest ?? '')
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(unquoted),
    file,
    line: text.slice(0, index).split('\n').length,
  }));
}

/** True when a command has a flag, with a value or without. */
export function hasFlag({ words }: Pick<Command, 'words'>, flag: string): boolean {
  return words.some((word) => word === flag || (word.startsWith(`${flag}=`) && word !== `${flag}=false`));
}

/** Flags whose value is a word of its own. */
const VALUED: ReadonlySet<string> = new Set([
  '-o',
  '--output',
  '--load-restrictor',
  '-e',
  '--env',
  '--mount',
  '--results-dir',
]);

/** The path that a command is given; undefined for none, or for one that only the shell knows. */
export function pathOf({ words }: Pick<Command, 'words'>): string | undefined {
  const path = words.find((word, index) => !word.startsWith('-') && !VALUED.has(words[index - 1] ?? ''));
  return path === undefined || /[$*{]|^>/.test(path) ? undefined : path;
}

function unquoted(word: string): string {
  return word.replace(/^["']/, '').replace(/["'].*$/, ''); // also of the string of a workflow that it ends
}
