import * as z from 'zod';
import type { GeneratorKind } from './kinds.ts';
import { objectName } from './names.ts';

/** The field of `spec.generator` that has the spec of each kind: a new kind is a row here. */
export const CLUSTER_GENERATOR_SPECS = {
  STSAssumeRoleToken: 'stsAssumeRoleTokenSpec',
  STSSessionToken: 'stsSessionTokenSpec',
  ECRAuthorizationToken: 'ecrAuthorizationTokenSpec',
} satisfies Record<GeneratorKind, string>;

/** A whole ClusterGenerator of a kind of ours. What is in the spec of its generator is checked as that of a generator. */
export const clusterGenerator = z.strictObject({
  apiVersion: z.literal('generators.external-secrets.io/v1alpha1'),
  kind: z.literal('ClusterGenerator'),
  metadata: z.looseObject({
    name: objectName,
    annotations: z.record(z.string(), z.string('must be a string')).nullish(),
    labels: z.record(z.string(), z.string('must be a string')).nullish(),
  }),
  spec: z.strictObject({
    kind: z
      .enum(Object.keys(CLUSTER_GENERATOR_SPECS))
      .meta({ description: 'Kind of the generator that it is in each namespace.' }),
    generator: z
      .strictObject(
        Object.fromEntries(
          Object.entries(CLUSTER_GENERATOR_SPECS).map(([kind, field]) => [
            field,
            z
              .unknown()
              .optional()
              .meta({ description: `\`spec\` of ${kind}.` }),
          ]),
        ),
      )
      .meta({ description: 'Exactly one spec, that of `spec.kind`.' }),
  }),
  status: z.unknown().optional(),
});
