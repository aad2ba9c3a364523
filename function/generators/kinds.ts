import type { GeneratorKind } from '../model/kinds.ts';
import { ecrAuthorizationToken } from './ecr-authorization-token.ts';
import type { Kind } from './kind.ts';
import { stsAssumeRoleToken } from './sts-assume-role-token.ts';
import { stsSessionToken } from './sts-session-token.ts';

/** One row for each kind: a kind without its row does not compile. */
export const GENERATORS: Readonly<Record<GeneratorKind, Kind>> = {
  STSAssumeRoleToken: stsAssumeRoleToken,
  STSSessionToken: stsSessionToken,
  ECRAuthorizationToken: ecrAuthorizationToken,
};
