import { type Finding, finding, hasErrors } from '../findings/finding.ts';
import { type ObjectRef, say, theObject } from '../findings/say.ts';
import { isIgnored } from '../model/annotations.ts';
import type { NeedAnswers } from '../model/answers.ts';
import type { Guards } from '../model/grant.ts';
import { INPUT_KIND, identify, isInput, manifestTypeOf, objectKey } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import { type LoopLimits, refuseMore, sizeOf } from '../model/run-limits.ts';
import type { RunRequest } from '../model/run-request.ts';
import type { Settings } from '../model/settings.ts';
import {
  type ConsumingExternalSecret,
  type Consumption,
  consumeGenerators,
  NOTHING_CONSUMED,
} from './consume-generators.ts';
import { leaveToController } from './for-controller.ts';
import { type GeneratorWithSecrets, matchEntries } from './match-entries.ts';
import { NO_CONFIG, type ReadInput, readFunctionConfig } from './read-function-config.ts';
import { type ReadGenerator, readGenerator } from './read-generator.ts';
import { asMeant } from './read-manifest.ts';
import { readPolicy } from './read-policy.ts';

/** Every generator of a request, each once, and what is wrong before any of them is planned. */
export interface ReadRun
  extends Pick<Consumption, 'handled' | 'needs'>,
    Pick<ReadInput, 'cluster' | 'awaitRolesMilliseconds' | 'writtenKeys' | 'keysWithoutValues'> {
  /** True where entries or generators could not all be read: no jobs are drafted. */
  readonly isUnsure: boolean;
  /** None where the Policy is faulty: the run is refused already. */
  readonly guards: Guards;
  /** Everything that may have a Secret, faulty and ignored ones included. */
  readonly present: readonly ObjectRef[];
  readonly generators: readonly GeneratorWithSecrets[];
  /** The ExternalSecrets that name generators of ours. */
  readonly externalSecrets: readonly ConsumingExternalSecret[];
  /** The functionConfig, when it has a name: findings of a field of it are about this object. */
  readonly configObject?: ObjectRef;
  /** What is wrong, beside the findings that each of `generators` and `externalSecrets` has. */
  readonly findings: readonly Finding[];
}

const NOTHING_MEANT = { meant: undefined, findings: [] };

/** Reads functionConfig, items and Policy. */
export function readRunRequest(
  request: RunRequest,
  settings: Pick<Settings, 'hasCustomEndpoint'>,
  answers: NeedAnswers,
  loop: LoopLimits,
): ReadRun {
  const { items, functionConfig, owner } = request;
  const meantItems = items.map(asMeant);
  const { meant: meantConfig, findings: misspeltConfig } =
    functionConfig === undefined || functionConfig === null ? NOTHING_MEANT : asMeant(functionConfig);
  const misspelt = [...meantItems.flatMap(({ findings }) => findings), ...misspeltConfig];
  const input = meantConfig === undefined ? NO_CONFIG : readFunctionConfig(meantConfig, owner?.values);
  const { guards, findings: policyFindings } = readGuards(request, input.allow, settings);
  const manifests = Map.groupBy([...meantItems.map(({ meant }) => meant), ...input.generators], (manifest) =>
    manifestTypeOf(Object(manifest)),
  );
  const generatorManifests = manifests.get('generator') ?? [];
  const clusterGenerators = manifests.get('clusterGenerator') ?? [];
  const externalSecretManifests = manifests.get('externalSecret') ?? [];
  const configObject = identify(functionConfig);
  const ownGenerators = readGenerators(generatorManifests, meantConfig, loop.throwIfExpired);
  const prefix = owner?.prefix ?? '';
  const catalogue = { generators: generatorManifests, clusterGenerators, read: ownGenerators, answers };
  const consumption =
    externalSecretManifests.length === 0
      ? NOTHING_CONSUMED
      : consumeGenerators(externalSecretManifests, catalogue, prefix, loop);
  const { externalSecrets, brought: broughtByExternalSecrets, consumers, handled, needs } = consumption;
  refuseMore('generators', ownGenerators.length + broughtByExternalSecrets.length);
  const matched = assignEntries([...ownGenerators, ...broughtByExternalSecrets], consumers, prefix, input, loop);
  // ignored ExternalSecrets stand first: of several that name one generator the last counts
  const forController = [...externalSecretManifests.filter(isIgnored), ...(manifests.get('forController') ?? [])];
  const forUs =
    forController.length > 0
      ? leaveToController(forController, matched.generators, clusterGenerators, loop)
      : { generators: matched.generators, findings: [] };
  if (externalSecrets.length > 0) countCopies(externalSecrets, forUs.generators, loop);
  const { cluster, awaitRolesMilliseconds, writtenKeys, keysWithoutValues } = input;
  return {
    ...defined({ cluster }),
    ...([configObject.apiVersion, configObject.kind, configObject.name].includes('') ? {} : { configObject }),
    ...{ awaitRolesMilliseconds, writtenKeys, keysWithoutValues, handled, needs, externalSecrets },
    present: [...generatorManifests, ...externalSecretManifests].map(identify),
    generators: forUs.generators,
    isUnsure: input.isUnsure || matched.isUnsure || misspelt.length > 0,
    guards,
    findings: [
      ...misspelt,
      ...input.findings,
      ...policyFindings,
      ...consumption.findings,
      ...forUs.findings,
      ...matched.findings.filter(({ code }) => code !== 'SESSION_UNUSED' || !hasErrors(input.findings)), // it may be for what is wrong
      ...items.filter((item) => isInput(Object(item))).flatMap((item) => unusedInput(item, meantConfig)),
    ],
  };
}

/** The guards, and what is wrong with the Policy. */
function readGuards(
  { policy, locationInPolicy, owner, ambient: { environment } }: RunRequest,
  allow: Guards['allow'],
  { hasCustomEndpoint }: Pick<Settings, 'hasCustomEndpoint'>,
): Pick<ReadRun, 'guards' | 'findings'> {
  const operatorPolicy =
    policy === undefined ? undefined : readPolicy(policy, { environment, hasCustomEndpoint }, locationInPolicy);
  if (operatorPolicy && operatorPolicy.findings.length > 0) return { guards: {}, findings: operatorPolicy.findings };
  const isClusterScoped = (owner && owner.namespace === undefined) || undefined;
  // a host with an owner is Crossplane, where tenants write the cluster's generators
  const guards = defined({ allow, policy: operatorPolicy?.grants, hasTenants: owner && true, isClusterScoped });
  return { guards, findings: [] };
}

/**
 * The generators that are not to be ignored. A generator that is the functionConfig (the last here) is often an item too (kustomize's
 * generators, kpt's `configPath`): then only the item counts, since earlier functions may have changed it.
 */
function readGenerators(
  manifests: readonly unknown[],
  functionConfig: unknown,
  throwIfExpired: () => void,
): ReadGenerator[] {
  refuseMore('generators', manifests.length);
  const read: ReadGenerator[] = [];
  for (const manifest of manifests) {
    throwIfExpired();
    const generator = readGenerator(manifest);
    if (generator === undefined) continue;
    const key = objectKey(generator.object);
    const isItemToo = manifest === functionConfig && read.some(({ object }) => objectKey(object) === key);
    if (!isItemToo) read.push(generator);
  }
  return read;
}

/** Each session is copied into the Secrets of the ExternalSecrets that name its generator. @throws FindingError */
function countCopies(
  externalSecrets: readonly ConsumingExternalSecret[],
  generators: readonly GeneratorWithSecrets[],
  { work }: LoopLimits,
): void {
  const sizes = new Map(generators.map(({ object, entry }) => [objectKey(object), entry ? sizeOf(entry) : 0]));
  for (const { generators: used } of externalSecrets)
    for (const key of used) work.take('copies', 1 + (sizes.get(key) ?? 0));
}

/** Gives each generator its default Secret, or none if an ExternalSecret consumes it, and then what its entry says. */
function assignEntries(
  readGenerators: readonly ReadGenerator[],
  consumers: Consumption['consumers'],
  prefix: string,
  { sessions, values }: ReadInput,
  loop: LoopLimits,
): ReturnType<typeof matchEntries> {
  const generators: GeneratorWithSecrets[] = [];
  for (const generator of readGenerators) {
    const { name, namespace } = generator.object;
    const consumer = consumers.get(objectKey(generator.object));
    const defaultTarget = defined({ name: `${prefix}${name}`, namespace });
    const secrets = consumer === undefined ? [{ target: defaultTarget, form: {} }] : [];
    generators.push({ ...generator, defaultTarget, secrets, ...defined({ consumer }) });
  }
  if (sessions.length === 0) return { generators, isUnsure: false, findings: [] };
  return matchEntries(generators, sessions, values, loop);
}

/** Warns of an Input that is not the functionConfig. */
function unusedInput(item: unknown, functionConfig: unknown): Finding[] {
  const object = identify(item);
  const config = identify(functionConfig);
  const { namespace: _, ...unused } = object;
  if (config.kind === INPUT_KIND && config.name === unused.name) return [];
  const message = say`${theObject(unused)} has no effect here: it is only among the items. Name its file where the function is started (kpt: \`configPath\`, kustomize: \`transformers\`), or remove it.`;
  return [finding('INPUT_UNUSED', message, { object })];
}
