import * as z from 'zod';
import { once } from '../api/once.ts';
import { optional } from '../api/optional.ts';
import { input, variableType } from './input.ts';

const variable = () =>
  z.strictObject({
    type: variableType(),
    value: optional(z.string(), 'The value, in quotes.'),
    fromFieldPath: optional(z.string(), 'The value is this field of the composite, such as `spec.accountID`.'),
    namespaceLabel: optional(z.string(), "The value is this label of the composite's namespace."),
  });

/** The Input as a step of a Composition has it: what is not in every host's comes from the composite, or bounds its calls. */
export const stepInput = once(() =>
  input().extend({
    vars: optional(
      z.record(z.string(), variable()),
      'Typed values: `${…}` with the name of one stands for it, in `sessions` and in `generators` of this object.',
    ),
    ttl: optional(z.string(), 'The longest time between two calls for one composite, such as `60s`; 1s to 24h.'),
  }),
);
