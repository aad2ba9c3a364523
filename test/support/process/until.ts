import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_PAUSE_MILLISECONDS = 250;

/**
 * Looks again and again until `look` finds something: often at first, then four times a second.
 * @throws Error that says what was waited for, and what `look` threw last, when that takes longer than `seconds`.
 */
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let cause: unknown;
  for (let pause = 5; performance.now() < deadline; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(pause);
  }
  throw new Error(`waited ${seconds} s for ${what}`, { cause });
}
