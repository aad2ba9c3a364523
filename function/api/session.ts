import type { Sensitive } from './sensitive.ts';

/** Keys that sign a request. */
export interface Keys {
  readonly accessKeyId: Sensitive;
  readonly secretAccessKey: Sensitive;
  readonly sessionToken?: Sensitive;
}

/** What STS answered: keys that end by themselves. */
export interface Session extends Keys {
  readonly sessionToken: Sensitive;
  /** Absent when STS gave none. */
  readonly expiration?: Date;
}
