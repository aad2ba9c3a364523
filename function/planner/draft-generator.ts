import { checkTokenAccount } from '../chain/check-account.ts';
import { type Imposition, impose } from '../chain/impose.ts';
import { regionFault, warnOfChaining } from '../chain/limits.ts';
import { checkLimits, finalHop, lifetimeSecondsOf, operationOf } from '../chain/operations/operations.ts';
import { configFinding, type Finding, specFinding } from '../findings/finding.ts';
import { type ObjectRef, quoted, say } from '../findings/say.ts';
import type { Declaration } from '../generators/kind.ts';
import { GENERATORS } from '../generators/kinds.ts';
import { chooseIdentity, type IdentityChoice } from '../identity/sources.ts';
import type { GeneratorWithSecrets, MatchedEntry } from '../manifests/match-entries.ts';
import { hopsOf, isRoleHop } from '../model/hop.ts';
import type { Identity, Reference } from '../model/identity.ts';
import type { Job, SecretPart } from '../model/job.ts';
import { objectKey, secretObject } from '../model/kinds.ts';
import { defined, once } from '../model/plain-data.ts';
import type { LoopLimits } from '../model/run-limits.ts';
import type { Cluster } from '../model/schema-parts.ts';
import type { Settings } from '../model/settings.ts';
import type { Ambient } from '../model/world.ts';
import { specHash } from '../secret/hashes.ts';
import { renewalMargin } from '../secret/renewal.ts';
import type { Purpose } from './purposes.ts';

/** What all generators and ExternalSecrets of a request share. */
export interface DraftContext extends LoopLimits {
  readonly settings: Settings;
  readonly purpose: Purpose;
  readonly ambient: Ambient;
  readonly cluster: Cluster | undefined;
  readonly endNamespace: string | undefined;
  /** True when the manifests chose the cluster: what is read there, templates too, needs a grant. */
  readonly isClusterOfManifests: boolean;
}

/** A generator with its role chain. */
export interface DraftedGenerator {
  readonly generator: GeneratorWithSecrets;
  /** Absent: too little of it could be read. */
  readonly part?: SecretPart;
  /** What is wrong. With an error no guard is asked about the part; its jobs are there, in a run that is refused. */
  readonly findings: readonly Finding[];
}

/**
 * Drafts identity and hops of one generator as manifests have it. Where a grant covers that, `redraft` (choose-grants.ts) calls this once more
 * with what the grant imposes; what it supplies is in the entry by then. The Secrets that its session goes into are drafted later.
 */
export async function draftGenerator(
  generator: GeneratorWithSecrets,
  context: DraftContext,
  imposition?: Imposition,
): Promise<DraftedGenerator> {
  const { object, spec, entry, findings: readFindings } = generator;
  const { settings, purpose, ambient, cluster } = context;
  const usesOperatorRegion = spec.region === '';
  const regionText = usesOperatorRegion ? await ambient.region() : spec.region;
  const region = usesOperatorRegion && regionText !== undefined && regionFault(regionText) ? undefined : regionText; // a wrong one of the operator counts as none
  const identities = chooseIdentity(object, readFindings.length > 0 ? undefined : spec.auth, entry?.identity);
  const declaration = declareHops(generator, region, identities, settings, imposition);
  const findings = [
    ...readFindings,
    ...(usesOperatorRegion && region === undefined ? [noRegion(object)] : []),
    ...declaration.findings.filter(({ field }) => !readFindings.some((finding) => finding.field === field)), // a field that is already faulty gets no second finding
  ];
  if (readFindings.length > 0 || region === undefined) return { generator, findings };
  const { identity, findings: conflicts } = identities;
  if (conflicts.length > 0) return { generator, findings: [...findings, ...conflicts] };
  const finalRegion = finalHop(declaration)?.hop.region ?? region;
  const part = toPart(generator, { ...declaration, region: finalRegion }, identity, context);
  const refused = [
    ...findings,
    ...(identity.refusals?.({
      generator: object,
      needsLongTermKeys: part.needsLongTermKeys === true,
      entryField: entry?.field,
      hasCluster: cluster !== undefined || !purpose.resolvesReferences,
    }) ?? []),
    ...(entry?.expectAccount === undefined ? [] : checkTokenAccount(part, entry.expectAccount)),
  ];
  const warnings =
    refused.length > 0 ? [] : warnOfChaining(object, declaration.writtenHops, identity, ambient.environment);
  return { generator, part, findings: [...refused, ...warnings] };
}

/** The hops as the generator and its entry declare them, and what AWS or a renewal refuses in them. */
function declareHops(
  generator: GeneratorWithSecrets,
  region: string | undefined,
  { specIdentities, entryIdentity }: IdentityChoice,
  { hasCustomEndpoint }: Settings,
  imposition: Imposition | undefined,
): Declaration {
  const { object, kind, spec, entry, defaultTarget } = generator;
  const exchange = entryIdentity?.token && { operation: entryIdentity.token.operation, role: entry?.identity?.role };
  const isRoleReadLater = specIdentities.some((identity) => identity.isRoleReadLater);
  const context = { generator: object, defaultTarget, isRoleReadLater, ...defined({ region, entry, exchange }) };
  const base = GENERATORS[kind].declare(spec, context);
  const imposed = imposition && impose(base, imposition, generator);
  const declaration = imposed ? { ...imposed, findings: [...base.findings, ...imposed.findings] } : base;
  const limits = checkLimits(declaration.writtenHops, { hasCustomEndpoint, isChained: isRoleReadLater });
  const lifetime = lifetimeSecondsOf(declaration);
  const isAlwaysDue = entry && lifetime > 0 && renewalMargin(entry.renew, lifetime * 1000) >= lifetime * 1000;
  const alwaysDueFindings = isAlwaysDue ? [alwaysDue(entry, lifetime)] : [];
  return { ...declaration, findings: [...alwaysDueFindings, ...declaration.findings, ...limits] };
}

function toPart(
  generator: GeneratorWithSecrets,
  { chain, after, sessionNames, region }: Declaration & { readonly region: string },
  identity: Identity,
  { isClusterOfManifests, endNamespace }: DraftContext,
): SecretPart {
  const { object, kind, entry, defaultTarget, secrets, isFromCluster } = generator;
  const hops = { chain: { ...chain, identity, region }, after };
  const all = hopsOf(hops);
  const ends = endNamespace === undefined ? [] : [endNamespace];
  const namespaces = [...new Set([...secrets.map(({ target }) => target.namespace), ...ends])];
  const externalIDs = all.flatMap(({ request }) => ('externalIDFrom' in request ? (request.externalIDFrom ?? []) : []));
  // of two sealed Secrets, either may be a copy of somebody else's (issuer/open-sealed.ts)
  const readsOneObject = new Set(identity.reads.map(({ object }) => objectKey(object))).size === 1;
  const mayBeSealed = readsOneObject && all.some(isRoleHop);
  const reads = [
    ...identity.reads.map(({ areKeys, ...read }) => ({ ...read, mayBeSealed: mayBeSealed && areKeys === true })),
    ...externalIDs.map((from) => ({ object: secretObject(from), field: from.field })),
  ];
  return {
    generator: object,
    kind,
    ...hops,
    reads,
    renewal: entry?.renew ?? {},
    defaultSecretName: defaultTarget.name,
    mayUseCluster: isClusterOfManifests && (isFromCluster === true || reads.length > 0),
    ...defined({ isFromCluster, sessionNames, entryField: entry?.field, expectAccount: entry?.expectAccount }),
    ...(all.some((hop) => operationOf(hop).needsLongTermKeys) ? { needsLongTermKeys: true } : {}),
    ...(namespaces.length > 1 || endNamespace !== undefined ? { namespaces } : {}),
  };
}

/** A `renew.before` of the whole session: every run would renew. */
function alwaysDue({ field, renew }: MatchedEntry, lifetime: number): Finding {
  const text = say`must be shorter than the session, which lasts ${lifetime} seconds, got ${quoted(renew.before ?? '')}`;
  return configFinding(`${field}.renew.before`, text);
}

function noRegion(object: ObjectRef): Finding {
  const text = 'is empty, and neither AWS_REGION nor the profile names a region of AWS. Set or correct one of them';
  return specFinding(object, 'spec.region', text);
}

/** Adds the objects that a job is read from, and its spec hash. */
export function toJob(job: Omit<Job, 'specHash' | 'reads'>, templates: readonly Reference[] = []): Job {
  const reads = [...job.parts.flatMap((part) => part.reads), ...templates];
  return { ...job, reads, specHash: once(() => specHash(job)) };
}
