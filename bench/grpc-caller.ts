import { FunctionRunnerServiceService, RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Parts } from '../test/support/crossplane/request.ts';
import { valueAt } from './measure.ts';

const TIMEOUT_MILLISECONDS = 30_000;

/** One call to a function, or to anything else whose time is measured. */
export type Call = () => Promise<unknown>;

/** Sends requests as bytes that are made before: what is measured is the server. */
export interface Caller {
  send(bytes: Buffer): Promise<unknown>;
  close(): void;
}

export function openCaller(port: number): Caller {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { path } = FunctionRunnerServiceService.runFunction;
  const same = (buffer: Buffer) => buffer;
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + TIMEOUT_MILLISECONDS };
        client.makeUnaryRequest(path, same, same, bytes, new Metadata(), options, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
      }),
    close: () => client.close(),
  };
}

export function bytesOf(parts: Parts): Buffer {
  const message = RunFunctionRequest.fromPartial(parts as Parameters<typeof RunFunctionRequest.fromPartial>[0]);
  return Buffer.from(RunFunctionRequest.encode(message).finish());
}

/** Milliseconds of calls, one after the other. */
export async function latencies(call: Call, count: number): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return { p50: valueAt(times, 0.5), p99: valueAt(times, 0.99) };
}

/** Calls a second. */
export async function throughput(call: Call, count: number, together: number): Promise<number> {
  let left = count;
  const work = async () => {
    while (left-- > 0) await call();
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: together }, work));
  return (count * 1000) / (performance.now() - start);
}
