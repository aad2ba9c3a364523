import type { Cluster } from '../api/cluster.ts';
import { type Finding, finding } from '../api/finding.ts';
import type { Request } from '../api/flow.ts';
import type { Guards } from '../api/grant.ts';
import { GENERATOR_API_VERSION, isGenerator, type NamedRef, type ObjectRef, objectKey } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { valueAt } from '../api/value-at.ts';
import { identify } from './identify.ts';
import { type MatchedGenerator, matchEntries } from './match-entries.ts';
import { readFunctionConfig } from './read-function-config.ts';
import { type ReadGenerator, readGenerator } from './read-generator.ts';
import { readPolicy } from './read-policy.ts';

/** Every generator of a request, each once, and what is wrong before any of them is planned. */
export interface ReadRequest {
  /** Every generator that is there at all, also one with a fault, or that is to be ignored. */
  readonly present: readonly ObjectRef[];
  readonly generators: readonly MatchedGenerator[];
  readonly guards: Guards;
  /** From the functionConfig. */
  readonly cluster?: Cluster;
  readonly awaitRolesMilliseconds: number;
  /** The functionConfig, when it has a name: findings of a field of it are about this object. */
  readonly config?: ObjectRef;
  readonly findings: readonly Finding[];
}

/**
 * Reads functionConfig, items and Policy. A generator that is the functionConfig is often an item too (kustomize's
 * generators, kpt's `configPath`): it is one generator, and the item counts, since earlier functions may have changed it.
 */
export function readRequest({
  items,
  functionConfig,
  policy,
  owner,
}: Omit<Request, 'ambient' | 'now' | 'owned'>): ReadRequest {
  const config = readFunctionConfig(functionConfig, owner?.values);
  const operator = policy === undefined ? undefined : readPolicy(policy);
  const byKind = Map.groupBy(items, isGeneratorManifest);
  const manifests = byKind.get(true) ?? [];
  const inputs = byKind.get(false) ?? [];
  const fromItems = manifests.flatMap((item) => readGenerator(item) ?? []);
  const fromConfig = config.generators.filter(isGeneratorManifest).flatMap((manifest) => readGenerator(manifest) ?? []);
  const isItem = ({ object }: ReadGenerator) => fromItems.some((item) => objectKey(item.object) === objectKey(object));
  const added = isGeneratorManifest(functionConfig) ? fromConfig.filter((generator) => !isItem(generator)) : fromConfig;
  const { generators, findings } = matchEntries(
    [...fromItems, ...added].map((generator) => ({ ...generator, own: ownSecret(generator.object, owner) })),
    config.sessions ?? [],
    config.values ?? new Map(),
  );
  const object = configObject(functionConfig);
  return {
    present: [...manifests, ...[...config.generators, functionConfig].filter(isGeneratorManifest)].map(
      identifyGenerator,
    ),
    generators,
    ...(object === undefined ? {} : { config: object }),
    ...(config.cluster === undefined ? {} : { cluster: config.cluster }),
    awaitRolesMilliseconds: config.awaitRolesMilliseconds ?? 0,
    guards: {
      ...(config.allow === undefined ? {} : { allow: config.allow }),
      ...(operator === undefined ? {} : { policy: operator.grants }),
    },
    findings: [
      ...config.findings,
      ...(operator?.findings ?? []),
      ...findings,
      ...inputs.flatMap((item) => unusedInput(item, functionConfig)),
    ],
  };
}

function ownSecret({ name, namespace }: ObjectRef, owner: Request['owner']): NamedRef {
  return { name: `${owner?.prefix ?? ''}${name}`, ...(namespace === undefined ? {} : { namespace }) };
}

function identifyGenerator(manifest: unknown): ObjectRef {
  return { apiVersion: GENERATOR_API_VERSION, kind: '', name: '', ...identify(manifest) };
}

function configObject(functionConfig: unknown): ObjectRef | undefined {
  const { apiVersion, kind, name, ...namespace } = identify(functionConfig);
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  return { apiVersion, kind, name, ...namespace };
}

function isGeneratorManifest(manifest: unknown): boolean {
  return isGenerator(identify(manifest));
}

function unusedInput(item: unknown, functionConfig: unknown): Finding[] {
  const name = valueAt(item, ['metadata', 'name']);
  if (valueAt(functionConfig, ['kind']) === 'Input' && valueAt(functionConfig, ['metadata', 'name']) === name)
    return [];
  const message = `cannot use Input ${quote(String(name))}: it is among the items, but not the functionConfig. Name it there, or remove it.`;
  return [finding('INPUT_UNUSED', message)];
}
