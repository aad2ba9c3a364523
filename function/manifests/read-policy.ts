import * as z from 'zod';
import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { say } from '../findings/say.ts';
import { grantedIdentities, identitySpec } from '../identity/sources.ts';
import { type Grant, grantSchema, grantSession } from '../model/grant.ts';
import { INPUT_API_VERSION, POLICY_KIND } from '../model/kinds.ts';
import { cached, defined, isRecord, once } from '../model/plain-data.ts';
import { optional, optionsMetadata } from '../model/schema-parts.ts';
import { checkSessions, type OperatorSettings } from './grant-session.ts';
import { readBySchema } from './read-manifest.ts';

type ReadPolicy = { readonly grants: readonly Grant[]; readonly findings: readonly Finding[] };

/** Policies that were read: a server has the same one in each call. */
const READ = new WeakMap<object, ReadPolicy>();

/** Reads the operator's Policy. Any fault in it refuses the run: half a guard guards nothing. */
export function readPolicy(
  document: unknown,
  settings: OperatorSettings,
  locationOf?: (field: string) => SourceLocation,
): ReadPolicy {
  const read = () => {
    const { data: { grants } = { grants: [] }, faults } = readBySchema(policySchema(), document);
    const all = [...faults, ...checkSessions(grants, settings)];
    const findings = all.map(({ field, text, code = 'SETTING_INVALID' as const }) => {
      const cause = say`${field === '' ? 'it' : `\`${field}\``} ${text}`;
      const message = say`cannot use the Policy of STS_FUNCTION_POLICY or --policy: ${cause}.`;
      return finding(code, message, defined({ location: locationOf?.(field) }));
    });
    return { grants, findings };
  };
  return isRecord(document) ? cached(READ, document, read) : read();
}

/** One grant, of an Input or of a Policy. */
export const grant = once(() => grantSchema(grantedIdentities()));

/** The operator's own document: only from STS_FUNCTION_POLICY, never from a package. */
export const policySchema = once(() =>
  z.strictObject({
    apiVersion: z.literal(INPUT_API_VERSION),
    kind: z.literal(POLICY_KIND),
    metadata: optionsMetadata,
    grants: z
      .array(
        grant().safeExtend({ session: optional(grantSession(identitySpec()), 'What this grant puts into sessions.') }),
      )
      .meta({ description: 'What this run may ask for.' }),
  }),
);
