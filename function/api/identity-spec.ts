import * as z from 'zod';
import { exactlyOne } from './exactly-one.ts';
import { nonEmpty } from './names.ts';
import { once } from './once.ts';
import { optional } from './optional.ts';

/** Sources of tokens. */
const TOKEN_SOURCES = ['tokenFile', 'tokenEnv', 'github'] as const;

/** Who we are where `spec.auth` is absent: a token from somewhere, exchanged for the first hop's session. Exactly one source. */
export const identitySpec = once(() =>
  z
    .strictObject({
      tokenFile: optional(nonEmpty, 'Path of a file with a token.'),
      tokenEnv: optional(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'),
        'Name of the environment variable with a token, as GitLab sets it.',
      ),
      github: optional(
        z.strictObject({ audience: optional(nonEmpty, 'Audience of the token. Default: sts.amazonaws.com.') }),
        "GitHub's token for a workflow with `permissions: id-token: write`.",
      ),
      role: optional(
        nonEmpty,
        'ARN of the role that the token is for: a hop before all others. Absent: the token is for the first of `via`, or for `spec.role`.',
      ),
    })
    .check(exactlyOne(...TOKEN_SOURCES)),
);

export type IdentitySpec = z.infer<ReturnType<typeof identitySpec>>;
