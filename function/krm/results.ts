import type { Finding } from '../api/finding.ts';
import type { ObjectRef } from '../api/kinds.ts';
import { visible } from '../api/quote.ts';

/** A finding as an entry of a ResourceList's `results` (KRM functions specification). */
export function toResult({ message, severity, code, object, field }: Finding): unknown {
  return {
    message,
    severity,
    ...(object === undefined ? {} : { resourceRef: shown(object) }),
    ...(object === undefined || field === undefined ? {} : { field: { path: visible(field) } }),
    tags: { code },
  };
}

/** As hosts print it: a name that a cluster takes stays as it is. */
function shown(object: ObjectRef): object {
  return Object.fromEntries(Object.entries(object).map(([name, text]) => [name, visible(text)]));
}
