import * as z from 'zod';
import { input, VARIABLE_TYPES } from './input.ts';

const variable = z.strictObject({
  type: z
    .enum(Object.keys(VARIABLE_TYPES) as (keyof typeof VARIABLE_TYPES)[]) // keys() forgets
    .meta({ description: 'What the value is checked to be.' }),
  value: z.string().optional().meta({ description: 'The value, in quotes.' }),
  fromFieldPath: z
    .string()
    .optional()
    .meta({ description: 'The value is this field of the composite, such as `spec.accountID`.' }),
  namespaceLabel: z.string().optional().meta({ description: "The value is this label of the composite's namespace." }),
});

/** The Input as a step of a Composition has it: what is not in every host's comes from the composite, or bounds its calls. */
export const stepInput = input.extend({
  vars: z
    .record(z.string(), variable)
    .optional()
    .meta({ description: 'Typed values, usable as `${name}` in `sessions` and in `generators` of this object.' }),
  ttl: z
    .string()
    .optional()
    .meta({ description: 'The longest time between two calls for one composite, such as `60s`; 1s to 24h.' }),
});
