import { type Finding, finding } from '../api/finding.ts';
import { describeObject, type ObjectRef } from '../api/kinds.ts';
import type { TokenIdentity } from '../api/plan.ts';
import { quote } from '../api/quote.ts';
import type { TokenFault } from './read-token.ts';

/** "cannot get a token for GENERATOR from SOURCE: CAUSE. CURE." Never a byte of what was read. */
export function explainTokenFault(generator: ObjectRef, identity: TokenIdentity, fault: TokenFault): Finding {
  const message = `cannot get a token for ${describeObject(generator)} from ${describeSource(identity)}: ${CAUSES[fault]}.`;
  return finding('TOKEN_MISSING', message, { object: generator });
}

const CAUSES: Readonly<Record<TokenFault, string>> = {
  unreadable: 'the file cannot be read. Correct the path, or mount the token',
  unset: 'the variable is not set. Set it in the CI job',
  notOnGitHub: 'the workflow offers none. Give the job `permissions: id-token: write`',
  refused: 'GitHub did not give one. Run again, and check the audience',
  noToken: 'what is there is no token. Check what writes it',
};

function describeSource(identity: TokenIdentity): string {
  if (identity.source === 'tokenFile') return `the file ${quote(identity.path)}`;
  return identity.source === 'tokenEnv' ? `the variable ${identity.name}` : 'GitHub';
}
