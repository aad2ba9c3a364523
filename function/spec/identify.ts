import type { ObjectRef } from '../api/kinds.ts';
import { valueAt } from '../api/value-at.ts';

const PATHS = [
  ['apiVersion', ['apiVersion']],
  ['kind', ['kind']],
  ['name', ['metadata', 'name']],
  ['namespace', ['metadata', 'namespace']],
] as const;

/** What a manifest says it is: only what it says as strings. */
export function identify(manifest: unknown): Partial<ObjectRef> {
  const said = PATHS.map(([part, path]) => [part, valueAt(manifest, path)] as const);
  return Object.fromEntries(said.filter(([, value]) => typeof value === 'string'));
}
