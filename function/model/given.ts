import type { Sensitive } from './sensitive.ts';

/** Keys that sign a request. */
export interface Keys {
  readonly accessKeyId: Sensitive;
  readonly secretAccessKey: Sensitive;
  readonly sessionToken?: Sensitive;
}

/** What STS answered: keys that expire. */
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

/** What an operation can give. */
export interface Given {
  session: Session;
  login: RegistryToken;
}

/** What a hop gives. */
export type Obtained = Given[keyof Given];

/** True for keys that can sign another hop. */
export function isSession(obtained: Obtained): obtained is Session {
  return 'accessKeyId' in obtained;
}

/** What the access key ID of temporary keys begins with: they do not work without their session token (IAM user guide, "Unique identifiers"). */
export const TEMPORARY_KEY_PREFIX = 'ASIA';
