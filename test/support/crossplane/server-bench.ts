import { ciEnvironment } from '../ci-environment.ts';
import { forEachTest } from '../for-each-test.ts';
import { startExampleSts } from '../start-example-sts.ts';
import type { StsOptions } from '../sts/start-sts.ts';
import { startServer } from './start-server.ts';

/** What the tests of a step work on: an STS and a server that remembers nothing, anew for each test. */
export function serverBench(accounts: StsOptions = {}, argv: readonly string[] = []) {
  const sts = forEachTest(() => startExampleSts(accounts));
  const server = forEachTest(() => startServer({ environment: ciEnvironment(sts.url), arguments: argv }));
  return { sts, server };
}
