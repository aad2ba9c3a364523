import * as z from 'zod';
import { configFinding, type Finding, finding } from '../findings/finding.ts';
import { named, type ObjectRef, quoted, type Sayable, say, THE_OPTIONS, theObject } from '../findings/say.ts';
import { IGNORE_ANNOTATION, isIgnored } from '../model/annotations.ts';
import type { Guards } from '../model/grant.ts';
import {
  ASSUME_ROLE_KIND,
  asksForSecret,
  CLUSTER_GENERATOR_KIND,
  CONFIG_MAP_KIND,
  EXTERNAL_SECRET_KIND,
  GENERATOR_API_VERSION,
  GENERATOR_KINDS,
  GENERATOR_KINDS_TEXT,
  INPUT_API_VERSION,
  INPUT_KIND,
  identify,
  isExternalSecret,
  isGenerator,
  manifestTypeOf,
  objectKey,
} from '../model/kinds.ts';
import { mayAskForSecret } from '../model/meant-kind.ts';
import { defined, isRecord, listAt, once, secondsOf, textAt, valueAt } from '../model/plain-data.ts';
import { refuseMore } from '../model/run-limits.ts';
import { type Cluster, clusterSpec, VARIABLE_TYPES } from '../model/schema-parts.ts';
import { inNamespace } from './generator-catalogue.ts';
import { type Entry, input, variable } from './input.ts';
import { generatorRefs } from './read-external-secret.ts';
import { asMeant, faultFinding, readBySchema } from './read-manifest.ts';
import { substitute, type Values } from './substitute.ts';

/** What there is without a functionConfig. */
export const NO_CONFIG: ReadInput = {
  generators: [],
  writtenKeys: new Map(),
  sessions: [],
  values: new Map(),
  awaitRolesMilliseconds: 0,
  isUnsure: false,
  keysWithoutValues: new Set(),
  findings: [],
};

/**
 * Reads the functionConfig: an Input, a bare generator, or the ConfigMap of `kpt fn eval -- key=value`. `overrides` are
 * variables that an Input has beside its own.
 */
export function readFunctionConfig(config: unknown, overrides: Values = new Map()): ReadInput {
  const { apiVersion, kind } = identify(config);
  const type = manifestTypeOf({ apiVersion, kind });
  const key = objectKey(identify(config));
  if (type === 'generator') return { ...NO_CONFIG, generators: [config], writtenKeys: new Map([[key, key]]) };
  if (type === 'input') return readInput(config, overrides);
  if (apiVersion === 'v1' && kind === CONFIG_MAP_KIND) {
    const { generators, findings } = readConfigMap(config);
    return { ...NO_CONFIG, generators, findings };
  }
  return { ...NO_CONFIG, findings: [unknownKind(config)] };
}

function unknownKind(config: unknown): Finding {
  const kind = textAt(config, ['kind']);
  const version = String(textAt(config, ['apiVersion']));
  const got = kind === undefined ? 'no kind' : say`kind ${quoted(kind)} of ${quoted(version)}`;
  const message = say`cannot use ${THE_OPTIONS}: it must be an ${INPUT_KIND} (${INPUT_API_VERSION}), ${GENERATOR_KINDS_TEXT} (${GENERATOR_API_VERSION}), or a ConfigMap (v1), got ${got}.`;
  return finding('FUNCTION_CONFIG_INVALID', message);
}

/** `kpt fn eval -- key=value` gives every value as a string. */
const configMap = once(() =>
  z.looseObject({
    data: z
      .strictObject({
        region: z.string(),
        role: z.string(),
        name: z.string(),
        namespace: z.string(),
        sessionDuration: z.string().regex(/^\d{1,9}$/, 'must be a whole number of seconds'),
        externalID: z.string(),
      })
      .partial()
      .nullish(),
  }),
);

/** Reads kpt's ConfigMap. With `role` it is a generator; without, it is options only. */
function readConfigMap(config: unknown): { generators: readonly unknown[]; findings: readonly Finding[] } {
  const { data: read, faults } = readBySchema(configMap(), config);
  const data = read?.data ?? {};
  if (faults.length > 0)
    return { generators: [], findings: faults.map((fault) => faultFinding('FUNCTION_CONFIG_INVALID', fault)) };
  if (data.role === undefined) return { generators: [], findings: Object.keys(data).map(withoutEffect) };
  const missing = (['name', 'region'] as const).filter((key) => data[key] === undefined);
  const findings = missing.map((key) => configFinding(`data.${key}`, 'is required with `data.role`'));
  return { generators: findings.length > 0 ? [] : [toGenerator(data)], findings };
}

function toGenerator(data: NonNullable<z.infer<ReturnType<typeof configMap>>['data']>): unknown {
  const { region, role, name, namespace, sessionDuration, externalID } = data;
  const seconds = sessionDuration === undefined ? undefined : Number(sessionDuration);
  return {
    apiVersion: GENERATOR_API_VERSION,
    kind: ASSUME_ROLE_KIND,
    metadata: defined({ name, namespace }),
    spec: { region, role, requestParameters: defined({ sessionDuration: seconds, externalID }) },
  };
}

function withoutEffect(key: string): Finding {
  const message = say`\`data.${key}\` of ${THE_OPTIONS} has no effect: there is no \`data.role\`. Add \`role\`, or drop \`${key}\`.`;
  return finding('FUNCTION_CONFIG_WITHOUT_EFFECT', message, { field: `data.${key}` });
}

/** An Input, read: with faults it holds only what could be read. */
export interface ReadInput extends Pick<Guards, 'allow'> {
  readonly cluster?: Cluster;
  /** How many milliseconds AccessDenied is retried: AWS may not know a new role everywhere yet. */
  readonly awaitRolesMilliseconds: number;
  readonly findings: readonly Finding[];
  /** By the key that a generator has now, the one it had with variables: for limits (crossplane/issue-secrets.ts). */
  readonly writtenKeys: ReadonlyMap<string, string>;
  /** Not yet read; their variables are replaced. */
  readonly generators: readonly unknown[];
  readonly sessions: readonly Entry[];
  readonly values: Values;
  /** True where entries or generators could not all be read: what would be asked for is a guess. */
  readonly isUnsure: boolean;
  /** The `objectKey` of each object in `generators` with a variable that has no value. What else is wrong with them is not known. */
  readonly keysWithoutValues: ReadonlySet<string>;
}

/** A variable's source, which only a step of a Composition may have: its host has put `value` there. */
const STEP_FIELD = /^vars\.[^.]+\.(?:fromFieldPath|namespaceLabel)$/;
const STEP_ONLY = 'works only in a step of a Composition';

/** Reads an Input. A variable of `overrides` wins over one of its own. */
function readInput(config: unknown, overrides: Values): ReadInput {
  const { data, faults } = readBySchema(input(), config);
  const { sessions, allow, awaitRoles = '0s' } = data ?? {};
  const isTooLarge = faults.some(({ code }) => code === 'LIMIT_EXCEEDED');
  const vars = isTooLarge ? undefined : valueAt(config, ['vars']);
  const { values, findings: variableFindings } = readVariables(vars, overrides, data === undefined);
  const cluster = clusterSpec().safeParse(valueAt(config, ['cluster'])).data; // even if another field is wrong
  const { findings, ...generators } = substituteGenerators(isTooLarge ? [] : listAt(config, ['generators']), values);
  return {
    ...generators,
    isUnsure: data === undefined || generators.keysWithoutValues.size > 0,
    sessions: sessions ?? [],
    values,
    ...defined({ allow: allow ?? undefined, cluster }),
    awaitRolesMilliseconds: secondsOf(awaitRoles) * 1000,
    findings: [
      ...(valueAt(config, ['ttl']) === undefined ? [] : [configFinding('ttl', say`${STEP_ONLY}; remove it`)]),
      ...faults
        .filter(({ field }) => field !== 'ttl' && !field.startsWith('generators[')) // each of them is read by itself
        .map((fault) =>
          faultFinding('FUNCTION_CONFIG_INVALID', STEP_FIELD.test(fault.field) ? { ...fault, text: STEP_ONLY } : fault),
        ),
      ...variableFindings,
      ...findings,
    ],
  };
}

/** The variables, each by itself: those that can be used are known also where something else in the Input is wrong. */
function readVariables(vars: unknown, overrides: Values, isFaulty: boolean): { values: Values; findings: Finding[] } {
  const definitions = Object.entries(isRecord(vars) ? vars : {});
  const isUnreadable = isFaulty && !isRecord(vars); // they may be what is wrong, as under a misspelt `vars`
  const names = new Set(definitions.map(([name]) => name));
  const inputValues = new Map<string, string>();
  const findings: Finding[] = [];
  for (const [name, definition] of definitions) {
    const { data } = variable().safeParse(definition);
    if (data === undefined) continue; // a fault of the schema
    const { pattern, means } = VARIABLE_TYPES[data.type];
    // a wrong value, which may have any length, is not kept
    if (pattern.test(data.value)) inputValues.set(name, data.value);
    else findings.push(configFinding(`vars.${name}.value`, say`must be ${means}, got ${quoted(data.value)}`));
  }
  const isWrong = (name: string) => isUnreadable || names.has(name);
  return { values: { get: (name) => overrides.get(name) ?? inputValues.get(name), isWrong }, findings };
}

function substituteGenerators(generators: readonly unknown[], values: Values) {
  refuseMore('`generators`', generators.length);
  const read = generators.map((generator, index) => {
    const { value, unknown, isWhole } = substitute<unknown>(generator, values);
    const { meant, findings } = asMeant(value);
    const object = identify(meant);
    const refuse = (text: Sayable) => configFinding(`generators[${index}]`, text);
    const typeFindings = asksForSecret(object) ? findings : [refuse(say`must be an ${KIND_NAMES}`)];
    const isOfOthers = isWhole && isExternalSecret(object) && !isIgnored(meant) && !mayNameGenerator(meant);
    return {
      meant,
      key: objectKey(object),
      isWhole,
      findings: [
        ...typeFindings,
        ...(isOfOthers ? [refuse(NO_GENERATOR)] : []),
        ...(isGenerator(object) && textAt(meant, ['metadata', 'annotations', IGNORE_ANNOTATION]) === 'true'
          ? [ignoredHere(object)]
          : []),
        ...unknown.map(noVariable).map(refuse),
      ],
    };
  });
  return {
    generators: read.map(({ meant }) => meant),
    writtenKeys: new Map(read.map(({ key }, index) => [key, objectKey(identify(generators[index]))])),
    keysWithoutValues: new Set(read.filter(({ isWhole }) => !isWhole).map(({ key }) => key)),
    findings: read.flatMap(({ findings }) => findings),
  };
}

/** Here no operator sees it. */
function ignoredHere(object: ObjectRef): Finding {
  const message = say`no Secret is made of ${theObject(object)}: it has the annotation ${IGNORE_ANNOTATION}. Remove the annotation, or the generator.`;
  return finding('GENERATOR_UNUSED', message, { object });
}

const NO_GENERATOR =
  'is an ExternalSecret without a generator of this function, and nothing is read from stores; name one in `spec.dataFrom`, or remove it';

/** True for an ExternalSecret with a reference that may be to a generator of ours. */
function mayNameGenerator(manifest: unknown): boolean {
  const refs = generatorRefs(valueAt(manifest, ['spec'])).map(({ ref }) => inNamespace(ref, {}));
  return refs.some(mayAskForSecret);
}

const KIND_NAMES = `${GENERATOR_KINDS.join(', ')}, ${CLUSTER_GENERATOR_KIND} or ${EXTERNAL_SECRET_KIND}`;

function noVariable(name: string): Sayable {
  return say`uses a variable ${named(name)} that \`vars\` does not have; add it to \`vars\`, or write "$\${" for the text "$\{"`;
}
