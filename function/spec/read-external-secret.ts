import * as z from 'zod';
import { type ExternalSecretSpec, externalSecret } from '../api/external-secret.ts';
import { type Finding, fieldFinding } from '../api/finding.ts';
import { EXTERNAL_SECRET_API_VERSION, EXTERNAL_SECRET_KIND, type ObjectRef } from '../api/kinds.ts';
import { stringsIn } from '../api/strings-in.ts';
import { valueAt } from '../api/value-at.ts';
import { explainIssues } from './explain-issue.ts';
import { checkParts } from './generator-refs.ts';
import { identify } from './identify.ts';

z.config({ jitless: true }); // as in read-generator.ts

/** An ExternalSecret as read: `spec` is present when it has no fault. */
export interface ReadExternalSecret {
  readonly object: ObjectRef;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec?: ExternalSecretSpec;
  readonly findings: readonly Finding[];
}

/** What an ExternalSecret is, as far as it says so. */
export function identifyExternalSecret(manifest: unknown): ObjectRef {
  return { apiVersion: EXTERNAL_SECRET_API_VERSION, kind: EXTERNAL_SECRET_KIND, name: '', ...identify(manifest) };
}

/** Reads an ExternalSecret that names a generator of ours. `isOurs` tells those from others. */
export function readExternalSecret(manifest: unknown, isOurs: (ref: unknown) => boolean): ReadExternalSecret {
  const object = identifyExternalSecret(manifest);
  const read = {
    object,
    labels: stringsIn(valueAt(manifest, ['metadata', 'labels'])),
    annotations: stringsIn(valueAt(manifest, ['metadata', 'annotations'])),
  };
  const refuse = (faults: readonly { field: string; text: string }[]) => ({
    ...read,
    findings: faults.map(({ field, text }) => fieldFinding('SPEC_INVALID', { object, field }, text)),
  });
  const mixed = checkParts(valueAt(manifest, ['spec']), isOurs);
  if (mixed.length > 0) return refuse(mixed);
  const parsed = externalSecret.safeParse(manifest);
  if (!parsed.success) return refuse(explainIssues(externalSecret, manifest, parsed.error.issues));
  const faults = [...checkPolicies(parsed.data.spec), ...checkNames(manifest)];
  return faults.length > 0 ? refuse(faults) : { ...read, spec: parsed.data.spec, findings: [] };
}

/** The pairs that External Secrets' own webhook refuses. */
function checkPolicies({ target }: ExternalSecretSpec): { field: string; text: string }[] {
  const { creationPolicy = 'Owner', deletionPolicy = 'Retain' } = target ?? {};
  const isRefused =
    (deletionPolicy === 'Delete' && ['Merge', 'None', 'CreateOrMerge'].includes(creationPolicy)) ||
    (deletionPolicy === 'Merge' && creationPolicy === 'None');
  const text = `must not be "${deletionPolicy}" where \`spec.target.creationPolicy\` is "${creationPolicy}"`;
  return isRefused ? [{ field: 'spec.target.deletionPolicy', text }] : [];
}

/** Records that zod reads without a key of this name, and without a word. */
const LOST_NAME = '__proto__';
const RECORDS = [['data'], ['metadata', 'labels'], ['metadata', 'annotations']];

/** A key that would be lost on the way is refused. */
function checkNames(manifest: unknown): { field: string; text: string }[] {
  return RECORDS.flatMap((path) => {
    const at = ['spec', 'target', 'template', ...path];
    if (valueAt(manifest, [...at, LOST_NAME]) === undefined) return [];
    return [{ field: [...at, LOST_NAME].join('.'), text: 'has a name that is not supported; choose another' }];
  });
}
