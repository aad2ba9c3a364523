import { type Finding, writtenFinding } from '../../findings/finding.ts';
import type { Calls, Requests } from '../../model/hop.ts';
import type { WrittenCall } from '../../model/written-call.ts';
import { limitFinding } from '../explain-limit.ts';
import type { LimitContext } from '../limits.ts';
import { assumeRole, assumeRoleWithWebIdentity } from './assume-role.ts';
import type { Operation } from './operation.ts';
import { getAuthorizationToken } from './registry-token.ts';
import { getSessionToken } from './session-token.ts';

/** One row for each operation: a request without its row does not compile. */
const OPERATIONS: { readonly [Name in keyof Requests]: Operation<Name> } = {
  AssumeRole: assumeRole,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  GetSessionToken: getSessionToken,
  GetAuthorizationToken: getAuthorizationToken,
};

/** What is known of a call's operation. */
export function operationOf<Name extends keyof Requests>({ operation }: { readonly operation: Name }): Operation<Name> {
  return OPERATIONS[operation];
}

/** Seconds that what the calls give lasts, unless AWS shortens it. */
export function lifetimeSecondsOf(calls: Calls): number {
  const call = lastCall(calls);
  return call === undefined ? 0 : call.lifetimeSeconds(call.request);
}

/** The call that gives what is in the Secret, with its operation's row spread into it; none in a mere look-up. */
export function lastCall(calls: Calls | undefined) {
  const call = calls?.after.at(-1) ?? calls?.chain.generatorHop;
  return call && { ...operationOf(call), ...call };
}

/** Everything that AWS would refuse in calls as they were written. `isChained`: a role's session signs the first of them. */
export function checkLimits(
  calls: readonly WrittenCall[],
  { isChained, ...options }: Required<Omit<LimitContext, 'before'>>,
): Finding[] {
  return calls.flatMap((call, index) => {
    const before = calls.slice(0, index).map(({ parameters }) => parameters);
    const { limits } = operationOf(call);
    const { parameters, at } = call;
    return limits(parameters, { ...options, before, isChained: isChained || index > 0 }).map(([name, text, how]) => {
      if (how === 'slip') return writtenFinding(at(name), text);
      return limitFinding(at(name), text, how === 'hidden' ? undefined : Reflect.get(parameters, name));
    });
  });
}
