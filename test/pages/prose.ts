/** What a page of Markdown has for its reader, outside of blocks of code. */
export interface Prose {
  /** Words that somebody wrote by hand: those of generated parts are left out. */
  readonly words: number;
  /** Of generated parts too; a heading, an item of a list and a cell of a table end one. */
  readonly sentences: readonly string[];
  readonly cells: readonly string[];
  /** Where its links lead, as they are written. */
  readonly links: readonly string[];
  /** The anchors of its headings, as GitHub makes them. */
  readonly anchors: readonly string[];
}

const GENERATED = /<!-- generated: (\S+) -->.*?<!-- end of generated: \1 -->/gs;
const BLOCK_OF_CODE = /^([ \t]*)(`{3,}|~{3,}).*?^\1\2`*[ \t]*$/gms;
const COMMENT = /<!--.*?-->/gs;
const CODE = /`[^`]*`/g;
const LINK = /\]\(([^)\s]+)\)/g;
const TABLE_ROW = /^\s*\|/;
const TABLE_RULE = /^\s*\|[\s|:-]+$/;
const NEW_UNIT = /^\s*(?:[-*]|\d+\.|#+|>)\s/;
const END_OF_SENTENCE = /(?<=[.!?])["')\]*_]*\s+/;

export function readProse(page: string): Prose {
  const text = withoutCode(page);
  const cells = text.split('\n').flatMap(cellsOf);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return {
    words: wordsOf(withoutCode(page.replace(GENERATED, ''))).length,
    sentences: [...unitsOf(text), ...cells].flatMap((unit) => unit.trim().split(END_OF_SENTENCE)),
    cells,
    links: [...text.replace(CODE, '').matchAll(LINK)].map(([, target = '']) => target),
    anchors: anchorsOf(headings),
  };
}

/** The words of a text; the target of a link is none. */
export function wordsOf(text: string): string[] {
  const shown = text.replace(/\]\([^)]*\)/g, ']');
  return shown.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
}

const withoutCode = (page: string) => page.replace(BLOCK_OF_CODE, '').replace(COMMENT, '');

function cellsOf(line: string): string[] {
  if (!TABLE_ROW.test(line) || TABLE_RULE.test(line)) return [];
  const row = line.replace(CODE, (code) => code.replaceAll('|', '/'));
  return row.split(/(?<!\\)\|/).filter((cell) => cell.trim() !== '');
}

/** Paragraphs, items of lists and headings, each in one line. */
function unitsOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => !TABLE_ROW.test(line));
  const marked = lines.map((line) => (NEW_UNIT.test(line) ? `\n\n${line}` : line)).join('\n');
  return marked.split(/\n\s*\n/).map((unit) => unit.replaceAll('\n', ' '));
}

/** https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links */
function anchorsOf(headings: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = shown.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}
