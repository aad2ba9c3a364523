import * as z from 'zod';
import { SESSION_TOKEN_DEFAULT_SECONDS } from '../chain/limits.ts';
import { configFinding, type Finding, specFinding } from '../findings/finding.ts';
import { say } from '../findings/say.ts';
import type { Hop } from '../model/hop.ts';
import { defined, once } from '../model/plain-data.ts';
import { awsAuth, nonEmpty, optional, seconds, stsRegion } from '../model/schema-parts.ts';
import type { DeclarationContext, Kind } from './kind.ts';

/**
 * `spec` of STSSessionToken, as External Secrets has it (apis/generators/v1alpha1/types_sts.go). `role` and `auth.jwt` are in its
 * schema, but AWS refuses such requests: `declare` and identity/ report it.
 */
export const sessionTokenSpec = once(() =>
  z.strictObject({
    region: stsRegion,
    role: optional(nonEmpty, "Refused: AWS denies GetSessionToken to a role's session. Use STSAssumeRoleToken."),
    auth: awsAuth(),
    requestParameters: optional(
      z.strictObject({
        sessionDuration: optional(
          seconds,
          'Seconds, 900 to 129600. Default: 43200. AWS gives a root user one hour at most.',
        ),
        serialNumber: optional(
          z.string(),
          'The MFA device: its serial number or ARN, 9 to 256 characters. Only with `tokenCode`.',
        ),
        tokenCode: optional(
          z.string(),
          'The code that the device shows, 6 digits in quotes. AWS takes each code once.',
        ),
      }),
      'Parameters of GetSessionToken.',
    ),
  }),
);

/** A session of the caller's own user: one hop, and no role. */
export const stsSessionToken: Kind<z.infer<ReturnType<typeof sessionTokenSpec>>> = {
  gives: 'session',
  inCluster: 'stsSessionTokenSpec',
  spec: sessionTokenSpec,
  declare({ role, requestParameters = {} }, context) {
    const { generator: object, region } = context;
    const { sessionDuration: durationSeconds = SESSION_TOKEN_DEFAULT_SECONDS, ...mfa } = requestParameters;
    const request = defined({ durationSeconds, ...mfa });
    const generatorHop: Hop | undefined =
      region === undefined ? undefined : { operation: 'GetSessionToken', region, request };
    const at = (name: string) => ({
      object,
      field: name === 'region' ? 'spec.region' : `spec.requestParameters.${name}`,
    });
    return {
      chain: { via: [], ...defined({ generatorHop }) },
      after: [],
      writtenHops: [{ operation: 'GetSessionToken', parameters: defined({ region, ...requestParameters }), at }],
      findings: refuseRoles(role, context),
    };
  },
};

const ADVICE = "AWS denies GetSessionToken to a role's session. Remove it, or use STSAssumeRoleToken";

/** Refuses a role wherever one is written: it would be assumed first. */
function refuseRoles(role: string | undefined, { generator, entry }: DeclarationContext): Finding[] {
  const specFindings = role === undefined ? [] : [specFinding(generator, 'spec.role', say`must be absent: ${ADVICE}`)];
  const names = (['via', 'last'] as const).filter((name) => Object.keys(entry?.[name] ?? {}).length > 0);
  const text = say`must be absent for an STSSessionToken: ${ADVICE}`;
  return [...specFindings, ...names.map((name) => configFinding(`${entry?.field}.${name}`, text))];
}
