import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { parseDuration } from '../../api/duration.ts';
import { configFinding, type Finding } from '../../api/finding.ts';
import { isGenerator, isInput } from '../../api/kinds.ts';
import { listAt, valueAt } from '../../api/value-at.ts';
import type { Call } from './call.ts';
import { type DesiredSpec, desiredSpecs, placed } from './desired-specs.ts';
import { resolveVariables, type VariableSources, wantsNamespace } from './resolve-variables.ts';

/** What a call asks for, as the core's manifests. */
export interface Step {
  /** The step's input as every host has it: values in the place of their sources, without `ttl`. */
  readonly functionConfig: unknown;
  /** What earlier steps desire of External Secrets. */
  readonly desired: readonly DesiredSpec[];
  /** Infinite where the Input has none. */
  readonly ttlSeconds: number;
  /** The Composition's faults. */
  readonly faults: readonly Finding[];
  /** What the composite has not yet. */
  readonly waits: readonly Finding[];
}

/** True when the composite's namespace must be seen before the step can be read. */
export function needsNamespace({ input }: RunFunctionRequest): boolean {
  return wantsNamespace(valueAt(input, ['vars']));
}

/** Reads the step's input and the generators among the desired resources. */
export function readStep({ request, composite }: Call, namespaceLabels: VariableSources['namespaceLabels']): Step {
  const desired = desiredSpecs(request, composite);
  const { input } = request;
  const bare = { desired, ttlSeconds: Infinity, waits: [] };
  if (input === undefined) return { ...bare, functionConfig: undefined, faults: [] };
  if (isGenerator(input)) {
    const { manifest, faults } = placed(input, composite);
    return { ...bare, functionConfig: manifest, faults };
  }
  const { ttl, ...config } = input;
  const ttlSeconds = ttl === undefined ? Infinity : parseDuration(ttl);
  const variables = resolveVariables(config.vars, { composite: composite.manifest, namespaceLabels });
  const generators = listAt(config, ['generators']).map((one) => placed(one, composite));
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

/** The engine applies what it gets: a document that SOPS encrypted is no Secret for a cluster. */
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
