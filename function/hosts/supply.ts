import { type Finding, finding } from '../api/finding.ts';
import type { Prepared, Reference } from '../api/flow.ts';
import { describeObject, type ObjectRef, objectKey } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import type { Supplied, SuppliedObject, Unread } from '../api/supplied.ts';
import type { World } from '../api/world.ts';
import { type Source, textOf } from '../krm/edit-item.ts';
import type { Item } from '../krm/item.ts';
import { lookUp } from '../story/look-up.ts';
import { references } from '../story/prepare.ts';

/** An item, the text it is in, and the file that has the text, where the host knows it. */
export interface Located {
  readonly item: Item;
  readonly source: Source;
  readonly file?: string;
}

/** The items that are the object of an `objectKey`. */
export type Find = (key: string) => readonly Located[];

/** What has to be seen, round by round: from the items, then from wherever else. */
export async function supply(
  prepared: Prepared,
  find: Find,
  world: World,
): Promise<{ readonly supplied: Supplied; readonly findings: readonly Finding[] }> {
  const supplied = new Map<string, SuppliedObject | Unread | null>();
  let { findings } = prepared;
  for (let missing = references(prepared, supplied); missing.length > 0; missing = references(prepared, supplied)) {
    const items = supplyFromItems(missing, find);
    findings = [...findings, ...items.findings];
    for (const [key, object] of items.entries) supplied.set(key, object);
    const others = missing.filter(({ object }) => !supplied.has(objectKey(object)));
    const found = await lookUp({ ...prepared, findings }, others, world);
    for (const [key, object] of found) supplied.set(key, object);
    if (items.entries.length + found.length === 0) break; // refused, so that nobody is asked any more
  }
  return { supplied, findings };
}

/** What was found for references; two items that are the same object are an error, since either could be meant. */
interface Supply {
  readonly entries: readonly (readonly [string, SuppliedObject])[];
  readonly findings: readonly Finding[];
}

/** Looks references up among the items. */
function supplyFromItems(references: readonly Reference[], find: Find): Supply {
  const found = references.map(({ object }) => ({ object, items: find(objectKey(object)) }));
  return {
    entries: found.flatMap(({ object, items: [first] }) =>
      first === undefined ? [] : [[objectKey(object), toSupplied(first)]],
    ),
    findings: found.flatMap(({ object, items }) => (items.length < 2 ? [] : [ambiguous(object, items)])),
  };
}

function ambiguous(object: ObjectRef, items: readonly Located[]): Finding {
  const files = items.flatMap(({ file }) => (file === undefined ? [] : [quote(file)]));
  const where = files.length === 0 ? '' : `, in ${files.join(' and ')}`;
  const message = `cannot look up ${describeObject(object)}: ${items.length} items are that ${object.kind}${where}. Remove all but one.`;
  return finding('TARGET_CONFLICT', message);
}

function toSupplied({ item, source }: Located): SuppliedObject {
  const { data, stringData, sops, type } = (item.toJS() ?? {}) as Record<string, unknown>; // the parser saw that it is a map
  return {
    annotations: item.annotations,
    isSealed: isRecord(sops) && sops.mac !== undefined,
    text: textOf(source, item),
    ...(typeof type === 'string' ? { type } : {}),
    ...(isRecord(data) ? { data } : {}),
    ...(isRecord(stringData) ? { stringData } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
