import type { Finding } from './finding.ts';
import { type NamedRef, secretKey } from './kinds.ts';

/** The parts of a Secret, ConfigMap, ServiceAccount or generator that are read. A value that is no string is a fault of the manifest. */
export interface SuppliedObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of a generator, whole. */
  readonly manifest?: unknown;
  /** Of a Secret, where it says one. */
  readonly type?: string;
  /** True when SOPS encrypted it: its `sops` has a MAC. */
  readonly isSealed?: boolean;
  /** Its YAML or JSON, where the host has it: sops counts it as it is written. Each line has the margin of the first. */
  readonly text?: string;
}

/** Looking for an object failed: whether there is one is not known. */
export interface Unread {
  readonly unread: Finding;
}

/** What was found: by `objectKey` of the object; null when somebody looked and there is none. */
export type Supplied = ReadonlyMap<string, SuppliedObject | Unread | null>;

/** The object of a key; null when there is none, or it is not known. */
export function suppliedObject(supplied: Supplied, key: string): SuppliedObject | null {
  const found = supplied.get(key) ?? null;
  return found !== null && 'unread' in found ? null : found;
}

/** The Secret of a job that is there already; null when there is none. */
export function existingTarget({ target }: { readonly target: NamedRef }, supplied: Supplied): SuppliedObject | null {
  return suppliedObject(supplied, secretKey(target));
}
