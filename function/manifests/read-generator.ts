import * as z from 'zod';
import type { Finding } from '../findings/finding.ts';
import { type ObjectRef, quoted, say } from '../findings/say.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import type { SpecScalars } from '../model/hop-spec.ts';
import { ASSUME_ROLE_KIND, type GeneratorKind, generatorKind, identify } from '../model/kinds.ts';
import { defined, isRecord, once, stringsIn, valueAt } from '../model/plain-data.ts';
import { type AwsAuth, awsAuth, generatorSchema, nonEmpty, optional, seconds } from '../model/schema-parts.ts';
import { describeValue } from './explain-issue.ts';
import { type FieldFault, faultFinding, metadataOf, readBySchema } from './read-manifest.ts';

/** A generator as read: what is wrong with it, and what can be judged further in spite of that. */
export interface ReadGenerator {
  readonly object: ObjectRef;
  readonly kind: GeneratorKind;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Present when the manifest has no fault. Of what the schema gave only `auth` is used. */
  readonly checked?: { readonly auth?: AwsAuth };
  /**
   * `region`, `role` and the parameters, from the manifest itself: each whose own type is right, so that chain/ reports a wrong ARN beside
   * a fault of another field. The hops are made from these.
   */
  readonly scalars: SpecScalars;
  /** True where the host found it in the cluster: it is not among the manifests of the run. */
  readonly isFromCluster?: true;
  readonly findings: readonly Finding[];
}

const SCHEMAS = {
  STSAssumeRoleToken: once(() => generatorSchema('STSAssumeRoleToken', assumeRoleSpec())),
  STSSessionToken: once(() => generatorSchema('STSSessionToken', sessionTokenSpec())),
  ECRAuthorizationToken: once(() => generatorSchema('ECRAuthorizationToken', registryTokenSpec())),
} satisfies Record<GeneratorKind, () => z.ZodType>;

/** Reads one generator; undefined if its owner wants it ignored. `known`: the object that messages name instead. */
export function readGenerator(manifest: unknown, known?: ObjectRef): ReadGenerator | undefined {
  const { labels, annotations } = metadataOf(manifest);
  if (annotations[IGNORE_ANNOTATION] === 'true') return undefined;
  const written = identify(manifest);
  const kind = generatorKind(written) ?? ASSUME_ROLE_KIND;
  const object = known ?? written;
  const { data, faults } = readBySchema(SCHEMAS[kind](), manifest);
  const checked = data?.spec;
  const all = checked?.auth === undefined ? faults : foreignNamespaces(object, checked.auth);
  const parameters = valueAt(manifest, ['spec', 'requestParameters']);
  const { region, role, scope } = stringsIn(valueAt(manifest, ['spec']));
  const { externalID, serialNumber, tokenCode } = stringsIn(parameters);
  const duration = valueAt(parameters, ['sessionDuration']);
  const isInt32 = typeof duration === 'number' && Number.isInteger(duration) && Math.abs(duration) < 2 ** 31;
  return {
    object,
    kind,
    labels,
    annotations,
    scalars: defined({
      region,
      role: role || undefined,
      scope: scope === 'private' || scope === 'public' ? scope : undefined,
      sessionDuration: isInt32 ? duration : undefined,
      externalID,
      serialNumber,
      tokenCode,
    }),
    findings: all.map((fault) => faultFinding('SPEC_INVALID', fault, object)),
    ...(checked !== undefined && all.length === 0 ? { checked } : {}),
  };
}

/** Refuses another namespace, which External Secrets ignores: no tenant may read another's Secret through us. */
function foreignNamespaces(object: ObjectRef, auth: unknown, path = 'spec.auth'): FieldFault[] {
  const { namespace } = object;
  return Object.entries(isRecord(auth) ? auth : {}).flatMap(([name, value]) => {
    const field = `${path}.${name}`;
    if (name !== 'namespace') return foreignNamespaces(object, value, field);
    if (value === undefined || value === namespace) return [];
    const own = namespace === undefined ? 'the generator has none' : say`the generator's is ${quoted(namespace)}`;
    const text = say`must be the generator's own namespace or absent, got ${describeValue(value)}; ${own}`;
    return [{ field, text }];
  });
}

const ABOUT_REGION = 'AWS region whose STS is asked. `""`: AWS_REGION, then the selected profile.';

/**
 * `spec` of STSAssumeRoleToken, as in external-secrets PR #6404
 * (apis/generators/v1alpha1/types_stsassumerole.go). Unknown fields are refused, since API servers drop them silently.
 * The limits of AWS are checked in chain/, on what will be sent.
 */
export const assumeRoleSpec = once(() =>
  z.strictObject({
    region: z.string().meta({ description: ABOUT_REGION }),
    role: nonEmpty.meta({ description: 'ARN of the role to assume.' }),
    auth: awsAuth(),
    requestParameters: optional(
      z.strictObject({
        sessionDuration: optional(
          seconds,
          'Seconds, 900 to 43200, and at most 3600 when the caller is itself a role session. Default: 3600.',
        ),
        externalID: optional(
          z.string(),
          "External ID, 2 to 1224 characters, where the role's trust policy asks for one.",
        ),
      }),
      'Parameters of AssumeRole.',
    ),
  }),
);

/**
 * `spec` of STSSessionToken, as External Secrets has it (apis/generators/v1alpha1/types_sts.go). `role` and `auth.jwt` are in its
 * schema, but AWS refuses such requests: chain/ and identity/ report it.
 */
export const sessionTokenSpec = once(() =>
  z.strictObject({
    region: z.string().meta({ description: ABOUT_REGION }),
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

/** `spec` of ECRAuthorizationToken, as External Secrets has it (apis/generators/v1alpha1/types_ecr.go). */
export const registryTokenSpec = once(() =>
  z.strictObject({
    region: z.string().meta({
      description:
        'AWS region whose STS and registry are asked. `""`: AWS_REGION, then the selected profile. Public registries are asked in us-east-1, the only region that has them.',
    }),
    role: optional(nonEmpty, 'ARN of a role to assume before the registry is asked. Absent: no role is assumed.'),
    auth: awsAuth(),
    scope: optional(
      z.enum(['private', 'public']),
      "`private`, the default: the registry of the caller's account; `public`: public.ecr.aws.",
    ),
  }),
);
