import type { Finding } from '../api/finding.ts';

/** A finding as an entry of a ResourceList's `results` (KRM functions specification). */
export function toResult({ message, severity, code, object, field }: Finding): unknown {
  return {
    message,
    severity,
    ...(object === undefined ? {} : { resourceRef: object }),
    ...(object === undefined || field === undefined ? {} : { field: { path: field } }),
    tags: { code },
  };
}
