import * as z from 'zod';
import { IGNORE_ANNOTATION } from '../api/annotations.ts';
import type { AwsAuth } from '../api/aws-auth.ts';
import { registryTokenSpec } from '../api/ecr-authorization-token.ts';
import { type Finding, fieldFinding } from '../api/finding.ts';
import { generatorSchema } from '../api/generator-schema.ts';
import type { SpecScalars } from '../api/hop-spec.ts';
import {
  ASSUME_ROLE_KIND,
  GENERATOR_API_VERSION,
  type GeneratorKind,
  generatorKind,
  type ObjectRef,
} from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { stringsIn } from '../api/strings-in.ts';
import { assumeRoleSpec } from '../api/sts-assume-role-token.ts';
import { sessionTokenSpec } from '../api/sts-session-token.ts';
import { valueAt } from '../api/value-at.ts';
import { explainIssues } from './explain-issue.ts';
import { identify } from './identify.ts';

z.config({ jitless: true }); // zod's compiled parsers cost more to make than one run can gain

/** A generator as read: what is wrong with it, and what can be judged further in spite of that. */
export interface ReadGenerator {
  readonly object: ObjectRef;
  readonly kind: GeneratorKind;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Present when the manifest has no fault. */
  readonly spec?: { readonly auth?: AwsAuth };
  /** Values whose own type is right, so that their limits are reported in the same run. */
  readonly readable: SpecScalars;
  /** Where its spec is in a ClusterGenerator; absent: `spec`. */
  readonly specPath?: string;
  readonly findings: readonly Finding[];
}

const SCHEMAS = {
  STSAssumeRoleToken: generatorSchema('STSAssumeRoleToken', assumeRoleSpec),
  STSSessionToken: generatorSchema('STSSessionToken', sessionTokenSpec),
  ECRAuthorizationToken: generatorSchema('ECRAuthorizationToken', registryTokenSpec),
} satisfies Record<GeneratorKind, z.ZodType>;

/** Reads one generator; undefined when its owner told us to ignore it. `known`: who it is for messages, if another. */
export function readGenerator(manifest: unknown, known?: ObjectRef): ReadGenerator | undefined {
  const identified = identify(manifest);
  const kind = generatorKind(identified) ?? ASSUME_ROLE_KIND;
  const object = known ?? { apiVersion: GENERATOR_API_VERSION, kind, name: '', ...identified };
  if (valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) === 'true') return undefined;
  const schema = SCHEMAS[kind];
  const parsed = schema.safeParse(manifest);
  const readable = readableSpec(valueAt(manifest, ['spec']));
  const labels = stringsIn(valueAt(manifest, ['metadata', 'labels']));
  const annotations = stringsIn(valueAt(manifest, ['metadata', 'annotations']));
  if (parsed.success) {
    const foreign = foreignNamespaces(object, parsed.data.spec);
    return {
      object,
      kind,
      labels,
      annotations,
      readable,
      findings: foreign,
      ...(foreign.length === 0 ? { spec: parsed.data.spec } : {}),
    };
  }
  const findings = explainIssues(schema, manifest, parsed.error.issues).map(({ field, text }) =>
    specFinding(object, field, text),
  );
  return { object, kind, labels, annotations, readable, findings };
}

function specFinding(object: ObjectRef, field: string, text: string): Finding {
  return fieldFinding('SPEC_INVALID', { object, field }, text);
}

/** External Secrets ignores a reference's namespace; refusing it in words stops the cross-tenant confused deputy. */
function foreignNamespaces(object: ObjectRef, spec: { readonly auth?: AwsAuth }): Finding[] {
  const { secretRef, jwt } = spec.auth ?? {};
  const references: [string, { namespace?: string | undefined } | undefined][] = [
    ['spec.auth.secretRef.accessKeyIDSecretRef', secretRef?.accessKeyIDSecretRef],
    ['spec.auth.secretRef.secretAccessKeySecretRef', secretRef?.secretAccessKeySecretRef],
    ['spec.auth.secretRef.sessionTokenSecretRef', secretRef?.sessionTokenSecretRef],
    ['spec.auth.jwt.serviceAccountRef', jwt?.serviceAccountRef],
  ];
  return references.flatMap(([field, reference]) => {
    if (reference?.namespace === undefined || reference.namespace === object.namespace) return [];
    const own =
      object.namespace === undefined ? 'the generator has none' : `the generator's is ${quote(object.namespace)}`;
    return [
      specFinding(
        object,
        `${field}.namespace`,
        `must be the generator's own namespace or absent, got ${quote(reference.namespace)}; ${own}`,
      ),
    ];
  });
}

function readableSpec(spec: unknown): SpecScalars {
  const region = valueAt(spec, ['region']);
  const role = valueAt(spec, ['role']);
  const sessionDuration = valueAt(spec, ['requestParameters', 'sessionDuration']);
  const externalID = valueAt(spec, ['requestParameters', 'externalID']);
  const serialNumber = valueAt(spec, ['requestParameters', 'serialNumber']);
  const tokenCode = valueAt(spec, ['requestParameters', 'tokenCode']);
  const scope = valueAt(spec, ['scope']);
  return {
    ...(typeof region === 'string' ? { region } : {}),
    ...(typeof role === 'string' && role !== '' ? { role } : {}),
    ...(isInt32(sessionDuration) ? { sessionDuration } : {}),
    ...(typeof externalID === 'string' ? { externalID } : {}),
    ...(typeof serialNumber === 'string' ? { serialNumber } : {}),
    ...(typeof tokenCode === 'string' ? { tokenCode } : {}),
    ...(scope === 'private' || scope === 'public' ? { scope } : {}),
  };
}

function isInt32(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31; // isInteger is no type guard
}
