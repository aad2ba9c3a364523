import type { ObjectRef } from '../api/kinds.ts';
import { listAt, textAt } from '../api/value-at.ts';
import { BASES, entryOf, isKustomization, kustomizationsOf } from './starts.ts';
import type { Found, Survey } from './survey.ts';

/** A resource as a kustomization's transformers get it: kustomize has changed names and namespaces by then, and adds hashes later. */
export interface Resource {
  readonly written: ObjectRef;
  readonly object: ObjectRef;
}

/** Lists in which a kustomization has resources made, by the kind of what is made. */
const MADE = { secretGenerator: 'Secret', configMapGenerator: 'ConfigMap' };

/** The resources of each kustomization, those of its bases included. */
export function resourcesOf(seen: Survey): ReadonlyMap<Found, readonly Resource[]> {
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
