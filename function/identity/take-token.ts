import { type Finding, FindingError } from '../api/finding.ts';
import type { ObjectRef } from '../api/kinds.ts';
import type { TokenIdentity } from '../api/plan.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Ambient } from '../api/world.ts';
import { explainTokenFault } from './explain-token-fault.ts';
import { readToken } from './read-token.ts';

/** What can be said of a token before anything is asked of anybody: GitHub's is only known to be offered. */
export async function checkToken(generator: ObjectRef, identity: TokenIdentity, ambient: Ambient): Promise<Finding[]> {
  const read = await readToken(identity, { ...ambient, githubToken: async () => 'asked-for-later' });
  return read instanceof Sensitive ? [] : [explainTokenFault(generator, identity, read)];
}

/**
 * The token, when it is to be sent.
 * @throws FindingError when there is none.
 */
export async function takeToken(generator: ObjectRef, identity: TokenIdentity, ambient: Ambient): Promise<Sensitive> {
  const token = await readToken(identity, ambient);
  if (token instanceof Sensitive) return token;
  throw new FindingError(explainTokenFault(generator, identity, token));
}
