/** One document of a YAML stream, found without parsing it. */
export interface SplitDocument {
  /** From its `---`, or its directives, to the next document. */
  readonly start: number;
  readonly end: number;
  /** Its top-level `kind`, where that is one plain word on a line of its own; absent: only the parser knows. */
  readonly kind?: string;
}

/** At the margin these are markers wherever they stand: YAML forbids such a line in every scalar. */
const MARKER = /(?<=^|\n)(?:---|\.\.\.)(?=[ \t\r\n]|$)/g;
/** Lines without content. Each line is read in one way only, here and below: two ways would take 2ⁿ steps for n lines. */
const NO_CONTENT = /\ufeff?(?:(?:---|\.\.\.)?[ \t]*(?:#[^\n]*|\r)?\n)*[ \t]*(?:(?:---|\.\.\.|#[^\n]*)$)?/y;
/** What may stand before the `---` that it belongs to. */
const DIRECTIVES = /^\ufeff?(?:[ \t]*(?:#[^\n]*|\r)?\n|%[^\n]*\n)*$/;
const FIRST_KEY = /[A-Za-z][\w./-]*:[ \r\n]/y;
const KIND = /(?<=^|\n)kind: ([^\r\n]*)/g;
/** A key that may say `kind` in other words: in quotes, as an explicit or an anchored one, or before a space. */
const OTHER_KEY = /\n(?:["'?!&*<{[]|kind[ \t]+:)/;

/** The documents of a text that have content. */
export function splitDocuments(text: string): SplitDocument[] {
  return rangesOf(text).flatMap(([start, end]) => {
    const document = text.slice(start, end);
    NO_CONTENT.lastIndex = 0;
    const content = NO_CONTENT.exec(document)?.[0].length ?? 0;
    if (content === document.length) return [];
    const kind = kindOf(document, content);
    return [{ start, end, ...(kind === undefined ? {} : { kind }) }];
  });
}

function rangesOf(text: string): (readonly [start: number, end: number])[] {
  const ranges: (readonly [number, number])[] = [];
  let start = 0;
  for (const { index, 0: marker } of text.matchAll(MARKER)) {
    const before = text.slice(start, index);
    if (marker === '---' && before.includes('%') && DIRECTIVES.test(before)) continue;
    const line = text.indexOf('\n', index);
    const end = marker === '---' ? index : line < 0 ? text.length : line + 1;
    ranges.push([start, end]);
    start = end;
  }
  return [...ranges, [start, text.length]];
}

/** The kind of a block mapping at the margin, if exactly one line of it says so plainly. */
function kindOf(document: string, content: number): string | undefined {
  FIRST_KEY.lastIndex = content;
  if (!FIRST_KEY.test(document) || OTHER_KEY.test(document)) return undefined;
  const [kind, another] = [...document.matchAll(KIND)].map(([, value = '']) => value);
  return kind !== undefined && another === undefined && /^[A-Za-z]+$/.test(kind) ? kind : undefined;
}
