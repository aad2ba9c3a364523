import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/run-function.ts';
import { isTest } from './shown-by.ts';

/** test/evidence/security.md says of everything that an attacker may try what holds, and which test shows it. */
const page = readFileSync(join(ROOT, 'test/evidence/security.md'), 'utf8');
const [, model = ''] = /^## What an attacker may try\n(.*)/ms.exec(page) ?? [];
const lines = model.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| may try '));
const rows = lines.map((line) => line.split(' | '));

const BOUNDARIES = [
  'Who writes a package',
  'Who writes a Composition',
  'Who writes a composite',
  "Who writes an object in a tenant's namespace",
  'Who reads logs, results, conditions and metrics',
  'The network',
  'The API server',
  'STS',
  'Other pods and functions',
  'The supply chain',
];

test('each boundary has rows, and each row its four cells', () => {
  const sections = model.split(/^### /m).slice(1);
  expect(sections.map((section) => section.slice(0, section.indexOf('\n')))).toEqual(BOUNDARIES);
  for (const section of sections) expect(section).toMatch(/^\| (?!may try )/m);
  expect(rows.filter((cells) => cells.length !== 4)).toEqual([]);
});

test.each(rows.map(([attack = '', , shownBy = '']) => ({ attack, shownBy })))('$attack: $shownBy', ({ shownBy }) => {
  expect(shownBy.split('; ').filter((named) => !isTest(named))).toEqual([]);
});
