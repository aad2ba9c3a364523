import { expect, jest, test } from '@jest/globals';
import { createWorld } from '../../../function/clients/world.ts';
import { runResourceList } from '../../../function/hosts/stdio.ts';
import { Deadline, WorkBudget } from '../../../function/model/run-limits.ts';
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

test('a run is told of what it may do, and the others of several may do half of what it leaves', () => {
  expect(() => new WorkBudget().take('edits', 10_000_001)).toThrow('more than 10000000 times');
  const all = new WorkBudget();
  const first = new WorkBudget(all);
  expect(() => first.take('edits', 5_000_000)).not.toThrow();
  expect(() => first.take('edits', 1)).toThrow('more than 5000000 times');
  expect(() => new WorkBudget(all).take('edits', 2_500_000)).toThrow('more than 2499999 times');
});
