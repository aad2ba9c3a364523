import { eastAsianWidth } from 'get-east-asian-width';
import { styled } from '../findings/colours.ts';
import { visible } from '../findings/quote.ts';
import type { SessionPreview } from '../model/job.ts';
import { cached } from '../model/plain-data.ts';
import { policyCells } from '../planner/preview.ts';
import { labelOf, type PlanRow, packageKey, shownName } from './plan-rows.ts';
import type { Sheet } from './sheet.ts';

/** A line of the tree: who becomes whom on the left; what is done about a Secret on the right. */
type Row = readonly [tree: string, ...cells: string[]];

/** An identity or a role, what it becomes next, and the Secrets that its session goes into. */
interface Node {
  readonly label: string;
  readonly next: Map<string, Node>;
  readonly secrets: PlanRow[];
}

/**
 * The plan as a tree: package by package, the identity that a run begins with, the roles that it assumes, and the Secrets at the end. A
 * session that several Secrets share stands there once, with the first one beside it unless its role would be cut. Behind each package is
 * an empty line. `headingOf`: a package, and what it has.
 */
export function drawTree(
  rows: readonly PlanRow[],
  headingOf: (rows: readonly PlanRow[]) => readonly [left: string, right: string],
  sheet: Sheet,
): string {
  const { width } = sheet;
  const packages = [...Map.groupBy(rows, packageKey).values()];
  const roots = packages.map(rootOf);
  const rowsIn = (room: number) => roots.map((root) => rowsBelow(root, '  ', room));
  const withSecrets = (all: readonly (readonly Row[])[]) => all.flat().filter((row) => row.length > 1);
  const [room = 0] = columnWidths(withSecrets(rowsIn(Infinity)), width);
  const blocks = rowsIn(room);
  const secretRows = withSecrets(blocks);
  const [tree = 0] = columnWidths(
    secretRows.map((row) => row.slice(0, 1)),
    width,
  );
  const cells = secretRows.map((row) => row.slice(1));
  const widths = [tree, ...columnWidths(cells, width - tree - GAP)];
  const drawn = packages.map((packageRows, index) =>
    [
      spread(headingOf(packageRows), width),
      ...(blocks[index] ?? []).map((row) => align(row, row.length === 1 ? [width] : widths, 2, sheet)),
      '\n',
    ].join('\n'),
  );
  return drawn.join('');
}

function rootOf(rows: readonly PlanRow[]): Node {
  const root: Node = { label: '', next: new Map(), secrets: [] };
  const into = (node: Node, key: unknown, label: string): Node =>
    cached(node.next, JSON.stringify(key), () => ({ label: visible(label), next: new Map(), secrets: [] }));
  const add = (row: PlanRow, { identity, hops }: SessionPreview) => {
    const first = into(root, identity, identity.description);
    hops.reduce((node, hop) => into(node, hop, labelOf(hop)), first).secrets.push(row);
  };
  for (const row of rows) for (const session of [row, ...(row.also ?? [])]) add(row, session);
  return root;
}

function rowsBelow({ next }: Node, indent: string, room: number, isRoot = true): Row[] {
  return [...next.values()].flatMap((node, index, all) => {
    const isLast = index === all.length - 1;
    const [branch, further] = isRoot ? ['', ''] : isLast ? ['└ ', '  '] : ['├ ', '│ '];
    const cells = node.secrets.map(cellsOf);
    const label = `${indent}${branch}${node.label}`;
    const [first = []] = widthOf(label) <= room ? cells.splice(0, 1) : [];
    const rows: Row[] = [[label, ...first]];
    for (const more of cells) rows.push([`${indent}${further}${node.next.size > 0 ? '│ ' : ''}`, ...more]);
    return [...rows, ...rowsBelow(node, `${indent}${further}`, room, false)];
  });
}

function cellsOf(row: PlanRow): string[] {
  const { target, does, why, lifetime } = row;
  return [shownName(target), does, visible(why), `${lifetime} s`, ...policyCells(row)];
}

const GAP = 2;
/** A heading is that wide where nothing is cut, unless it is wider. */
const USUAL_WIDTH = 100;

/** Where nothing is cut no column is wider, or one long text would be as many spaces in each other line. What is longer stands out. */
const WIDEST = 256;

/** Widths of the columns. If all are wider than the terminal, the widest gives way, again and again. */
export function columnWidths(rows: readonly (readonly string[])[], width: number): number[] {
  const widths: number[] = [];
  for (const row of rows) // a plan may have more rows than a function has arguments
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  const columns = widths.length;
  const room = Math.max(width - GAP * (columns - 1), columns);
  for (let over = widths.reduce((all, size) => all + size, 0) - room; over > 0; over -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return width === Infinity ? widths.map((size) => Math.min(size, WIDEST)) : widths;
}

const COLOURS: Readonly<Record<string, 'green' | 'yellow' | 'cyan' | 'red'>> = {
  ...{ keep: 'green', renew: 'yellow', issue: 'cyan' },
  ...{ good: 'green', late: 'yellow', over: 'red' },
  ...{ new: 'cyan', changed: 'yellow', renamed: 'green', gone: 'red', unknown: 'yellow' },
};

/**
 * Cells in columns, two spaces apart. What does not fit on a terminal is cut, and a dot of three shows it. `coloured`: the column of what is
 * done, or of a state.
 */
export function align(
  row: readonly string[],
  widths: readonly number[],
  coloured: number,
  { width, isColoured }: Sheet,
): string {
  return row
    .map((cell, column) => {
      const shown = fitted(cell, widths[column] ?? 0, width < Infinity);
      const colour = isColoured && column === coloured ? COLOURS[cell] : undefined;
      return colour === undefined ? shown : styled(colour, shown);
    })
    .join(' '.repeat(GAP))
    .trimEnd();
}

/** A text in so many columns. */
function fitted(text: string, width: number, isCut = true): string {
  const shown = isCut ? cut(text, width) : text;
  return width === Infinity ? shown : shown + ' '.repeat(Math.max(width - widthOf(shown), 0));
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let [kept, taken] = ['', 0];
  for (const character of text) {
    taken += widthOf(character);
    if (taken >= width) break;
    kept += character;
  }
  return `${kept}…`;
}

/** What a plan is mostly made of: one column each. */
const NARROW = /^[ -~…─-╿]*$/;
const MARK = /[\p{Mn}\p{Me}]/u;

/** Columns of a terminal that a text takes: most characters of East Asia and emojis take two, and a mark stands on the one before it. */
function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  return [...text].reduce((all, sign) => all + (MARK.test(sign) ? 0 : eastAsianWidth(sign.codePointAt(0) ?? 0)), 0);
}

/** Two texts at both margins, or where nothing is cut beside each other. */
function spread([left, right]: readonly [string, string], width: number): string {
  if (width === Infinity) return `${left.padEnd(USUAL_WIDTH - GAP - right.length)}${' '.repeat(GAP)}${right}`;
  const shown = cut(right, Math.max(width - GAP - 1, 1)); // the name of a file is as long as somebody made it
  return `${fitted(left, width - widthOf(shown) - GAP)}${' '.repeat(GAP)}${shown}`;
}

/** Lines of no more than `width` columns. */
export function wrap(text: string, width: number): string {
  return width === Infinity ? `${text}\n` : text.replaceAll(new RegExp(`(.{1,${width}})(?: |$)`, 'g'), '$1\n');
}
