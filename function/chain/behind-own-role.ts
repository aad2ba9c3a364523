import type { Finding } from '../api/finding.ts';
import type { OwnRole } from '../api/identity.ts';
import type { Chain } from '../api/job.ts';
import { checkHop } from './check-hop.ts';
import { limitFindings, SESSION_DEFAULT_SECONDS } from './limits.ts';
import { VIA_SESSION_NAME } from './session-name.ts';

/** The chain with the hop to the identity's own role in front, and what AWS would refuse in that hop. */
export function behindOwnRole(
  { hops }: Pick<Chain, 'hops'>,
  { identity, role, object, field }: OwnRole,
  options: { customEndpoint: boolean },
): { readonly chain: Chain; readonly findings: readonly Finding[] } {
  const region = hops.at(-1)?.region ?? '';
  const faults = checkHop({ role, region }, options).map(([, text]) => [field, text] as const);
  const request = { roleArn: role, sessionName: VIA_SESSION_NAME, durationSeconds: SESSION_DEFAULT_SECONDS };
  const operation = identity.token?.operation ?? 'AssumeRole';
  return {
    chain: { identity, hops: [{ operation, region, request }, ...hops] },
    findings: limitFindings(object, faults),
  };
}
