import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { configFinding, type Finding, finding } from '../../findings/finding.ts';
import { named, quoted, type Sayable, say } from '../../findings/say.ts';
import { parseDuration } from '../../model/duration.ts';
import { isGenerator, isInput } from '../../model/kinds.ts';
import { isRecord, listAt, valueAt } from '../../model/plain-data.ts';
import { VARIABLE_TYPES } from '../../model/schema-parts.ts';
import type { Call } from './call.ts';
import { type DesiredSpec, desiredSpecs, inOwnNamespace } from './desired-specs.ts';

/** A step's input as manifests that every host understands. */
export interface Step {
  /** The step's input as a functionConfig: variables have their values, `ttl` is removed. */
  readonly functionConfig: unknown;
  /** Manifests of External Secrets that earlier steps desire. */
  readonly desired: readonly DesiredSpec[];
  /** Infinite where the Input has none. */
  readonly ttlSeconds: number;
  /** The Composition's faults. */
  readonly faults: readonly Finding[];
  /** Values that the composite or its namespace does not have yet. */
  readonly waits: readonly Finding[];
}

/** True when the step needs the labels of the composite's namespace. */
export function needsNamespace({ input }: RunFunctionRequest): boolean {
  return usesNamespaceLabel(valueAt(input, ['vars']));
}

/** Reads the step's input and the generators among the desired resources. */
export function readStep({ request, composite }: Call, namespaceLabels: VariableSources['namespaceLabels']): Step {
  const desired = desiredSpecs(request, composite);
  const { input } = request;
  const bare = { desired, ttlSeconds: Infinity, waits: [] };
  if (input === undefined) return { ...bare, functionConfig: undefined, faults: [] };
  if (isGenerator(input)) {
    const { manifest, faults } = inOwnNamespace(input, composite);
    return { ...bare, functionConfig: manifest, faults };
  }
  const { ttl, ...config } = input;
  const ttlSeconds = ttl === undefined ? Infinity : parseDuration(ttl);
  const variables = resolveVariables(config.vars, { composite: composite.manifest, namespaceLabels });
  const generators = listAt(config, ['generators']).map((one) => inOwnNamespace(one, composite));
  const isList = Array.isArray(config.generators);
  return {
    functionConfig: {
      ...config,
      vars: variables.variables,
      generators: isList ? generators.map(({ manifest }) => manifest) : config.generators,
    },
    desired,
    ttlSeconds: ttlSeconds ?? Infinity,
    faults: [
      ...(isInput(input) ? [] : [configFinding('kind', 'must be "Input" or the kind of a generator')]),
      ...(ttlSeconds === undefined ? [configFinding('ttl', 'must be a time from "1s" to "24h", such as "60s"')] : []),
      ...checkEncryption(config),
      ...generators.flatMap(({ faults }) => faults),
      ...variables.faults,
    ],
    waits: variables.waits,
  };
}

/** Refuses `encrypt`: Crossplane would apply the encrypted document to the cluster as it is. */
function checkEncryption(config: unknown): Finding[] {
  const text = 'is for files: the API server would get what SOPS wrote';
  return listAt(config, ['sessions']).flatMap((session, index) =>
    listAt(session, ['secrets']).flatMap((secret, at) =>
      valueAt(secret, ['encrypt']) === undefined
        ? []
        : [configFinding(`sessions[${index}].secrets[${at}].encrypt`, text)],
    ),
  );
}

/** Where variables take their values from. */
interface VariableSources {
  readonly composite: unknown;
  /** Labels of the composite's namespace; null when there is no such namespace, or the composite has none. */
  readonly namespaceLabels: Readonly<Record<string, unknown>> | null;
}

type WrittenVariable = Readonly<Record<string, unknown>>;

/** True when a variable takes its value from a label of the composite's namespace. */
function usesNamespaceLabel(variables: unknown): boolean {
  return entriesOf(variables).some(([, variable]) => Object.hasOwn(variable, 'namespaceLabel'));
}

/**
 * The `vars` of an Input with values from the composite and its namespace in the place of their sources. `faults`: errors of the
 * Composition. `waits`: values that are missing or have the wrong type, which the composite's owner corrects.
 */
function resolveVariables(
  variables: unknown,
  sources: VariableSources,
): { readonly variables: unknown; readonly faults: readonly Finding[]; readonly waits: readonly Finding[] } {
  const faults: Finding[] = [];
  const waits: Finding[] = [];
  const resolved = new Map(Object.entries(isRecord(variables) ? variables : {}));
  for (const [name, written] of entriesOf(variables)) {
    const source = sourceOf(name, written, sources);
    if (source === undefined) continue;
    const { fromFieldPath: _, namespaceLabel: __, ...others } = written;
    if ('severity' in source) {
      faults.push(source);
      resolved.set(name, { ...others, value: '' });
      continue;
    }
    const wait = checkValue(name, written.type, source);
    if (wait !== undefined) waits.push(wait);
    resolved.set(name, { ...others, value: wait === undefined ? source.value : '' });
  }
  return { variables: isRecord(variables) ? Object.fromEntries(resolved) : variables, faults, waits };
}

interface Source {
  /** In words, for messages. */
  readonly text: Sayable;
  readonly value: unknown;
}

/** Undefined for a variable with a value of its own. */
function sourceOf(name: string, written: WrittenVariable, sources: VariableSources): Source | Finding | undefined {
  const given = ['value', 'fromFieldPath', 'namespaceLabel'].filter((key) => Object.hasOwn(written, key));
  const key = given.find((one) => one !== 'value');
  if (key === undefined) return undefined;
  if (given.length > 1)
    return configFinding(`vars.${name}`, 'must have only one of `value`, `fromFieldPath`, `namespaceLabel`');
  const where = written[key];
  if (typeof where !== 'string' || where === '')
    return configFinding(`vars.${name}.${key}`, 'must be a string in quotes');
  if (key === 'namespaceLabel') {
    const labels = sources.namespaceLabels ?? {};
    return {
      text: say`label ${named(where)} of the composite's namespace`,
      value: Object.hasOwn(labels, where) ? labels[where] : undefined,
    };
  }
  const path = readFieldPath(where);
  if (path === undefined)
    return configFinding(
      `vars.${name}.fromFieldPath`,
      say`must be a path such as "spec.accountID", got ${quoted(where)}`,
    );
  return { text: say`\`${where}\` of the composite`, value: valueAt(sources.composite, path) };
}

/** Why a value cannot be used yet. An unknown type is reported where the Input is checked. */
function checkValue(name: string, type: unknown, { text, value }: Source): Finding | undefined {
  const start = say`cannot use variable ${named(name)}: ${text}`;
  if (value === undefined || value === null || value === '')
    return finding('VALUE_MISSING', say`${start} is not there. Set it.`, { field: `vars.${name}` });
  if (typeof type !== 'string' || !Object.hasOwn(VARIABLE_TYPES, type)) return undefined;
  const { pattern, means } = VARIABLE_TYPES[type as keyof typeof VARIABLE_TYPES]; // it is one of its keys
  if (typeof value === 'string' && pattern.test(value)) return undefined;
  return finding('VALUE_INVALID', say`${start} must be ${means}, as a string. Correct it.`, {
    field: `vars.${name}`,
  });
}

function entriesOf(variables: unknown): [string, WrittenVariable][] {
  if (!isRecord(variables)) return [];
  return Object.entries(variables).filter((entry): entry is [string, WrittenVariable] => isRecord(entry[1]));
}

/** `spec.items[0].b`, `metadata.labels[example.org/account]` or `metadata.labels['example.org/account']`. */
const PATH = /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[(?:[^\][']+|'[^']*')\])*$/;
const PART = /([A-Za-z_][\w-]*)|\[(?:'([^']*)'|([^\]]+))\]/g;

/** The parts of a field path as Crossplane writes them; undefined when it is none. */
export function readFieldPath(text: string): string[] | undefined {
  if (!PATH.test(text)) return undefined;
  return [...text.matchAll(PART)].map(([, name, quoted, index]) => name ?? quoted ?? index ?? '');
}
