import { type Finding, finding, hasErrors } from '../api/finding.ts';
import type { Request } from '../api/flow.ts';
import { describeObject, isInput, isSpec, objectKey, secretKey } from '../api/kinds.ts';
import { distinctNeeds } from '../api/need.ts';
import { quote } from '../api/quote.ts';
import { shellWord } from '../api/shell-word.ts';
import type { World } from '../api/world.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { needsOf } from '../planner/needs-of.ts';
import { lookUpIn } from './look-up.ts';
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
    ambient: world.ambient,
  };
  const first = await draft(request);
  const isOn = first.cluster !== undefined || inputs.some(({ value }) => Object.hasOwn(Object(value), 'cluster'));
  const absent = new Map(first.needs.map(({ key }) => [key, null]));
  const drafted = isOn || absent.size === 0 ? first : await draft(request, absent);
  const faults = [
    ...drafted.findings.filter(({ code }) => OF_ONE.includes(code) && code !== 'FUNCTION_CONFIG_INVALID'),
    ...(await Promise.all(inputs.map((one) => checkInput(one, request)))).flat(),
  ];
  if (isOn) return faults.flatMap((one) => (one.code === 'CLUSTER_OFF' ? [] : [withFile(one, seen)]));
  const lacking = hasErrors(faults) ? [] : missing(drafted, seen);
  return [...faults, ...lacking].map((one) => withFile(one, seen));
}

/** What is wrong with an Input whatever it is used for. */
async function checkInput(found: Found, request: Request): Promise<Finding[]> {
  const { findings } = await draft({ ...request, items: [], functionConfig: found.value });
  return findings
    .filter(({ code }) => code === 'FUNCTION_CONFIG_INVALID')
    .map(({ object: _, ...one }) => ({
      ...one,
      message: one.message.replace('the functionConfig', () => ofFile(found)),
    })); // its file is named already
}

/** The planner knows objects, and here they are in files. */
function withFile(one: Finding, { objects }: Survey): Finding {
  const { object, message } = one;
  const found = object && objects.find((other) => objectKey(other.object) === objectKey(object));
  if (object === undefined || found === undefined) return one;
  return { ...one, message: message.replace(describeObject(object), () => ofFile({ object, file: found.file })) };
}

function missing({ jobs }: Draft, seen: Survey): Finding[] {
  const lookUp = lookUpIn(seen);
  const blind = new Set(
    startsOf(seen).flatMap(({ list, found }) => (list === 'generators' ? [objectKey(found.object)] : [])),
  );
  const targets = new Set(jobs.map(({ target }) => secretKey(target)));
  const needs = distinctNeeds(jobs.flatMap(needsOf)).filter((need) => 'object' in need);
  return needs.flatMap(({ key, object, by: generator }) => {
    if (targets.has(key)) return []; // made by the run
    const isBlind = blind.has(objectKey(generator));
    const name = isBlind ? undefined : lookUp(object, generator);
    if (name === object.name) return [];
    const [cause, cure] = isBlind ? UNSEEN : name === undefined ? ABSENT : renamedTo(name);
    const message = `cannot read ${describeObject(object)} for ${describeObject(generator)}: ${cause}. ${cure}.`;
    return [finding('REFERENCE_MISSING', message, { object: generator })];
  });
}

/** Why a reference leads nowhere, and what to do about it. */
type Reason = readonly [cause: string, cure: string];

const UNSEEN: Reason = [
  'kustomize shows a generator no resources',
  'Start the function under `transformers`, or run with `STS_FUNCTION_CLUSTER=context:NAME`',
];

const ABSENT: Reason = [
  'it is not among the manifests, and no cluster is switched on',
  'Add it, or run with `STS_FUNCTION_CLUSTER=context:NAME`',
];

function renamedTo(name: string): Reason {
  return [
    `kustomize has named it ${quote(name)} when the function runs, and leaves the reference as it is`,
    `Write \`name: ${shellWord(name)}\` there, or put \`namePrefix\` and \`nameSuffix\` into an overlay`,
  ];
}
