import { type ObjectRef, objectKey } from '../api/kinds.ts';
import { valueAt } from '../api/value-at.ts';
import { type Resource, resourcesOf } from './resources.ts';
import { startsOf } from './starts.ts';
import type { Found, Survey } from './survey.ts';

/** The name that what a spec names has when the function looks for it; undefined for what is not there. */
type LookUp = (object: ObjectRef, spec: ObjectRef) => string | undefined;

type Rendered = readonly [kustomization: Found, resources: readonly Resource[]];

/** Fields with which a kustomization may also change what a spec names. */
const EDITS = ['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'vars', 'configurations'];

/** Looks among what is written, and among what kustomizations make, rename and move. */
export function lookUpIn(seen: Survey): LookUp {
  const rendered = [...resourcesOf(seen)];
  const there = [...seen.objects, ...rendered.flatMap(([, resources]) => resources)].map(({ object }) => object);
  const [keys, names] = [new Set(there.map(objectKey)), new Set(there.map(nameKey))];
  const above = bySpec(rendered);
  const transformed = new Set(
    startsOf(seen).flatMap(({ list, kustomization }) => (list === 'transformers' ? [kustomization] : [])),
  );
  return (object, spec) => {
    const all = above.get(objectKey(spec)) ?? [];
    const has = (fields: readonly string[]) => all.some(([{ value }]) => fields.some((one) => valueAt(value, [one])));
    const runs = has(EDITS) ? [] : all.filter(([kustomization]) => transformed.has(kustomization));
    const [renamed] = runs.flatMap(([, resources]) => newName(object, resources) ?? []);
    if (renamed !== undefined) return renamed;
    const isThere = has(['namespace']) ? names.has(nameKey(object)) : keys.has(objectKey(object));
    return isThere ? object.name : undefined;
  };
}

/** What each object is a resource of, by the key it is written with. */
function bySpec(rendered: readonly Rendered[]): ReadonlyMap<string, readonly Rendered[]> {
  const above = new Map<string, Rendered[]>();
  for (const one of rendered)
    for (const key of new Set(one[1].map(({ written }) => objectKey(written))))
      above
        .set(key, above.get(key) ?? [])
        .get(key)
        ?.push(one);
  return above;
}

/** The name that a resource has in place of the one by which a spec names it: that reference kustomize does not change. */
function newName(object: ObjectRef, resources: readonly Resource[]): string | undefined {
  const isIt = (other: ObjectRef) => other.name === object.name && nameKey(other) === nameKey(object);
  if (resources.some((one) => isIt(one.object))) return undefined;
  return resources.find(({ written }) => isIt(written))?.object.name;
}

/** `objectKey` where a kustomization sets the namespace of everything. */
function nameKey({ namespace: _, ...object }: ObjectRef): string {
  return objectKey(object);
}
