import { type Finding, finding } from '../api/finding.ts';
import type { Reference, SuppliedSecret } from '../api/flow.ts';
import { describeObject, objectKey, secretObject } from '../api/kinds.ts';
import { findItems, type Item, type ResourceList } from '../krm/resource-list.ts';

/** What was found for references; two items that are the same Secret are an error, since either could be meant. */
export interface Supply {
  readonly entries: readonly (readonly [string, SuppliedSecret | null])[];
  readonly findings: readonly Finding[];
}

/** Looks references up among the items. */
export function supplyFromItems(references: readonly Reference[], list: Pick<ResourceList, 'byKey'>): Supply {
  const found = references.map(({ secret }) => {
    const object = secretObject(secret);
    return { object, items: findItems(list, objectKey(object)) };
  });
  return {
    entries: found.map(({ object, items: [first] }) => [
      objectKey(object),
      first === undefined ? null : toSecret(first),
    ]),
    findings: found.flatMap(({ object, items }) =>
      items.length < 2 ? [] : [ambiguous(describeObject(object), items.length)],
    ),
  };
}

function ambiguous(secret: string, count: number): Finding {
  return finding('TARGET_CONFLICT', `cannot look up ${secret}: ${count} items are that Secret. Remove all but one.`);
}

function toSecret(item: Item): SuppliedSecret {
  const { data, stringData } = (item.toJS() ?? {}) as Record<string, unknown>; // the parser saw that it is a map
  return {
    annotations: item.annotations,
    ...(isRecord(data) ? { data } : {}),
    ...(isRecord(stringData) ? { stringData } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
