import type { SourceLocation } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import type { Deadline, WorkBudget } from './run-limits.ts';
import type { Ambient } from './world.ts';

/** A Secret with our `generator` annotation: a run of this function made it, or added to it. */
export interface MarkedSecret {
  readonly object: ObjectRef;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The object that a host makes Secrets for, such as a composite. */
export interface Owner {
  /** Absent: it is cluster-scoped. */
  readonly namespace?: string;
  /** The beginning of its Secrets' names, so that two owners may have equal generators. */
  readonly prefix: string;
  /** Variables that the host has, beside the Input's own. */
  readonly values: ReadonlyMap<string, string>;
  /** Its annotation `force-sync`. */
  readonly forceSync?: string;
}

/** What a host asks for: manifests as plain data. */
export interface RunRequest {
  /** Items whose type is ours (`manifestTypeOf`), or misspelt (`meantType`), in the host's order. */
  readonly items: readonly unknown[];
  /** Among the host's items. */
  readonly markedSecrets?: readonly MarkedSecret[];
  /** The host's functionConfig; absent or null when it gave none. */
  readonly functionConfig?: unknown;
  /** Absent: Secrets belong to generators alone. */
  readonly owner?: Owner;
  /** The operator's Policy as data; absent: the operator set no limit. */
  readonly policy?: unknown;
  /** The namespace in which the host puts all Secrets afterwards; absent: it leaves theirs, or nobody knows. */
  readonly endNamespace?: string;
  /** Where a field of the Policy is written; absent: nobody is told. */
  readonly locationInPolicy?: (field: string) => SourceLocation;
  /** When the run's time is up; absent: its time starts now. */
  readonly deadline?: Deadline;
  /** What this run may spend together with others; absent: it is alone. */
  readonly work?: WorkBudget;
  readonly ambient: Ambient;
}
