import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../test/support/run-function.ts';
import { requirePeers } from './contestants.ts';
import { tableOf } from './figure.ts';
import { grpc } from './grpc.ts';
import { manyItems } from './many-items.ts';
import { repository } from './repository.ts';
import { sharedChains } from './shared-chains.ts';
import { startToSecret } from './start-to-secret.ts';
import { versions } from './versions.ts';
import { whereTimeGoes } from './where-time-goes.ts';

/** Runs every benchmark, one after the other, and writes docs/benchmarks.md. */
requirePeers();
const [load = 0] = loadavg();
const sections = [
  await startToSecret(),
  await manyItems(),
  await sharedChains(),
  await repository(),
  await grpc(),
  await whereTimeGoes(),
];
writeFileSync(
  join(ROOT, 'docs/benchmarks.md'),
  `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${versions()}.
Load average of the machine before the first run: ${load.toFixed(1)}. The figures hold where nothing else runs.

Each figure is a ratio to a peer that ran in the same rounds: median (minimum to maximum). The median decides.

${tableOf(sections.flatMap(({ figures }) => figures))}
${sections.map(({ text }) => text).join('\n')}`,
);
