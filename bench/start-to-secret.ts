import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ci, roles } from '../test/support/accounts.ts';
import { emittedSecrets } from '../test/support/emitted.ts';
import { GOOD_SPEC, generator, list } from '../test/support/resource-list.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE, ROOT, runFunction } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';

/**
 * Whole-process time of one spec, a real AssumeRole on the embedded STS included, beside a Node.js process that does
 * nothing: in turn, so that a slow moment meets both. Writes docs/benchmarks.md.
 */
const PAIRS = 31;
const WARM_UP = 3;
const GATE = 4.5;

const sts = await startSts({ users: [ci], roles });
const environment = {
  AWS_STS_ENDPOINT: sts.url,
  AWS_ACCESS_KEY_ID: ci.accessKeyId,
  AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
};
const input = list(generator(GOOD_SPEC));
const { stdout, stderr } = await runFunction(input, { environment });
if (emittedSecrets(stdout).length !== 1) throw new Error(`nothing to measure: ${stderr}`);

const pairs: { ours: number; empty: number }[] = [];
for (let run = -WARM_UP; run < PAIRS; run++) {
  const ours = await milliseconds(EXECUTABLE, [], environment);
  const empty = await milliseconds(process.execPath, ['-e', '0'], {});
  if (run >= 0) pairs.push({ ours, empty });
}
await sts.close();

const ratio = spread(
  pairs.map(({ ours, empty }) => ours / empty),
  2,
);
writeFileSync(
  join(ROOT, 'docs/benchmarks.md'),
  `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${availableParallelism()} cores, Node.js ${process.versions.node}, ${PAIRS} pairs, run in
turn after a warm-up. Median (minimum to maximum).

## One spec: start to Secret

The whole process, a real AssumeRole on the embedded STS on loopback included, beside \`node -e 0\`.

| | ms |
|---|---|
| script build, one spec | ${spread(
    pairs.map(({ ours }) => ours),
    0,
  )} |
| empty Node.js process | ${spread(
    pairs.map(({ empty }) => empty),
    0,
  )} |
| ratio, pair by pair | **${ratio}**; gate ${GATE} |

What was done about it: the SDK is a chunk that is loaded when a spec is due; Node's own modules are taken without reading
every export, since reading those of \`node:http\` loads fetch; zod's compiled parsers are off; the compile cache lies beside
the code ([decision 2](decisions/002-compile-cache-beside-the-code.md)).
`,
);
console.log(`one spec: ${ratio} times an empty process (gate ${GATE})`);

async function milliseconds(command: string, argv: readonly string[], added: Record<string, string>): Promise<number> {
  const start = performance.now();
  const child = spawn(command, argv, { env: { ...CLEAN_ENVIRONMENT, ...added }, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => {}); // the empty process reads nothing
  child.stdin.end(input);
  const [exit] = await once(child, 'exit');
  if (exit !== 0) throw new Error(`${command} ended with ${exit}`);
  return performance.now() - start;
}

function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(digits);
  return `${at(0.5)} (${at(0)} to ${at(1)})`;
}
