import type { Finding } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import { CLUSTER_GENERATOR_KIND, GENERATOR_API_VERSION, isGenerator, objectKey } from '../model/kinds.ts';
import { type Known, objectIn, unreadIn } from '../model/known.ts';
import { stringsIn, valueAt } from '../model/plain-data.ts';
import { type Multiplied, sizeOf } from '../model/run-limits.ts';
import { CLUSTER_GENERATOR_SPECS } from './generator-schemas.ts';
import { isIgnored, objectOf } from './identify.ts';
import { type ReadGenerator, readClusterGenerator, readGenerator } from './read-generator.ts';

/** The generators that there are. */
export interface Generators {
  /** Manifests, ignored ones too. */
  readonly generators: readonly unknown[];
  readonly clusterGenerators: readonly unknown[];
  /** Of the first, those that were read. */
  readonly read: readonly ReadGenerator[];
  /** What the host found of those that are named and not among the manifests. */
  readonly looked: Known;
}

/** What a `generatorRef` leads to: `present` is one of those that were read, `several` more than one of that name. */
export type Named =
  | 'present'
  | 'several'
  | 'absent'
  | 'unseen'
  | { readonly brought: ReadGenerator }
  | { readonly unread: Finding };

/** Where every `generatorRef` is looked up. */
export class GeneratorCatalogue {
  readonly #shared: ReadonlyMap<string, readonly unknown[]>;
  readonly #ignored: ReadonlySet<string>;
  readonly #present: ReadonlyMap<string, readonly ReadGenerator[]>;
  readonly #looked: Known;
  /** Those that were read, by kind and name. */
  readonly #namespaces: ReadonlyMap<string, readonly ReadGenerator[]>;
  readonly #found = new Map<string, Named>();
  readonly #readBefore = new Set<unknown>();
  readonly #multiplied: Multiplied;

  constructor({ generators, clusterGenerators, read, looked }: Generators, multiplied: Multiplied) {
    this.#multiplied = multiplied;
    this.#namespaces = Map.groupBy(read, ({ object }) => nameKey(object));
    this.#shared = Map.groupBy(clusterGenerators, (manifest) => objectKey(objectOf(manifest)));
    this.#ignored = new Set(generators.filter(isIgnored).map((manifest) => objectKey(objectOf(manifest))));
    this.#present = Map.groupBy(read, ({ object }) => objectKey(object));
    this.#looked = looked;
  }

  /** True for a generator of a kind of ours that nobody ignores. Of a ClusterGenerator that is not there no more is known. */
  isOurs(ref: ObjectRef): boolean {
    if (ref.kind !== CLUSTER_GENERATOR_KIND) return isGenerator(ref) && !this.#ignored.has(objectKey(ref));
    const manifest = this.#manifestOf(ref);
    if (manifest === undefined) return true;
    const kind = valueAt(manifest, ['spec', 'kind']);
    return !isIgnored(manifest) && typeof kind === 'string' && Object.hasOwn(CLUSTER_GENERATOR_SPECS, kind);
  }

  /** `ref` has the namespace of the ExternalSecret. */
  find(ref: ObjectRef): Named {
    const key = objectKey(ref);
    const found = this.#found.get(key) ?? this.#look(ref);
    this.#found.set(key, found);
    return found;
  }

  #look(ref: ObjectRef): Named {
    const there = this.#present.get(objectKey(ref)) ?? this.#shared.get(objectKey(inCluster(ref))) ?? [];
    if (there.length > 1) return 'several';
    if (this.#present.has(objectKey(ref))) return 'present';
    const manifest = this.#manifestOf(ref);
    if (manifest !== undefined) {
      if (this.#readBefore.has(manifest)) this.#multiplied.copied(sizeOf(manifest)); // a ClusterGenerator, in another namespace
      this.#readBefore.add(manifest);
      const brought =
        ref.kind === CLUSTER_GENERATOR_KIND ? readClusterGenerator(manifest, ref) : readGenerator(manifest);
      if (brought === undefined) return 'absent';
      return { brought: this.#shared.has(objectKey(inCluster(ref))) ? brought : { ...brought, isFromCluster: true } };
    }
    const key = objectKey(inCluster(ref));
    const found = this.#looked.get(key);
    if (found === undefined || found === 'asked' || found === 'notAsked') return 'unseen';
    const unread = unreadIn(this.#looked, key);
    return unread === undefined ? 'absent' : { unread };
  }

  /** Namespaces of generators of that kind and name; an empty one for those that are in none. */
  namespacesOf(ref: ObjectRef): string[] {
    return (this.#namespaces.get(nameKey(ref)) ?? []).map(({ object: { namespace = '' } }) => namespace);
  }

  #manifestOf(ref: ObjectRef): unknown {
    const key = objectKey(inCluster(ref));
    return this.#shared.get(key)?.[0] ?? objectIn(this.#looked, key)?.manifest;
  }
}

function nameKey({ kind, name }: ObjectRef): string {
  return JSON.stringify([kind, name]);
}

/** The object itself: a ClusterGenerator is in no namespace. */
export function inCluster(ref: ObjectRef): ObjectRef {
  const { namespace: _, ...clusterWide } = ref;
  return ref.kind === CLUSTER_GENERATOR_KIND ? clusterWide : ref;
}

/** The object that a `generatorRef` means: in the namespace of the ExternalSecret, a ClusterGenerator too. */
export function inNamespace(ref: unknown, { namespace }: ObjectRef): ObjectRef {
  const { apiVersion = GENERATOR_API_VERSION, kind = '', name = '' } = stringsIn(ref);
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
