import { type Finding, finding, hasErrors } from '../api/finding.ts';
import type { Prepared, Request } from '../api/flow.ts';
import { describeObject, isInput, isSpec, type ObjectRef, objectKey, secretKey } from '../api/kinds.ts';
import { textAt } from '../api/value-at.ts';
import type { World } from '../api/world.ts';
import { prepare } from '../story/prepare.ts';
import { references } from '../story/references.ts';
import { resourcesOf } from './resources.ts';
import { startsOf } from './starts.ts';
import { type Found, ofFile, type Survey } from './survey.ts';

/** Faults of one object or of a setting, whatever package a run is given. Others, such as conflicts, depend on that. */
const OF_ONE: readonly Finding['code'][] = [
  'SETTING_INVALID',
  'FUNCTION_CONFIG_INVALID',
  'SPEC_INVALID',
  'LIMIT_EXCEEDED',
  'REFERENCE_MISSING',
  'CLUSTER_OFF',
];

/**
 * What specs name and nobody has: Secrets, ServiceAccounts, generators; and faults of the specs themselves. The Input counts
 * where there is one alone: which of several a spec is run with cannot be known.
 */
export async function checkReferences(seen: Survey, world: World): Promise<Finding[]> {
  const inputs = seen.objects.filter(({ object }) => isInput(object));
  const [input] = inputs.length === 1 ? inputs : [];
  const request = {
    items: seen.objects.filter(({ object }) => isSpec(object)).map(({ value }) => value),
    functionConfig: input?.value,
    now: world.now(),
    ambient: world.ambient,
  };
  const first = await prepare(request);
  const isOn = first.cluster !== undefined || inputs.some(({ value }) => Object.hasOwn(Object(value), 'cluster'));
  const looked = new Map(first.unseen.map(({ object }) => [objectKey(object), null]));
  const prepared = isOn || looked.size === 0 ? first : await prepare({ ...request, looked });
  const faults = [
    ...prepared.findings.filter(({ code }) => OF_ONE.includes(code) && code !== 'FUNCTION_CONFIG_INVALID'),
    ...(await Promise.all(inputs.map((one) => checkInput(one, request)))).flat(),
  ];
  if (isOn) return faults.flatMap((one) => (one.code === 'CLUSTER_OFF' ? [] : [withFile(one, seen)]));
  const absent = hasErrors(faults) ? [] : missing(prepared, seen);
  return [...faults, ...absent].map((one) => withFile(one, seen));
}

/** What is wrong with an Input whatever it is used for. */
async function checkInput(found: Found, request: Request): Promise<Finding[]> {
  const { findings } = await prepare({ ...request, items: [], functionConfig: found.value });
  return findings
    .filter(({ code }) => code === 'FUNCTION_CONFIG_INVALID')
    .map(({ object: _, ...one }) => ({
      ...one,
      message: one.message.replace('the functionConfig', () => ofFile(found)),
    })); // its file is named already
}

/** The story knows objects, and here they are in files. */
function withFile(one: Finding, { objects }: Survey): Finding {
  const { object, message } = one;
  const found = object && objects.find((other) => objectKey(other.object) === objectKey(object));
  if (object === undefined || found === undefined) return one;
  return { ...one, message: message.replace(describeObject(object), () => ofFile({ object, file: found.file })) };
}

function missing(prepared: Prepared, seen: Survey): Finding[] {
  const isThere = isAmong(seen);
  const blind = new Set(
    startsOf(seen).flatMap(({ list, found }) => (list === 'generators' ? [objectKey(found.object)] : [])),
  );
  const asIfNew = new Map(prepared.jobs.map(({ target }) => [secretKey(target), null]));
  const minting = { ...prepared, settings: { ...prepared.settings, mode: 'mint' as const } };
  return references(minting, asIfNew).flatMap(({ object, generator }) => {
    const isBlind = blind.has(objectKey(generator));
    if (!isBlind && isThere(object, generator)) return [];
    const cause = isBlind
      ? 'kustomize shows a generator no resources'
      : 'it is not among the manifests, and no cluster is switched on';
    const cure = isBlind
      ? 'Start the function under `transformers`, or run with `STS_FUNCTION_CLUSTER=context:NAME`'
      : 'Add it, or run with `STS_FUNCTION_CLUSTER=context:NAME`';
    const message = `cannot read ${describeObject(object)} for ${describeObject(generator)}: ${cause}. ${cure}.`;
    return [finding('REFERENCE_MISSING', message, { object: generator })];
  });
}

/** Whether what a spec names is there, written or made, by the name and namespace that kustomize gives it. */
function isAmong(seen: Survey): (object: ObjectRef, spec: ObjectRef) => boolean {
  const kustomizations = [...resourcesOf(seen)];
  const resources = kustomizations.flatMap(([, list]) => list.map(({ object }) => object));
  const there = [...seen.objects.map(({ object }) => object), ...resources];
  const keys = new Set(there.map(objectKey));
  const names = new Set(there.map(nameKey));
  const moved = new Set(
    kustomizations.flatMap(([{ value }, list]) =>
      textAt(value, ['namespace']) ? list.map(({ written }) => objectKey(written)) : [],
    ),
  );
  return (object, spec) => (moved.has(objectKey(spec)) ? names.has(nameKey(object)) : keys.has(objectKey(object)));
}

/** `objectKey` where a kustomization sets the namespace of everything. */
function nameKey({ namespace: _, ...object }: ObjectRef): string {
  return objectKey(object);
}
