import type { ObjectRef } from '../findings/say.ts';
import { type Change, type ObjectName, renamed } from './metadata-change.ts';

/** What kustomize takes for one object: no namespace is `default`, and some kinds have none. */
export function idOf(object: ObjectRef): string {
  const { apiVersion, kind, name, namespace = '' } = object;
  return JSON.stringify([apiVersion, kind, namespace === 'default' || hasNoNamespace(object) ? '' : namespace, name]);
}

/** An object as kustomize names it: prefixes are not for all kinds, and a namespace is for its Namespace too (api/v0.21.1, internal/builtins). */
export function renamedObject(object: ObjectRef, change: Change): ObjectRef {
  const { kind, apiVersion } = object;
  if (kind === 'Namespace') return { ...object, name: (apiVersion === 'v1' && change.namespace) || object.name };
  const isKept =
    kind === 'CustomResourceDefinition' || /^apiregistration\.k8s\.io\/.* APIService$/.test(`${apiVersion} ${kind}`);
  return isKept ? object : renamed(object, change);
}

/** Kinds without a namespace, as kustomize knows them (kubernetes-sigs/kustomize, kyaml/v0.21.1, openapi/openapi.go). */
const hasNoNamespace = ({ apiVersion, kind }: ObjectRef) => NO_NAMESPACE.test(`${apiVersion} ${kind}`);
const NO_NAMESPACE = new RegExp(
  `^(?:${[
    'v1 (?:ComponentStatus|Namespace|Node|NodeProxyOptions|PersistentVolume)',
    'flowcontrol.apiserver.k8s.io/v1beta1 (?:FlowSchema|PriorityLevelConfiguration)',
    'policy/v1beta1 PodSecurityPolicy',
    'storage.k8s.io/v1 CSI(?:Driver|Node)',
    `(?:${[
      'admissionregistration.k8s.io/V (?:Mutating|Validating)WebhookConfiguration',
      'apiextensions.k8s.io/V CustomResourceDefinition',
      'apiregistration.k8s.io/V APIService',
      'certificates.k8s.io/V CertificateSigningRequest',
      'networking.k8s.io/V IngressClass',
      'node.k8s.io/V RuntimeClass',
      'rbac.authorization.k8s.io/V ClusterRole(?:Binding)?',
      'scheduling.k8s.io/V PriorityClass',
      'storage.k8s.io/V (?:StorageClass|VolumeAttachment)',
    ].join('|')})`.replaceAll('/V ', '/v1(?:beta1)? '),
  ].join('|')})$`.replaceAll('.', String.raw`\.`),
);

/** What an object is called before a change and after it, with either namespace. */
export function idsOf(object: ObjectRef, change: Change): string[] {
  const both = [object, renamedObject(object, change)];
  return both.flatMap((each) => both.map(({ name }) => idOf({ ...each, name })));
}

/** Those of `matches` that surely are the object, or were by its name. */
export function meantBy<T extends Match>({ name, object }: ObjectName, matches: readonly T[]): readonly T[] {
  const id = object && idOf(object);
  return matches.filter(([original, now]) => [original, now].some((each) => idOf({ ...each, name }) === id));
}

/** An object as it is written and as it stands then. */
export type Match = readonly [original: ObjectRef, now: ObjectRef, ...rest: unknown[]];

/**
 * Why there is not one object that a patch or generator by `name` surely finds, and what to do; undefined where there is. `matches`: objects of
 * that kind that may have the name.
 */
export function lackOf(name: ObjectName, matches: readonly Match[]): string | undefined {
  if (matches.length === 0) return 'it is not there. Correct the name, or add it';
  if (name.object === undefined) return undefined;
  const ids = new Set(meantBy(name, matches).map(([, now]) => idOf(now)));
  if (ids.size > 1) return 'it is there more than once. Select it by a `target`';
  return ids.size === 1 ? undefined : 'that one has another version or namespace. Correct them';
}
