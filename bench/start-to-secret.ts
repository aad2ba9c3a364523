import { ci, roles } from '../test/support/accounts.ts';
import { emittedSecrets } from '../test/support/emitted.ts';
import { GOOD_SPEC, generator, list } from '../test/support/resource-list.ts';
import { EXECUTABLE, runFunction } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { measure, spread } from './measure.ts';

const PAIRS = 31;
const WARM_UP = 3;
const GATE = 4.5;

/**
 * Whole-process time of one spec, a real AssumeRole on the embedded STS included, beside a Node.js process that does
 * nothing: in turn, so that a slow moment meets both.
 */
export async function startToSecret(): Promise<string> {
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
    const ours = await measure(EXECUTABLE, [], { input, environment });
    const empty = await measure(process.execPath, ['-e', '0'], { input });
    if (run >= 0) pairs.push({ ours: ours.milliseconds, empty: empty.milliseconds });
  }
  await sts.close();

  const times = (which: keyof (typeof pairs)[number]) =>
    spread(
      pairs.map((pair) => pair[which]),
      0,
    );
  const ratio = spread(
    pairs.map(({ ours, empty }) => ours / empty),
    2,
  );
  console.log(`one spec: ${ratio} times an empty process (gate ${GATE})`);
  return `## One spec: start to Secret

The whole process, a real AssumeRole on the embedded STS on loopback included, beside \`node -e 0\`: ${PAIRS} pairs, run in turn
after a warm-up.

| | ms |
|---|---|
| script build, one spec | ${times('ours')} |
| empty Node.js process | ${times('empty')} |
| ratio, pair by pair | **${ratio}**; gate ${GATE} |

What was done about it: the SDK is a chunk that is loaded when a spec is due; Node's own modules are taken without reading
every export, since reading those of \`node:http\` loads fetch; zod's compiled parsers are off; the compile cache lies beside
the code ([decision 2](decisions/002-compile-cache-beside-the-code.md)).
`;
}
