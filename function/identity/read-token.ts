import type { TokenIdentity } from '../api/job.ts';
import type { TokenFault } from '../api/known.ts';
import { Sensitive } from '../api/sensitive.ts';
import { textAt } from '../api/value-at.ts';
import type { Ambient } from '../api/world.ts';

/** "Minimum length of 4. Maximum length of 20000." (AssumeRoleWithWebIdentity, WebIdentityToken) */
const TOKEN_LENGTH = { min: 4, max: 20_000 };

/** The token of an identity, for one request. */
export async function readToken(
  identity: TokenIdentity,
  { environment, tokenFile, githubToken }: Ambient,
  signal: AbortSignal,
): Promise<Sensitive | TokenFault> {
  switch (identity.source) {
    case 'tokenFile':
      return checked(await tokenFile(identity.path), 'unreadable');
    case 'tokenEnv':
      return checked(textAt(environment, [identity.name]) || undefined, 'unset');
    case 'github':
      if (!environment.ACTIONS_ID_TOKEN_REQUEST_URL || !environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN)
        return 'notOnGitHub';
      return checked(await githubToken(identity.audience, signal), signal.aborted ? 'late' : 'refused');
  }
}

/** White space around a token is no part of it: editors and shells add a newline. */
function checked(text: string | undefined, absent: TokenFault): Sensitive | TokenFault {
  const token = text?.trim();
  if (token === undefined) return absent;
  const isToken = token.length >= TOKEN_LENGTH.min && token.length <= TOKEN_LENGTH.max && /^[\x21-\x7e]+$/.test(token);
  return isToken ? new Sensitive(token) : 'noToken';
}
