import { describe, expect, test } from '@jest/globals';
import { align, columnWidths } from '../../../function/files/draw-tree.ts';

const lines = (rows: readonly string[][], width: number) => {
  const widths = columnWidths(rows, width);
  return rows.map((row) => align(row, widths, 0, { width, isColoured: false }));
};

describe('a long text in a column', () => {
  const rows = [['a', 'b'.repeat(10_000), 'c'], ...Array.from({ length: 100 }, () => ['a', 'b', 'c'])];

  test('is whole where nothing is cut, and widens no other line much', () => {
    const [first = '', second = ''] = lines(rows, Infinity);
    expect(first).toBe(`a  ${'b'.repeat(10_000)}  c`);
    expect(second.length).toBeLessThan(300);
  });

  test('is cut on a terminal, however wide that is', () => {
    for (const width of [60, 600]) for (const line of lines(rows, width)) expect(line).toHaveLength(width);
  });
});
