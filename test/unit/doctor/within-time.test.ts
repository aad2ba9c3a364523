import { expect, test } from '@jest/globals';
import { withinTime } from '../../../function/doctor/within-time.ts';

test('work that never ends is ended', () => {
  const endless = () => {
    for (let count = 0; ; count += 1) if (count < 0) return count;
  };
  expect(withinTime(1, endless, 'late')).toBe('late');
});

test('so is one search', () => {
  expect(withinTime(1, () => /(?:a+a+)+b/.test('a'.repeat(100)), 'late')).toBe('late');
});

test('other work gives what it gives, or throws what it throws', () => {
  expect(withinTime(300_000, () => 1, 'late')).toBe(1);
  const refuse = () => {
    throw new RangeError('refused');
  };
  expect(() => withinTime(300_000, refuse, 'late')).toThrow(new RangeError('refused'));
});
