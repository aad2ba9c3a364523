import type { Finding } from '../findings/finding.ts';
import { pathOf } from '../krm/file-positions.ts';
import { type Item, itemKey } from '../krm/item.ts';
import { identify, objectKey } from '../model/kinds.ts';
import { listAt, once } from '../model/plain-data.ts';
import type { Manifests } from './run.ts';

/** The most characters of paths in messages: of very many messages about long paths the first have them. */
const MOST_OF_PATHS = 4_000_000;

/**
 * Gives each finding the file that the host told of, in an annotation of the item or of the functionConfig that it is about; none where
 * several have one key, and not one file. It has no line: the text that arrives is not the file's own. `added`: files of new items, by
 * `objectKey`.
 */
export function withHostPaths(
  findings: readonly Finding[],
  { items, functionConfig }: Manifests,
  added: Iterable<readonly [string, string]> = [],
): readonly Finding[] {
  const configFile = functionConfig && pathOf(functionConfig);
  const files = new Map<string, string | undefined>();
  const put = (key: string, file: string | undefined) =>
    files.set(key, files.has(key) && files.get(key) !== file ? undefined : file);
  for (const item of items) put(itemKey(item), pathOf(item));
  for (const [key, file] of added) put(key, file);
  if (functionConfig && !files.has(itemKey(functionConfig))) put(itemKey(functionConfig), configFile); // the item of one that is both counts
  const inConfig = once(() => generatorsIn(functionConfig));
  const fileOf = ({ object, field }: Finding) => {
    if (object === undefined) return field === undefined ? undefined : configFile;
    const key = objectKey(object);
    const file = files.get(key);
    if (!inConfig().has(key)) return file;
    return files.has(key) && file !== configFile ? undefined : configFile;
  };
  let left = MOST_OF_PATHS;
  return findings.map((finding) => {
    const file = finding.location === undefined ? fileOf(finding) : undefined;
    left -= file?.length ?? 0;
    return file === undefined || left < 0 ? finding : { ...finding, location: { file } };
  });
}

/** The index of each object in an Input's `generators`, by `objectKey`. Reading them takes as long as parsing the Input. */
export function generatorsIn(config: Item | undefined): ReadonlyMap<string, number> {
  const generators = listAt(config?.toJS(), ['generators']).map(
    (generator, index) => [objectKey(identify(generator)), index] as const,
  );
  return new Map(generators.toReversed()); // of two with one key the first
}
