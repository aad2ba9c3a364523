import { checkTokenAccount } from '../chain/check-account.ts';
import { checkGuards } from '../chain/guard.ts';
import { planChain, warnOfChaining } from '../chain/plan-chain.ts';
import { configFinding, type Finding, hasErrors, specFinding } from '../findings/finding.ts';
import { type ObjectRef, quoted, say } from '../findings/say.ts';
import { chooseIdentity, namedIdentities } from '../identity/sources.ts';
import type { MatchedGenerator } from '../manifests/match-entries.ts';
import type { Cluster } from '../model/cluster.ts';
import type { Settings } from '../model/flow.ts';
import type { Guards } from '../model/grant.ts';
import { lifetimeOf } from '../model/hop.ts';
import type { Job, SecretPart } from '../model/job.ts';
import { defined, once } from '../model/plain-data.ts';
import { remainingAt } from '../model/renewal.ts';
import type { Ambient } from '../model/world.ts';
import { specHash } from '../secret/hashes.ts';
import { sourcesOf } from './needs-of.ts';

/** What all generators of a request share. */
interface GeneratorContext {
  readonly settings: Settings;
  readonly ambient: Ambient;
  readonly cluster: Cluster | undefined;
  /** True when the manifests chose the cluster: what is read there needs a grant. */
  readonly mayUseCluster: boolean;
}

/** A generator with its role chain. */
export interface DraftedGenerator {
  readonly generator: MatchedGenerator;
  /** Absent: too little of it could be read. */
  readonly part?: SecretPart;
  /** With an error the part is left out of the plan, and no guard checks it. */
  readonly findings: readonly Finding[];
}

/** Drafts identity and hops of one generator. The Secrets that its session goes into are drafted later. */
export async function draftGenerator(
  generator: MatchedGenerator,
  { settings, ambient, cluster, mayUseCluster }: GeneratorContext,
): Promise<DraftedGenerator> {
  const { object, kind, spec, readable, entry, defaultTarget, wanted, isFromCluster, findings } = generator;
  const { region: written, ...others } = readable;
  const region = written === '' ? await ambient.region() : written;
  const named = namedIdentities(object, spec?.auth, entry?.identity);
  const planned = planChain(
    {
      kind,
      generator: object,
      target: defaultTarget,
      spec: { ...others, ...(region === undefined ? {} : { region }) },
      behindOwnRole: named.ofSpec.some(({ hasOwnRole }) => hasOwnRole),
      ...defined({
        entry,
        exchange: named.ofEntry?.token && { ...named.ofEntry.token, role: entry?.identity?.role },
      }),
    },
    { customEndpoint: settings.stsEndpoint !== undefined },
  );
  const faults = [
    ...findings,
    ...checkRenewal(entry, lifetimeOf(planned)),
    ...(written === '' && region === undefined ? [noRegion(object)] : []),
    ...planned.findings.filter(({ field }) => !findings.some((known) => known.field === field)), // what cannot be read has no limits
  ];
  if (spec === undefined || region === undefined) return { generator, findings: faults };
  const identity = chooseIdentity(object, named);
  if ('severity' in identity) return { generator, findings: [...faults, identity] };
  const chain = { identity, hops: planned.hops };
  const part: SecretPart = {
    generator: object,
    chain,
    renewal: entry?.renew ?? {},
    mayUseCluster: mayUseCluster && (isFromCluster === true || sourcesOf(chain).length > 0),
    ...defined({ isFromCluster, sessionNames: planned.sessionNames }),
    ...(wanted.length > 1 ? { namespaces: namespacesOf(generator) } : {}),
    ...(entry?.expectAccount === undefined ? {} : { expectAccount: entry.expectAccount }),
  };
  const refused = [
    ...faults,
    ...identity.refusals({
      generator: object,
      isForUsers: kind === 'STSSessionToken',
      entry: entry?.field,
      hasCluster: cluster !== undefined || settings.mode !== 'mint',
    }),
    ...(entry?.expectAccount === undefined ? [] : checkTokenAccount(part, entry.expectAccount)),
  ];
  if (refused.length > 0) return { generator, part, findings: refused };
  return {
    generator,
    part,
    findings: warnOfChaining({ generator: object, spec: readable }, chain, ambient.environment),
  };
}

/** The namespaces of a generator and of its Secrets, each once. */
function namespacesOf({ object, wanted }: MatchedGenerator): (string | undefined)[] {
  return [...new Set([object.namespace, ...wanted.map(({ target }) => target.namespace)])];
}

/** Refuses a `renew.before` of the whole session: every run would renew. */
function checkRenewal(entry: MatchedGenerator['entry'], seconds: number): Finding[] {
  if (entry === undefined || remainingAt(entry.renew, seconds * 1000) < seconds * 1000 || seconds === 0) return [];
  const text = say`must be shorter than the session, which lasts ${seconds} seconds, got ${quoted(entry.renew.before ?? '')}`;
  return [configFinding(`${entry.field}.renew.before`, text)];
}

function noRegion(object: ObjectRef): Finding {
  const text = 'is empty, and neither AWS_REGION nor the profile names one. Set one of them';
  return specFinding(object, 'spec.region', text);
}

/** The jobs of one generator, one for each Secret. All have the same role chain. */
export function draftJobs(
  { generator: { object, annotations, wanted }, part, findings }: DraftedGenerator,
  guards: Guards,
  check: () => void,
): { readonly jobs: readonly Job[]; readonly findings: readonly Finding[] } {
  check();
  if (part === undefined) return { jobs: [], findings };
  const jobs = wanted.map((secret) => toJob({ generator: object, annotations, ...secret, parts: [part] }));
  const [one] = jobs; // a guard judges all alike
  const refused = one === undefined || hasErrors(findings) ? [] : checkGrant(one, guards);
  return { jobs, findings: [...refused, ...findings] };
}

/** Adds the spec hash, computed on first use: rendering then does it while requests for other jobs are under way. */
export function toJob(job: Omit<Job, 'specHash'>): Job {
  const hash = once(() => specHash(job.parts, job));
  return {
    ...job,
    get specHash() {
      return hash();
    },
  };
}

/** Holds every session of a Secret against the guards. */
export function checkGrant({ parts, target, form }: Pick<Job, 'parts' | 'target' | 'form'>, guards: Guards): Finding[] {
  return parts.flatMap((part) => checkGuards({ ...part, target, form }, guards));
}
