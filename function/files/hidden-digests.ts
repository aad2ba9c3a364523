import { coreObject, keyOfSecret, type NamedRef, objectKey } from '../model/kinds.ts';
import { cached, valueAt } from '../model/plain-data.ts';
import type { TemplateOrigin } from '../model/secret-spec.ts';
import type { Draft } from '../planner/draft.ts';
import type { FunctionRun } from '../repository/function-run.ts';
import { digestOf, hiddenHash } from '../secret/hashes.ts';

/** Digests of what no field of a plan shows, by target. A template counts as its ConfigMap has it, where that is among the files. */
export function hiddenDigests({ jobs, cluster }: Draft, { byKey }: FunctionRun): (target: NamedRef) => string {
  const drafted = new Map(jobs.map((job) => [keyOfSecret(job.target), job]));
  const ofCluster = cluster && digestOf(cluster); // it may be long, and is the same for all
  const texts = new Map<string, string>(); // many may name one
  const textOf = (from: TemplateOrigin) =>
    cached(texts, JSON.stringify(from), () => {
      const [manifest] = from.kind === 'ConfigMap' ? (byKey.get(objectKey(coreObject(from.kind, from))) ?? []) : [];
      return digestOf([valueAt(manifest?.item.toJS(), ['data', from.key])]);
    });
  return (target) => {
    const job = drafted.get(keyOfSecret(target));
    return job === undefined ? '' : hiddenHash(job, ofCluster, textOf);
  };
}
