import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from '@jest/globals';

/** What tests start, and have to end. */
interface Closable {
  close(): unknown;
}

/** Starts something before each test and closes it after it. What is returned stands for the one of the test that runs. */
export function forEachTest<T extends Closable>(start: () => T | Promise<T>): T {
  return held(start, beforeEach, afterEach);
}

/** The same once for all tests of a file or of a `describe`. */
export function forAllTests<T extends Closable>(start: () => T | Promise<T>): T {
  return held(start, beforeAll, afterAll);
}

function held<T extends Closable>(start: () => T | Promise<T>, before: typeof beforeAll, after: typeof afterAll): T {
  let current: T | undefined;
  before(async () => {
    current = await start();
  });
  after(async () => {
    await current?.close();
  });
  const get = (_: object, name: string | symbol): unknown => {
    if (current === undefined) throw new Error(`cannot read "${String(name)}": nothing was started yet`);
    return Reflect.get(current, name);
  };
  return new Proxy({}, { get }) as T; // it has whatever the current one has
}

/** Jest's `describe` and `test`; with a reason why this machine cannot do `what`, those that skip, and the reason is told. */
export function skippedIf(reason: string | undefined, what: string) {
  if (reason === undefined) return { describe, test };
  process.stderr.write(`skipped: ${what}. ${reason}\n`);
  return { describe: describe.skip, test: test.skip };
}
