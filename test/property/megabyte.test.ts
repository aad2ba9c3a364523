import { expect, test } from '@jest/globals';
import { CLEAN_ENVIRONMENT, EXECUTABLE, runProcess } from '../support/run-function.ts';
import { AS_PLACEHOLDERS, SHAPES } from './megabyte.ts';

/**
 * Ten times what a shape takes of a processor that does nothing else: before there were limits, half of them took longer or never ended.
 */
const BOUND_SECONDS = 20;
/** Of Node's heap, in MB: what takes more ends with a signal. */
const HEAP = '--max-old-space-size=256';
/** A megabyte that comes out unchanged, and a plan, twice, that names twenty hops of each generator. */
const MOST_CHARACTERS = 20_000_000;

test.each(Object.entries(SHAPES))('a megabyte: %s', async (name, input) => {
  const text = input();
  const mode = AS_PLACEHOLDERS.includes(name) ? 'placeholder' : 'plan';
  const { exit, signal, stdout, stderr } = await runProcess(EXECUTABLE, [], {
    input: text,
    environment: { ...CLEAN_ENVIRONMENT, AWS_REGION: 'eu-west-1', STS_FUNCTION_MODE: mode, NODE_OPTIONS: HEAP },
    processorSeconds: BOUND_SECONDS,
  });
  expect({ signal, isEnded: exit === 0 || exit === 1 }).toEqual({ signal: null, isEnded: true });
  expect(stderr).not.toMatch(/has a fault/);
  expect(stdout.length + stderr.length).toBeLessThan(MOST_CHARACTERS);
  // refused whole, or all that came goes out again
  if (exit === 1) expect(stderr).toMatch(/^error: cannot [^\n]*\. \[[A-Z_]+\]$/m);
  else expect(stdout.length).toBeGreaterThanOrEqual(text.length);
});
