import { describe, expect, test } from '@jest/globals';
import { readPlainScalar } from '../../../function/sops/scalar.ts';

// Every row was compared with sops 3.11.0: the text is what a MAC over the whole document counts.
describe('an unquoted scalar counts as', () => {
  test.each([
    ['text', 'text'],
    ['yes', 'yes'],
    ['on', 'on'],
    ['<<', '<<'],
    ['1:30', '1:30'],
    ['-', '-'],
    ['True', 'True'],
    ['TRUE', 'True'],
    ['false', 'False'],
    ['0', '0'],
    ['-1', '-1'],
    ['+5', '5'],
    ['0777', '511'],
    [`${'0'.repeat(80)}777`, '511'],
    ['0o17', '15'],
    ['08', '8'],
    ['0x1F', '31'],
    ['-0b11', '-3'],
    ['1__0', '10'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['99999999999999999999999', '100000000000000000000000'],
    ['0xFFFFFFFFFFFFFFFFFF', '0xFFFFFFFFFFFFFFFFFF'],
    ['12.', '12'],
    ['2.50', '2.5'],
    ['.5e3', '500'],
    ['-0.0', '-0'],
    ['1e21', '1000000000000000000000'],
    ['1.25e22', '12500000000000000000000'],
    ['1.5e-9', '0.0000000015'],
    ['5e-324', `0.${'0'.repeat(323)}5`],
    ['1e400', '1e400'],
    ['.inf', '+Inf'],
    ['-.INF', '-Inf'],
    ['.nan', 'NaN'],
    ['2026-01-02', '2026-01-02T00:00:00Z'],
    ['2001-2-3 4:5:6.70', '2001-02-03T04:05:06.7Z'],
    ['2026-01-02T3:4:5Z', '2026-01-02T03:04:05Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T03:04:05+02:00'],
    ['2026-01-02T03:04:05+00:00', '2026-01-02T03:04:05Z'],
    ['2026-01-02t03:04:05.1234567891Z', '2026-01-02T03:04:05.123456789Z'],
    ['0001-01-01', '0001-01-01T00:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2026-02-29', '2026-02-29'],
    ['2026-13-01', '2026-13-01'],
    ['2026-01-02T24:00:00Z', '2026-01-02T24:00:00Z'],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05'],
    ['2026-01-02 03:04:05Z', '2026-01-02 03:04:05Z'],
  ])('%s: %s', (source, text) => {
    expect(readPlainScalar(source)).toEqual(expect.objectContaining({ text }));
  });

  test.each(['', '~', 'null', 'Null', 'NULL'])('%s: nothing', (source) => {
    expect(readPlainScalar(source)).toBeUndefined();
  });

  test.each(['9223372036854775808', '18446744073709551615', '0xFFFFFFFFFFFFFFFF'])(
    '%s: not known to sops',
    (source) => {
      expect(readPlainScalar(source)).toBe('malformed');
    },
  );
});

test('a million digits are read soon', () => {
  const started = process.cpuUsage();
  expect(readPlainScalar('9'.repeat(1_000_000))).toEqual(expect.objectContaining({ value: '9'.repeat(1_000_000) }));
  expect(process.cpuUsage(started).user).toBeLessThan(1_000_000); // the machine may be busy
});
