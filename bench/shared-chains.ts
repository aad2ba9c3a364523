import { join } from 'node:path';
import { ci } from '../test/support/accounts.ts';
import { emittedSecrets } from '../test/support/emitted.ts';
import { generator, list } from '../test/support/resource-list.ts';
import { EXECUTABLE, runFunction } from '../test/support/run-function.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { measure, spread } from './measure.ts';

const SPECS = 1000;
const LATENCY_MILLISECONDS = 20;
const CONCURRENCY = 16;
const RUNS = 11;
const GATE = 1.3;
/** The two hops that all share, one after the other, then rounds of as many calls as may be under way. */
const BOUND = (2 + Math.ceil(SPECS / CONCURRENCY)) * LATENCY_MILLISECONDS;

const HUB = 'arn:aws:iam::111111111111:role/hub';
const SPOKE = 'arn:aws:iam::222222222222:role/spoke';
const roleOf = (index: number) => `arn:aws:iam::222222222222:role/r${index}`;

/** 1,000 specs of three hops whose first two are the same, beside the least that the calls alone can take. */
export async function sharedChains(): Promise<string> {
  const indexes = Array.from({ length: SPECS }, (_, index) => index);
  const sts = await startSts({
    users: [ci],
    roles: [
      { arn: HUB, trust: [{ principals: [ci.arn] }] },
      { arn: SPOKE, trust: [{ principals: [HUB] }] },
      ...indexes.map((index) => ({ arn: roleOf(index), trust: [{ principals: [SPOKE] }] })),
    ],
  });
  sts.fail({ kind: 'slow', delayMs: LATENCY_MILLISECONDS, times: Number.POSITIVE_INFINITY });
  const input = list(
    indexes.map((index) => generator(`region: eu-west-1, role: "${roleOf(index)}"`, { name: `r${index}` })).join(''),
    `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [{via: ["${HUB}", "${SPOKE}"]}]}\n`,
  );
  const environment = {
    AWS_STS_ENDPOINT: sts.url,
    AWS_ACCESS_KEY_ID: ci.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ci.secretAccessKey,
    STS_FUNCTION_CONCURRENCY: String(CONCURRENCY),
  };
  const { stdout, stderr } = await runFunction(input, { environment });
  if (emittedSecrets(stdout).length !== SPECS) throw new Error(`nothing to measure: ${stderr}`);
  const calls = sts.calls.length;
  const bareClient = join(import.meta.dirname, 'bare-client.ts');
  const bareEnvironment = { URL: sts.url, CALLS: String(calls), CONCURRENCY: String(CONCURRENCY) };
  const runs = [];
  for (let run = 0; run < RUNS; run++) {
    const ours = await measure(EXECUTABLE, [], { input, environment });
    const bare = await measure(process.execPath, [bareClient], { input: '', environment: bareEnvironment });
    runs.push({ ...ours, bare: bare.milliseconds });
  }
  await sts.close();

  const ratio = spread(
    runs.map(({ milliseconds }) => milliseconds / BOUND),
    2,
  );
  const toBare = spread(
    runs.map(({ milliseconds, bare }) => milliseconds / bare),
    2,
  );
  console.log(`${SPECS} specs: ${ratio} times the bound (gate ${GATE}), ${toBare} times a bare client`);
  return `## ${SPECS} specs whose chains of three hops share the first two

${LATENCY_MILLISECONDS} ms a call, ${CONCURRENCY} under way together. The bound is what the calls alone take: 2 hops, then ${Math.ceil(SPECS / CONCURRENCY)} rounds. ${RUNS} runs.

| | |
|---|---|
| calls of AssumeRole | ${calls} |
| bound | ${BOUND} ms |
| whole process | ${spread(
    runs.map(({ milliseconds }) => milliseconds),
    0,
  )} ms |
| ratio to the bound | **${ratio}**; gate ${GATE} |
| a bare HTTP client of Node.js, the same calls unsigned | ${spread(
    runs.map(({ bare }) => bare),
    0,
  )} ms |
| ratio to it, run by run | **${toBare}** |
| most memory | ${spread(
    runs.map(({ megabytes }) => megabytes),
    0,
  )} MB |

What was done about it: equal hops are walked once; those whom the same keys sign share a client, since the SDK reads its
settings for each ([decision 9](decisions/009-one-client-for-those-who-sign-alike.md)); a Secret is printed as soon as it is
there, while requests for others are under way.
`;
}
