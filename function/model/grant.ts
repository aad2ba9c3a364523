import * as z from 'zod';
import type { ObjectRef } from '../findings/say.ts';
import { ASSUME_ROLE_KIND, GENERATOR_KINDS, type GeneratorKind, type NamedRef } from './kinds.ts';
import { parseDuration } from './plain-data.ts';
import { MOST_HOPS } from './run-limits.ts';
import { nonEmpty, optional, REGION } from './schema-parts.ts';
import { suppliedHop } from './written-hop.ts';

/** Kinds whose generators need no role. */
const WITHOUT_ROLE_KINDS = GENERATOR_KINDS.filter((kind) => kind !== ASSUME_ROLE_KIND);

/** Names that a grant has, or patterns of them. */
const names = (description: string, entry = z.string()) => optional(z.array(entry), description);

/** Patterns of these that nothing can fit are errors: such a grant would refuse without saying why. */
const WHOLE_NAME = z.string().regex(/^[^*]*$/, 'must be the whole name of a namespace, without `*`');
const REGION_PATTERN = z
  .string() // new regions appear
  .regex(RegExp(`${REGION.source}|^[a-z\\d-]*\\*[a-z\\d*-]*$`), 'must be a region or a pattern such as "eu-*"');
const ROLE_PATTERN = z.string().regex(
  /^[arn*]+:[\w*-]+:[iam*]+:\**:(?:\d{12}|\d*\*[\d*]*|):[role*]+\/.+$/, // test servers have roles without an account
  'must be the ARN of a role, such as "arn:aws:iam::123456789012:role/*", where `*` stands for no ":" or "/"',
);

/** Patterns of values that a package may choose itself. */
const patterns = (description: string) =>
  optional(
    z.array(z.string().refine(hasKnownVariables, 'must have no other variables than "${namespace}" and "${name}"')),
    `${description} \`*\` stands for any part, \`\${namespace}\` and \`\${name}\` for the generator's.`,
  );

/** Not by a pattern: API servers read this schema too, and know no lookahead. */
function hasKnownVariables(pattern: string): boolean {
  return !pattern.replaceAll(/\$\{(?:namespace|name)\}/g, '').includes('${');
}

/**
 * One grant. In an Input's `allow` an absent part limits nothing; in an operator's Policy an absent part grants nothing,
 * except `namespaces` and `regions`, which are any. Two grant nothing while absent, in `allow` too: `fromCluster`, and `via` beside
 * `roles`
 * (docs/decisions/027-a-policy-has-everything-that-an-author-chooses.md).
 * `identities`: the schema of that list, which identity/ makes from its sources.
 * One grant must cover all that a job asks for: grants never add up, and the first that covers it is the one that counts.
 */
export const grantSchema = (identities: z.ZodOptional<z.ZodArray<z.ZodString>>) =>
  z.strictObject({
    namespaces: names('Namespaces of generators and of their Secrets; absent: any, also none.', WHOLE_NAME),
    roles: names(
      'Patterns of ARNs of roles whose session, or what is made of it, may go into a Secret. `*` matches within one part and never crosses ":" or "/".',
      ROLE_PATTERN,
    ),
    via: names(
      'Patterns of ARNs of roles that may only be passed, on the way to another role. Absent beside `roles`: none, in `allow` too.',
      ROLE_PATTERN,
    ),
    withoutRole: optional(
      z.array(z.enum(WITHOUT_ROLE_KINDS)),
      `Kinds that may be used without a role of their own: ${WITHOUT_ROLE_KINDS.join(', ')}. Their Secret has all rights of the credentials before them.`,
    ),
    regions: names('Patterns of the regions whose STS may be asked, of every hop; absent: any.', REGION_PATTERN),
    identities,
    sessionNames: patterns('Session names that `sessionName` may have, of every hop. The default name needs no grant.'),
    sourceIdentities: patterns('Source identities that a hop may set.'),
    tags: optional(
      z.record(z.string(), z.array(z.string())),
      'Session tags that a hop may set, transitive ones too. Each key has patterns of its values, such as `stage: [test, prod]` or `team: ["*"]`.',
    ),
    serviceAccounts: names('Names of ServiceAccounts that `auth.jwt` may name.'),
    audiences: names("Audiences that GitHub's token and a ServiceAccount's may be for, `sts.amazonaws.com` included."),
    externalIDs: names(
      'Names of Secrets that `externalIDFrom` may name. Their values go to the account of the role, whose owner can read them.',
    ),
    templateSecrets: names(
      'Names of Secrets that `templateFrom` of an ExternalSecret may name. Their text goes into its Secret as it is.',
    ),
    plaintext: optional(
      z.enum(['warn', 'refuse']),
      'What to do about credentials in plain text in files: `warn`, the default, or `refuse`, unless STS_FUNCTION_OUTPUT is `stream`.',
    ),
    cluster: optional(
      z.boolean(),
      'True: the Input may choose the `cluster` in which Secrets and ServiceAccounts are looked up. Needed even where the package has them.',
    ),
    fromCluster: optional(
      z.boolean(),
      'True: an ExternalSecret may name a generator that only the cluster has, which somebody else may have written. Absent: refused, in `allow` too. Under Crossplane some guard must set it.',
    ),
  });

/** A text that a grant imposes. */
const imposed = nonEmpty.refine(
  (text) => hasKnownVariables(text.replaceAll(/\$\{env\.[A-Za-z_][A-Za-z0-9_]*\}/g, '')),
  'must have no other variables than "${namespace}", "${name}" and "${env.NAME}"',
);

const LEAST_SECONDS = 900;

/** What a Policy's grant puts into the sessions that it covers (docs/decisions/059-a-grant-imposes.md). */
export const grantSession = (identity: z.ZodType<SuppliedIdentity>) =>
  z.strictObject({
    tags: optional(
      z.record(z.string(), imposed),
      "Session tags of the last role that is assumed. `${namespace}` and `${name}` are the generator's, `${env.NAME}` a variable of the operator's environment.",
    ),
    transitiveTagKeys: optional(z.array(z.string()), 'Keys of these `tags` that later roles inherit.'),
    sourceIdentity: optional(
      imposed,
      'Source identity of the last role, with the same variables. It needs no `sourceIdentities`.',
    ),
    maxDuration: optional(
      z.string().refine((text) => (parseDuration(text) ?? 0) >= LEAST_SECONDS, 'must be a time from "15m" to "24h"'),
      'Longest session, such as `30m`. A generator that asks for more is refused; one that asks for nothing gets no more.',
    ),
    via: optional(
      z.array(suppliedHop()).min(1, 'must have at least one hop').max(MOST_HOPS, `must have at most ${MOST_HOPS} hops`),
      'Hops before the role of a generator that has no `via`, `identity` and `spec.auth` of its own: no other is covered. No list judges them.',
    ),
    identity: optional(identity, 'The first credentials of such a generator.'),
  });

export type GrantSession = z.infer<ReturnType<typeof grantSession>>;

/** An `identity` as an Input's entry has it: identity/ reads its token. */
interface SuppliedIdentity {
  readonly role?: string | undefined;
}

/** Only a Policy's grant has `session`. */
export type Grant = z.infer<ReturnType<typeof grantSchema>> & { readonly session?: GrantSession | undefined };

/** Who limits a run: the author of its Input, and its operator. Absent: no such limit. */
export interface Guards {
  readonly allow?: readonly Grant[];
  readonly policy?: readonly Grant[];
  /** True if tenants write the cluster's generators: without a guard, none of these generators is used. */
  readonly hasTenants?: true;
  /** True under a cluster-scoped composite: the author of the step chose the generators' namespaces, so a grant must not impose one. */
  readonly isClusterScoped?: true;
}

/** The one grant of each guard that a part rests on: guards themselves, with a list of one each. */
export interface ChosenGrants extends Pick<Guards, 'allow' | 'policy'> {
  /** Their indexes in the lists of their guards. */
  readonly indexes?: Readonly<Partial<Record<'allow' | 'policy', number>>>;
}

/** The lists that demands are compared with: not those that say where a grant counts, what files may contain, and what it imposes. */
type DemandedList = Exclude<keyof Grant, 'namespaces' | 'plaintext' | 'session'>;

/** What is looked up in each list of a grant. A new list needs a line here and, as the compiler says, a row in `chain/permissions.ts`. */
export interface Permissions extends Readonly<Record<DemandedList, unknown>> {
  readonly fromCluster: true;
  readonly cluster: true;
  /** `github`, `tokenFile:/PATH`, `tokenEnv:NAME`. */
  readonly identities: string;
  readonly serviceAccounts: ObjectRef;
  /** Null: one that is not known yet. */
  readonly audiences: string | null;
  readonly externalIDs: ObjectRef;
  readonly templateSecrets: ObjectRef;
  readonly via: string;
  readonly roles: string;
  readonly withoutRole: GeneratorKind;
  readonly regions: string;
  readonly sessionNames: ChosenValue;
  readonly sourceIdentities: ChosenValue;
  /** A tag; without a value, a transitive key alone. */
  readonly tags: { readonly key: string; readonly value?: string };
}

/** A value that the author of a generator has chosen. */
export interface ChosenValue {
  readonly value: string;
  readonly by: NamedRef;
}

/** One thing that a job asks for, and the list of a grant that must have it. */
export type Demand<List extends keyof Permissions = keyof Permissions> = {
  readonly [One in List]: { readonly list: One; readonly of: Permissions[One] };
}[List];
