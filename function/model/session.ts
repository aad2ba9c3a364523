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

/** What ECR answered: a login for a registry. It signs nothing. */
export interface RegistryToken {
  readonly username: Sensitive;
  readonly password: Sensitive;
  /** URL of the registry; absent for public ones. */
  readonly proxyEndpoint?: string;
  /** Absent when ECR gave none. */
  readonly expiration?: Date;
}

/** What a hop gives. */
export type Obtained = Session | RegistryToken;

/** True for keys that can sign another hop. */
export function isSession(obtained: Obtained): obtained is Session {
  return 'accessKeyId' in obtained;
}

/** "ASIA": of temporary keys, which are good for nothing without their session token (IAM user guide, "Unique identifiers"). */
export function isTemporary(accessKeyId: string): boolean {
  return accessKeyId.startsWith('ASIA');
}
