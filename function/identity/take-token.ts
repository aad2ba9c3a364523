import { type Finding, FindingError, finding } from '../api/finding.ts';
import type { TokenIdentity } from '../api/job.ts';
import { describeObject, type ObjectRef } from '../api/kinds.ts';
import type { TokenFault } from '../api/known.ts';
import { quote } from '../api/quote.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Ambient } from '../api/world.ts';
import { readToken } from './read-token.ts';

/** What can be known of a token before anything is asked of anybody: GitHub's is only known to be offered. */
export async function checkToken(
  identity: TokenIdentity,
  ambient: Ambient,
  signal: AbortSignal,
): Promise<TokenFault | null> {
  const read = await readToken(identity, { ...ambient, githubToken: async () => 'asked-for-later' }, signal);
  return read instanceof Sensitive ? null : read;
}

/**
 * The token, when it is to be sent.
 * @throws FindingError when there is none.
 */
export async function takeToken(
  generator: ObjectRef,
  identity: TokenIdentity,
  ambient: Ambient,
  signal: AbortSignal,
): Promise<Sensitive> {
  const token = await readToken(identity, ambient, signal);
  if (token instanceof Sensitive) return token;
  throw new FindingError(explainTokenFault(generator, identity, token));
}

/** Never a byte of what was read. */
export function explainTokenFault(generator: ObjectRef, identity: TokenIdentity, fault: TokenFault): Finding {
  const message = `cannot get a token for ${describeObject(generator)} from ${describeSource(identity)}: ${CAUSES[fault]}.`;
  return finding(fault === 'late' ? 'DEADLINE_PASSED' : 'TOKEN_MISSING', message, { object: generator });
}

const CAUSES: Readonly<Record<TokenFault, string>> = {
  unreadable: 'the file cannot be read. Correct the path, or mount the token',
  unset: 'the variable is not set. Set it in the CI job',
  notOnGitHub: 'the workflow offers none. Give the job `permissions: id-token: write`',
  refused: 'GitHub did not give one. Run again, and check the audience',
  late: 'there was no answer within STS_FUNCTION_TIMEOUT. Check the network and proxy settings, or raise it',
  noToken: 'what is there is no token. Check what writes it',
};

function describeSource(identity: TokenIdentity): string {
  if (identity.source === 'tokenFile') return `the file ${quote(identity.path)}`;
  return identity.source === 'tokenEnv' ? `the variable ${identity.name}` : 'GitHub';
}
