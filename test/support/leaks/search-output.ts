import { readFileSync } from 'node:fs';
import { ci } from '../accounts.ts';
import { findLeaks, needlesOf } from './find-leaks.ts';

/**
 * Reads what the tests and the demo have printed, from the files that are named, and fails when a secret of theirs is in it: one of
 * those that never change, a session's key ID, or a token.
 */
const needles = needlesOf({
  'secret key of the examples': ci.secretAccessKey,
  "token of a test's kubeconfig": 'CANARY-caller',
});
const SHAPES = [
  ["a session's access key ID", /\bASIA[A-Z2-7]{16}\b/],
  ['a token', /\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}/],
  ['an age key', /AGE-SECRET-KEY-1[A-Z0-9]{50,}/],
] as const;

const files = process.argv.slice(2);
if (files.length === 0) throw new Error('no file is named');
const found = files.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  if (text === '') throw new Error(`${file} is empty: nothing was tested`);
  return [...findLeaks(text, needles), ...SHAPES.flatMap(([what, shape]) => (shape.test(text) ? [what] : []))];
});
for (const what of found) console.error(`The output has a secret of the tests: ${what}.`);
process.exitCode = found.length > 0 ? 1 : 0;
