import type { Cluster } from '../api/cluster.ts';
import { type Finding, finding } from '../api/finding.ts';
import type { Request } from '../api/flow.ts';
import type { Guards } from '../api/grant.ts';
import type { HopSpec } from '../api/hop-spec.ts';
import type { IdentitySpec } from '../api/identity-spec.ts';
import type { SessionEntry } from '../api/input.ts';
import {
  ASSUME_ROLE_KIND,
  describeObject,
  GENERATOR_API_VERSION,
  isGenerator,
  type NamedRef,
  type ObjectRef,
  objectKey,
} from '../api/kinds.ts';
import type { WantedSecret } from '../api/plan.ts';
import { quote } from '../api/quote.ts';
import type { Renewal } from '../api/renewal.ts';
import { configFinding } from './config-finding.ts';
import { identify } from './identify.ts';
import { matchSessions } from './match-session.ts';
import { readFunctionConfig } from './read-function-config.ts';
import { type ReadGenerator, readGenerator } from './read-generator.ts';
import { readPolicy } from './read-policy.ts';
import { readSecrets } from './read-secrets.ts';
import { substitute, type Values } from './substitute.ts';
import { valueAt } from './value-at.ts';

/** The Input's entry for a generator, its variables replaced. */
interface ReadEntry {
  /** Path of the entry in the functionConfig. */
  readonly field: string;
  readonly identity?: IdentitySpec;
  readonly expectAccount?: string;
  readonly via: readonly HopSpec[];
  readonly last: HopSpec;
  readonly renew: Renewal;
}

/** A generator, and name and namespace of its Secret where no entry says otherwise. */
interface OwnedGenerator extends ReadGenerator {
  readonly own: NamedRef;
}

/** A generator with its entry of the Input and the Secrets that it wants. */
export interface MatchedGenerator extends OwnedGenerator {
  readonly entry?: ReadEntry;
  readonly wanted: readonly WantedSecret[];
}

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
  const { generators, findings } = withEntries(
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
  return { apiVersion: GENERATOR_API_VERSION, kind: ASSUME_ROLE_KIND, name: '', ...identify(manifest) };
}

function configObject(functionConfig: unknown): ObjectRef | undefined {
  const { apiVersion, kind, name, ...namespace } = identify(functionConfig);
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  return { apiVersion, kind, name, ...namespace };
}

function withEntries(
  generators: readonly OwnedGenerator[],
  sessions: readonly SessionEntry[],
  values: Values,
): { generators: MatchedGenerator[]; findings: Finding[] } {
  const read = generators.map((generator) => {
    const [index, other] = matchSessions(generator, sessions);
    const alone = { ...generator, wanted: readSecrets(generator.own, undefined).wanted };
    if (index === undefined) return { generator: alone, used: [], findings: [] };
    if (other !== undefined)
      return { generator: alone, used: [index, other], findings: [matchesTwice(generator, index, other)] };
    const { entry, wanted, findings } = readEntry(generator, sessions[index] ?? {}, index, values);
    return { generator: { ...generator, entry, wanted }, used: [index], findings };
  });
  const used = new Set(read.flatMap((one) => one.used));
  const unused = sessions.flatMap((_, index) => (used.has(index) ? [] : [unusedSession(index)]));
  return {
    generators: read.map(({ generator }) => generator),
    findings: [...read.flatMap(({ findings }) => findings), ...unused],
  };
}

function readEntry(
  { object, own, readable }: OwnedGenerator,
  { identity, expectAccount, via = [], last = {}, renew = {}, secrets }: SessionEntry,
  index: number,
  values: Values,
) {
  const field = `sessions[${index}]`;
  const { value, unknown } = substitute(
    { via, last, secrets, ...(identity === undefined ? {} : { identity }) },
    new Map([...values, ...builtIns(object, readable.role)]),
  );
  const { secrets: specs, ...chain } = value;
  const { wanted, findings } = readSecrets(own, { field, secrets: unknown.length > 0 ? undefined : specs });
  const strangers = unknown.map((name) =>
    configFinding(field, `has a variable ${quote(name)} that ${describeObject(object)} and \`vars\` do not have`),
  );
  return {
    entry: { field, renew, ...(expectAccount === undefined ? {} : { expectAccount }), ...chain },
    wanted,
    findings: [...strangers, ...findings],
  };
}

/** Variables that every generator has. An ARN that is no role's has no parts to name. */
function builtIns({ name, namespace }: ReadGenerator['object'], role: string | undefined): [string, string][] {
  const [, partition, account] = /^arn:([a-z-]+):iam::(\d{12}):role\//.exec(role ?? '') ?? [];
  const known: [string, string | undefined][] = [
    ['name', name],
    ['namespace', namespace],
    ['role.partition', partition],
    ['role.account', account],
  ];
  return known.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
}

function matchesTwice({ object }: ReadGenerator, first: number, second: number): Finding {
  return configFinding(
    `sessions[${second}]`,
    `matches ${describeObject(object)}, and so does \`sessions[${first}]\`; make one of them narrower`,
  );
}

function unusedSession(index: number): Finding {
  const field = `sessions[${index}]`;
  return finding(
    'SESSION_UNUSED',
    `cannot apply \`${field}\` of the functionConfig: it matches no generator. Correct its \`match\`, or remove it.`,
    { field },
  );
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
