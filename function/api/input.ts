import * as z from 'zod';
import { clusterSpec } from './cluster.ts';
import { grant } from './grant.ts';
import { lastHop, viaHop } from './hop-spec.ts';
import { identitySpec } from './identity-spec.ts';
import { GENERATOR_KINDS } from './kinds.ts';
import { REGION } from './region.ts';
import { renewal } from './renewal.ts';
import { secretSpec } from './secret-spec.ts';

/** What a variable's value must look like. A typed value can hold neither ":" nor "/", so it cannot change an ARN's shape. */
export const VARIABLE_TYPES = {
  accountID: { pattern: /^\d{12}$/, means: 'an account ID of 12 digits' },
  region: { pattern: REGION, means: 'an AWS region' },
  dnsLabel: { pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, means: 'a DNS label' },
  roleName: { pattern: /^[\w+=,.@-]{1,64}$/, means: 'the name of a role' },
} as const;

const variable = z.strictObject({
  value: z.string('must be a string in quotes').meta({ description: 'The value, in quotes.' }),
  type: z
    .enum(Object.keys(VARIABLE_TYPES) as (keyof typeof VARIABLE_TYPES)[])
    .meta({ description: 'What the value is checked to be.' }), // keys() forgets
});

/** `1s` to `120s`, `1m` or `2m`. */
const AWAIT_ROLES = /^(?:(?:[1-9]\d?|1[01]\d|120)s|[12]m)$/;

const session = z.strictObject({
  match: z
    .strictObject({
      kinds: z
        .array(z.enum(GENERATOR_KINDS))
        .optional()
        .meta({ description: 'Kinds of generators; default: STSAssumeRoleToken alone.' }),
      names: z.array(z.string()).optional().meta({ description: 'Names; `*` matches any part.' }),
      namespaces: z.array(z.string()).optional().meta({ description: 'Namespaces; `*` matches any part.' }),
      labels: z
        .record(z.string(), z.string('must be a string'))
        .optional()
        .meta({ description: 'Labels that must all be there.' }),
    })
    .optional()
    .meta({ description: 'Generators this entry is for; absent parts match all.' }),
  identity: identitySpec
    .optional()
    .meta({ description: "Who asks, where `spec.auth` is absent. Absent too: the SDK's default chain." }),
  expectAccount: z
    .string('must be a string')
    .regex(/^\d{12}$/, 'must be an account ID of 12 digits')
    .optional()
    .meta({ description: 'Account of whoever asks: any other is refused before the first hop.' }),
  via: z
    .array(viaHop)
    .optional()
    .meta({ description: "Hops before the generator's role, in order. A string is a role's ARN." }),
  last: lastHop.optional().meta({ description: "The hop to the generator's role." }),
  renew: renewal.optional().meta({ description: 'When a session is renewed.' }),
  secrets: z
    .array(secretSpec)
    .min(1, 'must have at least one entry')
    .optional()
    .meta({ description: 'The Secrets that the session goes into. Absent: one, with the four keys.' }),
});

/**
 * Our options object: it selects, it never grants. The fields that only a step of a Composition has are refused by
 * name, since ignoring one would change what its author meant.
 */
export const input = z.strictObject({
  apiVersion: z.literal('sts.fn.crossplane.io/v1beta1'),
  kind: z.literal('Input'),
  metadata: z.looseObject({}).nullish(),
  generators: z.array(z.unknown()).nullish().meta({
    description: 'Generators, ClusterGenerators and ExternalSecrets given here instead of among the items.',
  }),
  vars: z
    .record(z.string().regex(/^[a-z][a-zA-Z0-9]{0,30}$/, 'must be a name of letters and digits'), variable)
    .nullish()
    .meta({ description: 'Typed values, usable as `${name}` in `sessions` and in `generators` of this object.' }),
  sessions: z
    .array(session)
    .nullish()
    .meta({ description: 'What is walked for which generators. A generator may match one entry.' }),
  allow: z.array(grant).nullish().meta({ description: 'A guard: what is asked for must be in one of these grants.' }),
  cluster: clusterSpec
    .optional()
    .meta({ description: 'Where `auth.jwt` gets tokens, and what is not in the package. Absent: nobody is asked.' }),
  awaitRoles: z
    .string('must be a string')
    .regex(AWAIT_ROLES, 'must be whole seconds or minutes from "1s" to "2m"')
    .optional()
    .meta({
      description:
        'For how long a hop that ends in AccessDenied is tried again, such as `30s`, at most `2m`: AWS needs some seconds to know a new role everywhere. Absent: not at all.',
    }),
});

export type SessionEntry = z.infer<typeof session>;
export type Variables = Readonly<Record<string, z.infer<typeof variable>>>;

/** Fields that only a step of a Composition has: its host takes them out. */
export const STEP_FIELDS: readonly string[] = ['ttl'];
