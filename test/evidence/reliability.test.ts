import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/run-function.ts';
import { isTest } from './shown-by.ts';

/** test/evidence/reliability.md says of every fault what comes of it, which test shows that, and why where a goal is not met. */

const page = readFileSync(join(ROOT, 'test/evidence/reliability.md'), 'utf8');
const [, faults = ''] = /^## Faults\n(.*?)^## /ms.exec(page) ?? [];
const rows = [...faults.matchAll(/^\| ([^|]+) \| [^|]+ \| ([^|]+) \| [^|]+ \| ([^|]+) \|$/gm)]
  .map(([, fault = '', shownBy = '', met = '']) => ({ fault, shownBy, met }))
  .filter(({ fault }) => fault !== 'fault');

test('every line of the table is one that is looked at', () => {
  const lines = faults.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| fault '));
  expect(rows).toHaveLength(lines.length);
  expect(rows.length).toBeGreaterThan(30);
});

const [, outside = ''] = /^## All that is read from outside\n(.*?)^## /ms.exec(page) ?? [];
const bounds = outside
  .split('\n')
  .filter((line) => /^\| (?!what )/.test(line))
  .map((line) => line.slice(2, -2).split(' | '));

test.each(bounds.map((cells) => ({ what: cells[0], cells })))('$what: each bound is said and shown', ({ cells }) => {
  expect(cells.filter((cell) => cell !== '')).toHaveLength(5);
  expect(cells[4]?.split('; ').filter((named) => !isTest(named))).toEqual([]);
});

describe('a fault', () => {
  test.each(rows)('$fault: what is not met says why, and what is has a test', ({ shownBy, met }) => {
    expect(met).toMatch(/^(?:yes|partly: .{20,}|no: .{20,})$/);
    if (shownBy === 'none') expect(met).toMatch(/^no: /);
  });

  const shown = rows.flatMap(({ fault, shownBy }) =>
    shownBy === 'none' ? [] : shownBy.split('; ').map((by) => ({ fault, by })),
  );
  test.each(shown)('$fault: $by', ({ by }) => {
    expect({ by, isThere: isTest(by) }).toEqual({ by, isThere: true });
  });
});
