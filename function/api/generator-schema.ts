import * as z from 'zod';
import { GENERATOR_API_VERSION, type GeneratorKind } from './kinds.ts';
import { namespaceName, objectName } from './names.ts';

/** The parts of `metadata` that this function reads; the others are left alone. */
export const generatorMetadata = z.looseObject({
  name: objectName,
  namespace: namespaceName.optional(),
  annotations: z.record(z.string(), z.string()).nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
});

/** A whole manifest of a kind of generator, whose `spec` is as in External Secrets. */
export function generatorSchema<Spec extends z.ZodType>(kind: GeneratorKind, spec: Spec) {
  return z.strictObject({
    apiVersion: z.literal(GENERATOR_API_VERSION),
    kind: z.literal(kind),
    metadata: generatorMetadata,
    spec,
    status: z.unknown().optional(),
  });
}
