import { CLUSTER_GENERATOR_SPECS, clusterGenerator } from '../api/cluster-generator.ts';
import { fieldFinding } from '../api/finding.ts';
import { ASSUME_ROLE_KIND, GENERATOR_API_VERSION, generatorKind, type ObjectRef } from '../api/kinds.ts';
import { stringsIn } from '../api/strings-in.ts';
import { valueAt } from '../api/value-at.ts';
import { explainIssues, type FieldFault } from './explain-issue.ts';
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
  const parsed = clusterGenerator.safeParse(manifest);
  const faults: FieldFault[] = parsed.success
    ? spec === undefined
      ? [{ field: specPath, text: `is required where \`spec.kind\` is "${kind}"` }]
      : []
    : explainIssues(clusterGenerator, manifest, parsed.error.issues);
  const nothing = { object, kind, labels: {}, annotations: {}, readable: {}, specPath };
  if (faults.length > 0) {
    const findings = faults.map(({ field, text }) => fieldFinding('SPEC_INVALID', { object, field }, text));
    return { ...nothing, findings };
  }
  const labels = stringsIn(valueAt(manifest, ['metadata', 'labels']));
  const metadata = {
    name: object.name,
    labels,
    ...(object.namespace === undefined ? {} : { namespace: object.namespace }),
  };
  const generator = { apiVersion: GENERATOR_API_VERSION, kind, metadata, spec };
  return { ...nothing, findings: [], ...readGenerator(generator, object), specPath };
}
