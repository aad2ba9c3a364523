import { IGNORE_ANNOTATION } from '../api/annotations.ts';
import { defined } from '../api/defined.ts';
import { GENERATOR_API_VERSION, type ObjectRef } from '../api/kinds.ts';
import { stringsIn } from '../api/strings-in.ts';
import { textAt, valueAt } from '../api/value-at.ts';

/** What a manifest says it is: only what it says as strings. */
export function identify(manifest: unknown): Partial<ObjectRef> {
  return defined({
    apiVersion: textAt(manifest, ['apiVersion']),
    kind: textAt(manifest, ['kind']),
    name: textAt(manifest, ['metadata', 'name']),
    namespace: textAt(manifest, ['metadata', 'namespace']),
  });
}

/** The object that a manifest of External Secrets is; a part that it does not say is empty. */
export function objectOf(manifest: unknown): ObjectRef {
  return { apiVersion: GENERATOR_API_VERSION, kind: '', name: '', ...identify(manifest) };
}

/** Labels and annotations of a manifest, as far as they are strings. */
export function metadataOf(manifest: unknown): Record<'labels' | 'annotations', Readonly<Record<string, string>>> {
  return {
    labels: stringsIn(valueAt(manifest, ['metadata', 'labels'])),
    annotations: stringsIn(valueAt(manifest, ['metadata', 'annotations'])),
  };
}

/** True for a manifest that its owner told us to leave alone. */
export function isIgnored(manifest: unknown): boolean {
  return valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) === 'true';
}
