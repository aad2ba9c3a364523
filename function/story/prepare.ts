import { type Cluster, isSameCluster } from '../api/cluster.ts';
import { Deadline } from '../api/deadline.ts';
import { configFinding, type Finding, hasErrors } from '../api/finding.ts';
import type { Prepared, Reference, Request } from '../api/flow.ts';
import type { Guards } from '../api/grant.ts';
import type { Chain } from '../api/job.ts';
import { objectKey } from '../api/kinds.ts';
import { refuseMore } from '../api/run-limits.ts';
import type { Asked } from '../chain/demands-of.ts';
import { checkComparisons, checkGuards } from '../chain/guard.ts';
import { checkConflicts } from '../secret/check-conflicts.ts';
import { checkOrphans } from '../secret/check-orphans.ts';
import { type ReadRequest, readRequest } from '../spec/read-request.ts';
import { readSettings } from '../spec/read-settings.ts';
import { relocate } from '../spec/relocate.ts';
import { checkEncryption } from './check-encryption.ts';
import { firstOfEach } from './first-of-each.ts';
import { planExternalSecret } from './plan-external-secret.ts';
import { type PlannedGenerator, planGenerator } from './plan-generator.ts';
import { planJobs } from './plan-jobs.ts';
import { sourcesOfJob } from './sources-of.ts';

/**
 * First step: reads and plans every generator of a request. All that can be refused by looking at the manifests alone is
 * in `findings`, for all generators at once.
 */
export async function prepare({
  ambient,
  now,
  owned = [],
  deadline = new Deadline(ambient.environment),
  ...manifests
}: Request): Promise<Prepared> {
  const check = () => deadline.check();
  const { settings, findings: settingFindings } = readSettings(ambient.environment);
  const {
    generators,
    guards,
    cluster: chosen,
    awaitRolesMilliseconds,
    config,
    ...read
  } = readRequest(manifests, check);
  const cluster = settings.cluster ?? chosen;
  const mayUseCluster = settings.cluster === undefined && chosen !== undefined;
  const sessions = await inTurn(generators, check, (generator) =>
    planGenerator(generator, { settings, ambient, cluster, mayUseCluster }),
  );
  const byKey = new Map(sessions.map((one) => [objectKey(one.generator.object), one]));
  const tooMany = checkComparisons(askedBy(sessions, byKey, read.externalSecrets), guards);
  const isPolicyWrong = read.findings.some(({ code }) => code === 'SETTING_INVALID');
  const held = tooMany.length > 0 || isPolicyWrong ? {} : guards; // the run is refused, and what follows from that is no news
  const planned = [
    ...sessions.map((one) => {
      check();
      return planJobs(one, held);
    }),
    ...(await inTurn(read.externalSecrets, check, (one) =>
      planExternalSecret(one, byKey, { settings, guards: held, mayUseCluster }),
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
      ...(mayUseCluster ? read.unseen.flatMap((one) => checkLookUp(one, guards)) : []),
      ...(await checkEncryption(generators)),
      ...orphans,
    ].map((one) => relocate(locate(one, config), specPaths)),
  );
  return {
    jobs,
    handled: read.handled,
    unseen: read.unseen,
    written: read.written,
    specPaths,
    now,
    settings,
    guards,
    signal: deadline.signal,
    awaitRolesMilliseconds,
    findings,
    ...(cluster === undefined ? {} : { cluster }),
  };
}

/** What was prepared, for another run of the same manifests: clock and deadline are that run's own. */
export function anew(
  prepared: Prepared,
  { now, ambient, deadline = new Deadline(ambient.environment) }: Request,
): Prepared {
  return { ...prepared, now, signal: deadline.signal };
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
  sessions: readonly PlannedGenerator[],
  byKey: ReadonlyMap<string, PlannedGenerator>,
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
function checkLookUp({ generator }: Reference, guards: Guards): Finding[] {
  const chain: Chain = { identity: { source: 'default' }, hops: [] };
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
