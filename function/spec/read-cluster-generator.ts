import { CLUSTER_GENERATOR_SPECS, clusterGenerator } from '../api/cluster-generator.ts';
import { defined } from '../api/defined.ts';

import { ASSUME_ROLE_KIND, GENERATOR_API_VERSION, generatorKind, type ObjectRef } from '../api/kinds.ts';
import { valueAt } from '../api/value-at.ts';
import { metadataOf } from './identify.ts';
import { faultFinding, readBySchema } from './read-by-schema.ts';
import { type ReadGenerator, readGenerator } from './read-generator.ts';

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
  const missing = { field: specPath, text: `is required where \`spec.kind\` is "${kind}"` };
  const { data, faults } = readBySchema(clusterGenerator(), manifest);
  const all = data !== undefined && spec === undefined ? [missing] : faults;
  const findings = all.map((fault) => faultFinding('SPEC_INVALID', fault, object));
  const nothing = { object, kind, labels: {}, annotations: {}, readable: {}, specPath, findings };
  if (findings.length > 0) return nothing;
  const { name, namespace } = object;
  const metadata = defined({ name, namespace, labels: metadataOf(manifest).labels });
  const generator = { apiVersion: GENERATOR_API_VERSION, kind, metadata, spec };
  return { ...nothing, ...readGenerator(generator, object), specPath };
}
