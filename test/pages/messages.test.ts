import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CODES, type Code } from '../../function/findings/codes.ts';
import { repositoryFiles } from '../support/hosts/copy-repository.ts';
import { ROOT } from '../support/run-function.ts';
import { readProse, wordsOf } from './prose.ts';

/** Messages are read once, often at night: each sentence is short, and each ends with a full stop. */

const FOLDER = join(ROOT, 'test/golden/messages');
const LINE = /^(?:error|warning|info|FATAL \w+|WARNING \w+): (.*?)(?: \[[A-Z_]+\])?$/gm;
const LONGEST_SENTENCE = 32;
const REFUSED = /\bwhoever\b|\bof others\b|\bshould\b|\bbe sure of\b|\bwithout a word\b|\bwhat is\b.*\bis\b/i;

const goldens = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.golden'))
  .map((file) => readFileSync(join(FOLDER, file), 'utf8'));
const messages = goldens.flatMap((text) => [...text.matchAll(LINE)].map(([, message = '']) => message));
/** Names, values and commands are one word each. */
const plain = messages.map((message) => message.replace(/`[^`]*`|"(?:[^"\\]|\\.)*"|\{[^}]*\}\}?/g, 'x'));

test('goldens have messages', () => {
  expect(messages.length).toBeGreaterThan(500);
});

test.each<readonly [rule: string, breaks: (message: string) => boolean]>([
  ['ends with a full stop', (message) => !message.endsWith('.')],
  [
    `has sentences of at most ${LONGEST_SENTENCE} words`,
    (message) => readProse(message).sentences.some((one) => wordsOf(one).length > LONGEST_SENTENCE),
  ],
  ['has no words that readers took twice', (message) => REFUSED.test(message)],
])('each message %s', (_, breaks) => {
  expect([...new Set(plain.filter(breaks))]).toEqual([]);
});

/** By "cannot" a reader, and `grep`, tell that a run failed. */
describe('"cannot" begins errors alone', () => {
  /** On standard error, in what kpt shows, and among the results of a ResourceList. */
  const LIKE_AN_ERROR =
    /\b(?:warning|info)(?:: |\] \S+: )(?:\S+: )?cannot .*|^- message: ["']?cannot (?:.*\n(?!- ))+? +severity: (?:warning|info)$/gm;
  const QUOTING = /^(?:test|docs|examples)\/|^[A-Z]+\.md$/;
  const result = (severity: string, message: string) => `- message: '${message}'\n  severity: ${severity}\n  code: A\n`;

  test('in all that quotes a run: tests, goldens, evidence and pages', () => {
    const wrong = repositoryFiles()
      .filter((file) => QUOTING.test(file))
      .flatMap(
        (file) =>
          readFileSync(join(ROOT, file), 'utf8')
            .match(LIKE_AN_ERROR)
            ?.map((one) => [file, one]) ?? [],
      );
    expect(wrong).toEqual([]);
  });

  test('each error has it, but those that `plan` warns of in the same words', () => {
    const wrong = goldens.flatMap((text) =>
      [...text.matchAll(/^error: (?!(?:\S+: ){0,2}cannot ).*\[([A-Z_]+)\]$/gm)]
        .filter(([, code]) => !Object(CODES[code as Code]).isErrorHere)
        .map(([line]) => line),
    );
    expect(wrong).toEqual([]);
  });

  test.each(['warning: ', 'info: ', 'warning: DIR/a.yaml:1: ', '[warning] v1/Secret/team-a/a: '])('%s', (before) => {
    expect(`${before}${'cannot'} use "a".`).toMatch(LIKE_AN_ERROR);
    expect(`${before}"a" is unused: ${'cannot'} use "b".`).not.toMatch(LIKE_AN_ERROR);
  });

  test('a result', () => {
    expect(result('warning', 'cannot use: a')).toMatch(LIKE_AN_ERROR);
    expect(result('error', 'cannot use: a') + result('warning', 'unused: a')).not.toMatch(LIKE_AN_ERROR);
  });
});
