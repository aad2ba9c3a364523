import type { Finding } from '../api/finding.ts';
import { describeObject, objectKey } from '../api/kinds.ts';
import { inCluster } from './generator-catalogue.ts';

/** By `objectKey` of each generator: where its spec is in a ClusterGenerator; undefined for one of its own. */
export type SpecPaths = ReadonlyMap<string, string | undefined>;

/** A finding about what a ClusterGenerator is in a namespace, as one about the ClusterGenerator. */
export function relocate(finding: Finding, specPaths: SpecPaths): Finding {
  const { object, field, message } = finding;
  const specPath = object && specPaths.get(objectKey(object));
  if (object === undefined || specPath === undefined) return finding;
  const shared = inCluster(object);
  const moved = (text: string) => text.replaceAll(/(?<=^|`)spec\.(?!generator\b|kind\b)/g, `${specPath}.`);
  return {
    ...finding,
    object: shared,
    message: moved(message).replace(describeObject(object), describeObject(shared)),
    ...(field === undefined ? {} : { field: moved(field) }),
  };
}
