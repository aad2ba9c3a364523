import type { RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import type { Finding } from '../../api/finding.ts';
import type { SecretManifest } from '../../api/flow.ts';
import type { Composite } from './composite.ts';
import type { Shared } from './make-secrets.ts';
import type { Composed } from './response.ts';

/** What the operator has set, and what calls share. */
export interface Service extends Shared {
  /** The operator's Policy as it is now. */
  readonly readPolicy: () => { readonly policy?: unknown; readonly findings: readonly Finding[] };
  /** Upper bound of every time to live. */
  readonly ttlSeconds: number;
}

/** How a call ended, for log and metrics: `asking` waits for objects that Crossplane has to show. */
export interface Call {
  readonly response: RunFunctionResponse;
  readonly composite: Composite;
  readonly outcome: 'good' | 'asking' | 'waiting' | 'fatal';
  readonly findings: readonly Finding[];
  readonly made: readonly SecretManifest[];
  readonly composed: readonly Composed[];
}
