import { type ExternalSecretSpec, externalSecret } from '../api/external-secret.ts';
import type { Finding } from '../api/finding.ts';
import type { ObjectRef } from '../api/kinds.ts';
import { valueAt } from '../api/value-at.ts';
import { checkParts } from './generator-refs.ts';
import { metadataOf, objectOf } from './identify.ts';
import { type FieldFault, faultFinding, firstFaults, readBySchema } from './read-by-schema.ts';

/** An ExternalSecret as read: `spec` is present when it has no fault. */
export interface ReadExternalSecret {
  readonly object: ObjectRef;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec?: ExternalSecretSpec;
  readonly findings: readonly Finding[];
}

/** Reads an ExternalSecret that names a generator of ours. `isOurs` tells those from others. */
export function readExternalSecret(manifest: unknown, isOurs: (ref: unknown) => boolean): ReadExternalSecret {
  const object = objectOf(manifest);
  const read = { object, ...metadataOf(manifest) };
  const mixed = checkParts(valueAt(manifest, ['spec']), isOurs);
  const { data, faults } = mixed.length > 0 ? { faults: firstFaults(mixed) } : readBySchema(externalSecret(), manifest);
  const all = data === undefined ? faults : checkPolicies(data.spec);
  if (data !== undefined && all.length === 0) return { ...read, spec: data.spec, findings: [] };
  return { ...read, findings: all.map((fault) => faultFinding('SPEC_INVALID', fault, object)) };
}

/** The pairs that External Secrets' own webhook refuses. */
function checkPolicies({ target }: ExternalSecretSpec): FieldFault[] {
  const { creationPolicy = 'Owner', deletionPolicy = 'Retain' } = target ?? {};
  const isRefused =
    (deletionPolicy === 'Delete' && ['Merge', 'None', 'CreateOrMerge'].includes(creationPolicy)) ||
    (deletionPolicy === 'Merge' && creationPolicy === 'None');
  const text = `must not be "${deletionPolicy}" where \`spec.target.creationPolicy\` is "${creationPolicy}"`;
  return isRefused ? [{ field: 'spec.target.deletionPolicy', text }] : [];
}
