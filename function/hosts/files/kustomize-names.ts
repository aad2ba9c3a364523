import { dirname, resolve } from 'node:path';
import type { ObjectRef } from '../../findings/say.ts';
import { coreObject, objectKey } from '../../model/kinds.ts';
import { listAt, textAt, valueAt } from '../../model/plain-data.ts';
import { BASES, type PipelineFile } from '../pipelines.ts';
import { MANIFEST } from './find-files.ts';
import type { KustomizeNames, There } from './function-run.ts';
import type { FileItem } from './read-manifests.ts';

/** What a kustomization builds, with what its bases build. */
interface Built {
  readonly items: readonly FileItem[];
  readonly names: KustomizeNames;
}

const RENAMING = ['namePrefix', 'nameSuffix'];
const EDITS = [
  ...['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'vars', 'configurations'],
  ...['helmCharts', 'helmChartInflationGenerator'],
];
/** Fields that make objects, with the kind of these. A transformer gets them without a hash in their names. */
const MADE = { secretGenerator: 'Secret', configMapGenerator: 'ConfigMap' };

/** The paths of a kustomization's resources and bases. Addresses of other repositories are no paths here. */
export function pathsOf({ file, value }: PipelineFile): string[] {
  return BASES.flatMap((field) => listAt(value, [field]).map((entry) => resolve(dirname(file.real), String(entry))));
}

/** Follows a kustomization's resources to those of its bases, and what is put around their names on the way. */
export function builtBy(top: PipelineFile, byFolder: ReadonlyMap<string, PipelineFile>, at: There['at']): Built {
  const around = new Map([[top, { prefix: '', suffix: '' }]]);
  const items = new Set<FileItem>();
  const elsewhere = new Set<string>();
  const objects: (readonly [written: ObjectRef, name: string])[] = [];
  for (const [one, outer] of around) {
    const prefix = outer.prefix + (textAt(one.value, ['namePrefix']) ?? '');
    const suffix = (textAt(one.value, ['nameSuffix']) ?? '') + outer.suffix;
    const add = (object: ObjectRef) => objects.push([object, `${prefix}${object.name}${suffix}`]);
    for (const path of pathsOf(one)) {
      const base = byFolder.get(path);
      if (base !== undefined && !around.has(base)) around.set(base, { prefix, suffix }); // the map grows in this loop
      const there = base === undefined ? at(path) : [];
      if (base === undefined && there.length === 0 && !MANIFEST.test(path)) elsewhere.add('resources');
      for (const found of there) {
        items.add(found);
        if (found.item.object !== undefined) add(found.item.object);
      }
    }
    for (const made of madeBy(one)) add(made);
  }
  const all = [...around.keys()];
  const fieldsOf = (fields: readonly string[]) =>
    fields.filter((field) => all.some(({ value }) => valueAt(value, [field]) !== undefined));
  const isMoved = fieldsOf(['namespace']).length > 0;
  return {
    items: [...items],
    names: { ...namesOf(objects, isMoved), renaming: fieldsOf(RENAMING), edits: [...fieldsOf(EDITS), ...elsewhere] },
  };
}

function madeBy({ value }: PipelineFile): ObjectRef[] {
  return Object.entries(MADE).flatMap(([list, kind]) =>
    listAt(value, [list]).map((entry) => {
      const namespace = textAt(entry, ['namespace']);
      return coreObject(kind, { name: textAt(entry, ['name']) ?? '', ...(namespace && { namespace }) });
    }),
  );
}

/** `isMoved`: kustomize sets namespaces, so that they do not tell objects apart. */
function namesOf(
  objects: readonly (readonly [written: ObjectRef, name: string])[],
  isMoved: boolean,
): Pick<KustomizeNames, 'has' | 'nameOf'> {
  const keyOf = ({ namespace, ...object }: ObjectRef) =>
    objectKey(isMoved || namespace === undefined ? object : { ...object, namespace });
  const there = new Set(objects.map(([written, name]) => keyOf({ ...written, name })));
  const names = new Map(objects.map(([written, name]) => [keyOf(written), name]));
  return { has: (object) => there.has(keyOf(object)), nameOf: (object) => names.get(keyOf(object)) };
}
