import * as z from 'zod';
import type { Finding } from '../findings/finding.ts';
import { type ObjectRef, say, theField } from '../findings/say.ts';
import { GENERATORS } from '../generators/kinds.ts';
import { isIgnored } from '../model/annotations.ts';
import { lookupFailureIn, type NeedAnswers, objectIn } from '../model/answers.ts';
import {
  ASSUME_ROLE_KIND,
  CLUSTER_GENERATOR_KIND,
  GENERATOR_API_VERSION,
  GENERATOR_KINDS,
  generatorKind,
  identify,
  inCluster,
  isGenerator,
  objectKey,
} from '../model/kinds.ts';
import { hasOurGenerator, meantType, nearestTo } from '../model/meant-kind.ts';
import { cached, defined, once, stringsIn, valueAt } from '../model/plain-data.ts';
import { sizeOf, type WorkBudget } from '../model/run-limits.ts';
import { generatorMetadata, optional } from '../model/schema-parts.ts';
import { type ReadGenerator, readGenerator } from './read-generator.ts';
import { faultFinding, metadataOf, readBySchema } from './read-manifest.ts';

/** Generators that can be named. */
export interface Generators {
  /** Manifests, ignored ones too. */
  readonly generators: readonly unknown[];
  readonly clusterGenerators: readonly unknown[];
  /** Those of `generators` that were read. */
  readonly read: readonly ReadGenerator[];
  /** The host's answers for generators that are not among the manifests. */
  readonly answers: NeedAnswers;
}

/** What a `generatorRef` leads to. `present`: one that was read; `several`: more than one; `unseen`: not looked up yet. */
export type LookupState =
  | 'present'
  | 'several'
  | 'absent'
  | 'unseen'
  | { readonly brought: ReadGenerator }
  | { readonly unread: Finding };

/** Where every `generatorRef` is looked up. */
export type GeneratorCatalogue = ReturnType<typeof generatorCatalogue>;

export function generatorCatalogue({ generators, clusterGenerators, read, answers }: Generators, work: WorkBudget) {
  const shared = Map.groupBy(clusterGenerators, (manifest) => objectKey(inCluster(identify(manifest))));
  const ignored = new Set(generators.filter(isIgnored).map((manifest) => objectKey(identify(manifest))));
  const present = Map.groupBy(read, ({ object, kind }) => objectKey({ ...object, kind })); // in whatever case it is written, which is told
  const byName = Map.groupBy(read, ({ object }) => nameKey(object));
  const names = once(() =>
    Map.groupBy(
      [...generators, ...clusterGenerators].map((manifest) => inCluster(identify(manifest))),
      placeKey,
    ),
  );
  const cache = new Map<string, LookupState>();
  const ours = new Map<string, boolean>();
  const readBefore = new Set<unknown>();
  const manifestOf = (key: string) => shared.get(key)?.[0] ?? objectIn(answers, key)?.manifest;
  const look = (ref: ObjectRef): LookupState => {
    const key = objectKey(inCluster(ref));
    const there = present.get(objectKey(ref)) ?? shared.get(key) ?? [];
    if (there.length > 1) return 'several';
    if (present.has(objectKey(ref))) return 'present';
    const manifest = manifestOf(key);
    if (manifest !== undefined) {
      if (readBefore.has(manifest)) work.take('copies', sizeOf(manifest)); // a ClusterGenerator, for a further namespace
      readBefore.add(manifest);
      const brought =
        ref.kind === CLUSTER_GENERATOR_KIND ? readClusterGenerator(manifest, ref) : readGenerator(manifest);
      if (brought === undefined) return 'absent';
      return { brought: shared.has(key) ? brought : { ...brought, isFromCluster: true } };
    }
    const answer = answers.get(key);
    if (answer === undefined || answer === 'pending' || answer === 'notAsked') return 'unseen';
    const unread = lookupFailureIn(answers, key)?.unread;
    return unread === undefined ? 'absent' : { unread };
  };
  return {
    /** True for a generator of our kinds, misspelt too, that is not ignored, and for any missing ClusterGenerator. */
    isOurs(ref: ObjectRef): boolean {
      if (ref.kind === '') return GENERATOR_KINDS.some((kind) => present.has(objectKey({ ...ref, kind }))); // it is missing
      const meant = meantType(ref) ?? ref;
      if (meant.kind !== CLUSTER_GENERATOR_KIND) return isGenerator(meant) && !ignored.has(objectKey(ref));
      // once, since it may have very many annotations and be named very often
      return cached(ours, objectKey(inCluster(ref)), (key) => {
        const manifest = manifestOf(key);
        return manifest === undefined || hasOurGenerator(manifest);
      });
    },
    /** `ref` has the namespace of the ExternalSecret. */
    find: (ref: ObjectRef) => cached(cache, objectKey(ref), () => look(ref)),
    /** True for one among the manifests. */
    has: (ref: ObjectRef) => [shared, present].some((all) => all.has(objectKey(inCluster(ref)))),
    /** The name of one of that kind and namespace that is spelled nearly so. */
    nearTo: (ref: ObjectRef) => {
      const there = (names().get(placeKey(inCluster(ref))) ?? []).slice(0, MOST_COMPARED);
      return nearestTo(
        ref.name,
        there.map(({ name }) => name),
        (length) => Math.ceil(length / 4),
      );
    },
    /** The namespaces that have a generator of that kind and name; `''` for one without. */
    namespacesOf: (ref: ObjectRef) =>
      (byName.get(nameKey(ref)) ?? []).map(({ object: { namespace = '' } }) => namespace),
  };
}

/** Names that are compared with one that is not there. */
const MOST_COMPARED = 100;

function placeKey({ kind, namespace = '' }: ObjectRef): string {
  return JSON.stringify([kind, namespace]);
}

function nameKey({ kind, name }: ObjectRef): string {
  return JSON.stringify([kind, name]);
}

/** The object that a `generatorRef` names, with the ExternalSecret's namespace, even for a ClusterGenerator. */
export function inNamespace(ref: unknown, { namespace }: Pick<ObjectRef, 'namespace'>): ObjectRef {
  const { apiVersion = GENERATOR_API_VERSION, kind = '', name = '' } = stringsIn(ref);
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** What a ClusterGenerator is in one namespace. `object`: it, with the namespace of the objects that it refers to. */
function readClusterGenerator(manifest: unknown, object: ObjectRef): ReadGenerator {
  const named = { apiVersion: GENERATOR_API_VERSION, kind: valueAt(manifest, ['spec', 'kind']) };
  const kind = generatorKind(named) ?? ASSUME_ROLE_KIND; // any other is a fault below
  const specField = GENERATORS[kind].inCluster;
  const specPath = `spec.generator.${specField}`;
  const spec = valueAt(manifest, ['spec', 'generator', specField]);
  const missing = { field: specPath, text: say`is required where ${theField('spec.kind')} is "${kind}"` };
  const placed = { ...object, specPath };
  const { data, faults } = readBySchema(clusterGenerator(), manifest);
  const all = data !== undefined && spec === undefined ? [missing] : faults;
  const findings = all.map((fault) => faultFinding('SPEC_INVALID', fault, placed));
  const nothing = { object: placed, kind, spec: {}, labels: {}, annotations: {}, findings };
  if (findings.length > 0) return nothing;
  const { name, namespace } = object;
  const metadata = defined({ name, namespace }); // the labels were checked above, and may be many in many namespaces
  const generator = { apiVersion: GENERATOR_API_VERSION, kind, metadata, spec };
  return { ...nothing, ...readGenerator(generator, placed), ...metadataOf(manifest) };
}

function generator() {
  const fields = GENERATOR_KINDS.map((kind) => {
    return [GENERATORS[kind].inCluster, optional(z.unknown(), `\`spec\` of ${kind}.`)] as const;
  });
  const isOne = (specs: object) => Object.keys(specs).length < 2; // none is said with the name of the one that lacks
  return z.strictObject(Object.fromEntries(fields)).refine(isOne, 'must have one spec alone, that of `spec.kind`');
}

/** A whole ClusterGenerator of one of our kinds. The generator's spec inside is checked like any generator's. */
export const clusterGenerator = once(() =>
  z.strictObject({
    apiVersion: z.literal(GENERATOR_API_VERSION),
    kind: z.literal(CLUSTER_GENERATOR_KIND),
    metadata: generatorMetadata.extend({ namespace: z.unknown().optional() }), // kustomize gives it one, and an API server drops it
    spec: z.strictObject({
      kind: z.enum(GENERATOR_KINDS).meta({ description: 'Kind of the generator that it is in each namespace.' }),
      generator: generator().meta({ description: 'Exactly one spec, that of `spec.kind`.' }),
    }),
    status: z.unknown().optional(),
  }),
);
