import * as z from 'zod';

/**
 * Our options object. `generators` is what this version reads of it; the other fields of its API are refused by name,
 * since ignoring one (`allow` above all) would widen what its author meant.
 */
export const input = z.strictObject({
  apiVersion: z.literal('sts.fn.crossplane.io/v1beta1'),
  kind: z.literal('Input'),
  metadata: z.looseObject({}).nullish(),
  generators: z
    .array(z.unknown())
    .nullish()
    .meta({ description: 'STSAssumeRoleToken objects given here instead of among the items.' }),
});

/** Fields of the Input's API that this version does not have. */
export const INPUT_FIELDS_TO_COME: readonly string[] = ['vars', 'sessions', 'allow', 'cluster', 'ttl'];
