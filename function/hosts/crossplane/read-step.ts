import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { parseDuration } from '../../api/duration.ts';
import { type Finding, fieldFinding } from '../../api/finding.ts';
import { isGenerator, isInput, type ObjectRef } from '../../api/kinds.ts';
import { valueAt } from '../../api/value-at.ts';
import { readComposite } from './composite.ts';
import { type DesiredSpec, desiredSpecs, placed, takenUp } from './desired-specs.ts';
import { resolveVariables, type VariableSources, wantsNamespace } from './resolve-variables.ts';

/** What a call asks for, as the core's manifests. */
export interface Step {
  /** The step's input as every host has it: values in the place of their sources, without `ttl`. */
  readonly functionConfig: unknown;
  /** What earlier steps desire of External Secrets. */
  readonly desired: readonly DesiredSpec[];
  /** Keys of desired resources that Secrets take the place of. */
  readonly consumed: readonly string[];
  readonly ttlSeconds?: number;
  /** The Composition's faults. */
  readonly faults: readonly Finding[];
  /** What the composite has not yet. */
  readonly waits: readonly Finding[];
}

type Manifest = Readonly<Record<string, unknown>>;

/** True when the composite's namespace must be seen before the step can be read. */
export function needsNamespace({ input }: RunFunctionRequest): boolean {
  return wantsNamespace(valueAt(input, ['vars']));
}

/** Reads the step's input and the generators among the desired resources. */
export function readStep(request: RunFunctionRequest, labels: VariableSources['namespaceLabels']): Step {
  const composite = readComposite(request);
  const faults: Finding[] = [];
  const place = (manifest: unknown) => {
    const one = placed(manifest, composite);
    faults.push(...one.faults);
    return one.manifest;
  };
  const desired = desiredSpecs(request, composite);
  const { input } = request;
  if (input === undefined || isGenerator(input))
    return {
      functionConfig: input === undefined ? undefined : place(input),
      desired,
      consumed: [],
      faults,
      waits: [],
    };
  if (!isInput(input)) faults.push(fault('kind', 'must be "Input" or the kind of a generator'));
  const { ttl, ...config } = input;
  const ttlSeconds = parseDuration(ttl);
  if (ttl !== undefined && ttlSeconds === undefined)
    faults.push(fault('ttl', 'must be a time from "1s" to "24h", such as "60s"'));
  faults.push(...checkEncryption(config));
  const variables = resolveVariables(config.vars, { composite: composite.manifest, namespaceLabels: labels });
  const generators = Array.isArray(config.generators) ? config.generators.map((one) => place(one)) : config.generators;
  return {
    functionConfig: {
      ...config,
      ...(config.vars === undefined ? {} : { vars: variables.variables }),
      ...(config.generators === undefined ? {} : { generators }),
    },
    desired,
    consumed: [],
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    faults: [...faults, ...variables.faults],
    waits: variables.waits,
  };
}

/** The step once the core has said whose manifests are whose: keys of what Secrets take the place of, and what is wrong there. */
export function withHandled(step: Step, handled: readonly ObjectRef[]): Step {
  const taken = takenUp(step.desired, handled);
  return {
    ...step,
    consumed: taken.map(({ key }) => key),
    faults: [...step.faults, ...taken.flatMap(({ faults }) => faults)],
  };
}

/** The engine applies what it gets: a document that SOPS encrypted is no Secret for a cluster. */
function checkEncryption(config: Manifest): Finding[] {
  const sessions = Array.isArray(config.sessions) ? config.sessions : [];
  return sessions.flatMap((session, index) => {
    const secrets: unknown = valueAt(session, ['secrets']);
    return (Array.isArray(secrets) ? secrets : []).flatMap((secret, at) =>
      valueAt(secret, ['encrypt']) === undefined
        ? []
        : [
            fault(
              `sessions[${index}].secrets[${at}].encrypt`,
              'is for files: the API server would get what SOPS wrote',
            ),
          ],
    );
  });
}

function fault(field: string, text: string): Finding {
  return fieldFinding('FUNCTION_CONFIG_INVALID', { field }, text);
}
