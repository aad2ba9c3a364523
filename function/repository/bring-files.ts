import { existsSync, realpathSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { foldersAbove, resolveIn } from '../hosts/folders.ts';
import { KUSTOMIZATION } from '../krm/file-positions.ts';
import { join } from '../model/paths.ts';
import { attempt } from '../model/plain-data.ts';
import type { FilePath, LookAt } from './find-files.ts';
import { isBelow } from './function-run.ts';
import { KUSTOMIZATIONS, pathsIn } from './read-kustomization.ts';
import type { ManifestFile } from './read-manifests.ts';

/**
 * The files that kustomizations name beside those that the search of `paths` has found, as `kustomize build` reads them: bases around the
 * paths, in the work tree of git that these are in, hidden files, and files of any name. No link is followed.
 */
export function bringFiles(
  files: readonly ManifestFile[],
  paths: readonly string[],
  read: (path: FilePath) => ManifestFile,
  lookAt: LookAt,
): readonly ManifestFile[] {
  const named = paths.flatMap((path) => attempt(() => realpathSync(path)) ?? []);
  const trees = named.flatMap(
    (path) => [path, ...foldersAbove(path)].find((top) => existsSync(join(top, '.git'))) ?? path,
  );
  const isIn = (tops: readonly string[], path: string) => tops.some((top) => isBelow(top, path));
  const seen = new Set(files.flatMap(({ real, isHidden }) => (isHidden ? [] : [real])));
  const all = files.filter(({ isHidden }) => isHidden !== true);
  const brought: ManifestFile[] = [];
  for (const by of all) {
    if (!KUSTOMIZATION.test(by.real) || by.fault !== undefined) continue;
    for (const path of pathsIn(by, by.value)
      .values()
      .flatMap((entryPath) => [entryPath, ...KUSTOMIZATIONS.map((name) => resolveIn(entryPath, name))])) {
      if (seen.has(path) || !isIn(trees, path) || !isPlainFile(lookAt(path))) continue;
      seen.add(path);
      const shown = join(dirname(by.shown), relative(dirname(by.real), path));
      const file = read({ shown, real: path, brought: isIn(named, path) ? 'inside' : 'outside' });
      all.push(file); // in this loop
      brought.push(file);
    }
  }
  return brought;
}

const isPlainFile = (there: ReturnType<LookAt>) => there?.isReal === true && there.stats.isFile();
