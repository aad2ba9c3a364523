import { type Choice, checkComparisons, choose } from '../chain/guard.ts';
import type { Asked } from '../chain/powers.ts';
import { configFinding, type Finding, finding, hasErrors } from '../findings/finding.ts';
import { say, theObject } from '../findings/say.ts';
import { defaultChain } from '../identity/sources.ts';
import { type ReadRequest, readRequest } from '../manifests/read-request.ts';
import { readSettings } from '../manifests/read-settings.ts';
import type { Request, Settings } from '../model/flow.ts';
import type { Guards } from '../model/grant.ts';
import type { Job } from '../model/job.ts';
import { objectKey } from '../model/kinds.ts';
import type { Known } from '../model/known.ts';
import type { ObjectNeed } from '../model/need.ts';
import { cached, defined } from '../model/plain-data.ts';
import { Deadline, MOST_FAULTS_OF_AN_OBJECT, MOST_FINDINGS, refuseMore, WorkBudget } from '../model/run-limits.ts';
import { type ApplyTemplate, loadTemplates } from '../secret/apply-template.ts';
import { checkEncryption } from '../secret/encryption.ts';
import { checkConflicts, checkOrphans } from '../secret/ownership.ts';
import type { KeyLimits } from '../secret/rewrite-keys.ts';
import { draftExternalSecret } from './draft-external-secret.ts';
import { type DraftedGenerator, draftGenerator, toJob } from './draft-generator.ts';

/**
 * What follows from the manifests, the generators read from a cluster, the guards and the settings. It is the same in every run of the
 * same manifests.
 */
export interface Draft
  extends Pick<
    ReadRequest,
    'handled' | 'needs' | 'written' | 'guards' | 'cluster' | 'awaitRolesMilliseconds' | 'findings'
  > {
  /** Jobs of the generators and ExternalSecrets that could be read, in the order of the request. */
  readonly jobs: readonly Job[];
  readonly settings: Settings;
  /** Present when a job has a template. */
  readonly applyTemplate?: ApplyTemplate;
}

/** A server drafts in each call, and a repository for each package: the environment of a process never changes. */
const SETTINGS = new WeakMap<Request['ambient'], ReturnType<typeof readSettings>>();

/**
 * Drafts every generator and ExternalSecret of a request. `findings` has all that can be refused before anything is called, for all
 * objects at once. `known`: answers to the needs of an earlier draft, generators read from a cluster.
 * @throws FindingError when the time of the run is up, or the request has too many Secrets.
 */
export async function draft(
  { ambient, items, functionConfig, policy, owner, owned = [], work: all, ...request }: Request,
  known: Known = new Map(),
): Promise<Draft> {
  const { check, trying } = request.deadline ?? new Deadline(ambient.environment);
  const work = new WorkBudget(all);
  const { settings, findings: settingFindings } = cached(SETTINGS, ambient, readSettings);
  const read = readRequest({ items, functionConfig, policy, ...defined({ owner }) }, known, { work, check });
  const { generators, guards, cluster: chosen, config, handled, needs, written, awaitRolesMilliseconds } = read;
  const cluster = settings.cluster ?? chosen;
  const isChosenElsewhere = chosen !== undefined && chosen.context !== cluster?.context;
  const mayUseCluster = settings.cluster === undefined && chosen !== undefined;
  const draftedGenerators: DraftedGenerator[] = [];
  for (const generator of generators) {
    check();
    draftedGenerators.push(await draftGenerator(generator, { settings, ambient, cluster, mayUseCluster }));
  }
  const context = { settings, mayUseCluster, work, limits: trying };
  const { jobs, applyTemplate, ...drafted } = await draftJobs(draftedGenerators, read, context);
  const consumed = generators.flatMap(({ object, consumer }) => (consumer === undefined ? [] : [object]));
  const isKnown = !hasErrors(read.findings); // with a fault the wanted Secrets are not known
  const orphans =
    owned.length === 0 ? [] : checkOrphans(owned, read.present, isKnown ? jobs : [], isKnown ? consumed : []);
  const encrypted = generators.flatMap(({ wanted }) => wanted.filter(({ form }) => form.recipients !== undefined));
  const findings = [
    ...settingFindings,
    ...(isChosenElsewhere ? [configFinding('cluster', 'names another than STS_FUNCTION_CLUSTER; remove it')] : []),
    ...read.findings,
    ...drafted.findings,
    ...(mayUseCluster ? needs.flatMap((one) => checkClusterRead(one, guards)) : []),
    ...(encrypted.length === 0 ? [] : await checkEncryption(encrypted, { work, check })),
    ...orphans,
  ]
    .filter(({ object }) => object === undefined || !read.unresolved.has(objectKey(object)))
    .map((one) => inConfig(one, config));
  return {
    jobs,
    handled,
    needs,
    written,
    settings,
    guards,
    awaitRolesMilliseconds,
    findings: findings.length <= MOST_FAULTS_OF_AN_OBJECT ? findings : cutFindings(findings),
    ...defined({ cluster, applyTemplate }),
  };
}

/** What jobs are drafted with. */
interface JobContext extends Pick<Draft, 'settings'> {
  readonly mayUseCluster: boolean;
  readonly work: WorkBudget;
  readonly limits: KeyLimits;
}

/**
 * The jobs of all generators, then those of ExternalSecrets. A generator has one for each Secret, all with the same role chain. Where the
 * request is unsure there are none: what would be said of them follows from what was said already.
 */
async function draftJobs(
  draftedGenerators: readonly DraftedGenerator[],
  { guards: given, externalSecrets, isUnsure, findings: faults }: ReadRequest,
  { settings, mayUseCluster, work, limits }: JobContext,
): Promise<Pick<Draft, 'jobs' | 'findings' | 'applyTemplate'>> {
  const { check } = limits;
  if (isUnsure)
    return { jobs: [], findings: [...draftedGenerators, ...externalSecrets].flatMap((one) => one.findings) };
  const byKey = new Map(draftedGenerators.map((one) => [objectKey(one.generator.object), one]));
  const isGuarded = Object.keys(given).length > 0; // without a guard there is nothing to judge
  const tooMany = isGuarded ? checkComparisons(askedOf(draftedGenerators, byKey, externalSecrets), given, work) : [];
  const isPolicyWrong = faults.some(({ code }) => code === 'SETTING_INVALID');
  const guards = tooMany.length > 0 || isPolicyWrong ? {} : given; // the run is refused already
  const hasTemplates = externalSecrets.some(({ spec }) => spec?.target?.template !== undefined);
  const applyTemplate = hasTemplates ? await loadTemplates() : undefined;
  const drafted: Pick<Draft, 'jobs' | 'findings'>[] = [];
  for (const { generator, part, findings } of draftedGenerators) {
    check();
    const { object, annotations, wanted } = generator;
    const [one] = hasErrors(findings) || !isGuarded ? [] : wanted; // a guard judges all alike
    const { granted, findings: refused }: Choice =
      part && one ? choose({ ...part, target: one.target, form: one.form }, guards) : { findings: [] };
    const parts = part && ([{ ...part, ...defined({ granted }) }] as const);
    const own = parts ? wanted.map((secret) => toJob({ generator: object, annotations, ...secret, parts })) : [];
    drafted.push({ jobs: own, findings: [...refused, ...findings] });
  }
  for (const one of externalSecrets) {
    check();
    drafted.push(await draftExternalSecret(one, byKey, { settings, guards, mayUseCluster, applyTemplate, limits }));
  }
  const jobs = drafted.flatMap((one) => one.jobs);
  refuseMore('Secrets', jobs.length);
  const findings = [...tooMany, ...drafted.flatMap((one) => one.findings), ...checkConflicts(jobs)];
  return { jobs, findings, ...defined({ applyTemplate }) };
}

/** All that the guards will judge: each session with each Secret that it goes into. */
function askedOf(
  draftedGenerators: readonly DraftedGenerator[],
  byKey: ReadonlyMap<string, DraftedGenerator>,
  externalSecrets: ReadRequest['externalSecrets'],
): Asked[] {
  const own = draftedGenerators.flatMap(({ generator: { wanted }, part }) =>
    wanted.map(({ target }) => ({ part, target })),
  );
  const consumed = externalSecrets.flatMap(({ target, generators }) =>
    generators.map((key) => ({ part: byKey.get(key)?.part, target })),
  );
  return [...own, ...consumed].flatMap(({ part, target }) => (part === undefined ? [] : [{ ...part, target }]));
}

/** Reading a generator from a cluster that the manifests chose needs a grant first. */
function checkClusterRead({ by: generator }: ObjectNeed, guards: Guards): readonly Finding[] {
  const chain = { identity: defaultChain, region: '', via: [] };
  return choose({ generator, kind: undefined, chain, after: [], target: generator, mayUseCluster: true }, guards)
    .findings;
}

/** Names the functionConfig as the object of a finding that has a field and no object. */
function inConfig(finding: Finding, config: ReadRequest['config']): Finding {
  const isConfig = finding.field !== undefined && finding.object === undefined && config !== undefined;
  return isConfig ? { ...finding, object: config } : finding;
}

/** At most so many findings for each object, and so many in all; further findings count those that were left out. */
function cutFindings(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  const left = new Map<string, { readonly number: number; readonly worst: Finding }>(); // `worst`: the first of the worst severity
  let number = 0;
  const kept = findings.filter((one) => {
    const key = one.object === undefined ? '' : objectKey(one.object);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const isKept = count <= MOST_FAULTS_OF_AN_OBJECT && number < MOST_FINDINGS;
    if (isKept) number += 1;
    else {
      const at = number < MOST_FINDINGS ? key : ''; // past that, one count for all objects
      const { number: before = 0, worst = one } = left.get(at) ?? {};
      left.set(at, { number: before + 1, worst: one.severity === 'error' && worst.severity !== 'error' ? one : worst });
    }
    return isKept;
  });
  return [...kept, ...[...left].map(([key, { number: more, worst }]) => leftOut(key, more, worst))];
}

function leftOut(key: string, number: number, { code, object }: Finding): Finding {
  const isOfOne = key !== '' && object !== undefined;
  const message = say`cannot tell all that is wrong${isOfOne ? say` with ${theObject(object)}` : ''}: ${number} more findings were left out. Correct those that come before.`;
  return finding(code, message, isOfOne ? { object } : {});
}
