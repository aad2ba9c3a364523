import { IGNORE_ANNOTATION } from '../api/annotations.ts';
import { CLUSTER_GENERATOR_SPECS } from '../api/cluster-generator.ts';
import { type Finding, fieldFinding } from '../api/finding.ts';
import {
  CLUSTER_GENERATOR_KIND,
  describeObject,
  GENERATOR_API_VERSION,
  isGenerator,
  type ObjectRef,
  objectKey,
} from '../api/kinds.ts';
import { valueAt } from '../api/value-at.ts';
import { checkParts, generatorRefs } from './generator-refs.ts';
import { identify } from './identify.ts';
import { readClusterGenerator } from './read-cluster-generator.ts';
import { identifyExternalSecret, type ReadExternalSecret, readExternalSecret } from './read-external-secret.ts';
import type { ReadGenerator } from './read-generator.ts';

/** An ExternalSecret that is this function's, with the generator of each of its `dataFrom`, in order. */
export interface ConsumingSecret extends ReadExternalSecret {
  /** By `objectKey`; a ClusterGenerator's has the namespace of the ExternalSecret. */
  readonly generators: readonly string[];
}

/** What consumes generators, and what is consumed. */
export interface Consumption {
  readonly externalSecrets: readonly ConsumingSecret[];
  /** Generators that ClusterGenerators are in the namespaces of those that name them. */
  readonly virtual: readonly ReadGenerator[];
  /** Who consumes a generator, the first of several, by `objectKey` of the generator. */
  readonly consumers: ReadonlyMap<string, ObjectRef>;
  /** ExternalSecrets and ClusterGenerators that were taken up. */
  readonly handled: readonly ObjectRef[];
  /** Generators that an ExternalSecret names and that are not there. */
  readonly findings: readonly Finding[];
}

/** Manifests by what they are, and the generators among them that were read. */
export interface Consumable {
  readonly externalSecrets: readonly unknown[];
  readonly clusterGenerators: readonly unknown[];
  /** All that are there, ignored ones too. */
  readonly generators: readonly unknown[];
  readonly read: readonly ReadGenerator[];
}

/** Finds the ExternalSecrets that name a generator of ours; all others are left alone. */
export function consumeGenerators({ externalSecrets, clusterGenerators, generators, read }: Consumable): Consumption {
  const shared = new Map(clusterGenerators.map((manifest) => [String(identify(manifest).name), manifest]));
  const ignored = new Set(generators.filter(isIgnored).map((manifest) => objectKey(toRef(identify(manifest)))));
  const present = new Set(read.map(({ object }) => objectKey(object)));
  const virtual = new Map<string, ReadGenerator>();
  const taken = externalSecrets.flatMap((manifest): (ConsumingSecret & { readonly missing: readonly Finding[] })[] => {
    const object = identifyExternalSecret(manifest);
    const isOurs = (ref: unknown) => isHandled(inNamespace(ref, object), shared, ignored);
    const spec = valueAt(manifest, ['spec']);
    const refs = generatorRefs(spec);
    if (isIgnored(manifest) || !refs.some(({ ref }) => isOurs(ref))) return [];
    const es = readExternalSecret(manifest, isOurs);
    const named = refs.map(({ field, ref }) => ({ field, generator: inNamespace(ref, object) }));
    for (const { generator } of named) {
      const source = generator.kind === CLUSTER_GENERATOR_KIND ? shared.get(generator.name) : undefined;
      if (source !== undefined) virtual.set(objectKey(generator), readClusterGenerator(source, generator));
    }
    const missing = named.filter(
      ({ generator }) => !present.has(objectKey(generator)) && !virtual.has(objectKey(generator)),
    );
    return [
      {
        ...es,
        generators: named.map(({ generator }) => objectKey(generator)),
        missing: checkParts(spec, isOurs).length > 0 ? [] : missing.map((one) => notThere(object, one)),
      },
    ];
  });
  const consumers = new Map(
    taken.toReversed().flatMap(({ object, generators: keys }) => keys.map((key) => [key, object] as const)),
  );
  const used = new Map([...virtual.values()].map(({ object: { namespace: _, ...object } }) => [object.name, object]));
  return {
    externalSecrets: taken,
    virtual: [...virtual.values()],
    consumers,
    handled: [...taken.map(({ object }) => object), ...used.values()],
    findings: taken.flatMap(({ missing }) => missing),
  };
}

function isIgnored(manifest: unknown): boolean {
  return valueAt(manifest, ['metadata', 'annotations', IGNORE_ANNOTATION]) === 'true';
}

function toRef(ref: Partial<ObjectRef>): ObjectRef {
  return { apiVersion: GENERATOR_API_VERSION, kind: '', name: '', ...ref };
}

/** The object that a `generatorRef` means: in the namespace of the ExternalSecret, a ClusterGenerator too. */
function inNamespace(ref: unknown, { namespace }: ObjectRef): ObjectRef {
  const [apiVersion, kind, name] = ['apiVersion', 'kind', 'name'].map((part) => valueAt(ref, [part]));
  const written = { apiVersion: apiVersion ?? GENERATOR_API_VERSION, kind, name };
  const strings = Object.entries(written).filter(([, value]) => typeof value === 'string');
  return toRef({ ...Object.fromEntries(strings), ...(namespace === undefined ? {} : { namespace }) });
}

/** True for a generator of a kind of ours that nobody ignores. Of a ClusterGenerator that is not there no more is known. */
function isHandled(ref: ObjectRef, shared: ReadonlyMap<string, unknown>, ignored: ReadonlySet<string>): boolean {
  if (ref.kind !== CLUSTER_GENERATOR_KIND) return isGenerator(ref) && !ignored.has(objectKey(ref));
  const manifest = shared.get(ref.name);
  if (manifest === undefined) return true;
  const kind = valueAt(manifest, ['spec', 'kind']);
  return !isIgnored(manifest) && typeof kind === 'string' && Object.hasOwn(CLUSTER_GENERATOR_SPECS, kind);
}

function notThere(object: ObjectRef, { field, generator }: { field: string; generator: ObjectRef }): Finding {
  const { namespace: _, ...clusterWide } = generator;
  const name = describeObject(generator.kind === CLUSTER_GENERATOR_KIND ? clusterWide : generator);
  const text = `names ${name}, which is not there. Add it, or leave the ExternalSecret alone with the annotation ${IGNORE_ANNOTATION}: "true"`;
  return fieldFinding('REFERENCE_MISSING', { object, field }, text);
}
