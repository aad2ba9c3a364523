import { type Finding, finding } from '../findings/finding.ts';
import { type ObjectRef, say, THE_OPTIONS, theObject } from '../findings/say.ts';
import type { Request } from '../model/flow.ts';
import type { Guards } from '../model/grant.ts';
import { INPUT_KIND, type NamedRef, objectKey } from '../model/kinds.ts';
import type { Known } from '../model/known.ts';
import { defined } from '../model/plain-data.ts';
import { Multiplied, refuseMore, sizeOf } from '../model/run-limits.ts';
import { type ConsumingExternalSecret, type Consumption, consumeGenerators } from './consume-generators.ts';
import { identify, objectOf, sortManifests } from './identify.ts';
import { type MatchedGenerator, matchEntries } from './match-entries.ts';
import { readFunctionConfig } from './read-function-config.ts';
import { type ReadGenerator, readGenerator } from './read-generator.ts';
import type { ReadInput } from './read-input.ts';
import { readPolicy } from './read-policy.ts';

/** An ExternalSecret that names generators of ours, and the name of its Secret. */
export interface TargetedExternalSecret extends ConsumingExternalSecret {
  readonly target: NamedRef;
}

/** Every generator of a request, each once, and what is wrong before any of them is planned. */
export interface ReadRequest
  extends Pick<Consumption, 'handled' | 'needs' | 'findings'>,
    Pick<ReadInput, 'cluster' | 'awaitRolesMilliseconds' | 'written'> {
  readonly guards: Guards;
  /** Everything that may have a Secret, also with a fault, or to be ignored. */
  readonly present: readonly ObjectRef[];
  readonly generators: readonly MatchedGenerator[];
  /** Those that name generators of ours. */
  readonly externalSecrets: readonly TargetedExternalSecret[];
  /** The functionConfig, when it has a name: findings of a field of it are about this object. */
  readonly config?: ObjectRef;
}

/**
 * Reads functionConfig, items and Policy. `check` throws when the time is up. A generator that is the functionConfig is often an item too (kustomize's
 * generators, kpt's `configPath`): it is one generator, and the item counts, since earlier functions may have changed it.
 */
export function readRequest(
  { items, functionConfig, policy, owner }: Omit<Request, 'ambient' | 'owned' | 'deadline'>,
  known: Known,
  check: () => void,
): ReadRequest {
  const config = readFunctionConfig(functionConfig, owner?.values);
  const operator = policy === undefined ? undefined : readPolicy(policy);
  const manifests = sortManifests([...items, ...config.generators]);
  refuseMore('generators', manifests.generators.length);
  const multiplied = new Multiplied();
  const progress = { multiplied, check };
  const read = readGenerators(manifests.generators, functionConfig, check);
  const consumption = consumeGenerators(manifests.externalSecrets, { ...manifests, read, looked: known }, progress);
  refuseMore('ExternalSecrets', consumption.externalSecrets.length);
  refuseMore('generators', read.length + consumption.brought.length);
  const { generators, findings } = matchEntries(
    [...read, ...consumption.brought].map((generator) => withTarget(generator, consumption.consumers, owner)),
    config.sessions,
    config.values,
    progress,
  );
  const sizes = new Map(
    generators.map(({ object, entry }) => [objectKey(object), entry === undefined ? 0 : sizeOf(entry)]),
  );
  for (const { generators: used } of consumption.externalSecrets)
    for (const key of used) multiplied.copied(1 + (sizes.get(key) ?? 0)); // each of its sessions is one of that Secret
  const externalSecrets = consumption.externalSecrets.map((one) => ({ ...one, target: targetOf(one, owner) }));
  return {
    present: [...manifests.generators, ...manifests.externalSecrets].map(objectOf),
    generators,
    externalSecrets,
    handled: consumption.handled,
    needs: consumption.needs,
    written: config.written,
    ...defined({ config: configObject(functionConfig), cluster: config.cluster }),
    awaitRolesMilliseconds: config.awaitRolesMilliseconds,
    guards: defined({
      allow: config.allow,
      policy: operator?.grants,
      hasTenants: owner === undefined ? undefined : true,
    }),
    findings: [
      ...config.findings,
      ...(operator?.findings ?? []),
      ...consumption.findings,
      ...findings,
      ...manifests.inputs.flatMap((item) => unusedInput(item, functionConfig)),
    ],
  };
}

function readGenerators(
  manifests: readonly unknown[],
  functionConfig: unknown,
  check: () => void,
): readonly ReadGenerator[] {
  const read = (isWanted: (one: unknown) => boolean) =>
    manifests.filter(isWanted).flatMap((one) => {
      check();
      return readGenerator(one) ?? [];
    });
  const others = read((one) => one !== functionConfig);
  const keys = new Set(others.map(({ object }) => objectKey(object)));
  const bare = read((one) => one === functionConfig);
  return [...others, ...bare.filter(({ object }) => !keys.has(objectKey(object)))];
}

function withTarget(generator: ReadGenerator, consumers: ReadonlyMap<string, ObjectRef>, owner: Request['owner']) {
  const consumer = consumers.get(objectKey(generator.object));
  return { ...generator, defaultTarget: defaultTarget(generator.object, owner), ...defined({ consumer }) };
}

/** A name that an ExternalSecret's author wrote is kept; any other is made as a generator's. */
function targetOf({ object, spec }: ConsumingExternalSecret, owner: Request['owner']): NamedRef {
  return { ...defaultTarget(object, owner), ...defined({ name: spec?.target?.name }) };
}

function defaultTarget({ name, namespace }: ObjectRef, owner: Request['owner']): NamedRef {
  return defined({ name: `${owner?.prefix ?? ''}${name}`, namespace });
}

function configObject(functionConfig: unknown): ObjectRef | undefined {
  const { apiVersion, kind, name, ...namespace } = identify(functionConfig);
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  return { apiVersion, kind, name, ...namespace };
}

function unusedInput(item: unknown, functionConfig: unknown): Finding[] {
  const { kind, name } = identify(functionConfig);
  const { namespace: _, ...unused } = objectOf(item);
  if (kind === INPUT_KIND && (name ?? '') === unused.name) return [];
  const message = say`cannot use ${theObject(unused)}: it is among the items, but not ${THE_OPTIONS}. Name it there, or remove it.`;
  return [finding('INPUT_UNUSED', message)];
}
