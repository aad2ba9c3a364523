import type { ObjectRef } from '../findings/say.ts';
import { BASES } from '../hosts/pipelines.ts';
import { objectKey } from '../model/kinds.ts';
import { listAt, textAt, valueAt } from '../model/plain-data.ts';
import { entryOf, isKustomization, kustomizationsOf, startsOf } from './function-starts.ts';
import type { FoundObject, Survey } from './survey.ts';

/** Gives the name that a referenced object has when the function runs; undefined if there is no such object. */
type NameOf = (object: ObjectRef, spec: ObjectRef) => string | undefined;

type Rendered = readonly [kustomization: FoundObject, resources: readonly Resource[]];

/** Fields by which a kustomization may also change a spec's references. */
const EDITS = ['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'vars', 'configurations'];

/** The names of written objects, and of objects that kustomizations make, rename and move. */
export function renderedNames(survey: Survey): NameOf {
  const rendered = [...resourcesOf(survey)];
  const there = [...survey.objects, ...rendered.flatMap(([, resources]) => resources)].map(({ object }) => object);
  const [keys, names] = [new Set(there.map(objectKey)), new Set(there.map(nameKey))];
  const kustomizationsOfSpec = kustomizationsBySpec(rendered);
  const transformed = new Set(
    startsOf(survey).flatMap(({ list, kustomization }) => (list === 'transformers' ? [kustomization] : [])),
  );
  return (object, spec) => {
    const all = kustomizationsOfSpec.get(objectKey(spec)) ?? [];
    const has = (fields: readonly string[]) => all.some(([{ value }]) => fields.some((one) => valueAt(value, [one])));
    const runs = has(EDITS) ? [] : all.filter(([kustomization]) => transformed.has(kustomization));
    const [renamed] = runs.flatMap(([, resources]) => renamedTo(object, resources) ?? []);
    if (renamed !== undefined) return renamed;
    const isThere = has(['namespace']) ? names.has(nameKey(object)) : keys.has(objectKey(object));
    return isThere ? object.name : undefined;
  };
}

/** The kustomizations of each object, by the key that its manifest has. */
function kustomizationsBySpec(rendered: readonly Rendered[]): ReadonlyMap<string, readonly Rendered[]> {
  const kustomizationsOfSpec = new Map<string, Rendered[]>();
  for (const one of rendered)
    for (const key of new Set(one[1].map(({ written }) => objectKey(written))))
      kustomizationsOfSpec
        .set(key, kustomizationsOfSpec.get(key) ?? [])
        .get(key)
        ?.push(one);
  return kustomizationsOfSpec;
}

/** The name that kustomize gives a referenced object, if it is another: kustomize does not change the reference. */
function renamedTo(object: ObjectRef, resources: readonly Resource[]): string | undefined {
  const isSameObject = (other: ObjectRef) => other.name === object.name && nameKey(other) === nameKey(object);
  if (resources.some((one) => isSameObject(one.object))) return undefined;
  return resources.find(({ written }) => isSameObject(written))?.object.name;
}

/** `objectKey` without the namespace, for kustomizations that set it. */
function nameKey({ namespace: _, ...object }: ObjectRef): string {
  return objectKey(object);
}

/** A resource before and after kustomize's names and namespaces. Transformers get the latter, without a hash suffix yet. */
interface Resource {
  readonly written: ObjectRef;
  readonly object: ObjectRef;
}

/** A kustomization's fields that make resources, with the kind that they make. */
const MADE = { secretGenerator: 'Secret', configMapGenerator: 'ConfigMap' };

/** The resources of each kustomization, with those of its bases. */
function resourcesOf(survey: Survey): ReadonlyMap<FoundObject, readonly Resource[]> {
  const known = new Map<FoundObject, readonly Resource[]>();
  const resourcesIn = (kustomization: FoundObject): readonly Resource[] => {
    const before = known.get(kustomization);
    if (before !== undefined) return before;
    known.set(kustomization, []); // bases may be circular
    const there = BASES.flatMap((list) => listAt(kustomization.value, [list])).flatMap((entry) => {
      const found = entryOf(String(entry), kustomization, survey);
      const bases = found.filter(isKustomization);
      return bases.length > 0 ? bases.flatMap(resourcesIn) : found.map(({ object }) => asWritten(object));
    });
    const resources = [...there, ...madeBy(kustomization)].map((one) => renamed(one, kustomization));
    known.set(kustomization, resources);
    return resources;
  };
  for (const kustomization of kustomizationsOf(survey)) resourcesIn(kustomization);
  return known;
}

function madeBy({ value }: FoundObject): Resource[] {
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

function renamed({ written, object }: Resource, { value }: FoundObject): Resource {
  const [prefix, suffix] = ['namePrefix', 'nameSuffix'].map((field) => textAt(value, [field]) ?? '');
  const namespace = textAt(value, ['namespace']) || object.namespace;
  const name = `${prefix}${object.name}${suffix}`;
  return { written, object: { ...object, name, ...(namespace === undefined ? {} : { namespace }) } };
}
