import { type Finding, finding } from '../api/finding.ts';
import type { Prepared, Reference } from '../api/flow.ts';
import { describeObject, type ObjectRef, objectKey } from '../api/kinds.ts';
import type { Supplied, SuppliedObject, Unread } from '../api/supplied.ts';
import type { World } from '../api/world.ts';
import { textOf } from '../krm/edit-item.ts';
import type { Item } from '../krm/item.ts';
import { findItems, type ResourceList } from '../krm/resource-list.ts';
import { lookUp } from '../look-up.ts';
import { references } from '../prepare.ts';

/** What has to be seen, round by round: from the items, then from wherever else. */
export async function supply(
  prepared: Prepared,
  list: ResourceList,
  world: World,
): Promise<{ readonly supplied: Supplied; readonly findings: readonly Finding[] }> {
  const supplied = new Map<string, SuppliedObject | Unread | null>();
  let { findings } = prepared;
  for (let missing = references(prepared, supplied); missing.length > 0; missing = references(prepared, supplied)) {
    const items = supplyFromItems(missing, list);
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
function supplyFromItems(references: readonly Reference[], list: Pick<ResourceList, 'byKey' | 'text'>): Supply {
  const found = references.map(({ object }) => ({ object, items: findItems(list, objectKey(object)) }));
  return {
    entries: found.flatMap(({ object, items: [first] }) =>
      first === undefined ? [] : [[objectKey(object), toSupplied(first, list)]],
    ),
    findings: found.flatMap(({ object, items }) => (items.length < 2 ? [] : [ambiguous(object, items.length)])),
  };
}

function ambiguous(object: ObjectRef, count: number): Finding {
  const message = `cannot look up ${describeObject(object)}: ${count} items are that ${object.kind}. Remove all but one.`;
  return finding('TARGET_CONFLICT', message);
}

function toSupplied(item: Item, list: Pick<ResourceList, 'text'>): SuppliedObject {
  const { data, stringData, sops } = (item.toJS() ?? {}) as Record<string, unknown>; // the parser saw that it is a map
  return {
    annotations: item.annotations,
    isSealed: isRecord(sops) && sops.mac !== undefined,
    text: textOf(list, item),
    ...(isRecord(data) ? { data } : {}),
    ...(isRecord(stringData) ? { stringData } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
