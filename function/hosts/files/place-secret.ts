import { existsSync, lstatSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Job } from '../../api/job.ts';
import type { FilePath } from './find-files.ts';

const WRITABLE_BY_ALL = 0o002;

/** A file for a Secret, and the folder that it must not leave. */
export interface Place extends FilePath {
  readonly root: string;
}

/**
 * The file of a Secret that has none yet: under a folder with a Kptfile where `kpt fn render` would put it,
 * `[NAMESPACE/]secret_NAME.yaml` in the nearest such folder; elsewhere `secret_NAME.yaml` beside its spec, below a folder of its
 * namespace where that is not the generator's: so each has a file of its own. Names are checked
 * when a spec is read, so none of them holds a slash.
 */
export function placeSecret({ generator, target }: Pick<Job, 'generator' | 'target'>, spec: FilePath): Place {
  const { name, namespace } = target;
  const folder = dirname(spec.real);
  const file = `secret_${name}.yaml`;
  const root = packageAround(folder);
  const isInFolder = root === undefined ? namespace !== generator.namespace : namespace !== undefined;
  const real = join(root ?? folder, isInFolder ? (namespace ?? '') : '', file);
  return { root: root ?? folder, real, shown: join(dirname(spec.shown), relative(folder, real)) };
}

/**
 * Looked for no further than what is surely its owner's: a Kptfile in a folder of others, or one that others put into a folder
 * that they may write, as /tmp, would choose where credentials go.
 */
function packageAround(folder: string): string | undefined {
  const { uid } = statSync(folder);
  for (let at = folder; at === folder || isOnlyOf(uid, at); at = dirname(at)) {
    const kptfile = lstatSync(join(at, 'Kptfile'), { throwIfNoEntry: false });
    if (kptfile?.isFile() && kptfile.uid === uid) return at;
    if (at === dirname(at) || at === homedir() || existsSync(join(at, '.git'))) return undefined;
  }
  return undefined;
}

/** True for a folder of this owner into which not everybody may put a file. */
function isOnlyOf(owner: number, folder: string): boolean {
  const { uid, mode } = statSync(folder);
  return uid === owner && (mode & WRITABLE_BY_ALL) === 0;
}
