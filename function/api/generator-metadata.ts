import * as z from 'zod';
import { namespaceName, objectName } from './names.ts';

/** The parts of `metadata` that this function reads; the others are left alone. */
export const generatorMetadata = z.looseObject({
  name: objectName,
  namespace: namespaceName.optional(),
  annotations: z.record(z.string(), z.string('must be a string')).nullish(),
  labels: z.record(z.string(), z.string('must be a string')).nullish(),
});
