import * as z from 'zod';
import { identitySpec } from '../identity/sources.ts';
import { GENERATOR_KINDS, INPUT_API_VERSION, INPUT_KIND } from '../model/kinds.ts';
import { once, typedKeys } from '../model/plain-data.ts';
import { MOST_HOPS } from '../model/run-limits.ts';
import { clusterSpec, nullish, optional, optionsMetadata, VARIABLE_TYPES } from '../model/schema-parts.ts';
import { renewal, secretSpec } from '../model/secret-spec.ts';
import { lastHop, viaHop } from '../model/written-hop.ts';
import { grant } from './read-policy.ts';

/** The `type` of a variable. */
const variableType = once(() => {
  const inWords = Object.entries(VARIABLE_TYPES).map(([name, { means }]) => `\`${name}\`, ${means}`);
  return z.enum(typedKeys(VARIABLE_TYPES)).meta({ description: `Form of the value: ${inWords.join('; ')}.` });
});

export const variable = once(() =>
  z.strictObject({
    value: z.string().meta({ description: 'The value, in quotes.' }),
    type: variableType(),
  }),
);

const ABOUT_VARS = 'Typed values. `${NAME}` in `sessions` and `generators` of this object becomes the value of NAME.';

/** `1s` to `120s`, `1m` or `2m`. */
const AWAIT_ROLES = /^(?:(?:[1-9]\d?|1[01]\d|120)s|[12]m)$/;

const match = () =>
  z.strictObject({
    kinds: optional(z.array(z.enum(GENERATOR_KINDS)), 'Kinds of generators; default: STSAssumeRoleToken alone.'),
    names: optional(z.array(z.string()), 'Names; `*` matches any part.'),
    namespaces: optional(z.array(z.string()), 'Namespaces; `*` matches any part.'),
    labels: optional(z.record(z.string(), z.string()), 'Labels that must all be there.'),
  });

const entry = () =>
  z.strictObject({
    match: optional(match(), 'Generators this entry is for; absent parts match all.'),
    identity: optional(identitySpec(), "The first credentials, if `spec.auth` is absent. Default: the SDK's chain."),
    expectAccount: optional(
      z.string().regex(VARIABLE_TYPES.accountID.pattern, `must be ${VARIABLE_TYPES.accountID.means}`),
      'Account of the first credentials. Any other is refused before the first hop.',
    ),
    via: optional(
      z.array(viaHop()).max(MOST_HOPS, `must have at most ${MOST_HOPS} hops`),
      "Hops before the generator's role, in order: each is a role's ARN, or an object.",
    ),
    last: optional(lastHop(), "The hop to the generator's role."),
    renew: optional(renewal(), 'When a session is renewed.'),
    secrets: optional(
      z.array(secretSpec()).min(1, 'must have at least one entry'),
      'The Secrets that the session goes into. Absent: one, with the four keys.',
    ),
  });

/**
 * Our options object. It chooses and limits; it never adds permissions. Fields that only a step of a Composition may have
 * are refused by name, since ignoring one would change what its author meant.
 */
export const input = once(() =>
  z.strictObject({
    apiVersion: z.literal(INPUT_API_VERSION),
    kind: z.literal(INPUT_KIND),
    metadata: optionsMetadata,
    generators: nullish(
      z.array(z.unknown()),
      'Generators, ClusterGenerators and ExternalSecrets given here instead of among the items.',
    ),
    vars: nullish(
      z.record(z.string().regex(/^[a-z][a-zA-Z0-9]{0,30}$/, 'must be a name of letters and digits'), variable()),
      ABOUT_VARS,
    ),
    sessions: nullish(
      z.array(entry()),
      'Chains and Secrets of the generators that match. A generator may match one entry.',
    ),
    allow: nullish(z.array(grant()), 'A guard: one of these grants must have all that a generator asks for.'),
    cluster: optional(
      clusterSpec(),
      'The API server that gives tokens for `auth.jwt` and has what the package lacks. Absent: none is contacted.',
    ),
    awaitRoles: optional(
      z.string().regex(AWAIT_ROLES, 'must be whole seconds or minutes from "1s" to "2m"'),
      'For how long a hop that ends in AccessDenied is tried again, such as `30s`, at most `2m`. AWS needs some seconds to know a new role everywhere. Absent: not at all.',
    ),
  }),
);

export type Entry = z.infer<ReturnType<typeof entry>>;

const stepVariable = () =>
  z.strictObject({
    type: variableType(),
    value: optional(z.string(), 'The value, in quotes.'),
    fromFieldPath: optional(z.string(), 'Crossplane: this field of the composite, such as `spec.accountID`.'),
    namespaceLabel: optional(z.string(), "Crossplane: this label of the composite's namespace."),
  });

/** The Input of a Composition's step. It also has variables from the composite or its namespace, and `ttl`. */
export const stepInput = once(() =>
  input().extend({
    vars: optional(z.record(z.string(), stepVariable()), ABOUT_VARS),
    ttl: optional(z.string(), 'Crossplane: the longest time between two calls for a composite, 1s to 24h.'),
  }),
);
