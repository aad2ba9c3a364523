import { beforeEach } from '@jest/globals';
import { ci, roles } from './accounts.ts';
import { forAllTests } from './for-each-test.ts';
import { type EmbeddedSts, type StsOptions, startSts } from './sts/start-sts.ts';

/** An STS that knows `ci` and the roles of the examples and tests, unless told otherwise. */
export function startExampleSts(options: StsOptions = {}): Promise<EmbeddedSts> {
  return startSts({ users: [ci], roles, ...options });
}

/** One for all tests of a file: each sees the calls since it began. A fault that a test asks for has to strike in it. */
export function shareExampleSts(options: StsOptions = {}): EmbeddedSts {
  const sts = forAllTests(() => startExampleSts(options));
  let before = 0;
  beforeEach(() => {
    before = sts.calls.length;
  });
  return new Proxy(sts, {
    get: (of, name) => (name === 'calls' ? of.calls.slice(before) : Reflect.get(of, name)),
  });
}
