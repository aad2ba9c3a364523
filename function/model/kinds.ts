import type { ObjectRef } from '../findings/say.ts';
import { defined, textAt } from './plain-data.ts';

/** Longest name of a Kubernetes object, and longest key of a Secret, in characters. */
export const OBJECT_NAME_MAX = 253;

/** The API group of External Secrets' generators. */
export const GENERATORS_GROUP = 'generators.external-secrets.io';

/** apiVersion of STSAssumeRoleToken, as in external-secrets PR #6404. */
export const GENERATOR_API_VERSION = `${GENERATORS_GROUP}/v1alpha1`;

/** Kind of the generator that this function is made for. */
export const ASSUME_ROLE_KIND = 'STSAssumeRoleToken' as const;

/** Kinds of the generators that this function implements: a name here wants its row in generators/kinds.ts. */
export const GENERATOR_KINDS = [ASSUME_ROLE_KIND, 'STSSessionToken', 'ECRAuthorizationToken'] as const;

export type GeneratorKind = (typeof GENERATOR_KINDS)[number];

/** The kinds as messages list them. */
export const GENERATOR_KINDS_TEXT = `an ${GENERATOR_KINDS.slice(0, -1).join(', ')} or ${GENERATOR_KINDS.at(-1)}`;

/** Kind of a generator for all namespaces. */
export const CLUSTER_GENERATOR_KIND = 'ClusterGenerator';

/** The API group of ExternalSecret. */
export const EXTERNAL_SECRETS_GROUP = 'external-secrets.io';

/** Kind of what turns generators into a Secret, and may rewrite, join and template their values. */
export const EXTERNAL_SECRET_KIND = 'ExternalSecret';

/** Kind of what makes ExternalSecrets in many namespaces, for External Secrets' operator alone. */
export const CLUSTER_EXTERNAL_SECRET_KIND = 'ClusterExternalSecret';

/** The API group of our own objects. */
export const INPUT_GROUP = 'sts.fn.crossplane.io';

/** apiVersion of our own options object, and of the operator's Policy. */
export const INPUT_API_VERSION = `${INPUT_GROUP}/v1beta1`;

/** Kind of our own options object. */
export const INPUT_KIND = 'Input';

/** Kind of the operator's own document. */
export const POLICY_KIND = 'Policy';

/** Kinds of External Secrets' operator alone. What they name has no Secret here. */
export const CONTROLLER_KINDS = ['PushSecret', CLUSTER_EXTERNAL_SECRET_KIND] as const;

/** The plural of a kind that is looked up, as API servers have it in paths and RBAC in rules. */
export function pluralOf(kind: string): string {
  return `${kind.toLowerCase()}s`;
}

/** The apiVersion of a kind that Secrets are made for. ExternalSecret is v1 in messages; v1beta1 is read too. */
export function apiVersionOf(kind: string): string {
  return kind === EXTERNAL_SECRET_KIND ? `${EXTERNAL_SECRETS_GROUP}/v1` : GENERATOR_API_VERSION;
}

/** Name and namespace of an object; its kind is known from where the reference stands. */
export type NamedRef = Pick<ObjectRef, 'name' | 'namespace'>;

/** Equal keys mean the same object, in any version: group, kind, namespace and name. */
export function objectKey(ref: ObjectRef): string {
  const slash = ref.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : ref.apiVersion.slice(0, slash);
  return JSON.stringify([group, ref.kind, ref.namespace ?? '', ref.name]);
}

/** The object as in the cluster: a ClusterGenerator has no namespace, though kustomize gives it one. */
export function inCluster(ref: ObjectRef): ObjectRef {
  const { namespace: _, ...clusterWide } = ref;
  return ref.kind === CLUSTER_GENERATOR_KIND ? clusterWide : ref;
}

/** The core Secret that `ref` names. */
export function secretObject({ name, namespace }: NamedRef): ObjectRef {
  return { apiVersion: 'v1', kind: 'Secret', name, ...(namespace === undefined ? {} : { namespace }) };
}

/** The object of another kind of Kubernetes' core that `ref` names. */
export function coreObject(kind: string, ref: NamedRef): ObjectRef {
  return { ...secretObject(ref), kind };
}

/** Kind of objects that may hold templates, like Secrets. */
export const CONFIG_MAP_KIND = 'ConfigMap';

/** Kind of what a controller makes Secrets of that have its name (bitnami-labs/sealed-secrets). */
export const SEALED_SECRET_KIND = 'SealedSecret';

/** `objectKey` of the core Secret that `ref` names. */
export function keyOfSecret(ref: NamedRef): string {
  return objectKey(secretObject(ref));
}

/** What an unknown value says it is. */
export interface TypeMeta {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
}

/**
 * What a manifest is for a run. `forController`: External Secrets' controller alone handles it, and it is read for the generator that it
 * may name.
 */
export type ManifestType = 'generator' | 'clusterGenerator' | 'externalSecret' | 'forController' | 'input';

/** Kinds of External Secrets that this function reads, by their names in lower case. */
const MANIFEST_KINDS = new Map<string, { readonly group: string; readonly type: ManifestType }>([
  [CLUSTER_GENERATOR_KIND.toLowerCase(), { group: GENERATORS_GROUP, type: 'clusterGenerator' }],
  [EXTERNAL_SECRET_KIND.toLowerCase(), { group: EXTERNAL_SECRETS_GROUP, type: 'externalSecret' }],
  ...CONTROLLER_KINDS.map(
    (kind) => [kind.toLowerCase(), { group: EXTERNAL_SECRETS_GROUP, type: 'forController' }] as const,
  ),
  ...GENERATOR_KINDS.map((kind) => [kind.toLowerCase(), { group: GENERATORS_GROUP, type: 'generator' }] as const),
]);

/**
 * What a manifest is, in any version of its group; undefined for everything that is not ours. A kind of External Secrets is
 * known without a version too, and in any case of letters: what is not exact is then refused by its schema, since ignoring it would be a
 * silent no-op. Whether an ExternalSecret is this function's to handle, its `generatorRef` says.
 */
export function manifestTypeOf({ apiVersion, kind }: TypeMeta = {}): ManifestType | undefined {
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  if (kind === INPUT_KIND && apiVersion.startsWith(`${INPUT_GROUP}/`)) return 'input';
  const row = MANIFEST_KINDS.get(kind.toLowerCase());
  return apiVersion.split('/')[0] === row?.group ? row?.type : undefined;
}

/** The generator that a manifest is. */
export function generatorKind(type: TypeMeta): GeneratorKind | undefined {
  const name = textAt(type, ['kind'])?.toLowerCase();
  return manifestTypeOf(type) === 'generator' ? GENERATOR_KINDS.find((kind) => kind.toLowerCase() === name) : undefined;
}

const isOfType = (manifestType: ManifestType) => (type: TypeMeta) => manifestTypeOf(type) === manifestType;

/** True for one of our generators. */
export const isGenerator = isOfType('generator');
/** True for a ClusterGenerator, with any kind of generator in it. */
export const isClusterGenerator = isOfType('clusterGenerator');
/** True for an ExternalSecret. */
export const isExternalSecret = isOfType('externalSecret');
/** True for our own options object. */
export const isInput = isOfType('input');

/** True for a manifest of External Secrets that says what is to be made. */
export function asksForSecret(type?: TypeMeta): boolean {
  const manifestType = manifestTypeOf(type);
  return manifestType !== undefined && manifestType !== 'input' && manifestType !== 'forController';
}

/** Kind of what says how a kpt package is rendered. */
export const KPTFILE_KIND = 'Kptfile';

/** True for a Kptfile, of any version. */
export function isKptfile({ apiVersion, kind }: TypeMeta): boolean {
  return kind === KPTFILE_KIND && typeof apiVersion === 'string' && apiVersion.startsWith('kpt.dev/');
}

/** Kinds of Kubernetes' core that references lead to. */
export const CORE_KINDS = ['Secret', 'ServiceAccount', CONFIG_MAP_KIND] as const;

const CORE: ReadonlySet<string> = new Set(CORE_KINDS.map((kind) => kind.toLowerCase()));

/** True for a kind of Kubernetes' core that references lead to, in any case of letters. */
export function isCoreKind(kind: string): boolean {
  return CORE.has(kind.toLowerCase());
}

/** Kinds that are read, in lower case: ours, those that are looked up, and Kptfile. Of ConfigMaps split-items.ts decides. */
const KNOWN_KINDS: ReadonlySet<string> = new Set(
  [...MANIFEST_KINDS.keys(), INPUT_KIND, KPTFILE_KIND, 'Secret', 'ServiceAccount'].map((kind) => kind.toLowerCase()),
);

/** True for a kind whose objects may be looked at, in any group; all others only pass through. */
export function isKnownKind(kind: string): boolean {
  return KNOWN_KINDS.has(kind.toLowerCase());
}

const PARTS = [['apiVersion'], ['kind'], ['metadata', 'name'], ['metadata', 'namespace']];

/**
 * The object of a manifest. A part that is missing or no string is empty; such a namespace is absent. What is longer than any in Kubernetes is
 * cut: schemas refuse it, and all that an object names is identified by its namespace too.
 */
export function identify(manifest: unknown): ObjectRef {
  const parts = PARTS.map((path) => textAt(manifest, path)?.slice(0, OBJECT_NAME_MAX + 1));
  const [apiVersion = '', kind = '', name = '', namespace] = parts;
  return { apiVersion, kind, name, ...defined({ namespace }) };
}

/** Name of the executable, wherever it is. */
export const PROGRAM = 'function-sts-assume-role';
