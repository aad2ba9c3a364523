import { type Finding, finding } from '../api/finding.ts';
import { isRoleHop } from '../api/hop.ts';
import type { Chain } from '../api/job.ts';
import { say, theObject } from '../api/say.ts';
import type { Environment } from '../api/world.ts';
import { SPEC_FIELDS } from './draft-hops.ts';
import { CHAINED_SESSION_MAX_SECONDS } from './limits.ts';
import type { WantedChain } from './wanted-chain.ts';

/**
 * Warns of a first hop whose duration a role session cannot ask for. Only a warning: keys with a session token may be a
 * user's, and AWS does not count the role of an EC2 instance as chaining (IAM User Guide,
 * "Roles terms and concepts", role chaining).
 */
export function warnOfChaining(
  { generator: object, spec }: Pick<WantedChain, 'generator' | 'spec'>,
  { hops, identity }: Chain,
  environment: Environment,
): Finding[] {
  const [first] = hops;
  const seconds = first !== undefined && isRoleHop(first) ? first.request.durationSeconds : 0;
  if (seconds <= CHAINED_SESSION_MAX_SECONDS || !identity.mayBeSession(environment)) return [];
  const isItsOwn = spec.sessionDuration === seconds; // else the Input has it
  const cause = say`the caller may be a role session, which can ask for at most ${CHAINED_SESSION_MAX_SECONDS} seconds`;
  const message = say`cannot promise ${seconds} seconds to ${theObject(object)}: ${cause}. Lower the duration, or use long-term keys.`;
  return [finding('CHAINED_DURATION', message, { object, ...(isItsOwn && { field: SPEC_FIELDS.sessionDuration }) })];
}
