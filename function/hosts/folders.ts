import { dirname, isAbsolute } from 'node:path';
import { normalize } from '../model/paths.ts';

/** The folders around a path, the innermost first; one by one, since there may be two thousand. */
export function* foldersAbove(path: string): Generator<string> {
  for (let [child, above] = [path, dirname(path)]; above !== child; [child, above] = [above, dirname(above)])
    yield above;
}

/** `resolve` for an absolute folder without a look at each part of it: there may be two thousand, and very many paths in it. */
export function resolveIn(folder: string, path: string): string {
  let [above, rest] = [folder, normalize(path).replace(/(?<=.)\/$/, '')];
  if (isAbsolute(rest)) return rest;
  for (; /^\.\.(?:\/|$)/.test(rest); rest = rest.slice(3)) above = dirname(above);
  return rest === '' || rest === '.' ? above : `${above === '/' ? '' : above}/${rest}`;
}

/** What `look` finds in the nearest folder above a path. It looks into each folder once, however many are in each other. */
export function nearestAbove<T>(look: (folder: string) => T | undefined): (path: string) => T | undefined {
  const cache = new Map<string, T | undefined>();
  return (path) => {
    const passed: string[] = [];
    let value: T | undefined;
    for (const folder of foldersAbove(path)) {
      value = cache.has(folder) ? cache.get(folder) : look(folder);
      if (value !== undefined || cache.has(folder)) break;
      passed.push(folder);
    }
    for (const folder of passed) cache.set(folder, value);
    return value;
  };
}

/** The innermost folder of all folders. */
export function commonFolder([first = '', ...others]: readonly string[]): string {
  let common = first;
  const isAround = (path: string) => path === common || dirname(common) === common || path.startsWith(`${common}/`);
  for (const other of others) while (!isAround(other)) common = dirname(common);
  return first === '' ? '.' : common;
}
