import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from '@swc/core';
import { importsOf } from '../test/support/imports-of.ts';
import { ROOT } from '../test/support/run-function.ts';
import { writeSection } from './write-section.ts';

/** Measures the house and writes the table into docs/architecture.md. */

const SECTION = ['<!-- house: written by `node bench/house.ts` -->\n', '<!-- /house -->\n'] as const;

/** One file: lines with code, lines that are comments, its longest function, and the files that it imports. */
interface Measured {
  readonly room: string;
  readonly code: number;
  readonly comments: number;
  readonly longest: number;
  readonly imports: readonly string[];
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression', 'ClassMethod']);

function measure(file: string, root: string): Measured {
  const source = readFileSync(file, 'utf8');
  const lines = source.split('\n').map((line) => line.trim());
  const isComment = (line: string) => /^(?:\/\/|\/\*|\*)/.test(line);
  return {
    room: roomOf(file, root),
    code: lines.filter((line) => line !== '' && !isComment(line)).length,
    comments: lines.filter(isComment).length,
    longest: longestFunction(source),
    imports: importsOf(file, source)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => roomOf(join(dirname(file), specifier), root)),
  };
}

function roomOf(file: string, root: string): string {
  return relative(root, file).split('/')[0] ?? '';
}

function longestFunction(source: string): number {
  const module = parseSync(source, { syntax: 'typescript', target: 'es2023' });
  const bytes = Buffer.from(source);
  const offset = module.span.start - (source.length - source.trimStart().length); // swc counts on from file to file
  let longest = 0;
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && FUNCTIONS.has(String(node.type)) && 'span' in node) {
      const { start, end } = node.span as { start: number; end: number }; // of every node
      const text = bytes.subarray(start - offset, end - offset).toString();
      longest = Math.max(longest, text.split('\n').length);
    }
    for (const value of Object.values(node)) walk(value);
  };
  walk(module.body);
  return longest;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => join(folder, path));
}

function rowOf(name: string, files: readonly Measured[]): string {
  const lines = files.map(({ code, comments }) => code + comments).toSorted((one, other) => one - other);
  const sum = (of: (file: Measured) => number) => files.reduce((total, file) => total + of(file), 0);
  const [code, comments] = [sum((file) => file.code), sum((file) => file.comments)];
  const longest = Math.max(...files.map((file) => file.longest));
  const figures = [files.length, code, lines[Math.floor(lines.length / 2)], lines.at(-1), longest, twoWays(files)];
  return `| ${[name, ...figures, (comments / code).toFixed(2)].join(' | ')} |`;
}

/** Pairs of rooms that import each other. */
function twoWays(files: readonly Measured[]): number {
  const edges = new Set(files.flatMap(({ room, imports }) => imports.map((to) => `${room} ${to}`)));
  const both = [...edges].filter((edge) => {
    const [from, to] = edge.split(' ');
    return from !== to && edges.has(`${to} ${from}`);
  });
  return both.length / 2;
}

const house = join(ROOT, 'function');
const all = filesOf(house).map((file) => measure(file, house));
const support = join(ROOT, 'test/support');
const rooms = Map.groupBy(all, ({ room }) => (room.endsWith('.ts') ? room : `${room}/`));
const table = [
  '| | files | lines of code | median file | longest file | longest function | two-way edges | comments to code |',
  '|---|---|---|---|---|---|---|---|',
  rowOf('`function/`', all),
  ...[...rooms].map(([room, files]) => rowOf(`\`${room}\``, files)),
  rowOf(
    '`test/support/`',
    filesOf(support).map((file) => measure(file, support)),
  ),
  '| sigstore-js, the nearest in shape | | | 54–98 | | 76 | 0 | 0.15–0.30 is usual |',
].join('\n');
writeSection('docs/architecture.md', SECTION, table);
