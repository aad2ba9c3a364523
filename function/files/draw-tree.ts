import { basename } from 'node:path';
import { eastAsianWidth } from 'get-east-asian-width';
import { styled } from '../findings/colours.ts';
import { shownPath, visible } from '../findings/quote.ts';
import type { HopPreview, SecretPreview, SessionPreview } from '../model/job.ts';
import type { NamedRef } from '../model/kinds.ts';
import { cached } from '../model/plain-data.ts';
import { REASONS } from '../planner/preview.ts';
import type { RunPreview } from './plan-document.ts';

/** What a plan is written on: so many columns (Infinity: nothing is cut), and whether what is done has its colour. */
export interface Sheet {
  readonly width: number;
  readonly isColoured: boolean;
}

/** A line of the tree: who becomes whom on the left; what is done about a Secret on the right. */
type Row = readonly [tree: string, ...cells: string[]];

/** An identity or a role, what it becomes next, and the Secrets that its session goes into. */
interface Node {
  readonly label: string;
  readonly next: Map<string, Node>;
  readonly secrets: SecretPreview[];
}

/**
 * The plan as a tree: package by package, the identity that a run begins with, the roles that it
 * assumes, and the Secrets at the end. A session that several Secrets share stands there once. Behind each package is an empty line.
 */
export function drawTree(runs: readonly RunPreview[], { width, isColoured }: Sheet): string {
  const blocks = packagesOf(runs).map((ofPackage) => ({
    heading: headingOf(ofPackage),
    rows: rowsBelow(rootOf(ofPackage.flatMap(({ secrets }) => secrets)), '  '),
  }));
  const ofSecrets = blocks.flatMap(({ rows }) => rows.filter(([, secret]) => secret !== undefined));
  const widths = columnWidths(ofSecrets, width);
  const drawn = blocks.map(({ heading, rows }) =>
    [
      spread(heading, width),
      ...rows.map((row) => align(row, row.length === 1 ? [width] : widths, isColoured ? 2 : undefined)),
      '\n',
    ].join('\n'),
  );
  return drawn.join('');
}

/** The runs of each package that makes Secrets. */
function packagesOf(runs: readonly RunPreview[]): RunPreview[][] {
  const making = runs.filter(({ secrets }) => secrets.length > 0);
  return [...Map.groupBy(making, ({ run }) => JSON.stringify([run.folder, run.host])).values()];
}

/** One sentence about all runs. */
export function summaryOf(runs: readonly RunPreview[]): string {
  const secrets = runs.flatMap((preview) => preview.secrets);
  const [together, apart] = callsOfRuns(runs);
  const shared = together === apart ? '' : ` (${apart} without sharing)`;
  return `${count(packagesOf(runs).length, 'package')}, ${count(secrets.length, 'Secret')}: ${dueAndGood(secrets)}. ${count(together, 'call')} of STS${shared}.`;
}

/** The package on the left; its host, its options and how much is due on the right. */
function headingOf(runs: readonly RunPreview[]): readonly [left: string, right: string] {
  const [first] = runs;
  const { folder = '', host = 'none' } = first?.run ?? {};
  const configs = new Set(runs.map(({ run }) => basename(run.configFile?.shown ?? '')).filter((name) => name !== ''));
  const shown = configs.size > 1 ? [...configs].slice(0, 1).concat(`${configs.size - 1} more`) : configs;
  const named = [...(host === 'none' ? [] : [host]), ...shown].join(', ');
  return [shownPath(folder), `${visible(named)}   ${dueAndGood(runs.flatMap((preview) => preview.secrets))}`];
}

function dueAndGood(secrets: readonly SecretPreview[]): string {
  const good = secrets.filter(({ action }) => action === 'keep').length;
  return `${secrets.length - good} due, ${good} good`;
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** How many calls of STS the due Secrets take: with sessions that are shared within a run, and without. */
function callsOfRuns(runs: readonly RunPreview[]): readonly [together: number, apart: number] {
  let [together, apart] = [0, 0];
  for (const { secrets } of runs) {
    const shared = new Set<string>();
    const sessions = secrets
      .filter(({ action }) => action !== 'keep')
      .flatMap((secret) => [secret, ...(secret.also ?? [])]);
    for (const { identity, hops } of sessions)
      for (const [index, hop] of hops.entries()) {
        if ('operation' in hop && !hop.operation.startsWith('sts:')) continue;
        apart += 1;
        shared.add(JSON.stringify([identity, hops.slice(0, index + 1)]));
      }
    together += shared.size;
  }
  return [together, apart];
}

function rootOf(secrets: readonly SecretPreview[]): Node {
  const root: Node = { label: '', next: new Map(), secrets: [] };
  const into = (node: Node, key: unknown, label: string): Node =>
    cached(node.next, JSON.stringify(key), () => ({ label, next: new Map(), secrets: [] }));
  const add = (secret: SecretPreview, { identity, hops }: SessionPreview) => {
    const first = into(root, identity, identity.description);
    hops.reduce((node, hop) => into(node, hop, labelOf(hop)), first).secrets.push(secret);
  };
  for (const secret of secrets) for (const session of [secret, ...(secret.also ?? [])]) add(secret, session);
  return root;
}

/** An account and the role in it, or the operation. */
export function labelOf(hop: HopPreview): string {
  if ('roleOf' in hop) return 'the role of the ServiceAccount';
  if ('operation' in hop) return hop.operation;
  const [, partition, , , account, role = ''] = hop.role.split(':');
  return `${partition === 'aws' ? '' : `${partition} `}${account} ${role.replace(/^role\//, '')}`;
}

function rowsBelow({ next }: Node, indent: string, isRoot = true): Row[] {
  return [...next.values()].flatMap((node, index, all) => {
    const isLast = index === all.length - 1;
    const [branch, further] = isRoot ? ['', ''] : isLast ? ['└ ', '  '] : ['├ ', '│ '];
    const [first = [], ...others] = node.secrets.map(cellsOf);
    const rows: Row[] = [[`${indent}${branch}${node.label}`, ...first]];
    for (const cells of others) rows.push([`${indent}${further}${node.next.size > 0 ? '│ ' : ''}`, ...cells]);
    return [...rows, ...rowsBelow(node, `${indent}${further}`, false)];
  });
}

function cellsOf(planned: SecretPreview): string[] {
  const { action, target, reason, renewAfter } = planned;
  const why = action === 'keep' ? `until ${renewAfter.slice(0, 16).replace('T', ' ')}Z` : REASONS[reason];
  return [shownName(target), action, why, `${planned.lifetime} s`];
}

/** NAMESPACE/NAME, as kubectl's users write it. */
export function shownName({ name, namespace }: NamedRef): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

const GAP = 2;
/** A heading is that wide where nothing is cut, unless it is wider. */
const USUAL_WIDTH = 100;

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
  return widths;
}

const COLOURS: Readonly<Record<string, 'green' | 'yellow' | 'cyan'>> = {
  keep: 'green',
  renew: 'yellow',
  issue: 'cyan',
};

/** Cells in columns, two spaces apart. What does not fit is cut, and a dot of three shows it. `coloured`: the column of what is done. */
export function align(row: readonly string[], widths: readonly number[], coloured?: number): string {
  return row
    .map((cell, column) => {
      const shown = fitted(cell, widths[column] ?? 0);
      const colour = column === coloured ? COLOURS[cell] : undefined;
      return colour === undefined ? shown : styled(colour, shown);
    })
    .join(' '.repeat(GAP))
    .trimEnd();
}

/** A text in so many columns. */
function fitted(text: string, width: number): string {
  const shown = cut(text, width);
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
