import { valueAt } from '../api/value-at.ts';
import type { FieldFault } from './read-by-schema.ts';

/** One `generatorRef` of an ExternalSecret, as it is written. */
interface WrittenRef {
  readonly field: string;
  readonly ref: unknown;
}

/** Where an entry names its generator. */
const REF = ['sourceRef', 'generatorRef'];

/** Every `generatorRef` of an ExternalSecret's `spec`. */
export function generatorRefs(spec: unknown): readonly WrittenRef[] {
  return ['dataFrom', 'data'].flatMap((list) =>
    entriesOf(spec, list).flatMap(({ entry, field }) => {
      const ref = valueAt(entry, REF);
      return ref === undefined || ref === null ? [] : [{ field: `${field}.sourceRef.generatorRef`, ref }];
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
  const fromData = entriesOf(spec, 'data').map(({ entry, field }) =>
    isOurs(valueAt(entry, REF))
      ? {
          field: `${field}.sourceRef.generatorRef`,
          text: 'is not read by External Secrets there; name it in `spec.dataFrom`',
        }
      : { field, text: `comes from a store, ${alone}` },
  );
  const fromOthers = entriesOf(spec, 'dataFrom').flatMap(({ entry, field }): FieldFault[] => {
    const ref = valueAt(entry, REF) ?? undefined;
    const stores = [['extract'], ['find'], ['sourceRef', 'storeRef']].filter(
      (path) => (valueAt(entry, path) ?? undefined) !== undefined,
    );
    if (ref !== undefined && !isOurs(ref))
      return [
        {
          field: `${field}.sourceRef.generatorRef`,
          text: `names a generator that this function does not have, ${alone}`,
        },
      ];
    return stores.map((path) => ({ field: `${field}.${path.join('.')}`, text: `comes from a store, ${alone}` }));
  });
  return [...fromData, ...fromOthers];
}

function entriesOf(spec: unknown, list: string): { entry: unknown; field: string }[] {
  const entries = valueAt(spec, [list]);
  return Array.isArray(entries)
    ? entries.map((entry: unknown, index) => ({ entry, field: `spec.${list}[${index}]` }))
    : [];
}
