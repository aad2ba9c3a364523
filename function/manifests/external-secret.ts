import * as z from 'zod';
import { quote } from '../findings/quote.ts';
import { CLUSTER_GENERATOR_KIND, GENERATOR_API_VERSION, GENERATOR_KINDS } from '../model/kinds.ts';
import { once } from '../model/plain-data.ts';
import {
  dataKey,
  exactlyOne,
  generatorMetadata,
  labelValue,
  nullish,
  objectName,
  optional,
  qualifiedName,
} from '../model/schema-parts.ts';

/** Kinds that a `generatorRef` may name here. */
export const CONSUMED_KINDS: readonly string[] = [...GENERATOR_KINDS, CLUSTER_GENERATOR_KIND];

/** Longest expression, and longest replacement of a match, in characters. */
const REWRITE_MAX = 1000;
const shortText = () => z.string().max(REWRITE_MAX, `must be at most ${REWRITE_MAX} characters long`);

const regexp = () =>
  z.strictObject({
    source: shortText().meta({ description: 'Expression, as of Go.' }),
    target: shortText().meta({ description: 'What a match becomes; `$1` and `${name}` are its groups.' }),
  });

const transform = () =>
  z.strictObject({
    template: z.string().meta({ description: 'A template of the new key; `.value` is the key.' }),
  });

const refused = () =>
  z.custom<undefined>((value) => value === undefined, {
    error: 'works only with values that are JSON objects, and values of these generators are not; remove it',
  });

const rewrite = () =>
  z
    .strictObject({
      regexp: optional(regexp(), 'Replaces what an expression finds in a key.'),
      transform: optional(transform(), 'Makes a key by a template.'),
      merge: optional(refused(), 'Refused: values of generators are no JSON objects.'),
    })
    .check(exactlyOne('regexp', 'transform'));

/** Most rewrite steps: a generator gives only four keys, so nobody needs more. */
const REWRITES_MAX = 20;

const generatorRef = () =>
  z.strictObject({
    apiVersion: optional(z.literal(GENERATOR_API_VERSION), `Default: ${GENERATOR_API_VERSION}.`),
    kind: z.enum(CONSUMED_KINDS).meta({ description: 'Kind of the generator.' }),
    name: objectName.meta({
      description: "Name of a generator in the ExternalSecret's namespace, or of a ClusterGenerator.",
    }),
  });

/** An entry with a generator. Entries from stores were refused before, by name. */
const dataFrom = () =>
  z.strictObject({
    sourceRef: z.strictObject({ generatorRef: generatorRef() }),
    rewrite: nullish(
      z.array(rewrite()).max(REWRITES_MAX, `must have at most ${REWRITES_MAX} steps`),
      'What its keys become, from first to last.',
    ),
  });

const templateItem = () =>
  z.strictObject({
    key: dataKey.meta({ description: 'Key with a template.' }),
    templateAs: optional(
      z.enum(['Values', 'KeysAndValues']),
      'What it gives: the value of the same key, the default, or keys and values as YAML.',
    ),
  });

const templateRef = () =>
  z.strictObject({
    name: objectName.meta({ description: "Name of the object, in the ExternalSecret's namespace." }),
    items: z.array(templateItem()).meta({ description: 'Keys that are read.' }),
  });

const templateFrom = () =>
  z
    .strictObject({
      configMap: optional(templateRef(), 'Templates in a ConfigMap.'),
      secret: optional(templateRef(), 'Templates in a Secret.'),
      literal: optional(z.string(), 'A template that gives keys and values as YAML.'),
      target: optional(z.enum(['Data', 'Labels', 'Annotations']), 'Where they go; default: Data.'),
    })
    .check(exactlyOne('configMap', 'secret', 'literal'));

/** Types whose Secrets give access to the cluster: a template must not make one. */
const CLUSTER_TYPES = ['bootstrap.kubernetes.io/token', 'kubernetes.io/service-account-token'];

const type = () =>
  z
    .string()
    .regex(/^[\w./-]{1,253}$/, 'must be a type such as "Opaque"')
    .refine((name) => !CLUSTER_TYPES.includes(name), {
      error: `must not be ${CLUSTER_TYPES.map(quote).join(' or ')}, whose Secrets give access to the cluster`,
    });

const templateMetadata = () =>
  z.strictObject({
    labels: nullish(z.record(qualifiedName, z.string()), 'Labels; values are templates.'),
    annotations: nullish(z.record(qualifiedName, z.string()), 'Annotations; values are templates.'),
    finalizers: nullish(z.array(qualifiedName), 'Finalizers.'),
  });

const template = () =>
  z.strictObject({
    type: optional(type(), 'Type of the Secret.'),
    engineVersion: optional(z.literal('v2'), 'Only v2.'),
    mergePolicy: optional(z.enum(['Replace', 'Merge']), "Merge: the generators' own keys are there as well."),
    metadata: nullish(templateMetadata(), 'Metadata of the Secret.'),
    data: nullish(z.record(dataKey, z.string()), 'Templates by key.'),
    templateFrom: nullish(z.array(templateFrom()), 'Templates from elsewhere.'),
  });

const target = () =>
  z.strictObject({
    name: optional(objectName, 'Name of the Secret; default: that of the ExternalSecret.'),
    creationPolicy: optional(
      z.enum(['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge']),
      'Merge: adds to a Secret of the package. CreateOrMerge: the same, or makes it. None: makes nothing.',
    ),
    deletionPolicy: optional(z.enum(['Retain', 'Delete', 'Merge']), 'Has no effect here.'),
    immutable: optional(z.boolean(), '`immutable` of the Secret.'),
    template: nullish(template(), 'What the Secret is made of, instead of the values as they are.'),
  });

/** Go's time.Duration as text. */
const GO_DURATION = /^\+?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/** `spec` of an ExternalSecret whose values come from generators, as in external-secrets v2.9.0. */
const externalSecretSpec = () =>
  z.strictObject({
    target: nullish(target(), 'The Secret.'),
    dataFrom: z
      .array(dataFrom())
      .min(1, 'must have at least one entry')
      .meta({ description: 'Where values come from: later entries win.' }),
    refreshInterval: optional(
      z.string().regex(GO_DURATION, 'must be a time such as "1h0m0s"'),
      'Has no effect here; a warning where the session does not last so long.',
    ),
    refreshPolicy: optional(z.enum(['CreatedOnce', 'Periodic', 'OnChange']), 'Has no effect here.'),
    secretStoreRef: optional(z.unknown(), 'Has no effect on generators.'),
    syncWindows: optional(z.unknown(), 'Has no effect here.'),
  });

export type ExternalSecretSpec = z.infer<ReturnType<typeof externalSecretSpec>>;

/** A whole ExternalSecret. */
export const externalSecret = once(() =>
  z.strictObject({
    apiVersion: z.enum(['external-secrets.io/v1', 'external-secrets.io/v1beta1']),
    kind: z.literal('ExternalSecret'),
    metadata: generatorMetadata.extend({ labels: z.record(z.string(), labelValue).nullish() }),
    spec: externalSecretSpec(),
    status: z.unknown().optional(),
  }),
);
