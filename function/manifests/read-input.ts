import { configFinding, type Finding } from '../findings/finding.ts';
import { named, quoted, say } from '../findings/say.ts';
import { type Cluster, clusterSpec } from '../model/cluster.ts';
import { secondsOf } from '../model/duration.ts';
import type { Guards } from '../model/grant.ts';
import { CLUSTER_GENERATOR_KIND, EXTERNAL_SECRET_KIND, GENERATOR_KINDS, isSpec, objectKey } from '../model/kinds.ts';
import { valueAt } from '../model/plain-data.ts';
import { refuseMore } from '../model/run-limits.ts';
import { VARIABLE_TYPES } from '../model/schema-parts.ts';
import { identify, objectOf } from './identify.ts';
import { input, type SessionEntry, type Variable } from './input.ts';
import { faultFinding, readBySchema } from './read-by-schema.ts';
import { substitute, type Values } from './substitute.ts';

/** An Input, read: with faults it holds only what could be read. */
export interface ReadInput extends Pick<Guards, 'allow'> {
  readonly cluster?: Cluster;
  /** How long AccessDenied is taken for a role that AWS does not know everywhere yet, in milliseconds. */
  readonly awaitRolesMilliseconds: number;
  readonly findings: readonly Finding[];
  /** By `objectKey` of what is in `generators`: the same as it is written, with variables in it. */
  readonly written: ReadonlyMap<string, string>;
  /** Not yet read; their variables are replaced. */
  readonly generators: readonly unknown[];
  readonly sessions: readonly SessionEntry[];
  readonly values: Values;
}

/** Where a variable's value comes from in a step of a Composition: its host has put the value there. */
const STEP_SOURCE = /^vars\.[^.]+\.(?:fromFieldPath|namespaceLabel)$/;

/** Reads an Input. Variables of its own come after those that are `given`. */
export function readInput(config: unknown, given: Values): ReadInput {
  const ofStep = 'is for a step of a Composition alone';
  const { data, faults } = readBySchema(input(), config);
  const { vars, sessions, allow, awaitRoles = '0s' } = data ?? {};
  const variables = Object.entries(vars ?? {});
  const own = variables.map(([name, one]) => [name, isOfItsType(one) ? one.value : ''] as const); // another could be of any length
  const byName = new Map(own);
  const values = { get: (name: string) => given.get(name) ?? byName.get(name) };
  const cluster = clusterSpec().safeParse(valueAt(config, ['cluster'])).data; // also beside a fault elsewhere
  const { generators, written, findings } = substituteGenerators(valueAt(config, ['generators']), values);
  return {
    generators,
    written,
    sessions: sessions ?? [],
    values,
    ...(allow ? { allow } : {}),
    ...(cluster === undefined ? {} : { cluster }),
    awaitRolesMilliseconds: secondsOf(awaitRoles) * 1000,
    findings: [
      ...(valueAt(config, ['ttl']) === undefined ? [] : [configFinding('ttl', say`${ofStep}; remove it`)]),
      ...faults
        .filter(({ field }) => field !== 'ttl' && !field.startsWith('generators[')) // each of them is read by itself
        .map((fault) =>
          faultFinding('FUNCTION_CONFIG_INVALID', STEP_SOURCE.test(fault.field) ? { ...fault, text: ofStep } : fault),
        ),
      ...variables.flatMap(([name, variable]) => checkVariable(name, variable)),
      ...findings,
    ],
  };
}

function isOfItsType({ value, type }: Variable): boolean {
  return VARIABLE_TYPES[type].pattern.test(value);
}

function checkVariable(name: string, variable: Variable): Finding[] {
  const { value, type } = variable;
  const { means } = VARIABLE_TYPES[type];
  return isOfItsType(variable)
    ? []
    : [configFinding(`vars.${name}.value`, say`must be ${means}, got ${quoted(value)}`)];
}

function substituteGenerators(given: unknown, values: Values): Pick<ReadInput, 'generators' | 'written' | 'findings'> {
  if (!Array.isArray(given)) return { generators: [], written: new Map(), findings: [] };
  refuseMore('`generators`', given.length);
  const read = given.map((generator) => substitute<unknown>(generator, values));
  const findings = read.flatMap(({ value, unknown }, index) => {
    const field = `generators[${index}]`;
    const kinds = say`${GENERATOR_KINDS.join(', ')}, ${CLUSTER_GENERATOR_KIND} or ${EXTERNAL_SECRET_KIND}`;
    const stranger = isSpec(identify(value)) ? [] : [configFinding(field, say`must be an ${kinds}`)];
    return [
      ...stranger,
      ...unknown.map((name) =>
        configFinding(
          field,
          say`has a variable ${named(name)} that \`vars\` does not have; where it is no variable, write "$\${"`,
        ),
      ),
    ];
  });
  const written = read.map(({ value }, index) => [keyOf(value), keyOf(given[index])] as const);
  return { generators: read.map(({ value }) => value), written: new Map(written), findings };
}

function keyOf(manifest: unknown): string {
  return objectKey(objectOf(manifest));
}
