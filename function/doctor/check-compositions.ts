import { checkComparisons, choose } from '../chain/guard.ts';
import { demandsOf, type PermissionRequest } from '../chain/permissions.ts';
import { checkWritten, regionsOf } from '../files/check-regions.ts';
import { type Finding, finding, type SourceLocation } from '../findings/finding.ts';
import { describeObject, type ObjectRef, type Sayable, say, theObject, toldBy, Words } from '../findings/say.ts';
import { readPolicyFile } from '../hosts/policy.ts';
import { readPolicy } from '../manifests/read-policy.ts';
import type { NeedAnswers } from '../model/answers.ts';
import type { Demand, Guards } from '../model/grant.ts';
import type { Job } from '../model/job.ts';
import { identify, isClusterGenerator, isInput, keyOfSecret, objectKey, secretObject } from '../model/kinds.ts';
import { cached, hasText, isRecord, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { WorkBudget } from '../model/run-limits.ts';
import type { RunRequest } from '../model/run-request.ts';
import type { VARIABLE_TYPES } from '../model/schema-parts.ts';
import type { World } from '../model/world.ts';
import { type Draft, draft } from '../planner/draft.ts';
import { newCompositesCheck } from './check-composites.ts';
import { mountedIn } from './check-crossplane.ts';
import type { MountedText } from './check-mounted.ts';
import type { ReadArguments } from './check-runtimes.ts';
import { compositeCall, stepWords } from './composite-call.ts';
import { ANY_ACCOUNT, ANY_NAME, openChoices, rolesOfNoGrant } from './composite-roles.ts';
import { compositionSteps, type FoundObject, type Survey } from './survey.ts';

/** Faults that no value of a composite mends. */
const FAULTS: readonly Finding['code'][] = [
  'FUNCTION_CONFIG_INVALID',
  'SPEC_INVALID',
  'LIMIT_EXCEEDED',
  'POLICY_ABSENT',
  'GENERATOR_UNUSED',
];
/** Faults also, where an Input depends on no variable and no namespace. */
const FAULTS_OF_A_FIXED: readonly Finding['code'][] = ['NOT_GRANTED', 'TARGET_CONFLICT'];

/** Faults of a first step also, which nothing comes before: `newIsSureAlone` tells when. */
const FAULTS_OF_A_FIRST: readonly Finding['code'][] = [
  'REFERENCE_MISSING',
  'SESSION_UNUSED',
  'LABEL_MISMATCH',
  'TEMPLATE_INVALID',
];

/** The Inputs in steps of Compositions, drafted as a server does it, with stand-ins for values that the composite or its namespace has. */
export async function checkCompositions(
  survey: Survey,
  world: World,
  readArguments: ReadArguments,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const regions: ReturnType<typeof regionsOf>[] = [];
  const policy = policyFor(world, mountedIn(survey, readArguments));
  const shared = { deadline: survey.deadline, work: new WorkBudget(), guards: guardsOf(policy, world) };
  const checkComposites = newCompositesCheck(survey, world, policy, [...FAULTS, ...FAULTS_OF_A_FIXED]);
  const cache = new Map<unknown, ReturnType<typeof draftFor>>(); // aliases may repeat an input
  const makers = new Map<FoundObject, Map<string, ObjectRef>>();
  for (const each of compositionSteps(survey)) {
    const { step, isFirst, what, locationOf } = each;
    const input = valueAt(step, ['input']);
    const isEmpty = (input === undefined || isInput(Object(input))) && listAt(input, ['generators']).length === 0;
    if (isFirst && isEmpty) findings.push(noGeneratorsFinding(what, locationOf('input')));
    if (input === undefined) continue;
    regions.push(regionsOf(input, (field) => locationOf(`input.${field}`)));
    survey.deadline.throwIfExpired();
    const names = listAt(step, ['credentials']).flatMap((each) => textAt(each, ['name']) ?? []);
    const { faults, jobs } = await cached(cache, input, () => draftFor(input, names, world, shared));
    const made = cached(makers, each.composition, () => new Map());
    const conflicts = jobs.flatMap((job) => conflictsIn(made, job));
    const isCertain = ({ code }: Finding) => isFirst || !FAULTS_OF_A_FIRST.includes(code);
    const certain = [...faults.filter(isCertain), ...conflicts];
    findings.push(
      ...certain.map(({ at, ...fault }) => ({
        ...fault,
        words: toldBy(fault.words, stepWords(what)),
        location: locationOf(at),
      })),
    );
    if (isFirst && certain.length === 0) findings.push(...(await checkComposites(each)));
  }
  return [...findings, ...(await checkWritten(regions.flat()))];
}

/** What is said of a Secret that an earlier step of a Composition makes for another generator. */
function conflictsIn(made: Map<string, ObjectRef>, { requester, target }: Job): readonly StepFault[] {
  const key = keyOfSecret(target);
  const other = cached(made, key, () => requester);
  if (objectKey(other) === objectKey(requester)) return [];
  const what = say`cannot write ${theObject(secretObject(target))} for ${theObject(requester)}`;
  const words = say`${what}: an earlier step composes it for ${describeObject(other)}. Rename one of them.`;
  return [{ ...finding('TARGET_CONFLICT', words), at: 'input' }];
}

/** The warning for a first step; a later one may work on generators that another function desires. */
function noGeneratorsFinding(what: string, location: SourceLocation): Finding {
  const cause = 'it has no `generators`, and no step of another function comes before it';
  const cure = 'Add `generators`, or move the step behind the one that has them';
  return finding('GENERATOR_NONE', `${what} makes no Secret: ${cause}. ${cure}.`, { location });
}

/** A fault, and the field of the step in which it is written. */
type StepFault = Finding & { readonly at: string };

/** The faults of a step, and what it makes whatever the composite has, but for its name and namespace. */
async function draftFor(
  input: unknown,
  credentialNames: readonly string[],
  { ambient }: World,
  { guards, ...shared }: Pick<RunRequest, 'deadline' | 'work'> & { readonly guards: Guards },
): Promise<{ readonly faults: readonly StepFault[]; readonly jobs: readonly Job[] }> {
  const { step, owner, faultsOf, standIns } = callForAny(input, credentialNames);
  const request = { items: [], functionConfig: step.input, owner, ambient, ...shared };
  const first = await draft(request);
  const drafted = mayUseCluster(input, first) ? first : await draft(request, withoutCluster(first));
  const requests = drafted.jobs.flatMap(({ requester, target, form, parts }) =>
    parts.map((part) => ({ ...part, requester, target, form })),
  );
  const judging = checkComparisons(requests, guards, shared.work).length === 0 ? guards : {};
  const refusalsOf = (each: PermissionRequest, isJudged: (demand: Demand) => boolean) =>
    choose(each, judging, demandsOf(each).filter(isJudged)).findings;
  const isOpen = (each: PermissionRequest) => refusalsOf(each, isOfRole).length === 0;
  const drafts = [...faultsOf(drafted), ...openChoices(requests.filter(isOpen), drafted)].filter(
    ({ code, words }) => code !== 'SPEC_INVALID' || !says(words, standIns),
  ); // the value may be right
  const isKnown = newIsKnown(input, standIns);
  const refused = requests.flatMap((each) => refusalsOf(each, isKnown));
  const isSure = newIsSure(input);
  const isSureAlone = newIsSureAlone(input, drafted);
  const sure = drafts.filter((fault) => isSure(fault) || isSureAlone(fault));
  const all = [...sure, ...refused, ...rolesOfNoGrant(input, guards, shared.work)];
  const inputFaults = all.filter(
    ({ code, field = '' }) => code === 'FUNCTION_CONFIG_INVALID' && !field.startsWith('generators'),
  );
  const fieldOf = newFieldOf(input, drafted);
  const faults = inputFaults.length > 0 ? inputFaults : all; // generators have no values of an Input that cannot be read
  const jobs = valueAt(input, ['vars']) === undefined ? drafted.jobs : [];
  return { faults: faults.map((fault) => ({ ...fault, at: fieldOf(fault) })), jobs };
}

/** The call of a composite that nobody knows, and the values that stand for its own, which are put in as the call is read. */
function callForAny(input: unknown, credentialNames: readonly string[]) {
  const isOfComposite = listAt(input, ['generators']).every(
    (each) => valueAt(each, ['metadata', 'namespace']) === undefined,
  );
  // only a composite in a namespace has the variable
  const hasNamespace = isOfComposite && hasText(input, (text) => text.includes('${namespace}'));
  const inNamespace = hasNamespace ? { namespace: ANY_NAME } : {};
  const object = { apiVersion: 'v1', kind: 'Composite', name: 'composite', ...inNamespace };
  const standIns = new Set([object.name, ANY_NAME]);
  const allowed = listAt(input, ['allow']).flatMap((grant) => listAt(grant, ['roles']));
  const texts = allowed.filter((role) => typeof role === 'string').join('\n');
  const [listed] = /\d{12}(?=:role\/\*$)/m.exec(texts) ?? []; // in another account `allow` would refuse any role
  const addStandIn = (type: string, source: string) => {
    const value = standIn(type, source, listed);
    standIns.add(value);
    return value;
  };
  const parts = { object, requiredObject: () => null, standIn: addStandIn };
  return { ...compositeCall(input, credentialNames, parts), standIns };
}

/** Tells what is a fault whatever the composite has. */
function newIsSure(input: unknown) {
  const isFixed =
    !hasText(input, (text) => text.includes('${')) &&
    listAt(input, ['allow']).every((grant) => valueAt(grant, ['namespaces']) === undefined);
  return ({ code, field }: Finding) =>
    (FAULTS.includes(code) || (isFixed && FAULTS_OF_A_FIXED.includes(code))) && field !== 'metadata.namespace'; // that is the composite's
}

/** True where a generator that an ExternalSecret names may be in the cluster, and may be used from there. */
function mayUseCluster(input: unknown, { needs }: Draft): boolean {
  const grants = listAt(input, ['allow']);
  const isOpen = grants.length === 0 || grants.some((grant) => valueAt(grant, ['fromCluster']) !== undefined);
  return needs.length === 0 || isOpen || needs.some(({ object }) => isClusterGenerator(object)); // these may be of others
}

const withoutCluster = ({ needs }: Draft): NeedAnswers => new Map(needs.map(({ key }) => [key, null]));

/** Tells what is a fault of a step whose manifests are all that there are, whatever the composite has. */
function newIsSureAlone(input: unknown, { needs }: Draft) {
  const generators = listAt(input, ['generators']);
  const isFixed = (...path: readonly string[]) =>
    !generators.some((each) => hasText(valueAt(each, path), (text) => text.includes('${')));
  const isTemplateFixed = isFixed('spec', 'target', 'template') && isFixed('spec', 'dataFrom');
  const isOfAnyNamespace = listAt(input, ['sessions']).every(
    (entry) => valueAt(entry, ['match', 'namespaces']) === undefined,
  );
  // a composite's namespace goes to those that have none, and may be that of the others
  const areTogether = new Set(generators.map((each) => textAt(each, ['metadata', 'namespace']))).size < 2;
  const areNamed = isFixed('metadata') && isFixed('spec', 'dataFrom');
  const isSure = needs.length === 0 && areNamed && areTogether && isOfAnyNamespace;
  return ({ code }: Finding) =>
    FAULTS_OF_A_FIRST.includes(code) && (code === 'TEMPLATE_INVALID' ? isTemplateFixed : isSure);
}

/** Tells what of a demand is known without a server and a composite. */
function newIsKnown(input: unknown, standIns: ReadonlySet<string>) {
  const isRegionOfMachine = listAt(input, ['generators']).some((each) => textAt(each, ['spec', 'region']) === '');
  return ({ list, of }: Demand) =>
    !OF_A_SERVER.includes(list) &&
    !(list === 'regions' && isRegionOfMachine) &&
    !hasText(of, (text) => standIns.values().some((value) => text.includes(value)));
}

/** Finds the field of the step in which a fault is written. */
function newFieldOf(input: unknown, { writtenKeys }: Draft) {
  const indexes = new Map(
    listAt(input, ['generators']).map((generator, index) => [objectKey(identify(generator)), index] as const),
  );
  return ({ object, field = '' }: Finding) => {
    const key = object === undefined ? '' : objectKey(object);
    const index = indexes.get(writtenKeys.get(key) ?? key);
    return ['input', ...(index === undefined ? [] : [`generators[${index}]`]), field].filter(Boolean).join('.');
  };
}

const isOfRole = ({ list }: Demand) => list === 'roles' || list === 'via';

/** What depends on a server's cluster, or in a grant on the namespace. */
const OF_A_SERVER: readonly Demand['list'][] = ['cluster', 'fromCluster', 'sessionNames', 'sourceIdentities'];

/**
 * The Policy that is given, or the only one that servers mount, as data. Without what its grants put into sessions: that refuses nothing here,
 * and its variables are those of a server.
 */
function policyFor({ ambient: { environment } }: World, mounted: readonly MountedText[]): unknown {
  const { STS_FUNCTION_POLICY: file } = environment;
  const [only, another] = new Set(mounted.map(({ value }) => value));
  const policy = file ? readPolicyFile(file).policy : another === undefined ? only : undefined;
  const grants = valueAt(policy, ['grants']);
  if (!isRecord(policy) || !Array.isArray(grants)) return policy;
  return { ...policy, grants: grants.map((grant) => (isRecord(grant) ? { ...grant, session: undefined } : grant)) };
}

/** Its grants for a namespace that nobody knows. */
function guardsOf(policy: unknown, { ambient: { environment } }: World): Guards {
  if (policy === undefined) return {};
  const { grants, findings } = readPolicy(policy, { environment, hasCustomEndpoint: false });
  return findings.length > 0 ? {} : { policy: grants.map(({ namespaces, ...grant }) => grant) };
}

const OF_AUTHOR = { accountID: ANY_ACCOUNT, dnsLabel: ANY_NAME, roleName: ANY_NAME };
/** A value of each type, in place of what the composite or its namespace has. */
const VALUES: Readonly<Record<keyof typeof VARIABLE_TYPES, string>> = {
  accountID: '123456789012',
  region: 'eu-west-1',
  dnsLabel: 'example',
  roleName: 'example',
};

function standIn(type: string, source: string, listed = VALUES.accountID): string {
  const values = { ...VALUES, accountID: listed, ...(source === 'fromFieldPath' && OF_AUTHOR) };
  return textAt(values, [type]) ?? '';
}

/** True where a sentence is about one of these values alone. */
function says(words: Sayable, values: ReadonlySet<string>): boolean {
  return (
    words instanceof Words &&
    words.pieces.some((piece) => typeof piece === 'object' && piece.kind === 'quoted' && values.has(piece.text))
  );
}
