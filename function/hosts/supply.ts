import { type Finding, finding } from '../api/finding.ts';
import type { Prepared } from '../api/flow.ts';
import { isRecord } from '../api/is-record.ts';
import { describeObject, type ObjectRef, objectKey } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import type { Supplied, SuppliedObject, Unread } from '../api/supplied.ts';
import type { World } from '../api/world.ts';
import { textOf } from '../krm/edit-item.ts';
import type { Item } from '../krm/item.ts';
import { lookUp } from '../story/look-up.ts';
import { references } from '../story/references.ts';

/** An item, and its file where the host knows it. */
export interface Located {
  readonly item: Item;
  readonly file?: { readonly shown: string };
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
    const before = supplied.size;
    const among = missing.map(({ object }) => ({ object, items: find(objectKey(object)) }));
    findings = [...findings, ...among.flatMap(({ object, items }) => checkUnique(object, items))];
    for (const {
      object,
      items: [first],
    } of among) {
      if (first !== undefined) supplied.set(objectKey(object), toSupplied(first.item));
    }
    const others = missing.filter(({ object }) => !supplied.has(objectKey(object)));
    for (const [key, object] of await lookUp({ ...prepared, findings }, others, world)) supplied.set(key, object);
    if (supplied.size === before) break; // refused, so that nobody is asked any more
  }
  return { supplied, findings };
}

/** Two items that are the same object are an error, since either could be meant. */
function checkUnique(object: ObjectRef, items: readonly Located[]): Finding[] {
  if (items.length < 2) return [];
  const files = items.flatMap(({ file }) => (file === undefined ? [] : [quote(file.shown)]));
  const where = files.length === 0 ? '' : `, in ${files.join(' and ')}`;
  const message = `cannot look up ${describeObject(object)}: ${items.length} items are that ${object.kind}${where}. Remove all but one.`;
  return [finding('TARGET_CONFLICT', message)];
}

function toSupplied(item: Item): SuppliedObject {
  const { data, stringData, sops, type } = Object(item.toJS()) as Record<string, unknown>; // the parser saw that it is a map
  return {
    annotations: item.annotations,
    isSealed: isRecord(sops) && sops.mac !== undefined,
    text: textOf(item),
    ...(typeof type === 'string' ? { type } : {}),
    ...(isRecord(data) ? { data } : {}),
    ...(isRecord(stringData) ? { stringData } : {}),
  };
}
