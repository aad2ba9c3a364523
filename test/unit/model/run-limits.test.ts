import { describe, expect, jest, test } from '@jest/globals';
import { createWorld } from '../../../function/clients/world.ts';
import { runResourceList } from '../../../function/hosts/stdio.ts';
import { Deadline, mostOf, WorkBudget } from '../../../function/model/run-limits.ts';
import { generatorItem, list } from '../../support/manifests.ts';

const clock = (...readings: number[]) => ({ now: () => readings.shift() ?? Number.POSITIVE_INFINITY });

test.each([
  ['120 seconds unless it is set', {}, 119_999, 120_001],
  ['what the variable says', { STS_FUNCTION_TIMEOUT: '5' }, 4999, 5001],
  ['120 seconds where it says nothing of use', { STS_FUNCTION_TIMEOUT: 'soon' }, 119_999, 120_001],
])('a run has %s', (_, environment, before, after) => {
  const deadline = new Deadline(environment, clock(1000, 1000 + before, 1000 + after));
  expect(() => deadline.throwIfExpired()).not.toThrow();
  expect(() => deadline.throwIfExpired()).toThrow('STS_FUNCTION_TIMEOUT was over');
});

test('what waits is aborted when what is left of the time is over', async () => {
  const deadline = new Deadline({ STS_FUNCTION_TIMEOUT: '2' }, clock(0, 1995));
  const signal = deadline.signal();
  expect(deadline.signal()).toBe(signal);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  expect(signal.aborted).toBe(true);
});

test('a run whose time is up while it is planned gives its input as it came', async () => {
  const text = list(generatorItem());
  const now = jest.spyOn(performance, 'now').mockImplementation(clock(0, 0, 0, 0).now); // the start, and the texts
  try {
    const { output, findings } = await runResourceList(Buffer.from(text), createWorld({}));
    expect(findings.map(({ code }) => code)).toEqual(['DEADLINE_PASSED']);
    expect(output.startsWith(text)).toBe(true);
  } finally {
    now.mockRestore();
  }
});

test('a budget holds for all kinds of work together', () => {
  const budget = new WorkBudget();
  expect(budget.spend('edits', mostOf('edits') / 2)).toBe(true);
  expect(() => budget.take('copies', mostOf('copies') / 2)).not.toThrow();
  expect(() => budget.take('copies', 1)).toThrow('is too much');
});

describe('parts of a budget', () => {
  const most = mostOf('edits');

  test('each may do a quarter of what the others leave', () => {
    const whole = new WorkBudget();
    expect(new WorkBudget(whole).spend('edits', most / 4)).toBe(true);
    expect(new WorkBudget(whole).spend('edits', most / 5)).toBe(false);
  });

  test("together they do no more than the whole, however many there are at one time, but what is each one's own", () => {
    const whole = new WorkBudget();
    const parts = Array.from({ length: 100 }, () => new WorkBudget(whole));
    expect(parts.filter((part) => part.spend('edits', most / 5))).toHaveLength(5);
    for (const part of parts.slice(50)) expect(part.spend('edits', 1)).toBe(false);
    expect(new WorkBudget(whole).spend('edits', most / 1000)).toBe(true);
  });

  test("what is each one's own is as much as the whole, for all together and further in too", () => {
    const whole = new WorkBudget();
    const parts = Array.from({ length: 2500 }, () => new WorkBudget(new WorkBudget(whole)));
    expect(parts.filter((part) => part.spend('edits', most / 1000))).toHaveLength(2000);
  });
});
