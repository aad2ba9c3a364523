import { hash, randomUUID } from 'node:crypto';
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import type { ObjectRef } from '../findings/say.ts';
import { FORCE_SYNC_REQUEST } from '../model/annotations.ts';
import type { KnownObject } from '../model/answers.ts';
import { identify, keyOfSecret, objectKey } from '../model/kinds.ts';
import { cached, defined, isRecord, listAt, once, stringsIn, textAt, valueAt } from '../model/plain-data.ts';
import type { Deadline, TakeTurn } from '../model/run-limits.ts';
import type { DecodedRequest } from './decode-request.ts';
import type { Service } from './shared-state.ts';

/** What a call has before its request is read. */
interface CallContext {
  /** Aborts when the client no longer waits. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  readonly takeTurn: TakeTurn;
  readonly service: Service;
}

/** One call of RunFunction. */
export interface Call extends CallContext {
  readonly request: DecodedRequest;
  readonly composite: Composite;
  /** What each line of the log about its response, and each of the audit, says. */
  readonly facts: Record<'kind' | 'namespace' | 'name' | 'uid' | 'tag', string | undefined>;
  /** What an earlier step of this function hands on, where it waits. */
  readonly waitingStep: WaitingStep | undefined;
  /** The Secrets that the composite controls, by `keyOfSecret`. */
  readonly observedSecrets: ReadonlyMap<string, ObservedSecret>;
  /** An object as Crossplane has sent it: null when it looked and there is none, `pending` when it has not answered yet. */
  readonly requiredObject: (object: ObjectRef) => RequestObject | null | 'pending';
  readonly now: Date;
}

/** The observed composite resource. Without a namespace it is cluster-scoped. */
export interface Composite extends ObjectRef {
  /** Identifies the composite in state that calls share. A composite without one, as in `crossplane render`, gets a random one for this call. */
  readonly uid: string;
  /** True for an API of Crossplane 1, which has connection details. */
  readonly isLegacy: boolean;
  /** The value of its annotation `force-sync`. */
  readonly forceSync: string | undefined;
  /** The texts of its condition `CredentialsReady`. */
  readonly condition: Readonly<Record<string, string>>;
}

/** The condition of a composite about its credentials. */
export const CONDITION_TYPE = 'CredentialsReady';

/** An object in a request. */
export interface RequestObject extends KnownObject {
  readonly labels: Readonly<Record<string, string>>;
  /** UID of the object that controls it. */
  readonly controllerUID: string | undefined;
}

/** An observed Secret that the composite controls. */
export interface ObservedSecret extends RequestObject {
  /** Key of the composed resource. */
  readonly resourceKey: string;
}

/**
 * Reads what a request shows. Keeps only the observed Secrets that the composite controls: Crossplane also sends a Secret without a
 * controller if the composite references it, any Secret, which its author may have written into the composite.
 */
export function readCall(request: DecodedRequest, context: CallContext): Call {
  const { service } = context;
  const { observed } = request;
  const manifest = observed?.composite?.resource;
  const ref = refOf(manifest);
  const isLegacy = ref.namespace === undefined && valueAt(manifest, ['spec', 'crossplane']) === undefined;
  const uid = textAt(manifest, ['metadata', 'uid']) || randomUUID();
  const forceSync = textAt(manifest, ['metadata', 'annotations', FORCE_SYNC_REQUEST]);
  const conditions = listAt(manifest, ['status', 'conditions']);
  const condition = stringsIn(conditions.find((each) => valueAt(each, ['type']) === CONDITION_TYPE));
  const secrets = Object.entries(observed?.resources ?? {}).filter(
    ([, { resource }]) => resource?.apiVersion === 'v1' && resource.kind === 'Secret', // other APIs have Secrets too
  );
  const allSecrets = secrets.map(([resourceKey, { resource }]) => ({ ...toRequestObject(resource), resourceKey }));
  const controlled = allSecrets.filter(({ controllerUID }) => controllerUID === uid);
  return {
    request,
    composite: { ...ref, uid, isLegacy, forceSync, condition },
    ...context,
    facts: { kind: ref.kind, namespace: ref.namespace, name: ref.name, uid, tag: request.meta?.tag },
    waitingStep: readWaitingStep(request),
    observedSecrets: new Map(controlled.map((secret) => [keyOfSecret(refOf(secret.manifest)), secret])),
    requiredObject: (object) => {
      const { requiredResources } = request;
      const objects = cached(OBJECTS, requiredResources, () => {
        const all = Object.values(requiredResources).flatMap(({ items }) => items);
        return new Map(
          all.toReversed().map(({ resource }) => [objectKey(refOf(resource)), once(() => toRequestObject(resource))]), // of several the first
        );
      });
      const read = objects.get(objectKey(object)); // once for all who ask: it may have very many keys
      if (read !== undefined) return read();
      // Crossplane has looked where it sends the requirement's name, also with an empty list
      return Object.hasOwn(requiredResources, requirementName(object)) ? null : 'pending';
    },
    now: service.world.now(),
  };
}

/** The objects that a request shows, by `objectKey`: they last as long as its `requiredResources`. */
const OBJECTS = new WeakMap<RunFunctionRequest['requiredResources'], ReadonlyMap<string, () => RequestObject>>();

/** Key of a waiting step in the pipeline's context, which Crossplane passes to later steps and drops at the end. */
export const WAITING_KEY = 'sts.fn.crossplane.io/waiting';

/**
 * What a step hands on in the pipeline's context, where it or an earlier one waits. Crossplane may call a step again with the context of that
 * step's own response, where its requirements have changed (crossplane/crossplane v2.4.0, internal/xfn/required_resources.go): then `before`
 * is what an earlier step had handed to it.
 */
interface WaitingStep {
  /** The reason of its condition. */
  readonly reason: string;
  /** The message of its condition, with the name of each step that waits. */
  readonly message: string;
  /** Its `stepHash`. */
  readonly step: string;
  readonly before?: WaitingStep;
}

function readWaitingStep(request: RunFunctionRequest): WaitingStep | undefined {
  const sent = valueAt(request.context, [WAITING_KEY]);
  const isOwn = sent !== undefined && textAt(sent, ['step']) === stepHash(request);
  const earlier = isOwn ? valueAt(sent, ['before']) : sent;
  // a step of ours wrote all of it, or nothing
  return textAt(earlier, ['reason']) && textAt(earlier, ['message']) ? (earlier as WaitingStep) : undefined;
}

/** The same for all calls of a step in one reconcile. */
export function stepHash({ input, desired }: RunFunctionRequest): string {
  return hash('sha256', JSON.stringify([input, Object.keys(desired?.resources ?? {}).toSorted()]), 'base64');
}

/** The step's credentials of an object's name, in the form of a Secret. The Composition's author gave them to this step. */
export function stepCredentials({ credentials }: DecodedRequest, { kind, name }: ObjectRef): KnownObject | undefined {
  if (kind !== 'Secret' || !Object.hasOwn(credentials, name)) return undefined;
  const data = Object.entries(credentials[name]?.credentialData?.data ?? {});
  return {
    annotations: {},
    data: Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
}

/** The name of a requirement: the same in each call, since Crossplane calls until requirements no longer change. */
export function requirementName({ kind, namespace, name }: ObjectRef): string {
  return namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

function toRequestObject(resource: unknown): RequestObject {
  const owners = listAt(resource, ['metadata', 'ownerReferences']);
  const controller = owners.find((owner) => valueAt(owner, ['controller']) === true);
  const data = valueAt(resource, ['data']);
  return {
    annotations: stringsIn(valueAt(resource, ['metadata', 'annotations'])),
    labels: stringsIn(valueAt(resource, ['metadata', 'labels'])),
    controllerUID: textAt(controller, ['uid']),
    manifest: resource,
    ...defined({ type: textAt(resource, ['type']) }),
    ...(isRecord(data) ? { data } : {}),
  };
}

/** The reference of an object; parts that it lacks are empty, and an empty namespace is none. */
export function refOf(manifest: unknown): ObjectRef {
  const { namespace, ...ref } = identify(manifest);
  return namespace ? { ...ref, namespace } : ref;
}
