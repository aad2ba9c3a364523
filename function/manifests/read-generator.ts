import type * as z from 'zod';
import type { Finding } from '../findings/finding.ts';
import { type ObjectRef, quoted, say } from '../findings/say.ts';
import type { CommonSpec } from '../generators/kind.ts';
import { GENERATORS } from '../generators/kinds.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import { ASSUME_ROLE_KIND, type GeneratorKind, generatorKind, identify } from '../model/kinds.ts';
import { cached, isRecord, valueAt } from '../model/plain-data.ts';
import { generatorSchema } from '../model/schema-parts.ts';
import { describeValue } from './explain-issue.ts';
import { type FieldFault, faultFinding, type Metadata, metadataOf, readBySchema, soundParts } from './read-manifest.ts';

/** A generator as read: what is wrong with it, and what can be judged further in spite of that. */
export interface ReadGenerator extends Metadata {
  readonly object: ObjectRef;
  readonly kind: GeneratorKind;
  /**
   * Each field whose own value is right, so that the limits of one are told beside a fault of another. Where there is a finding, `auth` may
   * be partial and is not used.
   */
  readonly spec: CommonSpec;
  /** True where the host found it in the cluster: it is not among the manifests of the run. */
  readonly isFromCluster?: true;
  readonly findings: readonly Finding[];
}

const SCHEMAS = new Map<GeneratorKind, ReturnType<typeof generatorSchema<z.ZodType<CommonSpec>>>>();

/** Reads one generator; undefined if its owner wants it ignored. `origin`: the object that messages name instead. */
export function readGenerator(manifest: unknown, origin?: ObjectRef): ReadGenerator | undefined {
  const { labels, annotations } = metadataOf(manifest);
  if (annotations[IGNORE_ANNOTATION] === 'true') return undefined;
  const reference = identify(manifest);
  const kind = generatorKind(reference) ?? ASSUME_ROLE_KIND;
  const object = origin ?? reference;
  const schema = cached(SCHEMAS, kind, () => generatorSchema(kind, GENERATORS[kind].spec()));
  const { data, faults } = readBySchema(schema, manifest); // there is no `data` with faults
  const spec = data?.spec ?? soundParts(schema.shape.spec, valueAt(manifest, ['spec']));
  const foreign = data?.spec.auth === undefined ? [] : foreignNamespaces(object, data.spec.auth);
  const findings = [...faults, ...foreign].map((fault) => faultFinding('SPEC_INVALID', fault, object));
  return { object, kind, spec, labels, annotations, findings };
}

/** Refuses another namespace, which External Secrets ignores: no tenant may read another's Secret through us. */
function foreignNamespaces(object: ObjectRef, auth: unknown, path = 'spec.auth'): FieldFault[] {
  const { namespace } = object;
  return Object.entries(isRecord(auth) ? auth : {}).flatMap(([name, value]) => {
    const field = `${path}.${name}`;
    if (name !== 'namespace') return foreignNamespaces(object, value, field);
    if (value === undefined || value === namespace) return [];
    const rule = namespace === undefined ? 'as the generator has none' : say`or the generator's, ${quoted(namespace)}`;
    const text = say`must be absent ${rule}, got ${describeValue(value)}`;
    return [{ field, text }];
  });
}
