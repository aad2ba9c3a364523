import type { Finding } from './finding.ts';
import type { ObjectRef, SecretRef } from './kinds.ts';
import type { Job } from './plan.ts';
import type { Settings } from './settings.ts';
import type { Ambient } from './world.ts';

/** What a host asks for: manifests as plain data. */
export interface Request {
  /** Items of the kinds that `isGenerator` and `isInput` know, in the host's order. */
  readonly items: readonly unknown[];
  /** The host's functionConfig; absent or null when it gave none. */
  readonly functionConfig?: unknown;
  /** The operator's Policy as data; absent: the operator set no limit. */
  readonly policy?: unknown;
  readonly ambient: Ambient;
}

/** Everything that can be decided without looking anything up. */
export interface Prepared {
  /** Generators without a fault, in the order of the request. */
  readonly jobs: readonly Job[];
  readonly settings: Settings;
  readonly findings: readonly Finding[];
}

/** A Secret that the core has to see before it acts. */
export interface Reference {
  readonly secret: SecretRef;
}

/** The parts of a Secret that are read. A value that is no string is a fault of the manifest. */
export interface SuppliedSecret {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the host found: by `objectKey` of the Secret; null when it looked and there is none. */
export type Supplied = ReadonlyMap<string, SuppliedSecret | null>;

/** A v1 Secret as it is emitted. */
export interface SecretManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly type: 'Opaque';
  /** base64 */
  readonly data: Readonly<Record<string, string>>;
}

/** One emitted Secret and the generator it comes from. */
export interface Emitted {
  readonly generator: ObjectRef;
  /** The generator's own annotations: some hosts have options there. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly secret: SecretManifest;
}

/** What a run gives. `secrets` is empty when a finding is an error. */
export interface Outcome {
  readonly secrets: readonly Emitted[];
  readonly findings: readonly Finding[];
}
