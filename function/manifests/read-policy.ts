import * as z from 'zod';
import type { Code } from '../findings/codes.ts';
import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { type Sayable, say } from '../findings/say.ts';
import { grantedIdentities, identitySpec } from '../identity/sources.ts';
import { type Grant, grantSchema, imposedSession } from '../model/grant.ts';
import { INPUT_API_VERSION, POLICY_KIND } from '../model/kinds.ts';
import { cached, defined, isRecord, once } from '../model/plain-data.ts';
import { optional } from '../model/schema-parts.ts';
import { readBySchema } from './read-manifest.ts';

type ReadPolicy = { readonly grants: readonly Grant[]; readonly findings: readonly Finding[] };

/** Policies that were read: a server has the same one in each call. */
const READ = new WeakMap<object, ReadPolicy>();

/** Reads the operator's Policy. Any fault in it refuses the run: half a guard guards nothing. */
export function readPolicy(document: unknown, locationOf?: (field: string) => SourceLocation): ReadPolicy {
  const read = () => readGrants(document, locationOf);
  return isRecord(document) ? cached(READ, document, read) : read();
}

function readGrants(document: unknown, locationOf: ((field: string) => SourceLocation) | undefined): ReadPolicy {
  const { data, faults } = readBySchema(policy(), document);
  const findings = faults.map(({ field, text, code }) => policyFinding(field, text, locationOf, code));
  return { grants: data?.grants ?? [], findings };
}

/** What is wrong with a field of the Policy. */
export function policyFinding(
  field: string,
  text: Sayable,
  locationOf?: (field: string) => SourceLocation,
  code: Code = 'SETTING_INVALID',
): Finding {
  const cause = say`${field === '' ? 'it' : `\`${field}\``} ${text}`;
  const message = say`cannot use the Policy of STS_FUNCTION_POLICY or --policy: ${cause}.`;
  return finding(code, message, defined({ location: locationOf?.(field) }));
}

/** One grant, of an Input or of a Policy. */
export const grant = once(() => grantSchema(grantedIdentities()));

/** The operator's own document: only from STS_FUNCTION_POLICY, never from a package. */
export const policy = once(() =>
  z.strictObject({
    apiVersion: z.literal(INPUT_API_VERSION),
    kind: z.literal(POLICY_KIND),
    metadata: z.looseObject({}).nullish(),
    grants: z
      .array(
        grant().safeExtend({
          session: optional(imposedSession(identitySpec()), 'What this grant puts into sessions.'),
        }),
      )
      .meta({ description: 'What this run may ask for.' }),
  }),
);
