import { type Finding, finding } from '../api/finding.ts';
import { actionOf, type Hop } from '../api/hop.ts';
import type { ObjectRef } from '../api/kinds.ts';
import { quoted, type Sayable, say, theObject } from '../api/say.ts';
import { adviceOnDenial } from './advice.ts';
import { explainFailure, serviceOf } from './explain-failure.ts';
import type { FailedHop } from './run-chain.ts';

/** "cannot assume role ARN (hop n of m, sts:AssumeRole) for GENERATOR: CAUSE. ADVICE." Holds nothing of AWS's answer but its code. `generators`: those whose chains go through the hop. */
export function diagnose(at: FailedHop & { readonly generators: readonly [ObjectRef, ...ObjectRef[]] }): Finding {
  const { hop } = at;
  const where = say`hop ${at.number} of ${at.of}, ${actionOf(hop)}`;
  const [generator, ...others] = at.generators;
  const whom = say`${theObject(generator)}${others.length === 0 ? '' : say` and ${others.length} more`}`;
  const start = say`cannot ${deedOf(hop)} (${where}) for ${whom}`;
  const [code, cause, general] = explainFailure(at.failure, at.attempts, serviceOf(hop));
  const advice = code === 'HOP_DENIED' ? adviceOnDenial(hop) : general;
  const field = at.number === at.of ? fieldOf(hop) : undefined;
  return finding(code, say`${start}: ${cause}. ${advice}.`, { object: generator, ...(field && { field }) });
}

function deedOf(hop: Hop): Sayable {
  switch (hop.operation) {
    case 'GetSessionToken':
      return 'get a session token';
    case 'GetAuthorizationToken':
      return say`get a token for the ${hop.request.scope} registry`;
    default:
      return say`assume role ${quoted(hop.request.roleArn)}`;
  }
}

/** Where a generator says what its last hop asks for; a registry is nobody's field. */
function fieldOf({ operation }: Hop): string | undefined {
  if (operation === 'GetAuthorizationToken') return undefined;
  return operation === 'GetSessionToken' ? 'spec.requestParameters' : 'spec.role';
}
