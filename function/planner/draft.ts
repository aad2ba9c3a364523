import { type Cluster, isSameCluster } from '../api/cluster.ts';
import { Deadline } from '../api/deadline.ts';
import { defined } from '../api/defined.ts';
import { configFinding, type Finding, finding, hasErrors } from '../api/finding.ts';
import type { Request } from '../api/flow.ts';
import type { Guards } from '../api/grant.ts';
import type { Job } from '../api/job.ts';
import { describeObject, objectKey } from '../api/kinds.ts';
import type { Known } from '../api/known.ts';
import type { ObjectNeed } from '../api/need.ts';
import { MOST_FAULTS_OF_AN_OBJECT, MOST_FINDINGS, refuseMore } from '../api/run-limits.ts';
import type { Settings } from '../api/settings.ts';
import type { Asked } from '../chain/demands-of.ts';
import { checkComparisons, checkGuards } from '../chain/guard.ts';
import { defaultChain } from '../identity/default-chain.ts';
import { type ApplyTemplate, loadTemplates } from '../secret/apply-template.ts';
import { checkEncryption } from '../secret/encryption.ts';
import { checkConflicts, checkOrphans } from '../secret/ownership.ts';
import { type ReadRequest, readRequest } from '../spec/read-request.ts';
import { readSettings } from '../spec/read-settings.ts';
import { relocate, type SpecPaths } from '../spec/relocate.ts';
import { draftExternalSecret } from './draft-external-secret.ts';
import { type DraftedGenerator, draftGenerator } from './draft-generator.ts';
import { draftJobs } from './draft-jobs.ts';
import { sourcesOfJob } from './needs-of.ts';

/**
 * The half of planning that is the same for every run of the same manifests: it rests on them, on the generators that were looked up,
 * and on guards and settings.
 */
export interface Draft
  extends Pick<
    ReadRequest,
    'handled' | 'needs' | 'written' | 'guards' | 'cluster' | 'awaitRolesMilliseconds' | 'findings'
  > {
  /** Of generators and ExternalSecrets without a fault, in the order of the request. */
  readonly jobs: readonly Job[];
  readonly specPaths: SpecPaths;
  readonly settings: Settings;
  /** Loaded where a job has a template. */
  readonly applyTemplate?: ApplyTemplate;
}

/**
 * Reads and plans every generator of a request, as far as the manifests alone decide. All that can be refused by looking at them is in
 * `findings`, for all generators at once. `known`: the generators that were looked up.
 */
export async function draft(
  { ambient, owned = [], deadline = new Deadline(ambient.environment), ...manifests }: Request,
  known: Known = new Map(),
): Promise<Draft> {
  const check = () => deadline.check();
  const { settings, findings: settingFindings } = readSettings(ambient.environment);
  const {
    generators,
    guards,
    cluster: chosen,
    awaitRolesMilliseconds,
    config,
    ...read
  } = readRequest(manifests, known, check);
  const cluster = settings.cluster ?? chosen;
  const mayUseCluster = settings.cluster === undefined && chosen !== undefined;
  const sessions = await inTurn(generators, check, (generator) =>
    draftGenerator(generator, { settings, ambient, cluster, mayUseCluster }),
  );
  const byKey = new Map(sessions.map((one) => [objectKey(one.generator.object), one]));
  const tooMany = checkComparisons(askedBy(sessions, byKey, read.externalSecrets), guards);
  const isPolicyWrong = read.findings.some(({ code }) => code === 'SETTING_INVALID');
  const held = tooMany.length > 0 || isPolicyWrong ? {} : guards; // the run is refused, and what follows from that is no news
  const hasTemplates = read.externalSecrets.some(({ spec }) => spec?.target?.template !== undefined);
  const applyTemplate = hasTemplates ? await loadTemplates() : undefined;
  const planned = [
    ...sessions.map((one) => {
      check();
      return draftJobs(one, held);
    }),
    ...(await inTurn(read.externalSecrets, check, (one) =>
      draftExternalSecret(one, byKey, { settings, guards: held, mayUseCluster, applyTemplate }),
    )),
  ];
  const jobs = planned.flatMap((one) => one.jobs);
  refuseMore('Secrets', jobs.length);
  const conflicts = checkConflicts(jobs, sourcesOfJob);
  const consumed = generators.flatMap(({ object, consumer }) => (consumer === undefined ? [] : [object]));
  const specPaths = new Map(generators.map(({ object, specPath }) => [objectKey(object), specPath] as const));
  const isKnown = !hasErrors(read.findings); // with a fault it is not known what is wanted
  const orphans = checkOrphans(owned, read.present, isKnown ? jobs : [], isKnown ? consumed : []);
  const findings = firstOfEach(
    [
      ...settingFindings,
      ...otherCluster(settings.cluster, chosen),
      ...read.findings,
      ...tooMany,
      ...planned.flatMap((one) => one.findings),
      ...conflicts,
      ...(mayUseCluster ? read.needs.flatMap((one) => checkLookUp(one, guards)) : []),
      ...(await checkEncryption(generators)),
      ...orphans,
    ].map((one) => relocate(locate(one, config), specPaths)),
  );
  return {
    jobs,
    handled: read.handled,
    needs: read.needs,
    written: read.written,
    specPaths,
    settings,
    guards,
    awaitRolesMilliseconds,
    findings,
    ...defined({ cluster, applyTemplate }),
  };
}

/** One after the other, as long as there is time: what is asynchronous here waits for nobody. */
async function inTurn<T, R>(all: readonly T[], check: () => void, plan: (one: T) => Promise<R>): Promise<R[]> {
  const planned: R[] = [];
  for (const one of all) {
    check();
    planned.push(await plan(one));
  }
  return planned;
}

/** Everything that is going to be held against the guards: each session with each Secret that it goes into. */
function askedBy(
  sessions: readonly DraftedGenerator[],
  byKey: ReadonlyMap<string, DraftedGenerator>,
  externalSecrets: ReadRequest['externalSecrets'],
): Asked[] {
  return [
    ...sessions.flatMap(({ generator, part }) =>
      part === undefined ? [] : generator.wanted.map(({ target }) => ({ ...part, target })),
    ),
    ...externalSecrets.flatMap(({ target, generators }) =>
      generators.flatMap((key) => {
        const part = byKey.get(key)?.part;
        return part === undefined ? [] : [{ ...part, target }];
      }),
    ),
  ];
}

/** A generator that may come from a cluster which the manifests chose: that needs a grant before anybody looks. */
function checkLookUp({ by: generator }: ObjectNeed, guards: Guards): Finding[] {
  const chain = { identity: defaultChain, hops: [] };
  return checkGuards({ generator, chain, target: generator, mayUseCluster: true }, guards);
}

/** A finding of a field without an object is about the functionConfig. */
function locate(finding: Finding, config: ReadRequest['config']): Finding {
  const isConfig = finding.field !== undefined && finding.object === undefined && config !== undefined;
  return isConfig ? { ...finding, object: config } : finding;
}

function otherCluster(operators: Cluster | undefined, chosen: Cluster | undefined): Finding[] {
  if (operators === undefined || chosen === undefined || isSameCluster(operators, chosen)) return [];
  return [configFinding('cluster', 'names another than STS_FUNCTION_CLUSTER; remove it')];
}

/** What was left out: how many findings, and one of the worst of them. */
interface LeftOut {
  readonly number: number;
  readonly worst: Finding;
}

/** Findings, of each object so many and of all so many, and how many were left out. Whoever corrects the first sees the others. */
function firstOfEach(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  const left = new Map<string, LeftOut>();
  let number = 0;
  const told = findings.filter((one) => {
    const key = one.object === undefined ? '' : objectKey(one.object);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const isTold = count <= MOST_FAULTS_OF_AN_OBJECT && number < MOST_FINDINGS;
    if (isTold) number += 1;
    else {
      const at = number < MOST_FINDINGS ? key : ''; // from there on of whatever object
      const { number: before = 0, worst = one } = left.get(at) ?? {};
      left.set(at, { number: before + 1, worst: one.severity === 'error' && worst.severity !== 'error' ? one : worst });
    }
    return isTold;
  });
  return [...told, ...[...left].map(([key, leftOut]) => describe(key, leftOut))];
}

function describe(key: string, { number, worst: { code, object } }: LeftOut): Finding {
  const isOfOne = key !== '' && object !== undefined;
  const message = `cannot tell all that is wrong${isOfOne ? ` with ${describeObject(object)}` : ''}: ${number} more findings were left out. Correct those that come before.`;
  return finding(code, message, isOfOne ? { object } : {});
}
