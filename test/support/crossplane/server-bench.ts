import { afterEach, beforeEach } from '@jest/globals';
import { ci, roles } from '../accounts.ts';
import { ciEnvironment } from '../ci-environment.ts';
import { type EmbeddedSts, startSts } from '../sts/start-sts.ts';
import { type FunctionServer, startServer } from './start-server.ts';

/** What the tests of a step work on: an STS and a server that remembers nothing, anew for each test. */
export interface ServerBench {
  readonly sts: EmbeddedSts;
  readonly server: FunctionServer;
}

/** Registers what starts and stops them. */
export function serverBench(): ServerBench {
  const bench: { sts?: EmbeddedSts; server?: FunctionServer } = {};
  beforeEach(async () => {
    bench.sts = await startSts({ users: [ci], roles });
    bench.server = await startServer({ environment: ciEnvironment(bench.sts.url) });
  });
  afterEach(async () => {
    await bench.server?.stop();
    await bench.sts?.close();
  });
  return bench as ServerBench; // whole while a test runs
}
