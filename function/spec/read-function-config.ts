import { type Finding, finding } from '../api/finding.ts';
import { INPUT_FIELDS_TO_COME, input } from '../api/input.ts';
import {
  ASSUME_ROLE_KIND,
  GENERATOR_API_VERSION,
  INPUT_API_VERSION,
  INPUT_KIND,
  isGenerator,
  isInput,
} from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { explainIssues } from './explain-issue.ts';
import { readConfigMap } from './read-config-map.ts';
import { valueAt } from './value-at.ts';

/** What a functionConfig holds, whichever of its shapes it has. */
export interface ReadFunctionConfig {
  /** Generators, not yet read. */
  readonly generators: readonly unknown[];
  readonly findings: readonly Finding[];
}

/** Reads the functionConfig: absent, an Input, a bare generator, or the ConfigMap of `kpt fn eval -- key=value`. */
export function readFunctionConfig(config: unknown): ReadFunctionConfig {
  if (config === undefined || config === null) return { generators: [], findings: [] };
  const type = { apiVersion: valueAt(config, ['apiVersion']), kind: valueAt(config, ['kind']) };
  if (isGenerator(type)) return { generators: [config], findings: [] };
  if (isInput(type)) return readInput(config);
  if (type.apiVersion === 'v1' && type.kind === 'ConfigMap') return readConfigMap(config);
  return { generators: [], findings: [finding('FUNCTION_CONFIG_INVALID', unknownKind(type))] };
}

function unknownKind({ apiVersion, kind }: { apiVersion: unknown; kind: unknown }): string {
  const got = typeof kind === 'string' ? `kind ${quote(kind)} of ${quote(String(apiVersion))}` : 'no kind';
  return (
    `cannot use the functionConfig: it must be an ${INPUT_KIND} (${INPUT_API_VERSION}), ` +
    `an ${ASSUME_ROLE_KIND} (${GENERATOR_API_VERSION}) or a ConfigMap (v1), got ${got}.`
  );
}

function readInput(config: unknown): ReadFunctionConfig {
  const toCome = INPUT_FIELDS_TO_COME.filter((field) => valueAt(config, [field]) !== undefined);
  const parsed = input.safeParse(config);
  const faults = parsed.success ? [] : explainIssues(input, config, parsed.error.issues);
  const findings = [
    ...toCome.map((field) => inputFinding(field, 'is not in this version; remove it')),
    ...faults.filter(({ field }) => !toCome.includes(field)).map(({ field, text }) => inputFinding(field, text)),
  ];
  const generators = valueAt(config, ['generators']);
  if (!Array.isArray(generators)) return { generators: [], findings };
  return { generators, findings: [...findings, ...generators.flatMap(strangers)] };
}

function strangers(generator: unknown, index: number): Finding[] {
  const type = { apiVersion: valueAt(generator, ['apiVersion']), kind: valueAt(generator, ['kind']) };
  if (isGenerator(type)) return [];
  return [inputFinding(`generators[${index}]`, `must be an ${ASSUME_ROLE_KIND} of ${GENERATOR_API_VERSION}`)];
}

function inputFinding(field: string, text: string): Finding {
  return finding('FUNCTION_CONFIG_INVALID', `cannot use the functionConfig: \`${field}\` ${text}.`, { field });
}
