import { join } from 'node:path';
import { ROWS } from '../test/contract/attacks/package-work.ts';
import { SHAPES } from '../test/property/megabyte.ts';
import { ROOT } from '../test/support/run-function.ts';
import { runMeasured, type Work } from '../test/support/run-measured.ts';
import { writeSection } from './write-section.ts';

/** `node bench/megabyte.ts`: what much work takes of the script and of the one file, written into test/evidence/reliability.md. Both are built before. */

const PROGRAMS = ['dist/function-sts-assume-role', 'dist/bin/function-sts-assume-role'];
/** Shapes of which each has one thing a megabyte long, or thousands of times. */
const MEGABYTES = [
  'brackets in brackets',
  'a Secret of many keys',
  'many aliases',
  'many merge keys',
  'many generators',
  'many unknown fields of a generator',
  'nine thousand entries with a pattern each',
  'many hops for many generators',
  'nine thousand labels for many generators',
  'many namespaces for many generators',
  'a ClusterGenerator of many faults in many namespaces',
  'many templates of an ExternalSecret',
];

const kilobytes = ({ files = {}, input = '' }: Work) =>
  [...Object.values(files), input].reduce((sum, text) => sum + text.length, 0) / 1000;

async function row(name: string, work: Work, harmless?: Work): Promise<string> {
  const took = [];
  for (const program of PROGRAMS) took.push(await runMeasured(work, { AWS_REGION: 'eu-west-1' }, join(ROOT, program)));
  const beside = harmless === undefined ? '' : `${(await runMeasured(harmless)).seconds.toFixed(1)} s`;
  const cells = took.map(({ seconds, megabytes }) => `${seconds.toFixed(1)} s | ${megabytes.toFixed(0)}`);
  const answer = took.every(({ exit }) => exit === 0) ? 'answered' : 'refused';
  return `| ${name} | ${kilobytes(work).toFixed(0)} | ${cells.join(' | ')} | ${beside} | ${answer} |`;
}

const rows = ['| | kB | script | MB | one file | MB | harmless | |', '|---|---|---|---|---|---|---|---|'];
for (const name of MEGABYTES) rows.push(await row(name, { input: SHAPES[name]?.() ?? '' }));
for (const [name, { attack, harmless }] of Object.entries(ROWS)) rows.push(await row(name, attack(), harmless()));
const markers = ['<!-- megabyte: written by `node bench/megabyte.ts` -->', '<!-- /megabyte -->'] as const;
writeSection('test/evidence/reliability.md', markers, rows.join('\n'));
