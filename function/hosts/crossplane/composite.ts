import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { valueAt } from '../../api/value-at.ts';

/** The observed composite resource, as far as this function looks at it. */
export interface Composite {
  readonly manifest: unknown;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent: it is cluster-scoped. */
  readonly namespace?: string;
  readonly uid: string;
  /** Of an API of Crossplane 1: it publishes connection details. */
  readonly isLegacy: boolean;
}

/** Reads the composite resource of a request. */
export function readComposite({ observed }: RunFunctionRequest): Composite {
  const manifest = observed?.composite?.resource;
  const text = (...path: string[]) => {
    const value = valueAt(manifest, path);
    return typeof value === 'string' ? value : '';
  };
  const namespace = text('metadata', 'namespace');
  return {
    manifest,
    apiVersion: text('apiVersion'),
    kind: text('kind'),
    name: text('metadata', 'name'),
    ...(namespace === '' ? {} : { namespace }),
    uid: text('metadata', 'uid'),
    isLegacy: namespace === '' && valueAt(manifest, ['spec', 'crossplane']) === undefined,
  };
}
