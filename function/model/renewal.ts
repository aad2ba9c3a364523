import * as z from 'zod';
import { once } from './plain-data.ts';
import { optional } from './schema-parts.ts';

/** `20m`, `90s`, `1h` or `33%`. */
const BEFORE = /^(?:[1-9]\d{0,5}[smh]|[1-9]\d?%)$/;

/** When a session is renewed, and what it means if that fails. */
export const renewal = once(() =>
  z.strictObject({
    before: optional(
      z.string().regex(BEFORE, 'must be a time such as "20m" or a share of the lifetime such as "33%"'),
      'How long before its end a session is renewed: `20m`, or a share of its lifetime such as `50%`. Default: a third. Each Secret is renewed up to a tenth earlier, so that not all are due at once.',
    ),
    required: optional(z.boolean(), 'True: a renewal that fails is an error, even while the Secret is still valid.'),
  }),
);

export type Renewal = z.infer<ReturnType<typeof renewal>>;
