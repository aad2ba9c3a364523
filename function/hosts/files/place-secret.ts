import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { NamedRef } from '../../api/kinds.ts';
import type { FilePath } from './find-files.ts';

/** A file for a Secret, and the folder that it must not leave. */
export interface Place extends FilePath {
  readonly root: string;
}

/**
 * The file of a Secret that has none yet: under a folder with a Kptfile where `kpt fn render` would put it,
 * `[NAMESPACE/]secret_NAME.yaml` in the nearest such folder; elsewhere `secret_NAME.yaml` beside its spec. Names are checked
 * when a spec is read, so none of them holds a slash.
 */
export function placeSecret({ name, namespace }: NamedRef, spec: FilePath): Place {
  const folder = dirname(spec.real);
  const file = `secret_${name}.yaml`;
  const root = packageAround(folder);
  const real =
    root === undefined ? join(folder, file) : namespace === undefined ? join(root, file) : join(root, namespace, file);
  return { root: root ?? folder, real, shown: join(dirname(spec.shown), relative(folder, real)) };
}

function packageAround(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'Kptfile'))) return at;
    if (at === dirname(at)) return undefined;
  }
}
