import * as z from 'zod';
import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, type Sayable, say, THE_OPTIONS, theObject } from '../findings/say.ts';
import type { Identity } from '../model/identity.ts';
import { once } from '../model/plain-data.ts';
import { exactlyOne, nonEmpty, optional } from '../model/schema-parts.ts';
import { defaultChain } from './default-chain.ts';
import { github } from './github.ts';
import { secretKeys } from './secret-keys.ts';
import { serviceAccount } from './service-account.ts';
import type { Source } from './source.ts';
import { tokenEnv } from './token-env.ts';
import { tokenFile } from './token-file.ts';

/** What `spec.auth` of a generator may have: External Secrets' own. */
const OF_AUTH = { secretRef: secretKeys, jwt: serviceAccount };

/** What `identity` of an Input's entry may have: a new source is a file of its own, a name here, and a field below. */
const OF_ENTRY = { tokenFile, tokenEnv, github };

/** `spec.auth` of every generator. */
export const awsAuth = once(() =>
  optional(
    z.strictObject({ secretRef: secretKeys.field(), jwt: serviceAccount.field() }),
    "Who asks. Absent: the AWS SDK's default credential chain.",
  ),
);

export type AwsAuth = z.infer<ReturnType<typeof awsAuth>>;

/** Who we are where `spec.auth` is absent: a token from somewhere, exchanged for the first hop's session. Exactly one source. */
export const identitySpec = once(() =>
  z
    .strictObject({
      tokenFile: tokenFile.field(),
      tokenEnv: tokenEnv.field(),
      github: github.field(),
      role: optional(
        nonEmpty,
        'ARN of the role that the token is for: a hop before all others. Absent: the token is for the first of `via`, or for `spec.role`.',
      ),
    })
    .check(exactlyOne(...Object.keys(OF_ENTRY))),
);

export type IdentitySpec = z.infer<ReturnType<typeof identitySpec>>;

/** `identities` of a grant: the names of sources, and the place of a token or a pattern of what it is called. */
export function grantedIdentities() {
  const forms = Object.values(OF_ENTRY)
    .map(({ granted }) => granted)
    .toSorted((one, other) => Number(one.example.includes(':')) - Number(other.example.includes(':'))); // a bare name first
  const pattern = new RegExp(`^(?:${forms.map((form) => form.pattern.source).join('|')})$`);
  const means = `must be ${forms.map((form) => form.means).join(', or ')}`;
  return optional(
    z.array(z.string().regex(pattern, means)),
    `Sources of tokens that may be used: ${forms.map((form) => `\`${form.example}\``).join(', ')}. \`*\` stands for any part of a name, and never crosses "/". Keys in a Secret and the default chain need no grant.`,
  );
}

/** The identities that a generator and its entry name, also those that exclude each other. */
export interface NamedIdentities {
  readonly ofSpec: readonly Identity[];
  readonly ofEntry: Identity | undefined;
}

export function namedIdentities(
  generator: ObjectRef,
  auth: AwsAuth,
  { role: _, ...identity }: IdentitySpec = {},
): NamedIdentities {
  const [ofEntry] = identitiesOf(OF_ENTRY, identity, generator);
  return { ofSpec: identitiesOf(OF_AUTH, auth ?? {}, generator), ofEntry };
}

/**
 * Who asks, in order of precedence:
 * 1. Two in `spec.auth` are refused: External Secrets silently takes one of them.
 * 2. `spec.auth` beside an entry's `identity` is refused: what the manifest says must stay true where it is read.
 * 3. That of `spec.auth`.
 * 4. That of the entry.
 * 5. Neither: the SDK's default chain.
 */
export function chooseIdentity(generator: ObjectRef, { ofSpec, ofEntry }: NamedIdentities): Identity | Finding {
  const [first, second] = ofSpec;
  if (second !== undefined) return refuse(generator, '`spec.auth` has both `secretRef` and `jwt`');
  if (first !== undefined && ofEntry !== undefined)
    return refuse(generator, say`it has \`spec.auth\`, and its entry of ${THE_OPTIONS} has \`identity\``);
  return first ?? ofEntry ?? defaultChain;
}

function refuse(object: ObjectRef, cause: Sayable): Finding {
  const message = say`cannot use ${theObject(object)}: ${cause}. Remove one of them.`;
  return finding('SPEC_INVALID', message, { object, field: 'spec.auth' });
}

function identitiesOf<Values>(
  sources: { readonly [Name in keyof Values]: Source<Values[Name]> },
  written: { readonly [Name in keyof Values]?: Values[Name] | undefined },
  generator: ObjectRef,
): Identity[] {
  const identities: Identity[] = [];
  for (const name in sources) {
    const value = written[name];
    if (value !== undefined) identities.push(sources[name].identity(value, generator));
  }
  return identities;
}
