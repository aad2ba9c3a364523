import type { Code } from '../findings/codes.ts';
import { type Finding, fieldFinding } from '../findings/finding.ts';
import { type ObjectRef, quoted, type Sayable, say, theObject } from '../findings/say.ts';
import { IGNORE_ANNOTATION, isIgnored } from '../model/annotations.ts';
import type { ObjectNeed } from '../model/job.ts';
import { CLUSTER_GENERATOR_KIND, identify, inCluster, type NamedRef, objectKey } from '../model/kinds.ts';
import { defined, valueAt } from '../model/plain-data.ts';
import { type LoopLimits, refuseMore } from '../model/run-limits.ts';
import { CONSUMED_KINDS } from './external-secret.ts';
import {
  type GeneratorCatalogue,
  type Generators,
  generatorCatalogue,
  inNamespace,
  type LookupState,
} from './generator-catalogue.ts';
import {
  checkParts,
  generatorRefs,
  namesGenerator,
  type ReadExternalSecret,
  readExternalSecret,
} from './read-external-secret.ts';
import type { ReadGenerator } from './read-generator.ts';

/** An ExternalSecret that this function handles, with the generator of each entry of `dataFrom`, in order. */
export interface ConsumingExternalSecret extends ReadExternalSecret {
  /** Their `objectKey`s; a ClusterGenerator's has the ExternalSecret's namespace. */
  readonly generators: readonly string[];
  /** Its Secret: `spec.target.name` as written, otherwise the host's prefix and its own name. */
  readonly target: NamedRef;
}

/** ExternalSecrets, and the generators they name. */
export interface Consumption {
  /** The ExternalSecrets and ClusterGenerators that this function handles; generators are not in it. */
  readonly handled: readonly ObjectRef[];
  /** Generators that are named, but not among the manifests. */
  readonly needs: readonly ObjectNeed[];
  /** About named generators that cannot be found or read. */
  readonly findings: readonly Finding[];
  readonly externalSecrets: readonly ConsumingExternalSecret[];
  /** Generators that ExternalSecrets add: ClusterGenerators, once for each namespace, and those that the host found. */
  readonly brought: readonly ReadGenerator[];
  /** The first ExternalSecret that consumes a generator, by the generator's `objectKey`. */
  readonly consumers: ReadonlyMap<string, ObjectRef>;
}

/** One `generatorRef` of an ExternalSecret. */
interface NamedGenerator {
  readonly field: string;
  /** The generator, in the ExternalSecret's namespace. */
  readonly generator: ObjectRef;
  readonly by: ObjectRef;
  readonly lookup: LookupState;
}

/** The result without ExternalSecrets. */
export const NOTHING_CONSUMED: Consumption = {
  externalSecrets: [],
  brought: [],
  consumers: new Map(),
  handled: [],
  needs: [],
  findings: [],
};

/** Finds the ExternalSecrets that name a generator of ours; all others are left alone. */
export function consumeGenerators(
  externalSecrets: readonly unknown[],
  generators: Generators,
  prefix: string,
  { work, throwIfExpired }: LoopLimits,
): Consumption {
  const catalogue = generatorCatalogue(generators, work);
  const taken = externalSecrets.flatMap((manifest) => {
    throwIfExpired();
    return takeUp(manifest, catalogue, prefix);
  });
  refuseMore('ExternalSecrets', taken.length);
  const refs = taken.flatMap((consumer) => consumer.refs);
  const matches = refs.flatMap(({ lookup }) =>
    typeof lookup === 'object' && 'brought' in lookup ? lookup.brought : [],
  );
  const brought = [...new Set(matches)]; // the catalogue gives the same one each time
  const unseen = refs
    .filter(({ lookup }) => lookup === 'unseen')
    .map(({ generator, by }) => ({ object: inCluster(generator), by }));
  const clusterGenerators = brought.filter(({ object }) => object.kind === CLUSTER_GENERATOR_KIND);
  return {
    externalSecrets: taken.map(({ secret }) => secret),
    brought,
    consumers: new Map(refs.toReversed().map(({ generator, by }) => [objectKey(generator), by])),
    handled: [...taken.map(({ secret }) => secret.object), ...clusterGenerators.map(({ object }) => inCluster(object))],
    needs: unseen.map(({ object, by }) => ({ key: objectKey(object), object, as: 'generator', by })),
    findings: refs.flatMap((ref) => explain(ref, catalogue)),
  };
}

function takeUp(manifest: unknown, catalogue: GeneratorCatalogue, prefix: string) {
  const by = identify(manifest);
  const isOurs = (ref: unknown) => catalogue.isOurs(inNamespace(ref, by));
  const spec = valueAt(manifest, ['spec']);
  const allRefs = generatorRefs(spec);
  const isForUs = allRefs.some(({ ref }) => isOurs(ref)) || namesGenerator(spec, isOurs);
  if (isIgnored(manifest) || !isForUs) return [];
  const refs = allRefs.map(({ refField: field, ref }): NamedGenerator => {
    const generator = inNamespace(ref, by);
    return { field, by, generator, lookup: catalogue.find(generator) };
  });
  const ours = refs.filter(({ generator }) => catalogue.isOurs(generator));
  const isMixed = checkParts(spec, isOurs).length > 0;
  // a mixed one may be nobody's of ours while no ClusterGenerator in it is known: these are looked up first, and nothing is told yet
  const isJudged = !isMixed || !ours.every(isUnknown);
  const read = readExternalSecret(manifest, isOurs);
  const secret: ConsumingExternalSecret = {
    ...read,
    target: defined({ name: read.spec?.target?.name ?? `${prefix}${by.name}`, namespace: by.namespace }),
    ...(isJudged ? {} : { findings: [] }),
    generators: refs.map(({ generator }) => objectKey(generator)),
  };
  const isMisplaced = read.findings.some(({ field }) => field?.startsWith('metadata.')); // then other generators may be meant
  return [{ secret, refs: (isMixed && isJudged) || isMisplaced ? [] : ours }]; // what is refused needs no look-up
}

/** True for a ClusterGenerator that is not known: its kind may not be ours, and then the whole ExternalSecret is not ours. */
function isUnknown({ generator, lookup }: NamedGenerator): boolean {
  const isSeen = lookup === 'several' || (typeof lookup === 'object' && 'brought' in lookup);
  return generator.kind === CLUSTER_GENERATOR_KIND && !isSeen;
}

function explain({ field, generator, by, lookup }: NamedGenerator, catalogue: GeneratorCatalogue): Finding[] {
  if (typeof lookup === 'object' && 'unread' in lookup) return [lookup.unread];
  const refuse = (code: Code, text: Sayable) => [
    fieldFinding(code, { object: by, field }, say`names ${theObject(inCluster(generator))}, which is ${text}`),
  ];
  if (lookup === 'several') return refuse('TARGET_CONFLICT', 'there more than once. Remove all but one');
  if (lookup !== 'absent' || generator.kind === '') return []; // its schema refuses the latter
  const kind = CONSUMED_KINDS.find((name) => name !== generator.kind && catalogue.has({ ...generator, kind: name }));
  if (kind !== undefined) {
    const other = theObject(inCluster({ ...generator, kind }));
    return refuse('REFERENCE_MISSING', say`not there; ${other} is. Correct \`kind\``);
  }
  const [elsewhere] = catalogue.namespacesOf(generator);
  const near = catalogue.nearTo(generator);
  if (elsewhere === undefined && near !== undefined)
    return refuse('REFERENCE_MISSING', say`not there; did you mean ${quoted(near)}? Correct it, or add that one`);
  if (elsewhere === undefined) {
    const cure = say`Add it. If an operator in the cluster handles the ExternalSecret, give it the annotation ${IGNORE_ANNOTATION}: "true"`;
    return refuse('REFERENCE_MISSING', say`not there. ${cure}`);
  }
  const there = elsewhere === '' ? 'without a namespace' : say`in namespace ${quoted(elsewhere)}`;
  const cause = say`only ${there}, and an ExternalSecret uses generators of its own namespace`;
  return refuse('REFERENCE_MISSING', say`${cause}. Give both the same namespace`);
}
