import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { ci } from '../test/support/accounts.ts';
import { type Section, section } from './figure.ts';
import { GOALS } from './goals.ts';
import { type GrpcBench, openGrpcBench, type Served } from './grpc-bench.ts';
import { type Call, latencies, throughput } from './grpc-caller.ts';
import { spread } from './measure.ts';

const ROUNDS = 11;
const REUSES = 2000;
const MINTS = 100;
const WARM_UP = { reuses: 3000, mints: 200 };
const TOGETHER = 16;
/** Calls after which the memory is looked at. */
const LEGS = [50_000, 75_000, 100_000];

const BUILDS = ['script', 'oneFile'] as const;
const ALL = [...BUILDS, 'noop'] as const;
type Key = (typeof ALL)[number];
type Latency = Awaited<ReturnType<typeof latencies>>;
type Round = {
  readonly reuse: Record<Key, Latency>;
  readonly mint: Record<Key | 'sdk', Latency>;
  readonly perSecond: Record<(typeof BUILDS)[number], number>;
};

/** One composite whose Secret is good, asked for again and again, and composites that were never seen. */
export async function grpc(): Promise<Section> {
  const bench = await openGrpcBench(WARM_UP.mints + ROUNDS * MINTS);
  try {
    return await measureAll(bench);
  } finally {
    await bench.close();
  }
}

async function measureAll(bench: GrpcBench): Promise<Section> {
  const sdk = assumeRoleCall(bench.stsUrl);
  const before = bench.sessions();
  for (const key of ALL) {
    await latencies(bench[key].reuse, WARM_UP.reuses);
    await latencies(bench[key].mint, WARM_UP.mints);
  }
  await latencies(sdk, WARM_UP.mints);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measureRound(bench, sdk));
  const sessions = bench.sessions() - before;
  const due = 3 * (WARM_UP.mints + ROUNDS * MINTS); // of each build, and of the SDK alone
  if (sessions !== due) throw new Error(`STS gave ${sessions} sessions, not ${due}: none is for the reuse path`);
  const memory = { script: await residentAfter(bench.script), oneFile: await residentAfter(bench.oneFile) };
  return report(rounds, memory);
}

async function measureRound(bench: GrpcBench, sdk: Call): Promise<Round> {
  const each = async (path: 'reuse' | 'mint', count: number) => ({
    script: await latencies(bench.script[path], count),
    oneFile: await latencies(bench.oneFile[path], count),
    noop: await latencies(bench.noop[path], count),
  });
  return {
    reuse: await each('reuse', REUSES),
    mint: { ...(await each('mint', MINTS)), sdk: await latencies(sdk, MINTS) },
    perSecond: {
      script: await throughput(bench.script.reuse, REUSES, TOGETHER),
      oneFile: await throughput(bench.oneFile.reuse, REUSES, TOGETHER),
    },
  };
}

/** AssumeRole by AWS's SDK alone, with a client that is kept. */
function assumeRoleCall(url: string): Call {
  const client = new STSClient({ endpoint: url, region: 'eu-west-1', maxAttempts: 1, credentials: ci });
  const RoleArn = 'arn:aws:iam::123456789012:role/deployer';
  return () => client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'bench', DurationSeconds: 3600 }));
}

async function residentAfter(served: Served): Promise<number[]> {
  const looks: number[] = [];
  for (const leg of LEGS) {
    const missing = leg - served.calls();
    if (missing > 0) await throughput(served.reuse, missing, TOGETHER);
    looks.push(served.residentMegabytes());
  }
  return looks;
}

function report(rounds: readonly Round[], memory: Record<(typeof BUILDS)[number], readonly number[]>): Section {
  const of = (value: (round: Round) => number, digits = 2) => spread(rounds.map(value), digits);
  const more = (key: Key) => rounds.map(({ reuse }) => reuse[key].p50 - reuse.noop.p50);
  const row = (path: 'reuse' | 'mint', which: keyof Latency) =>
    ALL.map((key) => of((round) => round[path][key][which])).join(' | ');
  const toBoth = (key: Key) => of(({ mint }) => mint[key].p50 / (mint.noop.p50 + mint.sdk.p50));
  return section(
    'Crossplane: one call over gRPC',
    `Without TLS, beside a function over grpc-js that does nothing (\`bench/noop-function.ts\`) and is sent the same bytes. **Good**: a composite
whose Secret is good, ${REUSES} calls one after the other; STS is not asked. **Minted**: ${MINTS} composites that were never seen, each one
AssumeRole on the embedded STS on loopback. ${ROUNDS} rounds in turn, after a warm-up.

| in ms | script build | one file | doing nothing |
|---|---|---|---|
| good, p50 | ${row('reuse', 'p50')} |
| good, p99 | ${row('reuse', 'p99')} |
| minted, p50 | ${row('mint', 'p50')} |
| minted, p99 | ${row('mint', 'p99')} |

AssumeRole by AWS's SDK alone, its client kept, takes ${of(({ mint }) => mint.sdk.p50)} ms (p50). Minting takes as long as that and the call that
does nothing together, times ${toBoth('script')} (script) and ${toBoth('oneFile')} (one file).

What was done about it: a step that was prepared is kept, by a hash of its manifests ([decision 26](../docs/decisions/026-prepared-steps-are-kept.md)).
What is left beside a function that does nothing is to read what the step's manifests are, to find the Secret and to say it again. Of a
profile of it Node.js has 27 %, the collector of memory 16 %, our step 16 %, protobuf and gRPC 16 %; our largest part is the digest that tells
an altered Secret, 8 %. Less would need another encoding than protobuf's, or no look at what is there. Of the one file's memory \`--smol\` takes
18 MB for a fifth more of the processor ([decision 52](../docs/decisions/052-a-server-collects-early.md)).

| a good Secret, ${TOGETHER} calls at a time, one process | script build | one file |
|---|---|---|
| calls a second | ${BUILDS.map((key) => of(({ perSecond }) => perSecond[key], 0)).join(' | ')} |
| MB resident after ${LEGS.map((leg) => leg.toLocaleString('en')).join(', ')} calls | ${memory.script.join(', ')} | ${memory.oneFile.join(', ')} |
`,
    BUILDS.flatMap((key) => {
      const name = `gRPC, a good Secret: ${key === 'script' ? 'script' : 'one file'}`;
      return [
        {
          what: `${name}, ms more than a function that does nothing (p50)`,
          values: more(key),
          goal: GOALS.calls.millisecondsMore,
        },
        {
          what: `${name}, MB resident after ${LEGS.at(-1)?.toLocaleString('en')} calls`,
          values: memory[key].slice(-1),
          goal: GOALS.calls[`${key}Megabytes`],
        },
      ];
    }),
  );
}
