import { type ObjectRef, objectKey } from '../api/kinds.ts';
import { listAt, textAt, valueAt } from '../api/value-at.ts';
import { BASES, entryOf, isKustomization, kustomizationsOf, startsOf } from './starts.ts';
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

/** A resource as a kustomization's transformers get it: kustomize has changed names and namespaces by then, and adds hashes later. */
interface Resource {
  readonly written: ObjectRef;
  readonly object: ObjectRef;
}

/** Lists in which a kustomization has resources made, by the kind of what is made. */
const MADE = { secretGenerator: 'Secret', configMapGenerator: 'ConfigMap' };

/** The resources of each kustomization, those of its bases included. */
function resourcesOf(seen: Survey): ReadonlyMap<Found, readonly Resource[]> {
  const known = new Map<Found, readonly Resource[]>();
  const resourcesIn = (kustomization: Found): readonly Resource[] => {
    const before = known.get(kustomization);
    if (before !== undefined) return before;
    known.set(kustomization, []); // they may stand in a circle
    const there = BASES.flatMap((list) => listAt(kustomization.value, [list])).flatMap((entry) => {
      const found = entryOf(String(entry), kustomization, seen);
      const bases = found.filter(isKustomization);
      return bases.length > 0 ? bases.flatMap(resourcesIn) : found.map(({ object }) => asWritten(object));
    });
    const resources = [...there, ...madeBy(kustomization)].map((one) => renamed(one, kustomization));
    known.set(kustomization, resources);
    return resources;
  };
  for (const kustomization of kustomizationsOf(seen)) resourcesIn(kustomization);
  return known;
}

function madeBy({ value }: Found): Resource[] {
  return Object.entries(MADE).flatMap(([list, kind]) =>
    listAt(value, [list]).map((entry) => {
      const namespace = textAt(entry, ['namespace']);
      const name = textAt(entry, ['name']) ?? '';
      return asWritten({ apiVersion: 'v1', kind, name, ...(namespace === undefined ? {} : { namespace }) });
    }),
  );
}

function asWritten(object: ObjectRef): Resource {
  return { written: object, object };
}

function renamed({ written, object }: Resource, { value }: Found): Resource {
  const [prefix, suffix] = ['namePrefix', 'nameSuffix'].map((field) => textAt(value, [field]) ?? '');
  const namespace = textAt(value, ['namespace']) || object.namespace;
  const name = `${prefix}${object.name}${suffix}`;
  return { written, object: { ...object, name, ...(namespace === undefined ? {} : { namespace }) } };
}
