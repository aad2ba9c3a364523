import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../test/support/run-function.ts';
import { grpcReuse } from './grpc-reuse.ts';
import { manyItems } from './many-items.ts';
import { sharedChains } from './shared-chains.ts';
import { startToSecret } from './start-to-secret.ts';

/** Runs every benchmark, one after the other, and writes docs/benchmarks.md. */
const sections = [await startToSecret(), await manyItems(), await sharedChains(), await grpcReuse()];
writeFileSync(
  join(ROOT, 'docs/benchmarks.md'),
  `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${availableParallelism()} cores, Node.js ${process.versions.node}.
Each figure is a median (minimum to maximum).

${sections.join('\n')}`,
);
