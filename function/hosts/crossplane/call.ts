import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import type { Deadline } from '../../model/run-limits.ts';
import type { PolicyFile } from '../policy.ts';
import type { SharedState } from './issue-secrets.ts';
import type { Composite, Observed, RequiredObjects } from './request-objects.ts';

/** The operator's settings, and the state that calls share. */
export interface Service extends SharedState {
  /** Upper bound of every response's time to live. */
  readonly ttlSeconds: number;
  /** Reads the operator's Policy from its file. */
  readonly readPolicy: () => PolicyFile;
}

/** One call of RunFunction. */
export interface Call {
  readonly request: RunFunctionRequest;
  readonly composite: Composite;
  /** By `secretKey`. */
  readonly observed: ReadonlyMap<string, Observed>;
  readonly required: RequiredObjects;
  readonly now: Date;
  readonly deadline: Deadline;
  readonly service: Service;
}
