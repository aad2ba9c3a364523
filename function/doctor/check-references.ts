import { type Finding, finding, hasErrors, messageFor } from '../findings/finding.ts';
import { quote, shellWord } from '../findings/quote.ts';
import { describeObject, HOST, type ObjectRef, say, theObject } from '../findings/say.ts';
import type { Request } from '../model/flow.ts';
import { isInput, isSpec, objectKey, secretKey } from '../model/kinds.ts';
import { distinct } from '../model/plain-data.ts';
import type { World } from '../model/world.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { startsOf } from './function-starts.ts';
import { renderedNames } from './rendered-names.ts';
import { type FoundObject, ofFile, type Survey } from './survey.ts';

/** Faults of one object or of a setting. Others, such as conflicts, depend on the files that a run gets. */
const FAULTS_OF_ONE_OBJECT: readonly Finding['code'][] = [
  'SETTING_INVALID',
  'FUNCTION_CONFIG_INVALID',
  'SPEC_INVALID',
  'LIMIT_EXCEEDED',
  'REFERENCE_MISSING',
  'CLUSTER_OFF',
];

/**
 * Objects that specs reference and no manifest has, and faults of the specs themselves. An Input is used only if the folder has one: of
 * several, it is not known which one a run gets.
 */
export async function checkReferences(survey: Survey, world: World): Promise<Finding[]> {
  const inputs = survey.objects.filter(({ object }) => isInput(object));
  const [input] = inputs.length === 1 ? inputs : [];
  const request = {
    items: survey.objects.filter(({ object }) => isSpec(object)).map(({ value }) => value),
    functionConfig: input?.value,
    ambient: world.ambient,
  };
  const first = await draft(request);
  const isOn = first.cluster !== undefined || inputs.some(({ value }) => Object.hasOwn(Object(value), 'cluster'));
  const absent = new Map(first.needs.map(({ key }) => [key, null]));
  const drafted = isOn || absent.size === 0 ? first : await draft(request, absent);
  const faults = [
    ...drafted.findings.filter(({ code }) => FAULTS_OF_ONE_OBJECT.includes(code) && code !== 'FUNCTION_CONFIG_INVALID'),
    ...(await Promise.all(inputs.map((one) => checkInput(one, request)))).flat(),
  ];
  if (isOn) return faults.flatMap((one) => (one.code === 'CLUSTER_OFF' ? [] : [withFile(one, survey)]));
  const lacking = hasErrors(faults) ? [] : checkMissing(drafted, survey);
  return [...faults, ...lacking].map((one) => withFile(one, survey));
}

/** The faults of an Input itself. */
async function checkInput(found: FoundObject, request: Request): Promise<Finding[]> {
  const { findings } = await draft({ ...request, items: [], functionConfig: found.value });
  return findings
    .filter(({ code }) => code === 'FUNCTION_CONFIG_INVALID')
    .map(({ object: _, ...one }) => ({ ...one, message: messageFor(one.said, { ...HOST, options: ofFile(found) }) })); // the message names its file
}

/** Names the file of the object in a finding's message. */
function withFile(one: Finding, { objects }: Survey): Finding {
  const { object } = one;
  const found = object && objects.find((other) => objectKey(other.object) === objectKey(object));
  if (object === undefined || found === undefined) return one;
  const key = objectKey(object);
  const inFile = (other: ObjectRef) =>
    objectKey(other) === key ? ofFile({ object, file: found.file }) : describeObject(other);
  return { ...one, message: messageFor(one.said, { ...HOST, object: inFile }) };
}

function checkMissing({ jobs }: Draft, survey: Survey): Finding[] {
  const nameOf = renderedNames(survey);
  const ofGenerators = new Set(
    startsOf(survey).flatMap(({ list, found }) => (list === 'generators' ? [objectKey(found.object)] : [])),
  );
  const targets = new Set(jobs.map(({ target }) => secretKey(target)));
  const reads = jobs.flatMap(({ reads, generator }) =>
    reads.map((object) => ({ key: objectKey(object), object, generator })),
  );
  return distinct(reads, ({ key }) => key).flatMap(({ key, object, generator }) => {
    if (targets.has(key)) return []; // the run issues it
    const isOfGenerator = ofGenerators.has(objectKey(generator));
    const name = isOfGenerator ? undefined : nameOf(object, generator);
    if (name === object.name) return [];
    const [cause, cure] = isOfGenerator ? HIDDEN : name === undefined ? ABSENT : renamedTo(name);
    const message = say`cannot read ${theObject(object)} for ${theObject(generator)}: ${cause}. ${cure}.`;
    return [finding('REFERENCE_MISSING', message, { object: generator })];
  });
}

/** Why a referenced object is not found, and the cure. */
type Reason = readonly [cause: string, cure: string];

const HIDDEN: Reason = [
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
