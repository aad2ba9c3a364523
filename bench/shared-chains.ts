import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ci } from '../test/support/accounts.ts';
import { generatorItem, list } from '../test/support/manifests.ts';
import { runFunction } from '../test/support/run-function.ts';
import { type EmbeddedSts, startSts } from '../test/support/sts/start-sts.ts';
import { askingEnvironment, goReference, oneFile, script } from './contestants.ts';
import { type Section, section } from './figure.ts';
import { GOALS } from './goals.ts';
import { inTurn, type Runs, ratios, rowOf } from './in-turn.ts';
import { spread } from './measure.ts';

const SPECS = 1000;
const LATENCY_MILLISECONDS = 20;
const CONCURRENCY = 16;
const ROUNDS = 11;
/** The two hops that all share, one after the other, then rounds of as many calls as may be under way. */
const BOUND = (2 + Math.ceil(SPECS / CONCURRENCY)) * LATENCY_MILLISECONDS;
const CALLS = 2 + SPECS;

const HUB = 'arn:aws:iam::111111111111:role/hub';
const SPOKE = 'arn:aws:iam::222222222222:role/spoke';
const ROLE = 'arn:aws:iam::222222222222:role/r';
const roleOf = (index: number) => `${ROLE}${index}`;
const indexes = Array.from({ length: SPECS }, (_, index) => index);

const input = list(
  indexes.map((index) => generatorItem(`region: eu-west-1, role: "${roleOf(index)}"`, { name: `r${index}` })).join(''),
  `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [{via: ["${HUB}", "${SPOKE}"]}]}\n`,
);

type Key = 'script' | 'oneFile' | 'go' | 'sdk' | 'bare';

/** 1,000 specs of three hops whose first two are the same, beside the least that the calls alone can take. */
export async function sharedChains(): Promise<Section> {
  const sts = await startSlowSts();
  const environment = { ...askingEnvironment(sts.url), STS_FUNCTION_CONCURRENCY: String(CONCURRENCY) };
  const asking = [script, oneFile, goReference];
  for (const { name, command } of asking) {
    const [before, { stdout, stderr }] = [
      sts.calls.length,
      await runFunction(input, { environment, executable: command[0] }),
    ];
    const made = [...stdout.matchAll(/^ {4}session_token: /gm)].length;
    if (made !== SPECS || sts.calls.length - before !== CALLS)
      throw new Error(`${name} made ${made} Secrets: ${stderr}`);
  }
  const bareEnvironment = { URL: sts.url, CALLS: String(CALLS), CONCURRENCY: String(CONCURRENCY) };
  const bareClient = join(import.meta.dirname, 'bare-client.ts');
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const sdkEnvironment = {
    ...environment,
    SHARED: `${HUB} ${SPOKE}`,
    ROLE,
    CALLS: String(SPECS),
    CONCURRENCY: String(CONCURRENCY),
    NODE_COMPILE_CACHE: folder,
  };
  const sdkClient = await bundled('sdk-client.ts', folder);
  const runs = await inTurn(
    {
      script: { ...script, input, environment },
      oneFile: { ...oneFile, input, environment },
      go: { ...goReference, input, environment },
      sdk: { name: "AWS's SDK alone", command: [process.execPath, sdkClient], environment: sdkEnvironment },
      bare: { name: 'bare client', command: [process.execPath, bareClient], environment: bareEnvironment },
    },
    { rounds: ROUNDS },
  );
  rmSync(folder, { recursive: true });
  await sts.close();
  return report(runs);
}

/** A program of this folder with its packages in one file, as the script build has them. */
async function bundled(name: string, folder: string): Promise<string> {
  const outfile = join(folder, 'bundle.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, name)],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
  });
  return outfile;
}

async function startSlowSts(): Promise<EmbeddedSts> {
  const sts = await startSts({
    users: [ci],
    roles: [
      { arn: HUB, trust: [{ principals: [ci.arn] }] },
      { arn: SPOKE, trust: [{ principals: [HUB] }] },
      ...indexes.map((index) => ({ arn: roleOf(index), trust: [{ principals: [SPOKE] }] })),
    ],
  });
  sts.fail({ kind: 'slow', delayMs: LATENCY_MILLISECONDS, times: Number.POSITIVE_INFINITY });
  return sts;
}

function report(runs: Runs<Key>): Section {
  const toBound = (key: Key) => runs[key].map(({ milliseconds }) => milliseconds / BOUND);
  const row = (key: Key, name: string) => rowOf(name, runs[key]).replace(/\n$/, ` ${spread(toBound(key), 2)} |\n`);
  return section(
    `${SPECS.toLocaleString('en')} specs whose chains of three hops share the first two`,
    `${LATENCY_MILLISECONDS} ms a call, ${CONCURRENCY} under way together. The bound is what the ${CALLS} calls alone take: 2 hops, then ${Math.ceil(SPECS / CONCURRENCY)} rounds, ${BOUND} ms.
The Go reference (\`bench/go/reference\`) walks the same chains, the shared hops once, with as many under way; the bare client sends as
many unsigned requests. ${ROUNDS} rounds, run in turn, after a warm-up.

| | time in ms | most memory in MB | times the bound |
|---|---|---|---|
${row('script', script.name)}${row('oneFile', oneFile.name)}${row('go', goReference.name)}${row('sdk', "AWS's SDK for JavaScript alone")}${row('bare', 'bare HTTP client of Node.js')}
Round by round the script takes ${spread(ratios(runs.script, runs.go), 2)} times as long as the Go reference, ${spread(ratios(runs.script, runs.sdk), 2)} times as long as the SDK alone, and ${spread(ratios(runs.script, runs.bare), 2)} times as long as the bare client.

What was done about it: equal hops are walked once; those whom the same keys sign share a client, since the SDK reads its
settings for each ([decision 9](../docs/decisions/009-one-client-for-those-who-sign-alike.md)); a Secret is hashed and printed as soon
as it is there, while requests for others are under way. Nothing may be asked before every spec was read and judged, so what the SDK alone does not have comes
before the first request: the process's start, the YAML of a thousand specs, half of that time, and plans. The goal leaves less for it than
yaml alone takes. It would need another parser of YAML, which reads in a quarter of the time, keeps no positions, and would be a second way to
read what somebody wrote; and other code in place of AWS's SDK.
`,
    [
      {
        what: `${SPECS.toLocaleString('en')} shared chains: script, times the bound`,
        values: toBound('script'),
        goal: GOALS.chains.scriptTimesTheBound,
      },
      {
        what: `${SPECS.toLocaleString('en')} shared chains: one file, times the bound`,
        values: toBound('oneFile'),
        goal: GOALS.chains.oneFileTimesTheBound,
      },
    ],
  );
}
