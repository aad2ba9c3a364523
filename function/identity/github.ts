import * as z from 'zod';
import type { TokenFault } from '../model/answers.ts';
import { once } from '../model/plain-data.ts';
import { nonEmpty, optional } from '../model/schema-parts.ts';
import type { Environment } from '../model/world.ts';
import { DEFAULT_AUDIENCE } from './service-account.ts';
import type { GrantedSource } from './source.ts';
import { missing, tokenIdentity } from './token.ts';

/** `identity.github`: GitHub's OIDC token for a workflow. */
export const github: GrantedSource<{ readonly audience?: string | undefined }> = {
  field: once(() =>
    optional(
      z.strictObject({ audience: optional(nonEmpty, 'Audience of the token. Default: sts.amazonaws.com.') }),
      "GitHub's token for a workflow with `permissions: id-token: write`.",
    ),
  ),
  granted: { pattern: /github/, means: '"github"', example: 'github' },
  identity: ({ audience = DEFAULT_AUDIENCE }) =>
    tokenIdentity({
      hashed: { source: 'github', audience },
      from: 'GitHub',
      description: "GitHub's token",
      demands: [
        { list: 'identities', of: 'github' },
        { list: 'audiences', of: audience },
      ],
      probe: async ({ environment }) => notOffered(environment) ?? null,
      async read({ environment, githubToken }, signal) {
        const token = notOffered(environment) ?? (await githubToken(audience, signal));
        if (token !== undefined) return token;
        return signal.aborted ? LATE : missing('GitHub did not give one. Run again, and check the audience');
      },
    }),
};

const LATE: TokenFault = {
  code: 'DEADLINE_PASSED',
  text: 'there was no answer within STS_FUNCTION_TIMEOUT. Check the network and proxy settings, or raise STS_FUNCTION_TIMEOUT',
};

function notOffered({ ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN }: Environment) {
  if (ACTIONS_ID_TOKEN_REQUEST_URL && ACTIONS_ID_TOKEN_REQUEST_TOKEN) return undefined;
  return missing(
    'this is no job that may ask for one. Run it on GitHub, and give the job `permissions: id-token: write`',
  );
}
