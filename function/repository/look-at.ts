import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { attempt, cached } from '../model/plain-data.ts';

/** What stands at a path; undefined where nothing does. `isReal`: no link leads to it. */
export type LookAt = (path: string) => { readonly stats: Stats; readonly isReal: boolean } | undefined;

/** Looks at each path once: many entries may name one, and a path may go through two thousand folders. */
export function newLookAt(): LookAt {
  const cache = new Map<string, ReturnType<LookAt>>();
  const lookAt: LookAt = (path) =>
    cached(cache, path, () => {
      const stats = attempt(() => lstatSync(path, { throwIfNoEntry: false }));
      const isReal = () => path === dirname(path) || lookAt(dirname(path))?.isReal === true;
      return stats && { stats, isReal: !stats.isSymbolicLink() && isReal() };
    });
  return lookAt;
}
