import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MILLISECONDS = 250;

/**
 * Looks again and again until `look` finds something.
 * @throws Error that says what was waited for, and what `look` threw last, when that takes longer than `seconds`.
 */
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let cause: unknown;
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(PAUSE_MILLISECONDS);
  }
  throw new Error(`waited ${seconds} s for ${what}`, { cause });
}
