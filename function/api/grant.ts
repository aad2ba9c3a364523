import * as z from 'zod';
import { TOKEN_SOURCES } from './identity-spec.ts';
import { INPUT_API_VERSION } from './kinds.ts';
import { once } from './once.ts';
import { optional } from './optional.ts';

/** Kinds whose generators need no role. */
const WITHOUT_ROLE_KINDS = ['STSSessionToken', 'ECRAuthorizationToken'] as const;

/** Names that a grant has, or patterns of them. */
const names = (description: string) => optional(z.array(z.string()), description);

/**
 * One grant. In an Input's `allow` an absent part limits nothing; in an operator's Policy an absent part grants nothing,
 * except `namespaces`, which is any.
 * What a job asks for must be in one grant whole: grants never add up.
 */
export const grant = once(() =>
  z.strictObject({
    namespaces: names('Namespaces of generators and of their Secrets; absent: any, also none.'),
    roles: names('Patterns of role ARNs. `*` matches within one part and never crosses ":" or "/".'),
    withoutRole: optional(
      z.array(z.enum(WITHOUT_ROLE_KINDS)),
      'Kinds that may be used without a role, so that the Secret holds the rights of whoever asks: STSSessionToken, ECRAuthorizationToken.',
    ),
    identities: optional(
      z.array(z.enum(TOKEN_SOURCES)),
      'Sources of tokens that may be used. Keys in a Secret and the default chain need no grant.',
    ),
    serviceAccounts: names('Names of ServiceAccounts that `auth.jwt` may name.'),
    audiences: names("Audiences that GitHub's token and a ServiceAccount's may be for, `sts.amazonaws.com` included."),
    externalIDs: names(
      'Names of Secrets that `externalIDFrom` may name: what is in them goes to the account of the role, so that whoever chooses the role can read it.',
    ),
    templateSecrets: names(
      'Names of Secrets that `templateFrom` of an ExternalSecret may name: what is in them goes into its Secret as it is.',
    ),
    plaintext: optional(
      z.enum(['warn', 'refuse']),
      'Whether credentials may be written into files of the package in plain text: `warn`, the default, or `refuse`.',
    ),
    cluster: optional(
      z.boolean(),
      'True: the Input may choose the `cluster` in which Secrets and ServiceAccounts are looked up. Needed wherever they are then found.',
    ),
  }),
);

export type Grant = z.infer<ReturnType<typeof grant>>;

/** The operator's own document: only from STS_FUNCTION_POLICY, never from a package. */
export const policy = once(() =>
  z.strictObject({
    apiVersion: z.literal(INPUT_API_VERSION),
    kind: z.literal('Policy'),
    metadata: z.looseObject({}).nullish(),
    grants: z.array(grant()).meta({ description: 'What this run may ask for.' }),
  }),
);

/** Who limits a run: the author of its Input, and its operator. Absent: no such limit. */
export interface Guards {
  readonly allow?: readonly Grant[];
  readonly policy?: readonly Grant[];
}
