import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/run-function.ts';
import { readProse, wordsOf } from './prose.ts';

/** Messages are read once, often at night: each sentence is short, and each ends with a full stop. */

const FOLDER = join(ROOT, 'test/golden/messages');
const LINE = /^(?:error|warning|info|FATAL \w+|WARNING \w+): (.*?)(?: \[[A-Z_]+\])?$/gm;
const LONGEST_SENTENCE = 32;
const REFUSED = /\bwhoever\b|\bof others\b|\bshould\b|\bbe sure of\b|\bwithout a word\b|\bwhat is\b.*\bis\b/i;

const messages = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.golden'))
  .flatMap((file) => [...readFileSync(join(FOLDER, file), 'utf8').matchAll(LINE)].map(([, message = '']) => message));
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
