import { type Cluster, isSameCluster } from './api/cluster.ts';
import { type Finding, fieldFinding, hasErrors } from './api/finding.ts';
import type { Prepared, Reference, Request } from './api/flow.ts';
import { objectKey, secretKey, secretObject } from './api/kinds.ts';
import { type Supplied, suppliedObject } from './api/supplied.ts';
import { checkEncryption } from './check-encryption.ts';
import { type PlanContext, planJobs } from './plan-jobs.ts';
import { judgeTarget } from './secret/judge-target.ts';
import { checkConflicts, checkOrphans } from './secret/ownership.ts';
import { secretsOf, sourcesOf } from './sources-of.ts';
import { type ReadRequest, readRequest } from './spec/read-request.ts';
import { readSettings } from './spec/read-settings.ts';

/**
 * First step: reads and plans every generator of a request. All that can be refused by looking at the manifests alone is
 * in `findings`, for all generators at once.
 */
export async function prepare({ ambient, now, owned = [], ...manifests }: Request): Promise<Prepared> {
  const { settings, findings: settingFindings } = readSettings(ambient.environment);
  const { generators, guards, cluster: chosen, awaitRolesMilliseconds, config, ...read } = readRequest(manifests);
  const cluster = settings.cluster ?? chosen;
  const context: PlanContext = { settings, ambient, guards, cluster, isOurChoice: settings.cluster === undefined };
  const planned = await Promise.all(generators.map((generator) => planJobs(generator, context)));
  const jobs = planned.flatMap((plan) => plan.jobs);
  const conflicts = checkConflicts(jobs.map((job) => ({ ...job, reads: secretsOf(job.plan) })));
  const findings = [
    ...settingFindings,
    ...otherCluster(settings.cluster, chosen),
    ...read.findings,
    ...planned.flatMap((plan) => plan.findings),
    ...conflicts,
    ...(await checkEncryption(generators)),
    ...checkOrphans(owned, read.present, hasErrors(read.findings) ? [] : jobs), // with a fault it is not known what is wanted
  ].map((finding) => locate(finding, config));
  const signal = AbortSignal.timeout(settings.timeoutMilliseconds);
  return {
    jobs,
    now,
    settings,
    guards,
    signal,
    awaitRolesMilliseconds,
    findings,
    ...(cluster === undefined ? {} : { cluster }),
  };
}

/** A finding of a field without an object is about the functionConfig. */
function locate(finding: Finding, config: ReadRequest['config']): Finding {
  const isConfig = finding.field !== undefined && finding.object === undefined && config !== undefined;
  return isConfig ? { ...finding, object: config } : finding;
}

function otherCluster(operators: Cluster | undefined, chosen: Cluster | undefined): Finding[] {
  if (operators === undefined || chosen === undefined || isSameCluster(operators, chosen)) return [];
  return [
    fieldFinding('FUNCTION_CONFIG_INVALID', { field: 'cluster' }, 'names another than STS_FUNCTION_CLUSTER; remove it'),
  ];
}

/**
 * Second step: the objects that have to be seen and are not yet in `supplied`. Targets first: for a Secret that is still good
 * nothing else is looked up. Empty: go on to the third.
 */
export function references(
  { jobs, now, settings }: Pick<Prepared, 'jobs' | 'now' | 'settings'>,
  supplied: Supplied,
): Reference[] {
  const wanted = jobs.flatMap((job): Reference[] => {
    const { generator, target, plan } = job;
    if (!supplied.has(secretKey(target))) return [{ object: secretObject(target), generator, role: 'target' }];
    if (settings.mode !== 'mint') return [];
    if (judgeTarget(job, suppliedObject(supplied, secretKey(target)), now).action === 'reuse') return [];
    return sourcesOf(plan).map((object): Reference => ({ object, generator, role: 'source' }));
  });
  const byObject = Map.groupBy(wanted, ({ object }) => objectKey(object));
  return [...byObject].flatMap(([key, [first]]) => (first === undefined || supplied.has(key) ? [] : [first]));
}
