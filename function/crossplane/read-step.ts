import { configFinding, type Finding, finding, specFinding } from '../findings/finding.ts';
import { named, type ObjectRef, quoted, type Sayable, say } from '../findings/say.ts';
import { asksForSecret, isClusterGenerator, isInput, manifestTypeOf } from '../model/kinds.ts';
import { isSlip, meantType, nearestTo } from '../model/meant-kind.ts';
import { defined, isRecord, listAt, parseDuration, textAt, valueAt } from '../model/plain-data.ts';
import { VARIABLE_TYPES } from '../model/schema-parts.ts';
import { type Call, type Composite, refOf } from './read-request.ts';

/** A step's input as manifests that every host understands. */
export interface Step {
  /** The Input, or a generator: variables have their values, manifests their namespace, and `ttl` is removed. */
  readonly input: unknown;
  /** Manifests of External Secrets that earlier steps desire. */
  readonly desired: readonly DesiredManifest[];
  /** Infinite where the Input has none. */
  readonly maxTtlSeconds: number;
  /** The Composition's faults. */
  readonly faults: readonly Finding[];
  /** Values of the composite or its namespace that are missing or of the wrong type. */
  readonly valueFaults: readonly Finding[];
  /** The composite's namespace, where a variable needs its labels: each response requires it. */
  readonly requirements: readonly ObjectRef[];
  /** True when Crossplane has not sent the namespace yet: what depends on its labels is not known. */
  readonly isIncomplete: boolean;
}

/** A manifest with its name and namespace filled in, and the faults of these. */
interface PlacedManifest {
  readonly manifest: unknown;
  readonly faults: readonly Finding[];
}

/** A manifest of External Secrets among the desired resources. */
export interface DesiredManifest extends PlacedManifest {
  readonly resourceKey: string;
}

/** The parts of a call that `readStep` uses. */
type StepCall = Pick<Call, 'composite' | 'requiredObject'> & {
  readonly request: Pick<Call['request'], 'input' | 'desired'> & {
    readonly observed: { readonly composite?: { readonly resource?: unknown } | undefined } | undefined;
  };
  /** What stands for the value of a variable where no composite is known. */
  readonly standIn?: (type: string, source: string) => string;
};

/** Reads the step's input and the manifests of External Secrets among the desired resources. */
export function readStep({ request, composite, requiredObject, standIn }: StepCall): Step {
  const { input } = request;
  const desired = Object.entries(request.desired?.resources ?? {}).flatMap(([resourceKey, { resource }]) =>
    asksForSecret(resource) || asksForSecret(meantType(resource))
      ? [{ resourceKey, ...inOwnNamespace(resource, composite, resourceKey) }]
      : [],
  );
  const base = { desired, maxTtlSeconds: Infinity, valueFaults: [], requirements: [], isIncomplete: false };
  if (input === undefined) return { ...base, input, faults: [] };
  if ((manifestTypeOf(input) ?? manifestTypeOf(meantType(input))) === 'generator') {
    const { manifest, faults } = inOwnNamespace(input, composite);
    return { ...base, input: manifest, faults };
  }
  const { ttl, ...fields } = input;
  const maxTtlSeconds = ttl === undefined ? Infinity : parseDuration(ttl);
  const isLabelUsed = Object.values(isRecord(fields.vars) ? fields.vars : {}).some(
    (variable) => isRecord(variable) && Object.hasOwn(variable, 'namespaceLabel'),
  );
  const name = isLabelUsed ? composite.namespace : undefined; // a cluster-scoped composite has none
  const namespace = name === undefined ? undefined : { apiVersion: 'v1', kind: 'Namespace', name };
  const namespaceObject = namespace && requiredObject(namespace);
  const labels = typeof namespaceObject === 'object' ? namespaceObject?.labels : undefined;
  const sources = { composite: request.observed?.composite?.resource, labels, ...defined({ standIn }) };
  const { variables, faults, valueFaults } = resolveVariables(fields.vars, sources);
  const generators = listAt(fields, ['generators']).map((manifest) => inOwnNamespace(manifest, composite));
  const placed = Array.isArray(fields.generators) ? generators.map(({ manifest }) => manifest) : fields.generators;
  return {
    input: { ...fields, vars: variables, generators: placed },
    desired,
    maxTtlSeconds: maxTtlSeconds ?? Infinity,
    faults: [
      ...(isInput(input) || isInput(meantType(input) ?? {})
        ? []
        : [configFinding('kind', 'must be "Input" or the kind of a generator')]),
      ...(maxTtlSeconds === undefined
        ? [configFinding('ttl', 'must be a time from "1s" to "24h", such as "60s"')]
        : []),
      ...(fields.sessions === undefined ? [] : refuseEncryption(fields.sessions)),
      ...generators.flatMap((generator) => generator.faults),
      ...faults,
    ],
    valueFaults,
    requirements: namespace === undefined ? [] : [namespace],
    isIncomplete: namespaceObject === 'pending',
  };
}

/**
 * Puts a manifest into the composite's namespace; without a name it gets the resource's key. Another namespace in the manifest is a
 * fault: Crossplane reads any Secret for us, so it would reach other namespaces' Secrets. A ClusterGenerator has no namespace.
 */
function inOwnNamespace(manifest: unknown, composite: Composite, key?: string): PlacedManifest {
  const metadata = valueAt(manifest, ['metadata']) ?? {};
  if (typeof manifest !== 'object' || manifest === null || typeof metadata !== 'object')
    return { manifest, faults: [] };
  const { name = key, namespace, ...others } = metadata as Record<string, unknown>; // checked above
  const ownMetadata = { ...others, ...(name === undefined ? {} : { name }) };
  if (isClusterGenerator(manifest)) return { manifest: { ...manifest, metadata: ownMetadata }, faults: [] };
  const ownNamespace = composite.namespace ?? namespace;
  const texts: Sayable[] = [];
  if (composite.namespace !== undefined && namespace !== undefined && namespace !== composite.namespace)
    texts.push(
      say`must be ${quoted(composite.namespace)}, the composite's namespace, or be left out; got ${typeof namespace === 'string' ? quoted(namespace) : 'a value that is not a string'}`,
    );
  if (ownNamespace === undefined || ownNamespace === '')
    texts.push('is required under a cluster-scoped composite, which has no namespace for the Secret');
  const { apiVersion, kind } = refOf(manifest);
  const object = { apiVersion, kind, name: typeof name === 'string' ? name : '' };
  return {
    manifest: { ...manifest, metadata: { ...ownMetadata, ...defined({ namespace: ownNamespace }) } },
    faults: texts.map((text) => specFinding(object, 'metadata.namespace', text)),
  };
}

/** Refuses `encrypt`: Crossplane would apply the encrypted document to the cluster as it is. */
function refuseEncryption(sessions: unknown): Finding[] {
  const text = 'must be absent under Crossplane: the API server would store the encrypted text as it is. Remove it';
  return listAt(sessions, []).flatMap((session, index) =>
    listAt(session, ['secrets']).flatMap((secret, at) =>
      valueAt(secret, ['encrypt']) === undefined
        ? []
        : [configFinding(`sessions[${index}].secrets[${at}].encrypt`, text)],
    ),
  );
}

/**
 * The `vars` of an Input with values from the composite and its namespace in the place of their sources. `faults`: errors of the
 * Composition. `valueFaults`: values that are missing or have the wrong type, which the composite's owner corrects.
 */
function resolveVariables(variables: unknown, sources: Sources) {
  const faults: Finding[] = [];
  const valueFaults: Finding[] = [];
  if (!isRecord(variables)) return { variables, faults, valueFaults };
  const resolved = new Map(Object.entries(variables));
  for (const [name, fields] of resolved) {
    if (!isRecord(fields)) continue;
    const variable = readVariable(name, fields, sources);
    if (variable === undefined) continue;
    if ('fault' in variable) faults.push(variable.fault);
    if ('valueFault' in variable) valueFaults.push(variable.valueFault);
    const { fromFieldPath: _, namespaceLabel: __, ...others } = fields;
    resolved.set(name, { ...others, value: 'value' in variable ? variable.value : '' }); // '' fails its type; `draftFindings` leaves that out
  }
  return { variables: Object.fromEntries(resolved), faults, valueFaults };
}

type Fields = Readonly<Record<string, unknown>>;

const NO_NAMESPACE =
  'is not known: the composite is cluster-scoped, and has no namespace. Take the value from a field, with `fromFieldPath`';
const UNKNOWN =
  'is not known: Crossplane did not send the namespace. Let it read namespaces, or give it to `crossplane render` with `--required-resources`';

type ReadVariable = { readonly value: unknown } | { readonly fault: Finding } | { readonly valueFault: Finding };

/** Where values of variables come from. */
interface Sources extends Pick<StepCall, 'standIn'> {
  readonly composite: unknown;
  /** Undefined: Crossplane did not send the namespace, or the composite has none. */
  readonly labels: Fields | undefined;
}

/** So many fields or labels may be meant by one that is not there, and so long ones. */
const [MOST_BESIDE, LONGEST] = [100, 64];
const SOURCE_FIELDS = ['value', 'fromFieldPath', 'namespaceLabel'] as const;
const FIELDS: readonly string[] = ['type', ...SOURCE_FIELDS];

/** Reads a variable's source; undefined for a variable with a value of its own. The draft reports an unknown type, once no value is missing. */
function readVariable(name: string, fields: Fields, { composite, labels, standIn }: Sources): ReadVariable | undefined {
  const fault = (field: string, text: Sayable) => ({ fault: configFinding(`vars.${name}${field}`, text) });
  for (const field of Object.keys(fields).filter((each) => !FIELDS.includes(each))) {
    const meant = nearestTo(field, FIELDS, (length) => Math.ceil(length / 3));
    if (meant !== undefined) return fault(`.${field}`, `is not a known field; did you mean \`${meant}\`? Correct it`);
  }
  const [key, more] = SOURCE_FIELDS.filter((source) => Object.hasOwn(fields, source));
  if (key === undefined || more !== undefined)
    return fault('', `must have ${key === undefined ? 'one' : 'only one'} of \`${SOURCE_FIELDS.join('`, `')}\``);
  if (key === 'value') return undefined;
  const where = fields[key];
  if (typeof where !== 'string' || where === '') return fault(`.${key}`, 'must be a string in quotes');
  const isLabel = key === 'namespaceLabel';
  const path = isLabel ? [where] : readFieldPath(where);
  if (path === undefined) return fault(`.${key}`, say`must be a path such as "spec.accountID", got ${quoted(where)}`);
  if (!isLabel && !PARTS_OF_COMPOSITE.includes(path[0] ?? ''))
    return fault(`.${key}`, say`must be a field of the composite, such as "spec.accountID", got ${quoted(where)}`);
  const [typeName, type] = Object.entries(VARIABLE_TYPES).find(([each]) => each === fields.type) ?? [];
  const value =
    typeName !== undefined && standIn ? standIn(typeName, key) : valueAt(isLabel ? labels : composite, path);
  const isMissing = value === undefined || value === null || value === '';
  if (!isMissing && (type === undefined || (typeof value === 'string' && type.pattern.test(value)))) return { value };
  const source = isLabel ? say`label ${named(where)} of the composite's namespace` : say`\`${where}\` of the composite`;
  const start = say`cannot use variable ${named(name)}: ${source}`;
  const field = `vars.${name}`;
  const lack = (): Sayable => {
    if (isLabel && labels === undefined) return textAt(composite, ['metadata', 'namespace']) ? UNKNOWN : NO_NAMESPACE;
    const near = nearKey(isLabel ? labels : valueAt(composite, path.slice(0, -1)), path.at(-1) ?? '');
    if (near !== undefined) return say`is not there; did you mean ${named(near)}? Correct one of them`;
    return `is not there. ${path[0] === 'status' && !isLabel ? 'An earlier step has to set it' : 'Set it'}`;
  };
  if (isMissing || type === undefined)
    // the second for the compiler
    return { valueFault: finding('VALUE_MISSING', say`${start} ${lack()}.`, { field }) };
  return {
    valueFault: finding('VALUE_INVALID', say`${start} must be ${type.means}, as a string. Correct it.`, { field }),
  };
}

/** A field or label that may be meant by one that is not there. */
function nearKey(beside: unknown, key: string): string | undefined {
  const asOneWord = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, '');
  const keys = Object.keys(Object(beside)).slice(0, MOST_BESIDE);
  return keys
    .filter(({ length }) => length <= LONGEST)
    .find((each) => asOneWord(each) === asOneWord(key) || isSlip(key, each));
}

/** What a composite has. The context of a pipeline is no part of it. */
const PARTS_OF_COMPOSITE: readonly string[] = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/** `spec.items[0].b`, `metadata.labels[example.org/account]` or `metadata.labels['example.org/account']`. */
const PATH = /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[(?:[^\][']+|'[^']*')\])*$/;
const PART = /([A-Za-z_][\w-]*)|\[(?:'([^']*)'|([^\]]+))\]/g;

/** The parts of a field path as Crossplane writes them; undefined when it is none. */
export function readFieldPath(text: string): string[] | undefined {
  if (!PATH.test(text)) return undefined;
  return [...text.matchAll(PART)].map(([, name, quotedKey, index]) => name ?? quotedKey ?? index ?? '');
}
