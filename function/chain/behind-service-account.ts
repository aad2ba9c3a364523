import type { Finding } from '../api/finding.ts';
import type { Chain, ServiceAccountIdentity } from '../api/job.ts';
import { serviceAccountObject } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { checkHop } from './check-hop.ts';
import { limitFindings, SESSION_DEFAULT_SECONDS } from './limits.ts';
import { VIA_SESSION_NAME } from './session-name.ts';

/**
 * The chain with the hop of a ServiceAccount's role in front, and what AWS would refuse in that hop. `annotation` is where the
 * role was read.
 */
export function behindServiceAccount(
  { hops }: Pick<Chain, 'hops'>,
  { identity, role, annotation }: { identity: ServiceAccountIdentity; role: string; annotation: string },
  options: { customEndpoint: boolean },
): { readonly chain: Chain; readonly findings: readonly Finding[] } {
  const region = hops.at(-1)?.region ?? '';
  const field = `metadata.annotations.${quote(annotation)}`;
  const faults = checkHop({ role, region }, options).map(([, text]) => [field, text] as const);
  const request = { roleArn: role, sessionName: VIA_SESSION_NAME, durationSeconds: SESSION_DEFAULT_SECONDS };
  return {
    chain: { identity, hops: [{ operation: 'AssumeRoleWithWebIdentity', region, request }, ...hops] },
    findings: limitFindings(serviceAccountObject(identity), faults),
  };
}
