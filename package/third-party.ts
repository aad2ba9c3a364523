import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Licences that let anybody pass the code on with its notice. Another one stops the build: somebody has to read it first. */
const ALLOWED = new Set(['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense', '0BSD']);
const NOTICE = /^(?:un)?licen[cs]e|^notice|^copying/i;

/** What a bundler says of its work, as far as it is looked at: esbuild's and Bun's are alike. */
export interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>;
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

/** A package of others that is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly bytes: number;
  /** Who imports it: folders of ours, or names of packages. */
  readonly importers: readonly string[];
  /** Its licence files, or what its sources say at their beginning. */
  readonly notice: string;
}

/** Every package in the bundle, by name. @throws Error for a licence that is not allowed. */
export function bundledPackages({ inputs, outputs }: Metafile): BundledPackage[] {
  const used = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const bytes = new Map<string, number>();
  for (const [file, { bytesInOutput }] of used) bytes.set(file, (bytes.get(file) ?? 0) + bytesInOutput);
  const byFolder = Map.groupBy([...bytes.keys()], folderOf);
  return [...byFolder]
    .flatMap(([folder, files]) => (folder === undefined ? [] : [toPackage(folder, files)]))
    .toSorted((one, other) => (`${one.name} ${one.version}` < `${other.name} ${other.version}` ? -1 : 1));

  function toPackage(folder: string, files: readonly string[]): BundledPackage {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    checkLicence(name, license);
    const importers = Object.entries(inputs)
      .filter(([, { imports }]) => imports.some(({ path }) => folderOf(path) === folder))
      .map(([file]) => whose(file))
      .filter((one) => one !== name);
    return {
      ...{
        name,
        version,
        licence: license,
        notice: noticeOf(folder, files),
        importers: [...new Set(importers)].toSorted(),
      },
      bytes: files.reduce((sum, file) => sum + (bytes.get(file) ?? 0), 0),
    };
  }
}

/** @throws Error unless every licence of the expression is one that is allowed. */
export function checkLicence(name: string, licence: unknown): void {
  const parts = typeof licence === 'string' ? licence.split(/[()\s]+|\bAND\b/).filter((part) => part !== '') : [];
  if (parts.length > 0 && parts.every((part) => ALLOWED.has(part))) return;
  throw new Error(
    `cannot ship "${name}": its licence is "${licence}". Read it, then allow it in package/third-party.ts.`,
  );
}

/** Of a package's file. What stands in for Node's own modules names who imports it, behind a `?`. */
function folderOf(file: string): string | undefined {
  return file.includes('?') ? undefined : /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function whose(file: string): string {
  const folder = folderOf(file);
  return folder === undefined ? file.split('/').slice(0, 2).join('/') : folder.replace(/^.*node_modules\//, '');
}

function noticeOf(folder: string, files: readonly string[]): string {
  const names = readdirSync(join(root, folder)).filter((name) => NOTICE.test(name));
  if (names.length > 0) return names.map((name) => read(join(folder, name))).join('\n\n');
  const beginnings = files
    .filter((file) => existsSync(join(root, file)))
    .map((file) => /^(?:\s*\/\/.*\n)+|^\s*\/\*[\s\S]*?\*\//.exec(read(file))?.[0] ?? '')
    .filter((text) => /copyright/i.test(text));
  return [...new Set(beginnings)].join('\n');
}

const read = (file: string) => readFileSync(join(root, file), 'utf8').trim();

/** The notices of all packages as one text: each once, under the names of those that have it. */
export function noticesOf(packages: readonly BundledPackage[], more = ''): string {
  const byNotice = Map.groupBy(
    packages,
    ({ notice, licence }) => notice || `Its licence is ${licence}; the package has no text of it.\n`,
  );
  const sections = [...byNotice].map(([notice, some]) => {
    const names = some.map(({ name, version, licence }) => `${name} ${version} (${licence})`);
    return `${names.join('\n')}\n\n${notice}`;
  });
  const line = '-'.repeat(80);
  const head = 'This program has parts of others. Each is named with its licence.\n';
  return `${[head, ...(more === '' ? [] : [more]), ...sections].join(`\n${line}\n\n`)}\n\n${line}\n\nApache-2.0\n\n${read('LICENSE')}\n`;
}
