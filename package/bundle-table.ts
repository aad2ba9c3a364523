import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledPackages, type Metafile } from './third-party.ts';

/** What the last build was made of. */
const METAFILE = join(import.meta.dirname, '../dist/meta.json');
/** Sizes are rounded up to this, so that a change of ours does not change the table. */
const STEP_BYTES = 10_000;

/** The packages in the bundle of the last build, as rows: the table of docs/supply-chain.md. */
export function bundleTable(): string {
  const packages = bundledPackages(JSON.parse(readFileSync(METAFILE, 'utf8')) as Metafile); // esbuild wrote it
  const rows = packages
    .toSorted((one, other) => stepsOf(other.bytes) - stepsOf(one.bytes))
    .map(({ name, version, licence, bytes, importers }) => {
      const size = `${stepsOf(bytes) * (STEP_BYTES / 1000)} kB`;
      return `| \`${name}\` | ${version} | ${licence} | ${size} | ${listed(importers)} |`;
    });
  return ['| package | version | licence | at most | for |', '|---|---|---|---|---|', ...rows].join('\n');
}

const stepsOf = (bytes: number) => Math.ceil(bytes / STEP_BYTES);

/** Some of them, so that a row stays a row. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `\`${name}\``);
  const others = names.length - shown.length;
  return others === 0 ? shown.join(', ') : `${shown.join(', ')} and ${others} more`;
}
