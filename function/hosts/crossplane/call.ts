import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import type { Deadline } from '../../api/deadline.ts';
import type { PolicyFile } from '../policy.ts';
import type { Shared } from './make-secrets.ts';
import type { Composite, FindRequired, Observed } from './shown-objects.ts';

/** What the operator has set, and what calls share. */
export interface Service extends Shared {
  /** Upper bound of every time to live. */
  readonly ttlSeconds: number;
  /** The operator's Policy, as it is now. */
  readonly readPolicy: () => PolicyFile;
}

/** One call of the engine. */
export interface Call {
  readonly request: RunFunctionRequest;
  readonly composite: Composite;
  /** By `secretKey`. */
  readonly observed: ReadonlyMap<string, Observed>;
  readonly required: FindRequired;
  readonly now: Date;
  readonly deadline: Deadline;
  readonly service: Service;
}
