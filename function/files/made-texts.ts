import { dirname } from 'node:path';
import { resolveIn } from '../hosts/folders.ts';
import { attempt, cached, listAt, once, textAt } from '../model/plain-data.ts';
import { isBelow } from '../repository/function-run.ts';
import type { PipelineFile } from '../repository/pipelines.ts';
import { readBounded } from '../repository/read-file.ts';
import { digestOf } from '../secret/hashes.ts';

/**
 * A digest of what kustomize makes a ConfigMap of, by its name: all entries of `configMapGenerator` with that name, and their files. Empty: there
 * are none. Undefined: not all is known, such as a file outside of the kustomization's folder, which kustomize does not read either.
 */
export type MadeTexts = (name: string) => string | undefined;

export function madeTexts(kustomizations: readonly PipelineFile[]): MadeTexts {
  const digests = new Map<string, string | undefined>(); // many entries may name one file
  const digestOfFile = (folder: string, named: string) => {
    const path = resolveIn(folder, named.replace(/^[^=]*=/, '')); // no link leads there, or its kustomization would be refused
    if (!isBelow(folder, path)) return undefined;
    return cached(digests, path, () => {
      const read = attempt(() => readBounded(path));
      return read !== undefined && 'bytes' in read ? digestOf([read.bytes.toString('base64')]) : undefined;
    });
  };
  const byName = once(() =>
    Map.groupBy(
      kustomizations.flatMap(({ file, value }) =>
        listAt(value, ['configMapGenerator']).map((entry) => ({ entry, folder: dirname(file.real) })),
      ),
      ({ entry }) => textAt(entry, ['name']),
    ),
  );
  const digestOfEntries = (name: string) => {
    const texts = (byName().get(name) ?? []).map(({ entry, folder }) => {
      const env = textAt(entry, ['env']);
      const named = [...listAt(entry, ['files']), ...listAt(entry, ['envs']), ...(env === undefined ? [] : [env])];
      return [entry, ...named.map((path) => digestOfFile(folder, String(path)))];
    });
    if (texts.flat().includes(undefined)) return undefined;
    return texts.length === 0 ? '' : digestOf(texts);
  };
  const made = new Map<string, string | undefined>(); // very many keys may be read of one
  return (name) => cached(made, name, digestOfEntries);
}
