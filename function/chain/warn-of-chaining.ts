import { type Finding, finding } from '../api/finding.ts';
import { isRoleHop } from '../api/hop.ts';
import type { Chain, Identity } from '../api/job.ts';
import { describeObject } from '../api/kinds.ts';
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
  if (seconds <= CHAINED_SESSION_MAX_SECONDS || isLongTerm(identity, environment)) return [];
  const isItsOwn = spec.sessionDuration === seconds; // else the Input has it
  const cause = `the caller may be a role session, which can ask for at most ${CHAINED_SESSION_MAX_SECONDS} seconds`;
  const message = `cannot promise ${seconds} seconds to ${describeObject(object)}: ${cause}. Lower the duration, or use long-term keys.`;
  return [finding('CHAINED_DURATION', message, { object, ...(isItsOwn && { field: SPEC_FIELDS.sessionDuration }) })];
}

function isLongTerm(identity: Identity, environment: Environment): boolean {
  if (identity.source === 'secretRef') return identity.sessionToken === undefined;
  if (identity.source !== 'default') return true; // its hops are checked: the web identity is the first of them
  const isStatic = Boolean(environment.AWS_ACCESS_KEY_ID) && !environment.AWS_SESSION_TOKEN;
  return isStatic && !environment.AWS_PROFILE; // with AWS_PROFILE the SDK skips the environment's keys
}
