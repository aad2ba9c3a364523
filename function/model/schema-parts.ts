import * as z from 'zod';
import { quoted, type Sayable, say } from '../findings/say.ts';
import { annotationSlip } from './annotations.ts';
import { GENERATOR_API_VERSION, type GeneratorKind, type NamedRef, OBJECT_NAME_MAX } from './kinds.ts';
import { once } from './plain-data.ts';

/** Longest part of a label or annotation name behind its prefix, and longest value of a label. */
const LABEL_PART_MAX = 63;

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Any text but an empty one. */
export const nonEmpty = z.string().min(1, 'must not be empty');

/** A number of seconds that is sent to AWS. */
export const seconds = z.int32('must be a number of seconds with at most six digits');

/** Name of an object: a DNS-1123 subdomain. Names become file names, so nothing else may pass. */
export const objectName = z
  .string()
  .max(OBJECT_NAME_MAX, { error: `must be at most ${OBJECT_NAME_MAX} characters long`, abort: true }) // before the pattern, which overflows
  .regex(DNS_SUBDOMAIN, 'must be a DNS name of lower-case letters, digits, "-" and "."');

/** Name of a namespace: a DNS-1123 label. */
export const namespaceName = z
  .string()
  .max(63, 'must be at most 63 characters long')
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a DNS label of lower-case letters, digits and "-"');

/** A key in the data of a Secret; it is a file's name where the Secret is mounted. */
export const dataKey = z
  .string()
  .max(OBJECT_NAME_MAX, `must be at most ${OBJECT_NAME_MAX} characters long`)
  .regex(/^[-._a-zA-Z0-9]+$/, 'must be a Secret key of letters, digits, "-", "_" and "."')
  // a check of its own: API servers know no lookahead
  .refine((key) => key !== '.' && !key.startsWith('..'), 'must be neither "." nor begin with ".."')
  .refine((key) => key !== '__proto__', 'must not be "__proto__": JavaScript programs drop it');

/** Name of a label or an annotation: an optional DNS prefix and `/`, then at most 63 characters. */
export const qualifiedName = z.string().refine(
  (name) => {
    const [last = '', prefix, ...others] = name.split('/').toReversed();
    const isPart = last.length <= LABEL_PART_MAX && /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/.test(last);
    const isPrefix = prefix === undefined || (prefix.length <= OBJECT_NAME_MAX && DNS_SUBDOMAIN.test(prefix));
    return isPart && isPrefix && others.length === 0;
  },
  { error: 'must be a name such as "team" or "example.org/team"' },
);

/** Value of a label. */
export const labelValue = z
  .string()
  .max(LABEL_PART_MAX, `must be at most ${LABEL_PART_MAX} characters long`)
  .regex(/^([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?$/, 'must be letters, digits, "-", "_" and ".", or empty');

/** A field that may be absent, and what docs, CRD and editors say of it. */
export function optional<T extends z.ZodType>(type: T, description: string): z.ZodOptional<T> {
  return type.optional().meta({ description });
}

/** The same for a field that may also be null, as `key:` in YAML is. */
export function nullish<T extends z.ZodType>(type: T, description: string): z.ZodOptional<z.ZodNullable<T>> {
  return type.nullish().meta({ description });
}

/** Checks that exactly one of some optional fields of an object is there. */
export function exactlyOne(...names: readonly string[]) {
  const fields = names.map((name) => `\`${name}\``);
  return z.refine<object>((value) => names.filter((name) => Reflect.get(value, name) !== undefined).length === 1, {
    error: `must have exactly one of ${fields.slice(0, -1).join(', ')} and ${fields.at(-1)}`,
  });
}

/** The name of an environment variable. What is none may be a token by mistake, which nobody repeats. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A region becomes part of a host name, so nothing else may pass: `eu-west-1`, `us-gov-west-1`, `eusc-de-east-1`. */
export const REGION = /^[a-z]{2,4}(?:-[a-z]{2,5})?-[a-z]{4,9}-[1-9]\d?$/;

/** What a variable's value must look like. A typed value can hold neither ":" nor "/", so it cannot change an ARN's shape. */
export const VARIABLE_TYPES = {
  accountID: { pattern: /^\d{12}$/, means: 'an account ID of 12 digits' },
  region: { pattern: REGION, means: 'an AWS region' },
  dnsLabel: { pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, means: 'a DNS label' },
  roleName: { pattern: /^[\w+=,.@-]{1,64}$/, means: 'the name of a role' },
} as const;

/** `namespace` of a reference, which is only ever looked up in the generator's own. */
const ownNamespace = optional(namespaceName, "The generator's own namespace or absent; any other is refused.");

/** One key of a Secret in the generator's namespace. */
export const secretKeySelector = z
  .strictObject({
    name: objectName.meta({ description: 'Name of the Secret.' }),
    key: dataKey.meta({ description: 'Key in the Secret.' }),
    namespace: ownNamespace,
  })
  .meta({ description: 'One key of a Secret.' });

/** One key of a Secret. */
export interface SecretKeyRef extends NamedRef {
  readonly key: string;
  /** Field path of the reference, in the generator's `spec` or in the functionConfig, for messages. */
  readonly field: string;
}

/**
 * Limits of ours, on audiences and on characters of one: whatever names a generator repeats them, and thousands may. AWS takes 255 characters
 * for an audience of an identity provider.
 */
const [AUDIENCES_MAX, AUDIENCE_MAX] = [20, 255];

/** `spec.auth` of every generator, as External Secrets has it. */
export const awsAuth = once(() =>
  optional(
    z.strictObject({
      secretRef: optional(
        z.strictObject({
          accessKeyIDSecretRef: secretKeySelector.meta({ description: 'Where the access key ID is.' }),
          secretAccessKeySecretRef: secretKeySelector.meta({ description: 'Where the secret access key is.' }),
          sessionTokenSecretRef: optional(
            secretKeySelector,
            'Where the session token is: required when the keys are temporary.',
          ),
        }),
        'Keys in a Secret.',
      ),
      jwt: optional(
        z.strictObject({
          serviceAccountRef: z
            .strictObject({
              name: objectName.meta({ description: 'Name of the ServiceAccount.' }),
              namespace: ownNamespace,
              audiences: optional(
                z
                  .array(nonEmpty.max(AUDIENCE_MAX, `must be at most ${AUDIENCE_MAX} characters long`))
                  .max(AUDIENCES_MAX, `must have at most ${AUDIENCES_MAX} audiences`),
                "Audiences of the token besides the ServiceAccount's own.",
              ),
            })
            .meta({ description: 'The ServiceAccount whose IAM role is assumed first.' }),
        }),
        "A ServiceAccount's token, from a cluster's API server.",
      ),
    }),
    "Who asks. Absent: the AWS SDK's default credential chain.",
  ),
);

export type AwsAuth = z.infer<ReturnType<typeof awsAuth>>;

/** One field of `spec.auth`. */
export type AuthField<Name extends keyof NonNullable<AwsAuth>> = NonNullable<NonNullable<AwsAuth>[Name]>;

/** Labels or annotations. */
const pairs = (isLabel: boolean) =>
  z.record(z.string(), z.string()).check(({ value, issues }) => {
    for (const pair of Object.entries(value)) {
      const message = annotationSlip(pair, isLabel);
      if (message !== undefined) issues.push({ code: 'custom', message, path: [pair[0]], input: value });
    }
  });

/**
 * The other fields that `metadata` may have (kubernetes/apimachinery, v0.34.1, pkg/apis/meta/v1/types.go, ObjectMeta), and `configFn`, by
 * which kustomize starts functions too (kubernetes-sigs/kustomize, kyaml/v0.21.1, fn/runtime/runtimeutil/functiontypes.go).
 */
const LEFT_ALONE = Object.fromEntries(
  (
    'generateName uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds ' +
    'ownerReferences finalizers managedFields selfLink configFn'
  )
    .split(' ')
    .map((name) => [name, z.unknown().optional()]),
);

/** `metadata` of a manifest. */
export const generatorMetadata = z.strictObject({
  ...LEFT_ALONE,
  name: objectName,
  namespace: namespaceName.optional(),
  annotations: pairs(false).nullish(),
  labels: pairs(true).nullish(),
});

/** `metadata` of an object that is options: nothing has its name. */
export const optionsMetadata = z
  .strictObject({ ...generatorMetadata.shape, name: z.unknown(), namespace: z.unknown() })
  .partial()
  .nullish();

/** `spec.region` of a generator. */
export const stsRegion = z
  .string()
  .meta({ description: 'AWS region whose STS is asked. `""`: AWS_REGION, then the selected profile.' });

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

/** Which API server is asked. Never the kubeconfig's current context: anybody's last command may have changed it. */
export const clusterSpec = once(() =>
  z
    .strictObject({
      context: optional(nonEmpty, 'Name of a context of the kubeconfig.'),
      inCluster: optional(z.literal(true), 'The cluster of the pod that the function runs in.'),
    })
    .check(exactlyOne('context', 'inCluster')),
);

export type Cluster = z.infer<ReturnType<typeof clusterSpec>>;

/** How messages write a cluster. */
export function describeCluster({ context }: Cluster): Sayable {
  return context === undefined ? "the pod's own cluster" : say`the cluster of context ${quoted(context)}`;
}
