import { checkComparisons, choose } from '../chain/guard.ts';
import type { PermissionRequest } from '../chain/permissions.ts';
import { configFinding, type Finding, hasErrors } from '../findings/finding.ts';
import { defaultIdentity } from '../identity/sources.ts';
import { readPolicy } from '../manifests/read-policy.ts';
import { type ReadRun, readRunRequest } from '../manifests/read-run-request.ts';
import { readSettings } from '../manifests/read-settings.ts';
import { FORCE_SYNC_REQUEST } from '../model/annotations.ts';
import type { NeedAnswers } from '../model/answers.ts';
import type { Guards } from '../model/grant.ts';
import type { Job, ObjectNeed } from '../model/job.ts';
import { isClusterGenerator, objectKey } from '../model/kinds.ts';
import { cached, defined, distinct } from '../model/plain-data.ts';
import { Deadline, MOST_FAULTS_OF_AN_OBJECT, refuseMore, WorkBudget } from '../model/run-limits.ts';
import type { RunRequest } from '../model/run-request.ts';
import type { Settings } from '../model/settings.ts';
import { type ApplyTemplate, loadTemplates } from '../secret/apply-template.ts';
import { checkEncryption } from '../secret/encryption.ts';
import { forceSyncOf } from '../secret/hashes.ts';
import { checkConflicts, checkOrphans } from '../secret/ownership.ts';
import { chooseGrants } from './choose-grants.ts';
import { cutFindings } from './cut-findings.ts';
import { draftExternalSecret } from './draft-external-secret.ts';
import { type DraftContext, type DraftedGenerator, draftGenerator, toJob } from './draft-generator.ts';
import { PURPOSES, type Purpose } from './purposes.ts';

/**
 * What follows from manifests, generators read from a cluster, guards and settings: the same in every run of these. `needs`: generators that
 * ExternalSecrets name and no manifest is; what jobs need is in the plan. `writtenKeys`: by a generator's key, the one that it had
 * before its variables were replaced.
 */
export interface Draft
  extends Pick<ReadRun, 'handled' | 'needs' | 'writtenKeys' | 'cluster' | 'awaitRolesMilliseconds' | 'findings'>,
    DraftedJobs {
  readonly settings: Settings;
  readonly purpose: Purpose;
  /** How many Secrets are asked for, also where the request `isUnsure`; without ExternalSecrets that name a generator of `needs`. */
  readonly secretCount: number;
}

/** Settings that were read, by environment: a server drafts in each call, and the environment of a process never changes. */
const SETTINGS_BY_AMBIENT = new WeakMap<RunRequest['ambient'], ReturnType<typeof readSettings>>();

/**
 * Drafts every generator and ExternalSecret of a request, in stages: `readRunRequest` matches each generator with its entry, `draftGenerator`
 * declares its hops and checks their limits, `draftJobs` chooses the grant that each guard has for them. `findings` has all that can be
 * refused before anything is called, for all objects at once. `answers`: those to the needs of an earlier draft, generators read from a
 * cluster.
 * @throws FindingError when the time of the run is up, or the request has too many Secrets.
 */
export async function draft(request: RunRequest, answers: NeedAnswers = new Map()): Promise<Draft> {
  const { ambient, markedSecrets = [], endNamespace } = request;
  const { throwIfExpired } = request.deadline ?? new Deadline(ambient.environment);
  const work = new WorkBudget(request.work);
  const { settings, findings: settingFindings } = cached(SETTINGS_BY_AMBIENT, ambient, readSettings);
  const manifests = readRunRequest(request, settings, answers, { work, throwIfExpired });
  const { generators, externalSecrets, guards, configObject, cluster: inputCluster } = manifests;
  const { handled, needs, writtenKeys, awaitRolesMilliseconds } = manifests;
  const cluster = settings.cluster ?? inputCluster;
  const differsFromSetting = inputCluster !== undefined && inputCluster.context !== cluster?.context;
  const isClusterOfManifests = settings.cluster === undefined && inputCluster !== undefined;
  // generators are read from it: under Crossplane, which reads them itself, only where the Input has a cluster
  const isClusterRead = isClusterOfManifests || (cluster !== undefined && request.owner === undefined);
  const purpose = PURPOSES[settings.purposeName];
  const context = { settings, purpose, ambient, cluster, endNamespace, isClusterOfManifests, work, throwIfExpired };
  const draftedGenerators: DraftedGenerator[] = [];
  for (const generator of generators) {
    throwIfExpired();
    draftedGenerators.push(await draftGenerator(generator, context));
  }
  const draftedJobs = await draftJobs(draftedGenerators, manifests, context);
  const { jobs: allJobs, applyTemplate } = draftedJobs;
  const isRequested =
    request.owner?.forceSync !== undefined ||
    [...generators, ...allJobs].some(({ annotations }) => FORCE_SYNC_REQUEST in annotations);
  const jobs = isRequested ? withForceSync(allJobs, generators, request.owner?.forceSync) : allJobs;
  // these exist but have no Secret of their own; an old one is an orphan
  const withoutSecret = [
    ...generators.flatMap(({ object, consumer }) => (consumer === undefined ? [] : [object])),
    ...externalSecrets.flatMap(({ object, spec }) => (spec?.target?.creationPolicy === 'None' ? [object] : [])),
  ];
  const hasFaultyManifests = hasErrors(manifests.findings); // then nobody knows which Secrets are wanted
  const encrypted = generators.flatMap(({ secrets }) => secrets.filter(({ form }) => form.recipients !== undefined));
  const findings = [
    ...settingFindings,
    ...(differsFromSetting ? [configFinding('cluster', 'differs from STS_FUNCTION_CLUSTER; remove it')] : []),
    ...manifests.findings,
    ...draftedJobs.findings,
    ...(isClusterRead ? checkClusterReads(needs, guards, work, isClusterOfManifests) : []),
    ...(encrypted.length === 0 ? [] : await checkEncryption(encrypted, { work, throwIfExpired })),
    ...(markedSecrets.length === 0
      ? []
      : checkOrphans(
          markedSecrets,
          manifests.present,
          hasFaultyManifests ? [] : jobs,
          hasFaultyManifests ? [] : withoutSecret,
        )),
  ]
    .filter(({ object }) => object === undefined || !manifests.keysWithoutValues.has(objectKey(object)))
    .map((finding) => inConfig(finding, configObject));
  return {
    ...{ jobs, handled, needs, writtenKeys, awaitRolesMilliseconds, settings, purpose },
    secretCount: manifests.isUnsure ? countSecrets(manifests) : jobs.length,
    findings: findings.length <= MOST_FAULTS_OF_AN_OBJECT ? findings : cutFindings(findings),
    ...defined({ cluster, applyTemplate }),
  };
}

/** What is wrong with a Policy that was read. */
export function checkPolicy(
  { policy, locationInPolicy }: Pick<RunRequest, 'policy' | 'locationInPolicy'>,
  ambient: RunRequest['ambient'],
): readonly Finding[] {
  const { settings } = cached(SETTINGS_BY_AMBIENT, ambient, readSettings);
  const operator = { environment: ambient.environment, hasCustomEndpoint: settings.hasCustomEndpoint };
  return policy === undefined ? [] : readPolicy(policy, operator, locationInPolicy).findings;
}

function countSecrets({ generators, externalSecrets, needs }: ReadRun): number {
  const waiting = new Set(needs.map(({ by }) => objectKey(by)));
  const withSecret = externalSecrets.filter(
    ({ object, spec }) => spec?.target?.creationPolicy !== 'None' && !waiting.has(objectKey(object)),
  );
  return withSecret.length + generators.flatMap(({ secrets }) => secrets).length;
}

/** The jobs with what `force-sync` says on the owner, and on each generator and ExternalSecret of a Secret. */
function withForceSync(jobs: readonly Job[], generators: ReadRun['generators'], ownerValue: string | undefined): Job[] {
  const forceSyncByKey = new Map<string, string | undefined>();
  for (const { object, annotations } of generators)
    forceSyncByKey.set(objectKey(object), forceSyncOf([annotations[FORCE_SYNC_REQUEST]]));
  const owner = forceSyncOf([ownerValue]); // each text is hashed once, since it may be long and go into many Secrets
  return jobs.map((job) => {
    const key = objectKey(job.requester);
    const values = new Map([[key, forceSyncByKey.get(key) ?? forceSyncOf([job.annotations[FORCE_SYNC_REQUEST]])]]);
    for (const { generator } of job.parts) values.set(objectKey(generator), forceSyncByKey.get(objectKey(generator)));
    return { ...job, ...defined({ forceSync: forceSyncOf([owner, ...values.values()]) }) };
  });
}

/**
 * Reading generators from a cluster needs a grant first, for each ExternalSecret that names some: what they ask for, and what is wrong with
 * them, is told. Where the operator chose the cluster, a ClusterGenerator is read before: it may be of another kind, and nobody's of ours.
 */
function checkClusterReads(
  needs: readonly ObjectNeed[],
  guards: Guards,
  work: WorkBudget,
  isClusterOfManifests: boolean,
): readonly Finding[] {
  const readers = distinct(
    needs.flatMap(({ by, object }) => (isClusterOfManifests || !isClusterGenerator(object) ? by : [])),
    objectKey,
  );
  const requests = readers.map((generator) => {
    const chain = { identity: defaultIdentity, region: '', via: [] };
    const reads = isClusterOfManifests
      ? { mayUseCluster: true }
      : { mayUseCluster: false, isFromCluster: true as const };
    return { generator, kind: undefined, chain, after: [], target: generator, ...reads };
  });
  const tooMany = checkComparisons(requests, guards, work);
  return tooMany.length > 0 ? tooMany : requests.flatMap((request) => choose(request, guards).findings);
}

/** Names the functionConfig as the object of a finding that has a field and no object. */
function inConfig(finding: Finding, configObject: ReadRun['configObject']): Finding {
  const isConfig = finding.field !== undefined && finding.object === undefined && configObject !== undefined;
  return isConfig ? { ...finding, object: configObject } : finding;
}

/** The jobs of a request. */
interface DraftedJobs {
  /** The jobs of the generators and ExternalSecrets that could be read, in the order of the request. */
  readonly jobs: readonly Job[];
  /** Present when a job has a template. */
  readonly applyTemplate?: ApplyTemplate;
  readonly findings: readonly Finding[];
}

/**
 * The jobs of all generators, then those of ExternalSecrets. A generator has one for each Secret, all with the same role chain. There are
 * none where an entry or a generator could not be read (`isUnsure`): their findings would only repeat earlier ones.
 */
async function draftJobs(
  draftedGenerators: readonly DraftedGenerator[],
  { guards, externalSecrets, isUnsure }: ReadRun,
  context: DraftContext,
): Promise<DraftedJobs> {
  const { work, throwIfExpired } = context;
  if (isUnsure)
    return { jobs: [], findings: [...draftedGenerators, ...externalSecrets].flatMap(({ findings }) => findings) };
  const byKey = new Map(draftedGenerators.map((drafted) => [objectKey(drafted.generator.object), drafted]));
  const isGuarded = Object.keys(guards).length > 0; // under Crossplane always, by `guards.hasTenants`
  const tooMany = isGuarded
    ? checkComparisons(requestsOf(draftedGenerators, byKey, externalSecrets), guards, work)
    : [];
  const contextWithGuards = { ...context, guards: tooMany.length > 0 ? {} : guards }; // with too many the run is refused already
  const hasTemplates = externalSecrets.some(({ spec }) => spec?.target?.template !== undefined);
  const applyTemplate = hasTemplates ? await loadTemplates() : undefined;
  const results: DraftedJobs[] = [];
  for (const { generator, part, findings } of draftedGenerators) {
    throwIfExpired();
    const { object, annotations, secrets } = generator;
    // one grant serves all Secrets of a generator: `part.namespaces` are those of all, and none has a template, which would ask for more
    const [anySecret] = secrets;
    const isJudged = isGuarded && !hasErrors(findings) && part !== undefined && anySecret !== undefined;
    const granted = isJudged ? await chooseGrants(part, anySecret, generator, contextWithGuards) : undefined;
    const finalPart = granted?.part ?? part;
    const jobs = finalPart
      ? secrets.map((secret) => toJob({ requester: object, annotations, ...secret, parts: [finalPart] }))
      : [];
    results.push({ jobs, findings: [...(granted?.findings ?? []), ...findings] });
  }
  for (const externalSecret of externalSecrets) {
    throwIfExpired();
    results.push(await draftExternalSecret(externalSecret, byKey, { ...contextWithGuards, applyTemplate }));
  }
  const jobs = results.flatMap((result) => result.jobs);
  refuseMore('Secrets', jobs.length);
  const findings = [...tooMany, ...results.flatMap((result) => result.findings), ...checkConflicts(jobs)];
  return { jobs, findings, ...defined({ applyTemplate }) };
}

/** All that the guards will judge: each generator with each Secret that its session goes into. */
function requestsOf(
  draftedGenerators: readonly DraftedGenerator[],
  byKey: ReadonlyMap<string, DraftedGenerator>,
  externalSecrets: ReadRun['externalSecrets'],
): PermissionRequest[] {
  const directUses = draftedGenerators.flatMap(({ generator: { secrets }, part }) =>
    secrets.map(({ target }) => ({ part, target })),
  );
  const consumed = externalSecrets.flatMap(({ target, generators }) =>
    generators.map((key) => ({ part: byKey.get(key)?.part, target })),
  );
  return [...directUses, ...consumed].flatMap(({ part, target }) => (part === undefined ? [] : [{ ...part, target }]));
}
