import type * as z from 'zod';
import type { Finding } from '../findings/finding.ts';
import { type ObjectRef, quoted, say } from '../findings/say.ts';
import type { AwsAuth } from '../identity/sources.ts';
import type { SpecScalars } from '../model/hop-spec.ts';
import { ASSUME_ROLE_KIND, GENERATOR_API_VERSION, type GeneratorKind, generatorKind } from '../model/kinds.ts';
import { defined, isRecord, once, stringsIn, valueAt } from '../model/plain-data.ts';
import { generatorSchema } from '../model/schema-parts.ts';
import {
  assumeRoleSpec,
  CLUSTER_GENERATOR_SPECS,
  clusterGenerator,
  registryTokenSpec,
  sessionTokenSpec,
} from './generator-schemas.ts';
import { isIgnored, metadataOf, objectOf } from './identify.ts';
import { type FieldFault, faultFinding, readBySchema } from './read-by-schema.ts';

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
  /** True where the host found it in the cluster: it is not among the manifests of the run. */
  readonly isFromCluster?: true;
  readonly findings: readonly Finding[];
}

const SCHEMAS = {
  STSAssumeRoleToken: once(() => generatorSchema('STSAssumeRoleToken', assumeRoleSpec())),
  STSSessionToken: once(() => generatorSchema('STSSessionToken', sessionTokenSpec())),
  ECRAuthorizationToken: once(() => generatorSchema('ECRAuthorizationToken', registryTokenSpec())),
} satisfies Record<GeneratorKind, () => z.ZodType>;

/** Reads one generator; undefined when its owner told us to ignore it. `known`: who it is for messages, if another. */
export function readGenerator(manifest: unknown, known?: ObjectRef): ReadGenerator | undefined {
  if (isIgnored(manifest)) return undefined;
  const written = objectOf(manifest);
  const kind = generatorKind(written) ?? ASSUME_ROLE_KIND;
  const object = known ?? written;
  const { data, faults } = readBySchema(SCHEMAS[kind](), manifest);
  const all = data === undefined ? faults : foreignNamespaces(object, data.spec.auth);
  return {
    object,
    kind,
    ...metadataOf(manifest),
    readable: readableSpec(valueAt(manifest, ['spec'])),
    findings: all.map((fault) => faultFinding('SPEC_INVALID', fault, object)),
    ...(data !== undefined && all.length === 0 ? { spec: data.spec } : {}),
  };
}

/** External Secrets ignores a reference's namespace; refusing it in words stops the cross-tenant confused deputy. */
function foreignNamespaces(object: ObjectRef, auth: unknown, path = 'spec.auth'): FieldFault[] {
  const { namespace } = object;
  return Object.entries(isRecord(auth) ? auth : {}).flatMap(([name, value]) => {
    const field = `${path}.${name}`;
    if (name !== 'namespace') return foreignNamespaces(object, value, field);
    if (value === undefined || value === namespace) return [];
    const own = namespace === undefined ? 'the generator has none' : say`the generator's is ${quoted(namespace)}`;
    const text = say`must be the generator's own namespace or absent, got ${quoted(String(value))}; ${own}`;
    return [{ field, text }];
  });
}

function readableSpec(spec: unknown): SpecScalars {
  const parameters = valueAt(spec, ['requestParameters']);
  const { region, role, scope } = stringsIn(spec);
  const { externalID, serialNumber, tokenCode } = stringsIn(parameters);
  const seconds = valueAt(parameters, ['sessionDuration']);
  return defined({
    region,
    role: role || undefined,
    scope: scope === 'private' || scope === 'public' ? scope : undefined,
    sessionDuration: isInt32(seconds) ? seconds : undefined,
    externalID,
    serialNumber,
    tokenCode,
  });
}

function isInt32(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31; // isInteger is no type guard
}

/**
 * The generator that a ClusterGenerator is in one namespace. `object` is that of the ClusterGenerator, with the namespace: what it
 * refers to is looked up there.
 */
export function readClusterGenerator(manifest: unknown, object: ObjectRef): ReadGenerator {
  const named = { apiVersion: GENERATOR_API_VERSION, kind: valueAt(manifest, ['spec', 'kind']) };
  const kind = generatorKind(named) ?? ASSUME_ROLE_KIND; // any other is a fault below
  const specField = CLUSTER_GENERATOR_SPECS[kind];
  const specPath = `spec.generator.${specField}`;
  const spec = valueAt(manifest, ['spec', 'generator', specField]);
  const missing = { field: specPath, text: say`is required where \`spec.kind\` is "${kind}"` };
  const placed = { ...object, specPath };
  const { data, faults } = readBySchema(clusterGenerator(), manifest);
  const all = data !== undefined && spec === undefined ? [missing] : faults;
  const findings = all.map((fault) => faultFinding('SPEC_INVALID', fault, placed));
  const nothing = { object: placed, kind, labels: {}, annotations: {}, readable: {}, findings };
  if (findings.length > 0) return nothing;
  const { name, namespace } = object;
  const metadata = defined({ name, namespace, labels: metadataOf(manifest).labels });
  const generator = { apiVersion: GENERATOR_API_VERSION, kind, metadata, spec };
  return { ...nothing, ...readGenerator(generator, placed) };
}
