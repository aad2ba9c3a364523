import * as z from 'zod';
import { grantSchema } from '../api/grant.ts';
import { INPUT_API_VERSION } from '../api/kinds.ts';
import { once } from '../api/once.ts';
import { grantedIdentities } from '../identity/sources.ts';

/** One grant, of an Input or of a Policy. */
export const grant = once(() => grantSchema(grantedIdentities()));

/** The operator's own document: only from STS_FUNCTION_POLICY, never from a package. */
export const policy = once(() =>
  z.strictObject({
    apiVersion: z.literal(INPUT_API_VERSION),
    kind: z.literal('Policy'),
    metadata: z.looseObject({}).nullish(),
    grants: z.array(grant()).meta({ description: 'What this run may ask for.' }),
  }),
);
