import * as z from 'zod';

const role = z.string().min(1, 'must not be empty').optional().meta({
  description:
    'ARN of the role that the token is for: a hop before all others. Absent: the token is for the first of `via`, or for `spec.role`.',
});

/** Who we are where `spec.auth` is absent: a token from somewhere, exchanged for the first hop's session. Exactly one source. */
export const identitySpec = z
  .strictObject({
    tokenFile: z.string().min(1, 'must not be empty').optional().meta({ description: 'Path of a file with a token.' }),
    tokenEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
      .optional()
      .meta({ description: 'Name of the environment variable with a token, as GitLab sets it.' }),
    github: z
      .strictObject({
        audience: z
          .string()
          .min(1, 'must not be empty')
          .optional()
          .meta({ description: 'Audience of the token. Default: sts.amazonaws.com.' }),
      })
      .optional()
      .meta({ description: "GitHub's token for a workflow with `permissions: id-token: write`." }),
    role,
  })
  .refine(
    ({ tokenFile, tokenEnv, github }) =>
      [tokenFile, tokenEnv, github].filter((source) => source !== undefined).length === 1,
    {
      error: 'must have exactly one of `tokenFile`, `tokenEnv` and `github`',
    },
  );

export type IdentitySpec = z.infer<typeof identitySpec>;

/** Sources of tokens that a grant can name. */
export const TOKEN_SOURCES = ['tokenFile', 'tokenEnv', 'github'] as const;
