import { loadavg } from 'node:os';
import { writeBriefs } from './brief.ts';
import { requirePeers } from './contestants.ts';
import { tableOf } from './figure.ts';
import { grpc } from './grpc.ts';
import { manyItems } from './many-items.ts';
import { repository } from './repository.ts';
import { sharedChains } from './shared-chains.ts';
import { startToSecret } from './start-to-secret.ts';
import { versions } from './versions.ts';
import { whereTimeGoes } from './where-time-goes.ts';
import { writeSection } from './write-section.ts';

/** Runs every benchmark, one after the other, and writes the report of bench/README.md and the tables of docs/benchmarks.md. */
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
const report = `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${versions()}.
Load average of the machine before the first run: ${load.toFixed(1)}. The figures hold where nothing else runs.

Each figure is a ratio to a peer that ran in the same rounds: median (minimum to maximum). The median decides.

${tableOf(sections.flatMap(({ figures }) => figures))}
${sections.map(({ text }) => text).join('\n')}`;
writeSection('bench/README.md', ['<!-- generated: report -->', '<!-- end of generated: report -->'], report.trimEnd());
writeBriefs(report);
