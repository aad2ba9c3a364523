import type { User } from './accounts.ts';
import { parseArn, parseRoleArn } from './arn.ts';
import { uniqueId } from './opaque.ts';

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
