import { type Cluster, isSameCluster } from './api/cluster.ts';
import { type Finding, fieldFinding, finding, hasErrors } from './api/finding.ts';
import type { Prepared, Reference, Request } from './api/flow.ts';
import {
  describeObject,
  type NamedRef,
  type ObjectRef,
  objectKey,
  secretKey,
  secretObject,
  serviceAccountObject,
} from './api/kinds.ts';
import type { Identity, Job, Plan } from './api/plan.ts';
import { quote } from './api/quote.ts';
import { remainingAt } from './api/renewal.ts';
import type { Settings } from './api/settings.ts';
import { type Supplied, suppliedObject } from './api/supplied.ts';
import type { Ambient } from './api/world.ts';
import { checkTokenAccount } from './chain/check-account.ts';
import { checkGuards } from './chain/guard.ts';
import { planChain } from './chain/plan-chain.ts';
import { warnOfChaining } from './chain/warn-of-chaining.ts';
import { externalIDsOf } from './chain/with-external-ids.ts';
import { isApiServer } from './identity/audience.ts';
import { chooseIdentity } from './identity/choose-identity.ts';
import { explainRefusal } from './identity/explain-value-fault.ts';
import { apiServerAudience } from './identity/read-service-account.ts';
import { judgeTarget } from './secret/judge-target.ts';
import { checkConflicts, checkOrphans } from './secret/ownership.ts';
import { checkRecipients } from './secret/seal/check-recipients.ts';
import { specHash } from './secret/spec-hash.ts';
import { type MatchedGenerator, type ReadRequest, readRequest } from './spec/read-request.ts';
import { readSettings } from './spec/read-settings.ts';

/**
 * First step: reads and plans every generator of a request. All that can be refused by looking at the manifests alone is
 * in `findings`, for all generators at once.
 */
export async function prepare({ ambient, now, owned = [], ...manifests }: Request): Promise<Prepared> {
  const { settings, findings: settingFindings } = readSettings(ambient.environment);
  const { generators, guards, cluster: chosen, awaitRolesMilliseconds, config, ...read } = readRequest(manifests);
  const cluster = settings.cluster ?? chosen;
  const context: Context = { settings, ambient, guards, cluster, isOurChoice: settings.cluster === undefined };
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

/** What all generators of a request share. */
interface Context {
  readonly settings: Settings;
  readonly ambient: Ambient;
  readonly guards: ReadRequest['guards'];
  readonly cluster: Cluster | undefined;
  /** True when the manifests chose the cluster, so that a guard has a word in it. */
  readonly isOurChoice: boolean;
}

/** The jobs of one generator, a Secret each: they differ in nothing that AWS is asked. */
async function planJobs(
  { object, annotations, spec, readable, entry, own, wanted, findings }: MatchedGenerator,
  { settings, ambient, guards, cluster, isOurChoice }: Context,
): Promise<{ jobs: readonly Job[]; findings: readonly Finding[] }> {
  const { region: written, ...others } = readable;
  const region = written === '' ? await ambient.region() : written;
  const chain = planChain(
    {
      generator: object,
      target: own,
      spec: { ...others, ...(region === undefined ? {} : { region }) },
      behindServiceAccount: spec?.auth?.jwt !== undefined,
      ...(entry === undefined ? {} : { entry }),
    },
    { customEndpoint: settings.stsEndpoint !== undefined },
  );
  const faults = [
    ...findings,
    ...checkRenewal(entry, chain.hops.at(-1)?.request.durationSeconds),
    ...(written === '' && region === undefined ? [noRegion(object)] : []),
    ...chain.findings,
  ];
  if (spec === undefined || region === undefined) return { jobs: [], findings: faults };
  const identity = chooseIdentity(spec.auth, object, entry?.identity);
  if ('reason' in identity) return { jobs: [], findings: [...faults, explainRefusal(object, identity)] };
  const plan = { identity, hops: chain.hops };
  const common = {
    generator: object,
    annotations,
    plan,
    renewal: entry?.renew ?? {},
    mayUseCluster: isOurChoice && cluster !== undefined && sourcesOf(plan).length > 0,
    ...(entry?.expectAccount === undefined ? {} : { expectAccount: entry.expectAccount }),
  };
  const jobs = wanted.map((secret): Job => ({ ...common, ...secret, specHash: specHash(plan, secret) }));
  const refused = [
    ...faults,
    ...checkServiceAccount(object, identity, cluster !== undefined || settings.mode !== 'mint'),
    ...checkTokenAccount(common),
  ];
  if (refused.length > 0) return { jobs, findings: refused };
  const notGranted = jobs.flatMap((job) => checkGuards(job, guards));
  return { jobs, findings: [...notGranted, ...warnOfChaining(object, plan, ambient.environment)] };
}

/** Recipients of all generators, each list of a field once: a wrong one would be found only when the Secret is there. */
async function checkEncryption(generators: readonly MatchedGenerator[]): Promise<Finding[]> {
  const lists = new Map(
    generators.flatMap(({ wanted }) =>
      wanted.flatMap(({ field = '', form: { recipients } }) =>
        recipients === undefined ? [] : [[JSON.stringify([field, recipients]), { field, recipients }] as const],
      ),
    ),
  );
  const findings = await Promise.all(
    [...lists.values()].map(async ({ field, recipients }) =>
      (await checkRecipients(recipients)).map(({ index, text }) => {
        const at = `${field}.encrypt.sops.age${index === undefined ? '' : `[${index}]`}`;
        return fieldFinding('FUNCTION_CONFIG_INVALID', { field: at }, text);
      }),
    ),
  );
  return findings.flat();
}

/** A session that is due when it begins would be renewed by every run. */
function checkRenewal(entry: MatchedGenerator['entry'], seconds = 0): Finding[] {
  if (entry === undefined || remainingAt(entry.renew, seconds * 1000) < seconds * 1000 || seconds === 0) return [];
  const text = `must be shorter than the session, which lasts ${seconds} seconds, got ${quote(entry.renew.before ?? '')}`;
  return [fieldFinding('FUNCTION_CONFIG_INVALID', { field: `${entry.field}.renew.before` }, text)];
}

function noRegion(object: Job['generator']): Finding {
  const text = 'is empty, and neither AWS_REGION nor the profile names one. Set one of them';
  return fieldFinding('SPEC_INVALID', { object, field: 'spec.region' }, text);
}

/** What can be said of `auth.jwt` before the ServiceAccount is seen. */
function checkServiceAccount(object: ObjectRef, identity: Identity, hasCluster: boolean): Finding[] {
  if (identity.source !== 'serviceAccount') return [];
  if (!hasCluster) return [noCluster(object)];
  if (object.namespace === undefined) {
    const text = "is required with `spec.auth.jwt`: the ServiceAccount is looked up in the generator's namespace";
    return [fieldFinding('SPEC_INVALID', { object, field: 'metadata.namespace' }, text)];
  }
  const audience = identity.audiences.find(isApiServer);
  return audience === undefined ? [] : [apiServerAudience(object, identity, quote(audience))];
}

function noCluster(object: ObjectRef): Finding {
  const cause = "`spec.auth.jwt` takes a ServiceAccount's token from an API server, and no cluster is switched on";
  const cure = 'Set STS_FUNCTION_CLUSTER to "context:NAME" or "in-cluster", or `cluster` in an Input';
  const message = `cannot use ${describeObject(object)}: ${cause}. ${cure}.`;
  return finding('CLUSTER_OFF', message, { object, field: 'spec.auth.jwt' });
}

/** Every object that a plan reads. */
export function sourcesOf(plan: Plan): ObjectRef[] {
  const { identity } = plan;
  const account = identity.source === 'serviceAccount' ? [serviceAccountObject(identity)] : [];
  return [...account, ...secretsOf(plan).map(secretObject)];
}

/** Every Secret that a plan reads. */
function secretsOf(plan: Plan): NamedRef[] {
  const { identity } = plan;
  if (identity.source !== 'secretRef') return externalIDsOf(plan);
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  return [accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken]), ...externalIDsOf(plan)];
}
