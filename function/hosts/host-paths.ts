import type { Finding } from '../findings/finding.ts';
import { pathOf } from '../krm/file-positions.ts';
import { type Item, itemKey, keyOf } from '../krm/item.ts';
import { identify, objectKey } from '../model/kinds.ts';
import { listAt, once } from '../model/plain-data.ts';
import type { Manifests } from './run.ts';

/** The most characters of paths in messages: of very many messages about long paths the first have them. */
const MOST_OF_PATHS = 4_000_000;

/**
 * Gives each finding the file that the host told of, in an annotation of the item or of the functionConfig that it is about. It has no
 * line: the text that arrives is not the file's own. `added`: files of new items, by `objectKey`.
 */
export function withHostPaths(
  findings: readonly Finding[],
  { items, functionConfig }: Manifests,
  added: Iterable<readonly [string, string]> = [],
): readonly Finding[] {
  const all = functionConfig === undefined ? items : [...items, functionConfig];
  const paths = all.flatMap((item) => {
    const path = pathOf(item);
    return path === undefined ? [] : [[keyOf(item), path] as const];
  });
  const files = new Map([...added, ...paths]);
  const inConfig = once(() => generatorsIn(functionConfig));
  const fileOf = ({ object, field }: Finding) => {
    const file = object && files.get(itemKey(object));
    if (file !== undefined || functionConfig === undefined) return file;
    const isOfConfig = object === undefined ? field !== undefined : inConfig().has(objectKey(object));
    return isOfConfig ? pathOf(functionConfig) : undefined;
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
