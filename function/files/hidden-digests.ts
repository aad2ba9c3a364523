import { coreObject, keyOfSecret, type NamedRef, objectKey } from '../model/kinds.ts';
import { cached, valueAt } from '../model/plain-data.ts';
import type { TemplateOrigin } from '../model/secret-spec.ts';
import type { Draft } from '../planner/draft.ts';
import type { FunctionRun } from '../repository/function-run.ts';
import { digestOf, hiddenHash } from '../secret/hashes.ts';
import type { MadeTexts } from './made-texts.ts';

/**
 * Digests of what no field of a plan shows, by target. A template counts as its ConfigMap has it, where that is among the files, or by what
 * kustomize makes it of. Empty: not all of that is known.
 */
export function hiddenDigests(
  { jobs, cluster }: Draft,
  { byKey, names }: FunctionRun,
  madeOf: MadeTexts,
): (target: NamedRef) => string {
  const drafted = new Map(jobs.map((job) => [keyOfSecret(job.target), job]));
  const clusterDigest = cluster && digestOf(cluster); // it may be long, and is the same for all
  const texts = new Map<string, string | undefined>(); // many may name one
  const textOf = (from: TemplateOrigin) =>
    cached(texts, JSON.stringify(from), () => {
      const object = coreObject(from.kind, from);
      const isRead = from.kind === 'ConfigMap'; // of a Secret nothing is shown
      const [manifest] = isRead ? (byKey.get(objectKey(object)) ?? []) : [];
      const made = isRead ? madeOf(from.name) : '';
      const isRenamed = isRead && manifest === undefined && made === '' && names?.makes(object);
      if (made === undefined || isRenamed) return undefined;
      const text = valueAt(manifest?.item.toJS(), ['data', from.key]);
      return digestOf(made === '' ? [text] : [text, made]);
    });
  return (target) => {
    const job = drafted.get(keyOfSecret(target));
    const origins = job?.form.template?.templates.flatMap((each) => ('from' in each ? [each.from] : [])) ?? [];
    const isKnown = job !== undefined && origins.every((from) => textOf(from) !== undefined);
    return isKnown ? hiddenHash(job, clusterDigest, textOf) : '';
  };
}
