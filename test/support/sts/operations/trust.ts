import type { FederatedTrust, PrincipalTrust, Role, Trust } from '../accounts.ts';
import { parseArn } from '../arn.ts';
import type { Caller } from '../caller.ts';

/** The first statement that lets the caller assume the role. */
export function principalTrust(role: Role, caller: Caller, externalID: string | undefined): PrincipalTrust | undefined {
  return role.trust
    .filter(isPrincipalTrust)
    .filter((trust) => trust.externalID === undefined || trust.externalID === externalID)
    .find((trust) => trust.principals.some((principal) => isMeant(principal, caller)));
}

/** Whether a statement admits a verified token with these claims. */
export function trustsToken(
  role: Role,
  token: { issuer: string; subject: string; audiences: readonly string[] },
): boolean {
  return role.trust
    .filter((trust): trust is FederatedTrust => 'federated' in trust)
    .some(
      ({ federated, subject, audience }) =>
        federated === token.issuer &&
        (subject === undefined || subject === token.subject) &&
        (audience === undefined || token.audiences.includes(audience)),
    );
}

function isPrincipalTrust(trust: Trust): trust is PrincipalTrust {
  return 'principals' in trust;
}

/** The account's root stands for every principal of the account; a role for every session of it. */
function isMeant(principal: string, caller: Caller): boolean {
  if (principal === caller.arn || principal === caller.roleArn) return true;
  const trusted = parseArn(principal);
  return (
    trusted?.resource === 'root' &&
    trusted.account === caller.account &&
    trusted.partition === parseArn(caller.arn)?.partition
  );
}
