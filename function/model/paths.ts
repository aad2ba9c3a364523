import * as native from 'node:path';
import { FindingError, finding } from '../findings/finding.ts';

/** `node:path` for paths that somebody wrote: its `normalize` takes the square of a length that `..` goes back over and over. */

/** `normalize` of `node:path`, in a time that grows with the length. */
export function normalize(path: string): string {
  if (!path.includes('..')) return native.normalize(path);
  const isRooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!isRooted) parts.push(part);
  }
  const text = `${isRooted ? '/' : ''}${parts.join('/')}` || '.';
  return path.endsWith('/') && text !== '/' ? `${text}/` : text;
}

/** `join` of `node:path`. */
export function join(...parts: readonly string[]): string {
  return normalize(parts.filter((part) => part !== '').join('/'));
}

/**
 * `resolve` of `node:path`.
 *
 * @throws FindingError of code INPUT_UNREADABLE where the working folder is gone.
 */
export function resolve(...parts: readonly string[]): string {
  const last = parts.findLastIndex((part) => part.startsWith('/'));
  const path = join(...(last === -1 ? [workingFolder(), ...parts] : parts.slice(last)));
  return path.replace(/(?<=.)\/$/, '');
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    const cause = 'it is not there any more (ENOENT). Change into a folder that is there';
    throw new FindingError(finding('INPUT_UNREADABLE', `cannot read the working folder: ${cause}.`));
  }
}
