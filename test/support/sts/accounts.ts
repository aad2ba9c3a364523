import type { JSONWebKeySet } from 'jose';

/** The parts of an ARN without region, as IAM and STS use them. */
interface Arn {
  readonly partition: string;
  readonly service: string;
  /** Twelve digits; empty in the ARNs of servers that know no accounts. */
  readonly account: string;
  readonly resource: string;
}

const ARN = /^arn:(aws(?:-[a-z]+)*):(iam|sts)::(\d{12})?:(.+)$/;

export function parseArn(text: string): Arn | undefined {
  const [, partition, service, account = '', resource] = ARN.exec(text) ?? [];
  return partition && service && resource ? { partition, service, account, resource } : undefined;
}

/** `arn:…:role/PATH/NAME` → its parts, or undefined for anything that is no role. */
export function parseRoleArn(text: string): (Arn & { readonly roleName: string }) | undefined {
  const arn = parseArn(text);
  const roleName = arn?.resource.split('/').at(-1);
  return arn?.service === 'iam' && arn.resource.startsWith('role/') && roleName ? { ...arn, roleName } : undefined;
}

/** A long-term identity: an IAM user, or an account's root. */
export interface User {
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly mfa?: { readonly serialNumber: string; readonly tokenCode: string };
}

export interface Role {
  readonly arn: string;
  /** One entry is one statement of the trust policy; any of them admits. */
  readonly trust: readonly Trust[];
  /** The role's MaxSessionDuration in seconds, 3600 to 43200. Default 3600, as in IAM. */
  readonly maxSessionDuration?: number;
}

export type Trust = PrincipalTrust | FederatedTrust;

/** Allows sts:AssumeRole. */
export interface PrincipalTrust {
  /** ARNs: an account's root, a user, a role (all its sessions), or one `assumed-role/NAME/SESSION`. */
  readonly principals: readonly string[];
  /** StringEquals on sts:ExternalId. */
  readonly externalID?: string;
  /** What the statement allows beside sts:AssumeRole. Default: both. */
  readonly alsoAllows?: readonly ('sts:TagSession' | 'sts:SetSourceIdentity')[];
}

/** Allows sts:AssumeRoleWithWebIdentity; `subject` and `audience` are StringEquals on the token's claims. */
export interface FederatedTrust {
  readonly federated: string;
  readonly subject?: string;
  readonly audience?: string;
}

/** An OpenID Connect provider, known in every account. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly jwks: () => JSONWebKeySet | Promise<JSONWebKeySet>;
  /** The provider's client IDs; absent: any audience. */
  readonly audiences?: readonly string[];
}

/** Who and what the server knows. Read anew at each call, so a test may change the arrays while it runs. */
export interface Accounts {
  readonly users: readonly User[];
  readonly roles: readonly Role[];
  readonly identityProviders: readonly IdentityProvider[];
}

export const DEFAULT_MAX_SESSION_DURATION_SECONDS = 3600;

/** A slip in a test's own set-up fails at once, not later as a puzzling AccessDenied. */
export function checkAccounts({ users, roles }: Accounts): void {
  for (const { arn } of users) if (parseArn(arn)?.service !== 'iam') throw new TypeError(`not a user ARN: ${arn}`);
  for (const { arn, maxSessionDuration = DEFAULT_MAX_SESSION_DURATION_SECONDS } of roles) {
    if (!parseRoleArn(arn)) throw new TypeError(`not a role ARN: ${arn}`);
    if (maxSessionDuration < 3600 || maxSessionDuration > 43_200) {
      throw new TypeError(`maxSessionDuration of ${arn} must be from 3600 to 43200`);
    }
  }
}
