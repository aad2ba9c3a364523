import { RunFunctionRequest, type RunFunctionResponse, Severity } from '@crossplane-org/function-sdk-typescript';
import { readSent, type SentRequest } from '../../../function/crossplane/decode-request.ts';
import { generatorManifest, SPEC } from '../manifests.ts';

/** A request as its parts, of which a test gives some: manifests as plain data. */
export interface Parts {
  readonly meta?: { tag: string };
  readonly observed?: { composite: { resource: object }; resources: Record<string, { resource: object }> };
  readonly desired?: { resources: Record<string, { resource: object }> };
  readonly input?: object | undefined;
  readonly context?: RunFunctionRequest['context'];
  readonly credentials?: Record<string, { credentialData: { data: Record<string, Buffer> } }>;
  readonly requiredResources?: RunFunctionRequest['requiredResources'];
}

export const UID = '0b6d9f4e-0000-4000-8000-000000000001';

/** A namespaced composite `team-a/acme`. */
export function composite(parts: { metadata?: object; spec?: object; status?: object } = {}) {
  return {
    apiVersion: 'example.org/v1',
    kind: 'Workspace',
    metadata: { name: 'acme', namespace: 'team-a', uid: UID, ...parts.metadata },
    spec: { crossplane: {}, accountID: '123456789012', ...parts.spec },
    ...(parts.status === undefined ? {} : { status: parts.status }),
  };
}

/** A generator `deployer` with a role of the composite's account. */
export function generator(spec: object = {}, metadata: object = { name: 'deployer' }) {
  return generatorManifest({ ...SPEC, role: 'arn:aws:iam::${account}:role/deployer', ...spec }, metadata);
}

/** An Input with that generator, its variable and a guard. */
export function input(parts: object = {}) {
  return {
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Input',
    generators: [generator()],
    vars: { account: { fromFieldPath: 'spec.accountID', type: 'accountID' } },
    allow: [{ roles: ['arn:aws:iam::*:role/deployer'] }],
    ...parts,
  };
}

/** A request of the engine. */
export function request(parts: Parts & { xr?: object; observedResources?: Record<string, object> } = {}): Parts {
  const { xr = composite(), observedResources = {}, ...others } = parts;
  const resources = Object.entries(observedResources).map(([key, resource]) => [key, { resource }] as const);
  return {
    meta: { tag: 'tag' },
    observed: { composite: { resource: xr }, resources: Object.fromEntries(resources) },
    input: input(),
    ...others,
  };
}

/** A request as the server gets it: bytes. */
export function sent({ credentials, ...parts }: Parts): SentRequest {
  const plain = { ...(JSON.parse(JSON.stringify(parts)) as object), ...(credentials && { credentials }) };
  return readSent(Buffer.from(RunFunctionRequest.encode(RunFunctionRequest.fromPartial(plain)).finish()));
}

/** A Secret as the engine has applied it: controlled by the composite. */
export function applied(secret: unknown, controller = UID): Record<string, unknown> {
  const { metadata, ...others } = secret as { metadata: object };
  return {
    ...others,
    metadata: { ...metadata, uid: 'secret', ownerReferences: [{ controller: true, uid: controller }] },
  };
}

type Selectors = NonNullable<RunFunctionResponse['requirements']>['resources'];

/**
 * What an engine remembers of a composite between two reconciles: what the step required in the last one that was not Fatal. Crossplane
 * 2.4 shows these objects in the first call of the next one (crossplane/crossplane v2.4.0,
 * internal/controller/apiextensions/composite/composition_functions.go); older engines show there what the Composition itself requires.
 */
export class Remembered {
  selectors: Selectors = {};
}

/** A tenant's object is there in the first call where the step required it before, or where the Composition requires it itself. */
export function rememberedOf(...objects: readonly unknown[]): Remembered {
  const remembered = new Remembered();
  for (const object of objects) {
    const { apiVersion, kind, metadata } = object as Record<'apiVersion' | 'kind', string> & {
      metadata: { name: string; namespace?: string };
    };
    const { name, namespace } = metadata;
    remembered.selectors[`composition-${kind}-${name}`] = { apiVersion, kind, matchName: name, namespace };
  }
  return remembered;
}

/**
 * What the engine does with one function: calls until it asks for nothing new, or is fatal, and shows what `objects` has of it. Without
 * `remembered` it is an engine of before 2.4, whose first call shows nothing.
 */
export async function reconcile(
  call: (request: Parts) => Promise<RunFunctionResponse>,
  first: Parts,
  objects: readonly unknown[] = [],
  remembered = new Remembered(),
): Promise<{ response: RunFunctionResponse; calls: number }> {
  const { selectors } = remembered;
  let shown = selectors;
  for (let calls = 1; calls <= 6; calls++) {
    const response = await call({ ...first, requiredResources: found({ ...selectors, ...shown }, objects) });
    const asked = response.requirements?.resources ?? {};
    const isStable = Object.keys(asked).every((name) => Object.hasOwn(shown, name));
    const isFatal = response.results.some(({ severity }) => severity === Severity.SEVERITY_FATAL);
    if (isStable && !isFatal) remembered.selectors = asked;
    if (isStable || isFatal) return { response, calls };
    shown = asked;
  }
  throw new Error('requirements did not become stable in 6 calls');
}

/** The objects that an engine shows for its selectors: those it has, or an empty list. */
function found(selectors: Selectors, objects: readonly unknown[]): RunFunctionRequest['requiredResources'] {
  return Object.fromEntries(
    Object.entries(selectors).map(([name, selector]) => {
      const items = objects.filter((object) => {
        const { kind, metadata } = object as { kind: string; metadata: { name: string; namespace?: string } };
        const isNamed = kind === selector.kind && metadata.name === selector.matchName;
        return isNamed && metadata.namespace === selector.namespace;
      });
      return [
        name,
        { items: items.map((resource) => ({ resource: resource as object, connectionDetails: {}, ready: 0 })) },
      ];
    }),
  );
}

/** What a response says of the credentials. */
export function verdictOf({ conditions }: RunFunctionResponse) {
  const [condition] = conditions;
  return condition && { status: condition.status, reason: condition.reason, message: condition.message ?? '' };
}
