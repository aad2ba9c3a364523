import * as z from 'zod';
import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, quoted, type Sayable, say, THE_OPTIONS, theField, theObject } from '../findings/say.ts';
import type { Identity } from '../model/identity.ts';
import { TEMPORARY_KEY_PREFIX } from '../model/long-term-keys.ts';
import { once, typedKeys } from '../model/plain-data.ts';
import { type AwsAuth, exactlyOne, nonEmpty, optional } from '../model/schema-parts.ts';
import type { Environment } from '../model/world.ts';
import { github } from './github.ts';
import { secretKeys } from './secret-keys.ts';
import { serviceAccount } from './service-account.ts';
import { type GrantedSource, noSessionTokenFinding, temporaryKeysFinding } from './source.ts';
import { tokenEnv } from './token-env.ts';
import { tokenFile } from './token-file.ts';

/** The sources in `identity` of an Input's entry. A new source needs a file of its own, a name here and a field below. */
const OF_ENTRY = { tokenFile, tokenEnv, github };

/** The identity without `spec.auth`: a token from exactly one source, which the first hop exchanges for a session. */
export const identitySpec = once(() =>
  z
    .strictObject({
      tokenFile: tokenFile.field(),
      tokenEnv: tokenEnv.field(),
      github: github.field(),
      role: optional(
        nonEmpty,
        'ARN of the role that the token is exchanged for, before all other hops. Absent: for the first role of `via`, else for `spec.role`.',
      ),
    })
    .check(exactlyOne(...Object.keys(OF_ENTRY))),
);

export type IdentitySpec = z.infer<ReturnType<typeof identitySpec>>;

/** `identities` of a grant: names of sources, with the path or variable of the token, or a pattern of that. */
export function grantedIdentities() {
  const forms = Object.values(OF_ENTRY)
    .map(({ granted }) => granted)
    .toSorted((first, second) => Number(first.example.includes(':')) - Number(second.example.includes(':'))); // a bare name first
  const pattern = new RegExp(`^(?:${forms.map((form) => form.pattern.source).join('|')})$`);
  const means = `must be ${forms.map((form) => form.means).join(', or ')}`;
  return optional(
    z.array(z.string().regex(pattern, means)),
    `Sources of tokens that may be used: ${forms.map((form) => `\`${form.example}\``).join(', ')}. \`*\` stands for any part of a name, and never crosses "/". Keys in a Secret and the default chain need no grant.`,
  );
}

/** What a generator and its entry name as its identity. */
export interface IdentityChoice {
  /** Those in `spec.auth`: two exclude each other. */
  readonly specIdentities: readonly Identity[];
  /** The one in the entry; undefined where it has none. */
  readonly entryIdentity: Identity | undefined;
  /** The one that counts, if there is no finding. */
  readonly identity: Identity;
  /** Says which of them exclude each other. */
  readonly findings: readonly Finding[];
}

/**
 * Chooses by the first rule that fits:
 * 1. Two in `spec.auth`: refused, since External Secrets silently takes one of them.
 * 2. `spec.auth` and an entry's `identity`: refused, since a reader of the manifest must be able to rely on it.
 * 3. The one in `spec.auth`.
 * 4. The one in the entry.
 * 5. The SDK's default chain.
 */
export function chooseIdentity(
  generator: ObjectRef,
  auth: AwsAuth,
  entrySpec: IdentitySpec | undefined,
): IdentityChoice {
  const { secretRef, jwt } = auth ?? {};
  const specIdentities = [
    ...(secretRef === undefined ? [] : [secretKeys(secretRef, generator)]),
    ...(jwt === undefined ? [] : [serviceAccount(jwt, generator)]),
  ];
  const entryIdentity = entrySpec && identityOfEntry(entrySpec);
  const [first, second] = specIdentities;
  const findings = second
    ? [refuse(generator, say`${theField('spec.auth')} has both \`secretRef\` and \`jwt\``)]
    : first && entryIdentity
      ? [refuse(generator, say`it has ${theField('spec.auth')}, and its entry of ${THE_OPTIONS} has \`identity\``)]
      : [];
  return { specIdentities, entryIdentity, identity: first ?? entryIdentity ?? defaultIdentity, findings };
}

function refuse(object: ObjectRef, cause: Sayable): Finding {
  const message = say`cannot use ${theObject(object)}: ${cause}. Remove one of them.`;
  return finding('SPEC_INVALID', message, { object, field: 'spec.auth' });
}

function identityOfEntry(spec: IdentitySpec): Identity | undefined {
  const name = typedKeys(OF_ENTRY).find((key) => spec[key] !== undefined);
  return name && (OF_ENTRY[name] as GrantedSource<unknown>).identity(spec[name]); // each is given the value of its own field
}

/** The SDK's default chain, which looks for credentials where the process runs. What it finds is known only once the SDK has looked. */
export const defaultIdentity: Identity = {
  source: 'default',
  name: "the SDK's default chain",
  hashed: 'default',
  reads: [],
  demands: [],
  isRoleReadLater: false,
  describe: (environment) => say`the SDK's default chain (${firstSource(environment)})`,
  callerHint: '. Run `doctor --online` to see who that is',
  mayBeSession: ({ AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN }) =>
    !AWS_ACCESS_KEY_ID || Boolean(AWS_SESSION_TOKEN) || Boolean(AWS_PROFILE), // with AWS_PROFILE the SDK skips the environment's keys
  read({ generator, needsLongTermKeys, environment }) {
    const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
    if (AWS_PROFILE || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return { faults: [] };
    if (AWS_SESSION_TOKEN) {
      const what = 'the keys in the environment are temporary (AWS_SESSION_TOKEN is set)';
      return { faults: needsLongTermKeys ? [temporaryKeysFinding(generator, what)] : [] };
    }
    if (!AWS_ACCESS_KEY_ID.startsWith(TEMPORARY_KEY_PREFIX)) return { faults: [] };
    const text = 'AWS_ACCESS_KEY_ID is of temporary keys, which need their session token. Set AWS_SESSION_TOKEN too';
    return { faults: [noSessionTokenFinding(generator, text)] };
  },
};

/** The first source that the environment has something for, in the SDK's order (@aws-sdk/credential-provider-node, defaultProvider.js). */
function firstSource(environment: Environment): Sayable {
  const has = (...names: string[]) => names.every((name) => Boolean(environment[name]));
  if (has('AWS_PROFILE')) return say`profile ${quoted(environment.AWS_PROFILE ?? '')}`;
  if (has('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY')) return 'keys in the environment';
  if (has('AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN')) return 'web identity, unless a file has a default profile';
  if (has('AWS_CONTAINER_CREDENTIALS_FULL_URI') || has('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'))
    return 'container credentials, unless a file has a default profile';
  if (has('AWS_EC2_METADATA_DISABLED')) return 'the default profile of its files';
  return "the default profile of its files, else the instance's metadata";
}
