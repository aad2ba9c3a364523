import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { replaceAll } from '../../function/secret/rewrite-keys.ts';
import { ROOT, runProcess } from '../support/run-function.ts';

/** Go's own regexp is asked the same: an ExternalSecret's rewrite is written for it. */

const SEED = 20_260_102;
const CASES = 4000;
const GO_MILLISECONDS = 300_000;

type Case = readonly [source: string, target: string, key: string];

/** Written by hand: each is a rule that other languages have otherwise. */
const KNOWN: readonly Case[] = [
  ['a*', 'x', 'baaac'],
  ['', '-', 'añ€😀'],
  ['(a)|(b)', '$1$2', 'abc'],
  ['(a)', '$1x', 'a'],
  ['(a)', '${1}x', 'a'],
  ['(a)', '$01$10$$1$', 'a'],
  ['(a)', '${1', 'a'],
  ['(a)', '${}$', 'a'],
  ['(?P<name>a)', '$name${name}$names', 'a'],
  ['(?P<näme>a)', '$näme', 'a'],
  ['^|$', '|', 'ab'],
  ['\\b', '|', 'access_key id'],
  ['(?i)KEY', '', 'access_key_id'],
  ['(?m)^a', 'x', 'a\na'],
  ['[[:upper:]]|\\d', '.', 'aB1'],
  ['\\pL+', 'x', 'añ1'],
  ['(?s).', 'x', 'a\n'],
  ['(a{2}){2}', 'x', 'aaaaa'],
  ['a{1001}', 'x', 'a'],
  ['(?=a)', 'x', 'a'],
  ['\\Qa.b\\E', 'x', 'a.ba'],
  ['(*UTF8)a', 'x', 'a'],
  ['\\C', 'x', 'ä'],
];

const pieces = (...some: readonly string[]) =>
  fc.array(fc.constantFrom(...some), { maxLength: 7 }).map((parts) => parts.join(''));

/** A group name given twice: Go goes on with the first, RE2 refuses, and so do we. That is an error, not another key. */
const NAMED_TWICE = /\(\?P<n>.*\(\?P<n>/;

/** Halves of expressions too: both have to refuse the same. */
const generated: fc.Arbitrary<Case> = fc
  .tuple(
    pieces(
      ...['a', 'k', '_', '.', '*', '+', '?', '|', '(', ')', '(?:', '(?P<n>', '[a-k]', '[^_]', '\\w', '\\b'],
      ...['^', '$', '{2}', '{1,}', '(?i)', '\\pL', 'é'],
    ),
    pieces('x', '_', '$', '$$', '$0', '$1', '$2', '${1}', '${n}', '$n', '$1x', '${', '}', '01', 'é'),
    pieces('a', 'k', 'key', '_', 'access_key_id', 'A', 'é', '€', '😀', '1', '-'),
  )
  .filter(([source]) => !NAMED_TWICE.test(source));

test(`${KNOWN.length} known cases and ${CASES} generated ones: the same key, or both refuse`, async () => {
  const cases = [...KNOWN, ...fc.sample(generated, { numRuns: CASES, seed: SEED })];
  const { exit, stdout, stderr } = await runProcess('go', ['run', '.'], {
    cwd: join(ROOT, 'test/hosts/regexp'),
    input: JSON.stringify(cases),
    environment: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      GOFLAGS: '-mod=mod',
      GOTOOLCHAIN: 'local',
    },
    timeoutMilliseconds: GO_MILLISECONDS,
  });
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const wanted = JSON.parse(stdout) as (string | null)[];
  expect(wanted.filter((made) => made !== null).length).toBeGreaterThan(CASES / 10);
  const differences = cases.flatMap((one, index) => {
    const made = rewrite(one);
    return made === wanted[index] ? [] : [{ one, made, wanted: wanted[index] }];
  });
  expect(differences).toEqual([]);
});

function rewrite([source, target, key]: Case): string | null {
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(source);
  } catch {
    return null;
  }
  return replaceAll(expression, key, target);
}
