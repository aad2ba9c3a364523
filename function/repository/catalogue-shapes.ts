import type { PlainObject } from '../krm/plain-objects.ts';
import { isRecord, partsOf, valueAt } from '../model/plain-data.ts';

/**
 * What functions of kpt's catalogue take: over another shape they fail, and so does the render (kptdev/krm-functions-catalog, functions/go).
 * An alias, and an anchor that they replace, ends them, wherever it is.
 */
export type Shaping = keyof typeof TAKES;

export const isShaping = (name: string): name is Shaping => Object.hasOwn(TAKES, name);

type Shape = Pick<PlainObject, 'kind' | 'apiVersion' | 'isAnchored' | 'value'>;

/** The functions that surely take all of some objects. */
export function takersOf(objects: readonly Shape[]): ReadonlySet<string> {
  const isPlain = ({ apiVersion, isAnchored }: Shape) => apiVersion.split('/').length <= 2 && !isAnchored(); // set-labels takes the first for any kind
  if (!objects.every(isPlain)) return new Set();
  const all = Object.entries(TAKES).filter(([, takes]) => objects.every(({ kind, value }) => takes(kind, value())));
  return new Set(all.map(([name]) => name));
}

const isString = (value: unknown) => typeof value === 'string';
const areMaps = (value: unknown) => Array.isArray(value) && value.every(isRecord);
const areTexts = (value: unknown) => isRecord(value) && Object.values(value).every(isString);

/** True where each field at any depth is sound. */
const everyField = (value: unknown, isSound: (key: string, part: unknown) => boolean) =>
  partsOf(value).every((part) => !isRecord(part) || Object.entries(part).every(([key, of]) => isSound(key, of)));

/** In these set-labels goes further than to their labels. */
const WITH_SELECTORS =
  /^(?:Service|ReplicationController|Deployment|ReplicaSet|DaemonSet|StatefulSet|Job|CronJob|PodDisruptionBudget|NetworkPolicy)$/;
/** Where it then wants maps, of texts or of anything, and lists of maps. */
const [TEXTS, MAPS, LISTS] = [
  /^(?:labels|matchLabels)$/,
  /^(?:metadata|selector|podSelector|labelSelector|template|jobTemplate|spec|affinity|podAffinityTerm)$/,
  /^(?:volumeClaimTemplates|ingress|egress|from|to|topologySpreadConstraints)$/,
];
const [WITH_IMAGES, WITH_NAMESPACES] = [
  /^(?:Pod|PodTemplate|Deployment|StatefulSet|ReplicaSet|DaemonSet)$/,
  /^(?:CustomResourceDefinition|APIService|(?:Cluster)?RoleBinding)$/,
];
/** Where set-namespace looks for one. */
const TO_NAMESPACES = /^(?:spec|conversion|webhook|clientConfig|service)$/;
/** kpt's note of where an object came from: group, kind, namespace and name. */
export const ORIGIN = 'internal.kpt.dev/upstream-identifier';
const ORIGIN_PARTS = /^[^|]*(?:\|[^|]+){3}$/;

const TAKES = {
  'set-labels'(kind: string, value: unknown) {
    const areSelectors = /^(?:Service|ReplicationController)$/.test(kind);
    const labels = valueAt(value, ['metadata', 'labels']);
    if (labels !== undefined && !areTexts(labels)) return false;
    if (!WITH_SELECTORS.test(kind)) return true;
    const job = valueAt(value, ['spec', 'jobTemplate']);
    const isWhole = job === undefined || isRecord(valueAt(job, ['spec', 'template']));
    const isSound = (key: string, part: unknown) =>
      TEXTS.test(key) || (areSelectors && key === 'selector')
        ? areTexts(part)
        : (!MAPS.test(key) || isRecord(part)) && (!LISTS.test(key) || areMaps(part));
    return isWhole && everyField(value, isSound);
  },
  'set-image'(kind: string, value: unknown) {
    if (!WITH_IMAGES.test(kind)) return true;
    const isSound = (key: string, part: unknown) => {
      if (key === 'template') return isRecord(part) && isRecord(part.spec);
      if (key === 'spec') return isRecord(part);
      return /^(?:iniC|c)ontainers$/.test(key)
        ? areMaps(part) && (part as { image?: unknown }[]).every(({ image = '' }) => isString(image))
        : true;
    };
    return everyField(value, isSound);
  },
  'set-namespace'(kind: string, value: unknown) {
    const origin = valueAt(value, ['metadata', 'annotations', ORIGIN]) ?? '|a|a|a';
    if (!isString(origin) || !ORIGIN_PARTS.test(origin)) return false;
    const isSound = (key: string, part: unknown) =>
      key === 'subjects'
        ? areMaps(part) && everyField(part, (of, text) => of !== 'namespace' || isString(text))
        : !TO_NAMESPACES.test(key) || isRecord(part);
    return !WITH_NAMESPACES.test(kind) || everyField(value, isSound);
  },
};
