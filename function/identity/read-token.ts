import type { TokenIdentity } from '../api/plan.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Ambient } from '../api/world.ts';

/** "Minimum length of 4. Maximum length of 20000." (AssumeRoleWithWebIdentity, WebIdentityToken) */
const TOKEN_LENGTH = { min: 4, max: 20_000 };

/** Why there is no token to send. */
export type TokenFault = 'unreadable' | 'unset' | 'notOnGitHub' | 'refused' | 'noToken';

/**
 * The token of an identity, for one request. White space around it is no part of it: editors and shells add a newline.
 */
export async function readToken(
  identity: TokenIdentity,
  { environment, readFile, githubToken }: Ambient,
): Promise<Sensitive | TokenFault> {
  switch (identity.source) {
    case 'tokenFile': {
      const text = await readFile(identity.path);
      return text === undefined ? 'unreadable' : checked(text);
    }
    case 'tokenEnv': {
      const text = environment[identity.name];
      return text === undefined || text === '' ? 'unset' : checked(text);
    }
    case 'github': {
      if (!environment.ACTIONS_ID_TOKEN_REQUEST_URL || !environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN)
        return 'notOnGitHub';
      const text = await githubToken(identity.audience);
      return text === undefined ? 'refused' : checked(text);
    }
  }
}

function checked(text: string): Sensitive | TokenFault {
  const token = text.trim();
  const isToken = token.length >= TOKEN_LENGTH.min && token.length <= TOKEN_LENGTH.max && /^[\x21-\x7e]+$/.test(token);
  return isToken ? new Sensitive(token) : 'noToken';
}
