import type { Finding } from '../findings/finding.ts';
import type { SecretPart, SecretPreview, VerdictReason } from './job.ts';
import type { NamedRef } from './kinds.ts';

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
  /** Absent: no Secret came of them, since another session or the rendering failed. */
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
