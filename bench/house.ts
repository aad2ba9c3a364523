import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from '@swc/core';
import { importsOf } from '../test/support/imports-of.ts';
import { ROOT } from '../test/support/run-function.ts';
import { type FunctionRun, runByOneReconcile, runByOneSpec } from './functions-run.ts';
import { writeSection } from './write-section.ts';

/**
 * Measures the house and writes the tables into docs/architecture.md. With the folder of another checkout, whose packages are
 * installed, that is measured beside it: `node bench/house.ts ../before`.
 */

const SECTION = ['<!-- generated: house -->\n', '<!-- end of generated: house -->\n'] as const;

/** One file: lines with code, lines that are comments, its longest function, and the files that it imports. */
interface Measured {
  readonly path: string;
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
    path: relative(root, file),
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

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

function filesOf(folder: string): string[] {
  return sourcesOf(folder).filter((path) => !path.endsWith('.test.ts'));
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

/** The figures of one checkout. */
interface House {
  readonly files: readonly Measured[];
  readonly support: readonly Measured[];
  /** Of all of `test/`, tests too. */
  readonly tests: { readonly files: number; readonly lines: number };
  readonly lines: number;
  readonly spec: readonly FunctionRun[];
  readonly reconcile: readonly FunctionRun[];
}

async function measureHouse(root: string): Promise<House> {
  const [house, support] = [join(root, 'function'), join(root, 'test/support')];
  const tests = sourcesOf(join(root, 'test'));
  return {
    files: filesOf(house).map((file) => measure(file, house)),
    support: filesOf(support).map((file) => measure(file, support)),
    tests: { files: tests.length, lines: linesOf(tests) },
    lines: linesOf(sourcesOf(house)),
    spec: await runByOneSpec(root),
    reconcile: await runByOneReconcile(root),
  };
}

function linesOf(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + readFileSync(file, 'utf8').split('\n').length - 1, 0);
}

function roomsTable({ files, support }: House): string {
  const rooms = Map.groupBy(files, ({ room }) => (room.endsWith('.ts') ? room : `${room}/`));
  return [
    '| | files | lines of code | median file | longest file | longest function | two-way edges | comments to code |',
    '|---|---|---|---|---|---|---|---|',
    rowOf('`function/`', files),
    ...[...rooms].map(([room, some]) => rowOf(`\`${room}\``, some)),
    rowOf('`test/support/`', support),
    '| sigstore-js, the nearest in shape | | | 54–98 | | 76 | 0 | 0.15–0.30 is usual |',
  ].join('\n');
}

const NOW = 'now';
/** Rooms of text and of the network: what is left is what a reader follows. */
const EDGES = ['krm', 'clients'];

function ranTable(houses: ReadonlyMap<string, House>): string {
  const rows = [...houses].flatMap(([name, { spec, reconcile }]) => {
    const row = (what: string, isOne: (room: string) => boolean) =>
      `| ${what} | ${[spec, reconcile].map((all) => ranCells(all.filter(({ file }) => isOne(roomIn(file))))).join(' | ')} |`;
    const rooms = [...new Set([...spec, ...reconcile].map(({ file }) => roomIn(file)))].toSorted();
    return [
      row(`${name}, all`, () => true),
      row(`${name}, outside ${EDGES.map((room) => `\`${room}/\``).join(', ')}`, (room) => !EDGES.includes(room)),
      ...(name === NOW ? rooms : []).map((room) =>
        row(`\`${room.endsWith('.ts') ? room : `${room}/`}\``, (one) => one === room),
      ),
    ];
  });
  return [
    '| functions that run, and their files | one spec: named | without a name, of more than 3 lines | files | one reconcile: named | without a name, of more than 3 lines | files |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function roomIn(file: string): string {
  return file.split('/')[0] ?? '';
}

function ranCells(all: readonly FunctionRun[]): string {
  const named = all.filter(({ isNamed }) => isNamed).length;
  return [named, all.length - named, new Set(all.map(({ file }) => file)).size].join(' | ');
}

/** What could be packages of their own: Go's templates and SOPS, where they are and where they were. */
const APART = /^(?:gotemplate|sops|secret\/template|secret\/seal)\//;

function sizeTable(houses: ReadonlyMap<string, House>): string {
  const rows = [...houses].map(([name, { files, lines, tests }]) => {
    const codeOf = (some: readonly Measured[]) => some.reduce((sum, { code }) => sum + code, 0);
    const imports = files.map((file) => file.imports.length);
    const mean = imports.reduce((sum, count) => sum + count, 0) / imports.length;
    const apart = codeOf(files.filter(({ path }) => !APART.test(path)));
    const figures = [
      files.length,
      lines,
      codeOf(files),
      apart,
      mean.toFixed(1),
      Math.max(...imports),
      tests.files,
      tests.lines,
    ];
    return `| ${name} | ${figures.join(' | ')} |`;
  });
  return [
    '| | files of `function/` | lines | lines of code | without templates and SOPS | imports of our own files per file, mean | most | files of `test/` | lines |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '| Flux [`auth/`](https://github.com/fluxcd/pkg/tree/main/auth): three clouds, without tests | 44 | 5128 | | | | | | |',
    '| [octo-sts](https://github.com/octo-sts/app): a token service | 35 | 4887 | | | | | | |',
    '| sigstore-js [`sign`](https://github.com/sigstore/sigstore-js/tree/main/packages/sign) | 34 | | | | | | | |',
  ].join('\n');
}

const [former] = process.argv.slice(2);
const houses = new Map<string, House>();
if (former !== undefined) houses.set('before', await measureHouse(resolve(former)));
const now = await measureHouse(ROOT);
houses.set(NOW, now);
const tables = [roomsTable(now), sizeTable(houses), ranTable(houses)].join('\n\n');
writeSection('docs/architecture.md', SECTION, tables);
