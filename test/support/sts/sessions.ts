import { createHash } from 'node:crypto';
import { parseArn, parseRoleArn, type User } from './accounts.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `length` bytes that depend on the seed only: the same story gives the same keys, ids and tokens. */
function bytesOf(seed: readonly (string | number)[], length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(JSON.stringify(seed)).digest();
}

/** An AWS-like unique id, such as `ASIA…`, `AROA…` or `AIDA…`. */
function uniqueId(prefix: string, characters: number, ...seed: (string | number)[]): string {
  return prefix + Array.from(bytesOf([prefix, ...seed], characters), (byte) => BASE32[byte % 32]).join('');
}

export function base64Text(bytes: number, ...seed: (string | number)[]): string {
  return bytesOf(seed, bytes).toString('base64');
}

export function uuid(...seed: (string | number)[]): string {
  const hex = bytesOf(seed, 16).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Who signs: a user with long-term keys, a user's session (GetSessionToken) or a role's session. */
export interface Caller {
  readonly arn: string;
  readonly userId: string;
  readonly account: string;
  readonly session: 'none' | 'user' | 'role';
  /** Of a role session: the role behind it, with its path. */
  readonly roleArn?: string;
  readonly transitiveTags: readonly Tag[];
  readonly sourceIdentity?: string;
}

export function userCaller(user: User, session: 'none' | 'user'): Caller {
  return {
    arn: user.arn,
    userId: uniqueId('AIDA', 17, user.arn),
    account: parseArn(user.arn)?.account ?? '',
    session,
    transitiveTags: [],
  };
}

type SessionContext = Pick<Caller, 'transitiveTags' | 'sourceIdentity'>;

/** An assumed-role ARN names the role without its path. */
export function roleCaller(roleArn: string, sessionName: string, context: SessionContext): Caller {
  const role = parseRoleArn(roleArn);
  if (!role) throw new TypeError(`not a role ARN: ${roleArn}`);
  return {
    ...context,
    arn: `arn:${role.partition}:sts::${role.account}:assumed-role/${role.roleName}/${sessionName}`,
    userId: `${uniqueId('AROA', 17, roleArn)}:${sessionName}`,
    account: role.account,
    session: 'role',
    roleArn,
  };
}

export function isRoot(caller: Caller): boolean {
  return parseArn(caller.arn)?.resource === 'root';
}

/** What an operation grants: a caller for a time. */
export interface Grant {
  readonly operation: string;
  readonly caller: Caller;
  readonly durationSeconds: number;
  /** False: the answer has no Expiration (a fault; AWS always sends one). */
  readonly announcesExpiration?: boolean;
}

export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
  readonly announcesExpiration: boolean;
  readonly caller: Caller;
}

/** The temporary credentials this server issued, by access key id. */
export class Sessions {
  readonly #byKey = new Map<string, Session>();
  readonly #issued = new Map<string, number>();

  /**
   * Credentials depend on the operation, on who is granted and on how often that was granted before: a fresh server
   * that gets the same calls gives the same keys, whatever order unrelated calls arrive in.
   */
  issue(grant: Grant, now: Date): Session {
    const granted = JSON.stringify([grant.operation, grant.caller.roleArn ?? '', grant.caller.arn]);
    const count = (this.#issued.get(granted) ?? 0) + 1;
    this.#issued.set(granted, count);
    const wholeSeconds = Math.floor(now.getTime() / 1000);
    const session: Session = {
      accessKeyId: uniqueId('ASIA', 16, granted, count),
      secretAccessKey: base64Text(30, 'secret access key', granted, count),
      sessionToken: base64Text(360, 'session token', granted, count),
      expiresAt: new Date((wholeSeconds + grant.durationSeconds) * 1000),
      announcesExpiration: grant.announcesExpiration ?? true,
      caller: grant.caller,
    };
    this.#byKey.set(session.accessKeyId, session);
    return session;
  }

  all(): readonly Session[] {
    return [...this.#byKey.values()];
  }

  find(accessKeyId: string): Session | undefined {
    return this.#byKey.get(accessKeyId);
  }
}
