import type { Finding } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import type { Cluster } from './cluster.ts';
import type { Deadline } from './run-limits.ts';
import type { PlannedSecret } from './verdict.ts';
import type { Ambient } from './world.ts';

/** A Secret that a run of this function made, or added to. */
export interface OwnedSecret {
  readonly object: ObjectRef;
  /** The value of its `generator` annotation. */
  readonly mark: string;
  /** True where others made it, and a run only added to it. */
  readonly isMerged?: boolean;
}

/** What a host makes Secrets for, where that is an object of its own. */
interface Owner {
  /** What the names of its Secrets begin with, so that two owners may have equal generators. */
  readonly prefix: string;
  /** Variables that the host has, beside the Input's own. */
  readonly values: ReadonlyMap<string, string>;
}

/** What a host asks for: manifests as plain data. */
export interface Request {
  /** Items that have a role (`roleOf`), in the host's order. */
  readonly items: readonly unknown[];
  /** Secrets among the host's items that have our annotation of whose they are. */
  readonly owned?: readonly OwnedSecret[];
  /** The host's functionConfig; absent or null when it gave none. */
  readonly functionConfig?: unknown;
  /** Absent: generators speak for themselves. */
  readonly owner?: Owner;
  /** The operator's Policy as data; absent: the operator set no limit. */
  readonly policy?: unknown;
  /** When the run's time is up; absent: it begins now. */
  readonly deadline?: Deadline;
  readonly ambient: Ambient;
}

/** A v1 Secret as it is emitted. */
export interface SecretManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly type: string;
  readonly immutable?: true;
  /** base64, or that encrypted by SOPS. */
  readonly data: Readonly<Record<string, string>>;
  /** What sops needs to open it; absent: it is in plain text. */
  readonly sops?: object;
}

/** What a run gives. `secrets` is empty when a finding is an error. */
export interface Outcome {
  readonly secrets: readonly SecretManifest[];
  /** How many sessions were obtained, those of Secrets that could not be made then included. */
  readonly sessions: number;
  /** What a run would do about each Secret, where that was asked for. */
  readonly plan?: readonly PlannedSecret[];
  readonly findings: readonly Finding[];
}

/** What a run says: `output` on standard output, whole, and findings on standard error. */
export interface Answer {
  /** Empty where there is nothing that may be used: after an error only a ResourceList that was read goes out again. */
  readonly output: string;
  readonly findings: readonly Finding[];
}

/** How a run behaves, from the environment. */
export interface Settings {
  /** `mint`: sessions of STS. `placeholder`: Secrets without credentials, for a preview; `plan`: words
   * about what would be done. Neither asks anybody for anything. */
  readonly mode: 'mint' | 'placeholder' | 'plan';
  /** Where the output of a host goes, as the operator says; absent: nobody knows. */
  readonly output?: 'files' | 'stream';
  /** The STS endpoint of every hop; absent: AWS's own for the region. */
  readonly stsEndpoint?: string;
  /** The operator's choice of a cluster; absent: the Input's, or none. */
  readonly cluster?: Cluster;
  /** Requests to STS at the same time. */
  readonly concurrency: number;
}
