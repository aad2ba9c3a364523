import { randomUUID } from 'node:crypto';
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import type { ObjectRef } from '../../api/kinds.ts';
import { textAt, valueAt } from '../../api/value-at.ts';

/** The observed composite resource, as far as this function looks at it. Without a namespace it is cluster-scoped. */
export interface Composite extends ObjectRef {
  readonly manifest: unknown;
  /** What is made for a composite is remembered by it: one without a uid, as a render may have it, gets one for this call alone. */
  readonly uid: string;
  /** Of an API of Crossplane 1: it publishes connection details. */
  readonly isLegacy: boolean;
}

/** Reads the composite resource of a request. */
export function readComposite({ observed }: RunFunctionRequest): Composite {
  const manifest = observed?.composite?.resource;
  const ref = refOf(manifest);
  const isLegacy = ref.namespace === undefined && valueAt(manifest, ['spec', 'crossplane']) === undefined;
  return { ...ref, manifest, uid: textAt(manifest, ['metadata', 'uid']) || randomUUID(), isLegacy };
}

/** What an object says it is; empty where it does not say. */
export function refOf(manifest: unknown): ObjectRef {
  const text = (...path: string[]) => textAt(manifest, path) ?? '';
  const namespace = text('metadata', 'namespace');
  return {
    apiVersion: text('apiVersion'),
    kind: text('kind'),
    name: text('metadata', 'name'),
    ...(namespace === '' ? {} : { namespace }),
  };
}
