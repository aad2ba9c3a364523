import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Import, importsOf } from '../support/imports-of.ts';

const ROOT = join(import.meta.dirname, '../..');
const FUNCTION = join(ROOT, 'function');

/** Who may import what, as docs/architecture.md has it. `findings ← model ← rooms ← planner ← issuer ← hosts ← main`; packages import nothing of ours. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['findings', 'model', 'cli', 'clients', 'run-program'],
  'run-program': ['findings', 'model', 'cli', 'doctor', 'hosts', 'files', 'crossplane', 'clients'],
  findings: [],
  model: ['findings', 'zod', 'yaml', 'fastest-levenshtein'],
  generators: ['findings', 'model', 'chain', 'zod', 'canonicalize'],
  manifests: ['findings', 'model', 'identity', 'generators', 'chain', 'zod', 'fastest-levenshtein'],
  identity: ['findings', 'model', 'zod'],
  chain: ['findings', 'model', 'canonicalize'],
  gotemplate: [],
  sops: ['yaml', 'age-encryption'],
  secret: ['findings', 'model', 'chain', 'gotemplate', 'sops', 'canonicalize', 'yaml', 're2js'],
  krm: ['findings', 'model', 'yaml'],
  clients: [
    'findings',
    'model',
    '@aws-sdk/client-sts',
    '@aws-sdk/client-ecr',
    '@aws-sdk/client-ecr-public',
    '@aws-sdk/core/client',
    '@aws-sdk/credential-provider-node',
    '@kubernetes/client-node',
    '@smithy/core/client',
    '@smithy/core/config',
  ],
  planner: ['findings', 'model', 'generators', 'manifests', 'identity', 'chain', 'secret'],
  issuer: ['findings', 'model', 'manifests', 'identity', 'chain', 'secret', 'planner', 'sops', 'p-limit'],
  hosts: ['findings', 'model', 'planner', 'issuer', 'krm', 'clients'],
  repository: ['findings', 'model', 'secret', 'planner', 'krm', 'clients', 'hosts'],
  files: [
    'findings',
    'model',
    'planner',
    'issuer',
    'krm',
    'clients',
    'hosts',
    'repository',
    'secret',
    'get-east-asian-width',
    'js-yaml',
    'p-limit',
    'zod',
  ],
  crossplane: [
    'findings',
    'model',
    'chain',
    'secret',
    'planner',
    'issuer',
    'clients',
    'hosts',
    '@bufbuild/protobuf/wire',
    '@crossplane-org/function-sdk-typescript',
    '@grpc/grpc-js',
    'p-limit',
    'prom-client',
  ],
  doctor: [
    'findings',
    'model',
    'manifests',
    'chain',
    'secret',
    'planner',
    'issuer',
    'krm',
    'hosts',
    'files',
    'repository',
    'crossplane',
    'ignore',
  ],
  cli: ['findings', 'model', 'commander'],
};

/** Rooms that could be published as they stand: others import the one file of that name, and nothing behind it. */
const PACKAGES = ['gotemplate', 'sops'];

/** Node's modules are for everyone, but what touches the outside belongs to clients/ and to hosts of every kind, to doctor/ and to what installs. */
const OUTSIDE = [
  'node:fs',
  'node:fs/promises',
  'node:http',
  'node:https',
  'node:net',
  'node:tls',
  'node:child_process',
  'node:os',
  'node:timers/promises',
];
const MAY_TOUCH_OUTSIDE = ['hosts/', 'repository/', 'files/', 'crossplane/', 'clients/', 'doctor/', 'cli/install/'];

describe('rooms', () => {
  const files = filesIn('function');
  const imports = files.flatMap((file) => importsOf(file, readFileSync(join(FUNCTION, file), 'utf8')));

  test('every file is in a room of the table', () => {
    expect(files.map(roomOf).filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  test('imports go one way: type-only and dynamic ones count', () => {
    expect(imports.flatMap(fault)).toEqual([]);
  });

  test('a package has one entry', () => {
    expect(imports.flatMap(pastEntry)).toEqual([]);
  });

  test('no two files import each other, however long the way around', () => {
    const edges = new Map(
      files.map((file) => [
        file,
        imports
          .filter((i) => i.file === file)
          .flatMap(({ file: from, specifier }) => (specifier.startsWith('.') ? [resolve(from, specifier)] : [])),
      ]),
    );
    expect(files.filter((file) => reaches(file, file, edges))).toEqual([]);
  });
});

test('each suite of a room, and of package/, tests the file of its name', () => {
  const suites = filesIn('test').filter((file) => /^(?:unit\/.+|package)\/[^/]+\.test\.ts$/.test(file));
  const tested = suites.map((suite) => suite.replace(/^unit/, 'function').replace('.test.ts', '.ts'));
  expect(tested.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

describe('the test itself', () => {
  test.each([
    ['a room that imports another', 'chain/x.ts', "import { a } from '../secret/b.ts';", 1],
    ['a type-only import', 'krm/x.ts', "\nimport type { A } from '../manifests/b.ts';", 2],
    ['a dynamic import', 'identity/x.ts', "\n\nconst a = import('../clients/sts.ts');", 3],
    ['a re-export', 'model/x.ts', "export { a } from '../manifests/b.ts';", 1],
    ['an import type expression', 'model/x.ts', "export type A = import('p-limit').Options;", 1],
    ['the SDK outside clients/', 'chain/x.ts', "import { STSClient } from '@aws-sdk/client-sts';", 1],
    ['the file system outside hosts/ and clients/', 'chain/x.ts', "import { readFileSync } from 'node:fs';", 1],
    ['the file system where arguments are read', 'cli/x.ts', "import { readFileSync } from 'node:fs';", 1],
    ['a package that imports what is ours', 'gotemplate/x.ts', "import { quote } from '../findings/quote.ts';", 1],
    ['the same from below', 'gotemplate/functions/x.ts', "import { quote } from '../../findings/quote.ts';", 1],
  ])('finds %s', (_, file, source, line) => {
    expect(importsOf(file, source).flatMap(fault)).toEqual([expect.stringContaining(`function/${file}:${line}: `)]);
  });

  test('finds a part of a package that somebody imports', () => {
    const imports = importsOf('secret/x.ts', "import('../gotemplate/lex.ts'); import('../gotemplate/gotemplate.ts');");
    expect(imports.flatMap(pastEntry)).toEqual(['function/secret/x.ts:1: gotemplate has an entry, gotemplate.ts']);
  });

  test('lets a room import findings', () => {
    expect(importsOf('chain/x.ts', "import { finding } from '../findings/finding.ts';").flatMap(fault)).toEqual([]);
  });
});

/** The paths below it of all files of a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
}

function fault({ file, line, specifier }: Import): string[] {
  const room = roomOf(file);
  const target = specifier.startsWith('.') ? roomOf(resolve(file, specifier)) : specifier;
  const allowed = specifier.startsWith('node:')
    ? !OUTSIDE.includes(specifier) || MAY_TOUCH_OUTSIDE.some((folder) => file.startsWith(folder))
    : target === room || (MAY_IMPORT[room] ?? []).includes(target);
  return allowed ? [] : [`function/${file}:${line}: ${room} may not import ${specifier}`];
}

function pastEntry({ file, line, specifier }: Import): string[] {
  const [room = '', ...path] = resolve(file, specifier).split('/');
  const isPart = PACKAGES.includes(room) && room !== roomOf(file) && path.join('/') !== `${room}.ts`;
  return isPart ? [`function/${file}:${line}: ${room} has an entry, ${room}.ts`] : [];
}

function roomOf(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
}

function resolve(file: string, specifier: string): string {
  return relative(FUNCTION, join(FUNCTION, file, '..', specifier));
}

function reaches(from: string, to: string, edges: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const queue = [...(edges.get(from) ?? [])];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (at === to) return true;
    if (!seen.has(at)) queue.push(...(edges.get(at) ?? []));
    seen.add(at);
  }
  return false;
}
