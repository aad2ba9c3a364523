import type { Hop, Requests } from '../../model/hop.ts';
import { assumeRole, assumeRoleWithWebIdentity } from './assume-role.ts';
import type { Operation } from './operation.ts';
import { getAuthorizationToken } from './registry-token.ts';
import { getSessionToken } from './session-token.ts';

/** One row for each operation: a request without its row does not compile. */
const OPERATIONS = {
  AssumeRole: assumeRole,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  GetSessionToken: getSessionToken,
  GetAuthorizationToken: getAuthorizationToken,
} satisfies { readonly [Name in keyof Requests]: Operation<Requests[Name]> };

/** What is known of a call's operation. */
export function operationOf<Call extends Hop>({ operation }: Call): Operation<Call['request']> {
  return OPERATIONS[operation] as Operation<Call['request']>;
}

/** The action of a call, as IAM's policies write it. */
export function actionOf(call: Hop): string {
  return operationOf(call).action(call.request);
}

/** Seconds that the last call's session or login lasts, unless AWS shortens it. */
export function lifetimeOf({ hops }: { readonly hops: readonly Hop[] }): number {
  const last = hops.at(-1);
  return last === undefined ? 0 : operationOf(last).lifetimeSeconds(last.request);
}
