import * as z from 'zod';
import { detail, say } from '../findings/say.ts';
import { once, textAt } from '../model/plain-data.ts';
import { optional, VARIABLE_NAME } from '../model/schema-parts.ts';
import type { GrantedSource } from './source.ts';
import { missing, tokenIdentity } from './token.ts';

/** `identity.tokenEnv`: a variable of the process with a token. */
export const tokenEnv: GrantedSource<string> = {
  field: once(() =>
    optional(
      z.string().regex(VARIABLE_NAME, 'must be the name of an environment variable'),
      'Name of the environment variable with a token, as GitLab sets it.',
    ),
  ),
  granted: { pattern: /tokenEnv:.+/, means: '"tokenEnv:" and a name', example: 'tokenEnv:NAME' },
  identity: (name) =>
    tokenIdentity({
      hashed: { source: 'tokenEnv', name },
      from: say`the variable${detail(` ${name}`)}`,
      description: say`the token in the variable${detail(` ${name}`)}`,
      demands: [{ list: 'identities', of: `tokenEnv:${name}` }],
      read: async ({ environment }) =>
        textAt(environment, [name]) || missing('the variable is not set. Set it in the CI job'),
    }),
};
