import type { Finding, SourceLocation } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import type { SecretPart, SecretPreview, VerdictReason } from './job.ts';
import type { NamedRef } from './kinds.ts';
import type { Deadline, WorkBudget } from './run-limits.ts';
import type { Cluster } from './schema-parts.ts';
import type { Ambient } from './world.ts';

/** A Secret with our `generator` annotation: a run of this function made it, or added to it. */
export interface OwnedSecret {
  readonly object: ObjectRef;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The object that a host makes Secrets for, such as a composite. */
interface Owner {
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
  /** Those among the host's items. */
  readonly ownedSecrets?: readonly OwnedSecret[];
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

/** New sessions of a Secret: why, and by which requests to AWS. */
export interface IssuedSessions {
  readonly target: NamedRef;
  /** Absent: no Secret came of them, since another session failed, or what was to be made of them. */
  readonly secret?: SecretManifest;
  readonly reason: VerdictReason;
  /** `requestIDs`: AWS's ids of its requests, in order; undefined where it gave none. */
  readonly parts: readonly { readonly part: SecretPart; readonly requestIDs: readonly (string | undefined)[] }[];
}

/** What a run gives. `secrets` is empty when a finding is an error. */
export interface Outcome {
  readonly secrets: readonly SecretManifest[];
  /** Chains that ended with a session, also where its Secret could not be made; hops before do not count. */
  readonly sessionCount: number;
  /** What a run would do about each Secret, if that is its purpose. */
  readonly previews?: readonly SecretPreview[];
  readonly findings: readonly Finding[];
}

/** What a run says: `output` on standard output, whole, and findings on standard error. */
export interface RunReport {
  /** Empty where nothing may be used. After an error, only a ResourceList that could be read is written again. */
  readonly output: string;
  readonly findings: readonly Finding[];
  /** The exit code of a run without errors, if it is not 0. */
  readonly exit?: 0 | 1 | 2;
}

/**
 * What a run may be for: `mint` issues sessions, `placeholder` makes Secrets without credentials, and `preview` says what would be done.
 * The last two call nobody. Each stands beside the value of STS_FUNCTION_MODE that chooses it.
 */
export const PURPOSE_OF_MODE = { mint: 'mint', placeholder: 'placeholder', plan: 'preview' } as const;

/** How a run behaves, from the environment. */
export interface Settings {
  readonly purposeName: (typeof PURPOSE_OF_MODE)[keyof typeof PURPOSE_OF_MODE];
  /** Where the output of a host goes, as the operator says; absent: nobody knows. */
  readonly output?: 'files' | 'stream';
  /** The STS endpoint of every hop; absent: AWS's own for the region. */
  readonly stsEndpoint?: string;
  /** True with such an endpoint: a test server may be asked, not AWS. */
  readonly customEndpoint: boolean;
  /** The operator's choice of a cluster; absent: the Input's, or none. */
  readonly cluster?: Cluster;
  /** Requests to STS at the same time. */
  readonly concurrency: number;
}

/** How a preview can be printed. */
export const PREVIEW_FORMATS = ['tree', 'table', 'yaml', 'json', 'markdown'] as const;
export type PreviewFormat = (typeof PREVIEW_FORMATS)[number];

/**
 * What is asked of files: to render to standard output or in place, or to print a preview, without a format as suits where it goes.
 * `tellsFailed`: the exit code says whether a renewal failed. `tellsDue`: whether a Secret is due, or differs from the earlier plan in the
 * file `since`; `-`: on standard input.
 */
export type FilesTask =
  | { readonly inPlace: boolean; readonly tellsFailed?: boolean }
  | { readonly preview: PreviewFormat | undefined; readonly tellsDue?: boolean; readonly since?: string };

/** What is asked of `status`. `tellsLate`: the exit code says whether a Secret is late or over. */
export interface StatusTask {
  readonly paths: readonly string[];
  readonly isJson: boolean;
  readonly tellsLate: boolean;
}

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How `serve` was started. */
export interface ServeOptions {
  /** Absent: no TLS, by --insecure. */
  readonly certificates?: string;
  readonly address: Address;
  readonly healthAddress: Address;
  readonly maxTtlSeconds: number;
  readonly maxReceiveBytes: number;
  readonly policy?: string;
  readonly isDebug: boolean;
}
