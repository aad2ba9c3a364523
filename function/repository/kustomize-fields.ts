import type { Structs } from '../krm/read-typed.ts';
import TABLE from './kustomize-fields.json' with { type: 'json' };

/** The version whose fields these are, as messages name it. */
export const KUSTOMIZE = 'kustomize 5.8.1';

/** The fields of a kustomization, and of what is in it, as test/hosts/kustomize-fields prints them from the source of kustomize. */
export const STRUCTS: Structs = TABLE.structs;

/**
 * Fields of a kustomization by what they do to the objects that this function reads and makes. Of `objects`, which are more, and of
 * `anything` only kustomize knows; `followed` ones have rules of their own. The column is written by hand.
 */
export function fieldsWith(effect: 'nothing' | 'followed' | 'objects' | 'anything'): readonly string[] {
  return Object.entries(TABLE.effects).flatMap(([field, fieldEffect]) => (fieldEffect === effect ? [field] : []));
}
