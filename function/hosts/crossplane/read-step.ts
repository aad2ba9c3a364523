import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { IGNORE_ANNOTATION } from '../../api/annotations.ts';
import { parseDuration } from '../../api/duration.ts';
import { type Finding, fieldFinding } from '../../api/finding.ts';
import { ASSUME_ROLE_KIND, generatorKind, isGenerator, isInput } from '../../api/kinds.ts';
import { quote } from '../../api/quote.ts';
import { valueAt } from '../../api/value-at.ts';
import { type Composite, readComposite } from './composite.ts';
import { resolveVariables, type VariableSources, wantsNamespace } from './resolve-variables.ts';

/** What a call asks for, as the core's manifests. */
export interface Step {
  /** The step's input as every host has it: values in the place of their sources, without `ttl`. */
  readonly functionConfig: unknown;
  /** Generators among the desired resources. */
  readonly items: readonly unknown[];
  /** Their keys: a Secret takes the place of each. */
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
  const place = (manifest: unknown, key?: string) => placed(manifest, composite, faults, key);
  const desired = Object.entries(request.desired?.resources ?? {}).filter(([, { resource }]) => isOurs(resource));
  const items = desired.map(([key, { resource }]) => place(resource, key));
  const { input } = request;
  if (input === undefined || isGenerator(input))
    return {
      functionConfig: input === undefined ? undefined : place(input),
      items,
      consumed: desired.map(([key]) => key),
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
    items,
    consumed: desired.map(([key]) => key),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    faults: [...faults, ...variables.faults],
    waits: variables.waits,
  };
}

function isOurs(resource: Manifest | undefined): boolean {
  return isGenerator(resource ?? {}) && valueAt(resource, ['metadata', 'annotations', IGNORE_ANNOTATION]) !== 'true';
}

/**
 * A generator in the composite's namespace, with the resource's key as its name where it has none. A namespace of its own is
 * never followed: Crossplane reads any Secret for us, so that would reach the Secrets of others.
 */
function placed(manifest: unknown, composite: Composite, faults: Finding[], key?: string): unknown {
  const metadata = valueAt(manifest, ['metadata']) ?? {};
  if (typeof manifest !== 'object' || manifest === null || typeof metadata !== 'object') return manifest;
  const { name = key, namespace, ...others } = metadata as Manifest; // an object, as was just seen
  const own = composite.namespace ?? namespace;
  if (composite.namespace !== undefined && namespace !== undefined && namespace !== composite.namespace)
    faults.push(
      misplaced(
        manifest,
        name,
        `must be absent or the composite's, ${quote(composite.namespace)}, got ${quote(String(namespace))}`,
      ),
    );
  if (own === undefined || own === '')
    faults.push(misplaced(manifest, name, 'is required under a cluster-scoped composite: the Secret is made there'));
  return {
    ...manifest,
    metadata: { ...others, ...(name === undefined ? {} : { name }), ...(own === undefined ? {} : { namespace: own }) },
  };
}

function misplaced(manifest: object, name: unknown, text: string): Finding {
  const kind = generatorKind(manifest) ?? ASSUME_ROLE_KIND;
  const object = { apiVersion: '', kind, name: typeof name === 'string' ? name : '' };
  return fieldFinding('SPEC_INVALID', { object, field: 'metadata.namespace' }, text);
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
