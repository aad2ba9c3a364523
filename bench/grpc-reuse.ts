import { readFileSync } from 'node:fs';
import { FunctionRunnerServiceService, RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { ci, roles } from '../test/support/accounts.ts';
import { ciEnvironment } from '../test/support/ci-environment.ts';
import { applied, type Parts, reconcile, request } from '../test/support/crossplane/request.ts';
import { startNoop } from '../test/support/crossplane/start-noop.ts';
import { startServer } from '../test/support/crossplane/start-server.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { spread } from './measure.ts';

const ROUNDS = 11;
const CALLS = 2000;
const WARM_UP = 3000;
const TOGETHER = 16;
/** Calls after which the memory is looked at, the last ones of each leg. */
const LEGS = [50_000, 75_000, 100_000];
const GOAL = 1.5;

type Call = () => Promise<unknown>;

/** One composite whose Secret is good, asked for again and again: our server beside a function that does nothing. */
export async function grpcReuse(): Promise<string> {
  const sts = await startSts({ users: [ci], roles });
  const server = await startServer({ environment: ciEnvironment(sts.url) });
  const { response } = await reconcile((asked) => server.call(asked), request());
  const [[key = '', { resource = {} } = {}] = []] = Object.entries(response.desired?.resources ?? {});
  const again = request({ observedResources: { [key]: applied(resource) } });
  const calls = sts.calls.length;
  const noop = await startNoop();
  const ours = caller(server.port, again);
  const theirs = caller(noop.port, again);
  let made = 0;
  const counted = async () => {
    made += 1;
    return ours.call();
  };
  await latencies(counted, WARM_UP);
  await latencies(theirs.call, WARM_UP);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const mine = await latencies(counted, CALLS);
    const peer = await latencies(theirs.call, CALLS);
    const perSecond = await throughput(counted, CALLS);
    rounds.push({ mine, peer, perSecond });
  }
  const memory: string[] = [];
  for (const leg of LEGS) {
    const missing = leg - made;
    if (missing > 0) await throughput(counted, missing);
    memory.push(`${residentMegabytes(server.pid)} MB after ${leg.toLocaleString('en')} calls`);
  }
  if (sts.calls.length !== calls) throw new Error('STS was asked on the reuse path');
  for (const client of [ours, theirs]) client.close();
  noop.stop();
  await server.stop();
  await sts.close();

  const of = (values: number[], digits: number) => spread(values, digits);
  const ratio = of(
    rounds.map(({ mine, peer }) => mine.p50 / peer.p50),
    2,
  );
  console.log(`gRPC, reuse: ${ratio} times a function that does nothing (goal ${GOAL})`);
  return `## A composite whose Secret is good: one call over gRPC

${CALLS} calls one after the other, then ${TOGETHER} at the same time, without TLS; beside a function over grpc-js that does nothing
(\`bench/noop-function.ts\`), in turn, ${ROUNDS} rounds. STS is not asked.

| | ours | doing nothing |
|---|---|---|
| p50 in ms | ${of(
    rounds.map(({ mine }) => mine.p50),
    2,
  )} | ${of(
    rounds.map(({ peer }) => peer.p50),
    2,
  )} |
| p99 in ms | ${of(
    rounds.map(({ mine }) => mine.p99),
    2,
  )} | ${of(
    rounds.map(({ peer }) => peer.p99),
    2,
  )} |
| ratio of p50, round by round | **${ratio}**; goal ${GOAL} | |
| calls a second, ${TOGETHER} at a time, one process | ${of(
    rounds.map(({ perSecond }) => perSecond),
    0,
  )} | |
| memory that is resident | ${memory.join(', ')} | |
`;
}

/** A client that sends one request, as bytes that are made once. */
function caller(port: number, parts: Parts): { call: Call; close: () => void } {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { path } = FunctionRunnerServiceService.runFunction;
  const message = RunFunctionRequest.fromPartial(parts as Parameters<typeof RunFunctionRequest.fromPartial>[0]);
  const bytes = Buffer.from(RunFunctionRequest.encode(message).finish());
  const same = (buffer: Buffer) => buffer;
  const call = () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, same, same, bytes, new Metadata(), {}, (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
  return { call, close: () => client.close() };
}

/** Milliseconds of calls, one after the other. */
async function latencies(call: Call, count: number): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Calls a second. */
async function throughput(call: Call, count: number): Promise<number> {
  let left = count;
  const work = async () => {
    while (left-- > 0) await call();
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return (count * 1000) / (performance.now() - start);
}

function residentMegabytes(pid: number): number {
  const [, kibibytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kibibytes) / 1024);
}
