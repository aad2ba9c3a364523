import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_PAUSE_MILLISECONDS = 250;

/**
 * Looks again and again until `look` finds something: often at first, then more and more rarely.
 * @throws Error that says what was waited for, and what `look` threw last, when that takes longer than `seconds`.
 */
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const begun = performance.now();
  let cause: unknown;
  for (let waited = 0; waited < seconds * 1000; waited = performance.now() - begun) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(Math.min(5 + waited / 10, LONGEST_PAUSE_MILLISECONDS));
  }
  throw new Error(`waited ${seconds} s for ${what}`, { cause });
}
