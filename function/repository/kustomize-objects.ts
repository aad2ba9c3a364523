import type { ObjectRef } from '../findings/say.ts';
import { textAt } from '../model/plain-data.ts';
import { type Change, type NameChange, type ObjectName, renamed } from './metadata-change.ts';

/** What kustomize takes for one object: no namespace is `default`, and some kinds have none. */
export function idOf(object: ObjectRef): string {
  const { apiVersion, kind, name, namespace = '' } = object;
  return JSON.stringify([apiVersion, kind, namespace === 'default' || hasNoNamespace(object) ? '' : namespace, name]);
}

/** An object as kustomize names it: prefixes are not for all kinds, and a namespace is for its Namespace too (api/v0.21.1, internal/builtins). */
export function renamedObject(object: ObjectRef, change: NameChange): ObjectRef {
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

/** All that an object was called on the way through a change. */
function calledOn({ names }: Pick<Change, 'names'>, object: ObjectRef): ObjectRef[] {
  return names.map((step) => renamedObject(object, step));
}

/** The same, as kustomize compares them. */
export function idsOf(object: ObjectRef, change: Change): string[] {
  return calledOn(change, object).map(idOf);
}

/** True for an object that surely is the one of this name, or was. */
export function isMeant({ kinds, name, object, source }: ObjectName, original: ObjectRef, change: Change): boolean {
  if (source === undefined && !kinds.includes(original.kind)) return false;
  return calledOn(change, original).some((was) =>
    source !== undefined
      ? isSelected(was, source)
      : object === undefined
        ? name === '' || was.name === name
        : idOf(was) === idOf(object),
  );
}

/** True for an object with all parts of a source of replacements (kubernetes-sigs/kustomize, kyaml/v0.21.1, resid/resid.go, IsSelectedBy). */
function isSelected({ apiVersion, kind, name, namespace = 'default' }: ObjectRef, source: unknown): boolean {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return Object.entries({ group, version, kind, name, namespace }).every(
    ([part, text]) => (textAt(source, [part]) || text) === text,
  );
}

/** An object as it is written and as it stands then. */
export type Match = readonly [original: ObjectRef, now: ObjectRef, ...rest: unknown[]];

/** Why there is not one object that a patch or generator surely finds, of which there are so many, and what to do; undefined where there is. */
export function lackOf({ object, source }: ObjectName, count: number): string | undefined {
  if (count === 0) return 'it is not there. Correct the name, version and namespace, or add it';
  return count > 1 && (object ?? source) !== undefined
    ? 'it is there more than once. Rename one, or leave it out'
    : undefined;
}
