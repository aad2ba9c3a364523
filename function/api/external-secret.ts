import * as z from 'zod';
import { CLUSTER_GENERATOR_SPECS } from './cluster-generator.ts';
import { CLUSTER_GENERATOR_KIND } from './kinds.ts';
import { dataKey, labelValue, namespaceName, objectName, qualifiedName } from './names.ts';

const text = z.string('must be a string');

/** Kinds that a `generatorRef` may name here. */
const CONSUMED_KINDS: readonly string[] = [...Object.keys(CLUSTER_GENERATOR_SPECS), CLUSTER_GENERATOR_KIND];

const rewrite = z
  .strictObject({
    regexp: z
      .strictObject({
        source: text.max(1000, 'must be at most 1000 characters long').meta({ description: 'Expression, as of Go.' }),
        target: text.max(1000, 'must be at most 1000 characters long').meta({
          description: 'What a match becomes; `$1` and `${name}` are its groups.',
        }),
      })
      .optional()
      .meta({ description: 'Replaces what an expression finds in a key.' }),
    transform: z
      .strictObject({ template: text.meta({ description: 'A template of the new key; `.value` is the key.' }) })
      .optional()
      .meta({ description: 'Makes a key by a template.' }),
    merge: z
      .custom<undefined>((value) => value === undefined, {
        error: 'is for values that are JSON objects, and those of generators are not; remove it',
      })
      .optional()
      .meta({ description: 'Refused: values of generators are no JSON objects.' }),
  })
  .refine((one) => Object.values(one).filter((part) => part !== undefined).length === 1, {
    error: 'must have exactly one of `regexp` and `transform`',
  });

/** A generator gives four keys: whoever has more steps than this has something else in mind. */
const REWRITES_MAX = 20;

/** A part that comes from a generator. Those of stores are refused before, by name. */
const dataFrom = z.strictObject({
  sourceRef: z.strictObject({
    generatorRef: z.strictObject({
      apiVersion: z
        .literal('generators.external-secrets.io/v1alpha1')
        .optional()
        .meta({ description: 'Default: generators.external-secrets.io/v1alpha1.' }),
      kind: z.enum(CONSUMED_KINDS).meta({ description: 'Kind of the generator.' }),
      name: objectName.meta({
        description: "Name of a generator in the ExternalSecret's namespace, or of a ClusterGenerator.",
      }),
    }),
  }),
  rewrite: z
    .array(rewrite)
    .max(REWRITES_MAX, `must have at most ${REWRITES_MAX} steps`)
    .nullish()
    .meta({ description: 'What its keys become, from first to last.' }),
});

const templateRef = z.strictObject({
  name: objectName.meta({ description: "Name of the object, in the ExternalSecret's namespace." }),
  items: z
    .array(
      z.strictObject({
        key: dataKey.meta({ description: 'Key with a template.' }),
        templateAs: z
          .enum(['Values', 'KeysAndValues'])
          .optional()
          .meta({ description: 'What it gives: the value of the same key, the default, or keys and values as YAML.' }),
      }),
    )
    .meta({ description: 'Keys that are read.' }),
});

const templateFrom = z
  .strictObject({
    configMap: templateRef.optional().meta({ description: 'Templates in a ConfigMap.' }),
    secret: templateRef.optional().meta({ description: 'Templates in a Secret.' }),
    literal: text.optional().meta({ description: 'A template that gives keys and values as YAML.' }),
    target: z.enum(['Data', 'Labels', 'Annotations']).optional().meta({ description: 'Where they go; default: Data.' }),
  })
  .refine(
    ({ configMap, secret, literal }) => [configMap, secret, literal].filter((one) => one !== undefined).length === 1,
    { error: 'must have exactly one of `configMap`, `secret` and `literal`' },
  );

/** Types whose Secrets open the cluster: whoever writes a template must not make one. */
const CLUSTER_TYPES = ['bootstrap.kubernetes.io/token', 'kubernetes.io/service-account-token'];

const template = z.strictObject({
  type: text
    .regex(/^[\w./-]{1,253}$/, 'must be a type such as "Opaque"')
    .refine((type) => !CLUSTER_TYPES.includes(type), {
      error: 'must not be a type whose Secrets open the cluster',
    })
    .optional()
    .meta({ description: 'Type of the Secret.' }),
  engineVersion: z.literal('v2').optional().meta({ description: 'Only v2.' }),
  mergePolicy: z
    .enum(['Replace', 'Merge'])
    .optional()
    .meta({ description: "Merge: the generators' own keys are there as well." }),
  metadata: z
    .strictObject({
      labels: z.record(qualifiedName, text).nullish().meta({ description: 'Labels; values are templates.' }),
      annotations: z.record(qualifiedName, text).nullish().meta({ description: 'Annotations; values are templates.' }),
      finalizers: z.array(qualifiedName).nullish().meta({ description: 'Finalizers.' }),
    })
    .nullish()
    .meta({ description: 'Metadata of the Secret.' }),
  data: z.record(dataKey, text).nullish().meta({ description: 'Templates by key.' }),
  templateFrom: z.array(templateFrom).nullish().meta({ description: 'Templates from elsewhere.' }),
});

/** Go's time.Duration as text. */
const GO_DURATION = /^\+?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/** `spec` of an ExternalSecret whose values come from generators, as in external-secrets v2.9.0. */
const externalSecretSpec = z.strictObject({
  target: z
    .strictObject({
      name: objectName.optional().meta({ description: 'Name of the Secret; default: that of the ExternalSecret.' }),
      creationPolicy: z.enum(['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge']).optional().meta({
        description:
          'Merge: adds to a Secret of the package. CreateOrMerge: the same, or makes it. None: makes nothing.',
      }),
      deletionPolicy: z.enum(['Retain', 'Delete', 'Merge']).optional().meta({ description: 'Has no effect here.' }),
      immutable: z.boolean('must be true or false').optional().meta({ description: '`immutable` of the Secret.' }),
      template: template
        .nullish()
        .meta({ description: 'What the Secret is made of, instead of the values as they are.' }),
    })
    .nullish()
    .meta({ description: 'The Secret.' }),
  dataFrom: z
    .array(dataFrom)
    .min(1, 'must have at least one entry')
    .meta({ description: 'Where values come from: later entries win.' }),
  refreshInterval: text
    .regex(GO_DURATION, 'must be a time such as "1h0m0s"')
    .optional()
    .meta({ description: 'Has no effect here; a warning where the session does not last so long.' }),
  refreshPolicy: z
    .enum(['CreatedOnce', 'Periodic', 'OnChange'])
    .optional()
    .meta({ description: 'Has no effect here.' }),
  secretStoreRef: z.unknown().optional().meta({ description: 'Has no effect on generators.' }),
  syncWindows: z.unknown().optional().meta({ description: 'Has no effect here.' }),
});

export type ExternalSecretSpec = z.infer<typeof externalSecretSpec>;

/** A whole ExternalSecret. */
export const externalSecret = z.strictObject({
  apiVersion: z.enum(['external-secrets.io/v1', 'external-secrets.io/v1beta1']),
  kind: z.literal('ExternalSecret'),
  metadata: z.looseObject({
    name: objectName,
    namespace: namespaceName.optional(),
    annotations: z.record(z.string(), text).nullish(),
    labels: z.record(z.string(), labelValue).nullish(),
  }),
  spec: externalSecretSpec,
  status: z.unknown().optional(),
});
