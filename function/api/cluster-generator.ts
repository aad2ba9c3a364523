import * as z from 'zod';
import { generatorMetadata } from './generator-schema.ts';
import { CLUSTER_GENERATOR_KIND, GENERATOR_API_VERSION, type GeneratorKind } from './kinds.ts';
import { once } from './once.ts';
import { optional } from './optional.ts';

/** The field of `spec.generator` that has the spec of each kind: a new kind is a row here. */
export const CLUSTER_GENERATOR_SPECS = {
  STSAssumeRoleToken: 'stsAssumeRoleTokenSpec',
  STSSessionToken: 'stsSessionTokenSpec',
  ECRAuthorizationToken: 'ecrAuthorizationTokenSpec',
} satisfies Record<GeneratorKind, string>;

const generator = () =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(CLUSTER_GENERATOR_SPECS).map(([kind, field]) => [
        field,
        optional(z.unknown(), `\`spec\` of ${kind}.`),
      ]),
    ),
  );

/** A whole ClusterGenerator of a kind of ours. What is in the spec of its generator is checked as that of a generator. */
export const clusterGenerator = once(() =>
  z.strictObject({
    apiVersion: z.literal(GENERATOR_API_VERSION),
    kind: z.literal(CLUSTER_GENERATOR_KIND),
    metadata: generatorMetadata.omit({ namespace: true }),
    spec: z.strictObject({
      kind: z
        .enum(Object.keys(CLUSTER_GENERATOR_SPECS))
        .meta({ description: 'Kind of the generator that it is in each namespace.' }),
      generator: generator().meta({ description: 'Exactly one spec, that of `spec.kind`.' }),
    }),
    status: z.unknown().optional(),
  }),
);
