import { valueAt } from '../api/value-at.ts';
import type { FieldFault } from './read-by-schema.ts';

/** One `generatorRef` of an ExternalSecret, as it is written. */
interface WrittenRef {
  readonly field: string;
  readonly ref: unknown;
}

/** Where an entry names its generator. */
const REF = ['sourceRef', 'generatorRef'];

/** Where an entry names what is in a store. */
const STORES = [['extract'], ['find'], ['sourceRef', 'storeRef']];

/** Every `generatorRef` of an ExternalSecret's `spec`. */
export function generatorRefs(spec: unknown): readonly WrittenRef[] {
  return ['dataFrom', 'data'].flatMap((list) =>
    entriesOf(spec, list).flatMap(({ entry, field }) => {
      const ref = valueAt(entry, REF) ?? undefined;
      return ref === undefined ? [] : [{ field: `${field}.${REF.join('.')}`, ref }];
    }),
  );
}

/**
 * The parts of an ExternalSecret that names a generator of ours, and that this function does not have: those of a store, and
 * generators of other kinds. Half a Secret would look like a whole one.
 */
export function checkParts(spec: unknown, isOurs: (ref: unknown) => boolean): FieldFault[] {
  const own = generatorRefs(spec).find(({ ref }) => isOurs(ref))?.field ?? 'spec.dataFrom';
  const alone = `beside \`${own}\`; move it into an ExternalSecret of its own`;
  const fromStore = (field: string) => ({ field, text: `comes from a store, ${alone}` });
  const fromData = entriesOf(spec, 'data').map(({ entry, field }) => {
    if (!isOurs(valueAt(entry, REF))) return fromStore(field);
    const text = 'is not read by External Secrets there; name it in `spec.dataFrom`';
    return { field: `${field}.${REF.join('.')}`, text };
  });
  const fromOthers = entriesOf(spec, 'dataFrom').flatMap(({ entry, field }): FieldFault[] => {
    const ref = valueAt(entry, REF) ?? undefined;
    if (ref !== undefined && !isOurs(ref)) {
      const text = `names a generator that this function does not have, ${alone}`;
      return [{ field: `${field}.${REF.join('.')}`, text }];
    }
    const stores = STORES.filter((path) => (valueAt(entry, path) ?? undefined) !== undefined);
    return stores.map((path) => fromStore(`${field}.${path.join('.')}`));
  });
  return [...fromData, ...fromOthers];
}

function entriesOf(spec: unknown, list: string): { entry: unknown; field: string }[] {
  const entries = valueAt(spec, [list]);
  if (!Array.isArray(entries)) return [];
  return entries.map((entry: unknown, index) => ({ entry, field: `spec.${list}[${index}]` }));
}
