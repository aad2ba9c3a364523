import { messageOf } from '../../../function/findings/finding.ts';
import type { RecordedCall } from '../../support/sts/start-sts.ts';
import { BROKEN_NAME, EXTERNAL_SECRET, externalIDOf } from './manifests.ts';
import { type Asked, type AskedHop, type Guards, hopsUnder, permits } from './permits.ts';
import { type Seen, STEP_KEYS } from './run-world.ts';
import {
  askedBy,
  DEFAULT_AUDIENCE,
  type DeclarationContext,
  githubAudience,
  IDS,
  takenKey,
  VIA_NAME,
  type World,
} from './world.ts';

/** One generator of a world, and whether both guards let it have what it asks for. */
interface Judged {
  readonly wanted: DeclarationContext;
  readonly asked: Asked;
  readonly isPermitted: boolean;
}

export function judge(world: World): { readonly guards: Guards; readonly judged: readonly Judged[] } {
  const { policy, allow, host } = world;
  const guards = { ...(policy && { policy }), ...(allow && { allow }), hasTenants: host === 'crossplane' };
  const judged = world.wanted.map((wanted) => {
    const asked = askedBy(wanted, world);
    return { wanted, asked, isPermitted: permits(guards, asked) !== undefined };
  });
  return { guards, judged };
}

/** In what the guards and what was seen differ; empty where they agree. */
export function differences(world: World, seen: Seen): string[] {
  const { guards, judged } = judge(world);
  const limited = (seen.turns ?? []).flatMap(({ made }) => made);
  const most = Math.max(
    0,
    ...Map.groupBy(limited, (mark) => mark)
      .values()
      .map(({ length }) => length),
  );
  if (most > AT_ONCE) return [`${most} sessions of one generator at once`];
  if (takenKey(world) !== undefined) {
    const replaced = seen.turns?.filter(({ taken }) => taken !== 'NetworkPolicy') ?? [];
    return [
      ...(seen.calls.length + seen.tokens.length > 0 ? ['a step with a conflict was carried out'] : []),
      ...(replaced.length > 0 ? ["another step's resource was replaced"] : []),
    ];
  }
  const ofTurns = faultsOfTurns(world, seen);
  if (ofTurns.length > 0) return ofTurns;
  const permitted = judged.filter(({ isPermitted }) => isPermitted);
  const refused = judged.filter(({ isPermitted }) => !isPermitted);
  const own = seen.findings.filter((one) => !isOfTenant(world, one) && !(world.turns > 1 && LATER.has(one.code)));
  const findings = own.filter(({ code }) => code === 'NOT_GRANTED');
  const errors = own.filter(({ severity }) => severity === 'error');
  const faults = [
    ...seen.calls
      .filter((call) => !judged.some((one) => isPermittedFor(one, call, guards)))
      .map((call) => `a call that is not permitted: ${JSON.stringify(call)}`),
    ...seen.tokens
      .filter((token) => !permitted.some(({ wanted }) => tokensOf(wanted).includes(token)))
      .map((token) => `a token that is not permitted: ${token}`),
    ...findings
      .filter((one) => !refused.some(({ wanted }) => isAbout(wanted, one.object) || isInEntryOf(wanted, one)))
      .map((one) => `a refusal of what is permitted: ${messageOf(one)}`),
  ];
  if (refused.length > 0 && findings.length === 0) return [...faults, `no refusal of ${refused[0]?.wanted.name}`];
  if (refused.length > 0) return faults;
  const other = errors.find(({ code }) => code !== 'NOT_GRANTED');
  if (other !== undefined) return [...faults, `an error: ${messageOf(other)}`];
  const missing = world.host === 'stdin' ? leftOut(judged, guards, seen.calls) : [];
  faults.push(...missing.map((role) => `nobody asked for ${role}`));
  return seen.calls.length > 0 ? faults : [...faults, 'nobody was asked, and nothing is refused'];
}

/** The limit on the sessions of a generator. */
const AT_ONCE = 3;

/** What is said of a generator that has had its sessions, or that STS refuses. */
const LATER: ReadonlySet<string> = new Set(['RATE_LIMITED', 'HOP_DENIED']);

/** What is wrong in single turns, whatever the guards permit. */
function faultsOfTurns({ broken, wanted }: World, { turns = [], neighbour }: Seen): string[] {
  const all = [...turns, ...(neighbour === undefined ? [] : [neighbour])];
  // ExternalSecrets of several namespaces may share a bucket where only the cluster says that they are ours
  const isShared = wanted.some(({ location }) => location === 'cluster');
  const unlimited = turns.slice(0, isShared ? 1 : AT_ONCE);
  return [
    ...(broken.length > 0 && all.some(({ outcome }) => outcome === 'good')
      ? ['nothing is said of what keeps back a Secret of a broken generator']
      : []),
    ...(all.some(({ made }) => made.some((mark) => mark.includes(BROKEN_NAME)))
      ? ['a Secret without what a broken generator has for it']
      : []),
    ...(unlimited.some(({ isLimited }) => isLimited) ? ['a limit on sessions before it is reached'] : []),
    ...(neighbour?.isLimited ? ['a limit on one composite holds back another'] : []),
  ];
}

/** True for what is wrong with a tenant's generator, or with its entry, which no other generator has. */
function isOfTenant({ broken }: World, { object, code }: Seen['findings'][number]): boolean {
  const isNamed = object?.name.includes(BROKEN_NAME) === true;
  return broken.length > 0 && (isNamed || code === 'FUNCTION_CONFIG_INVALID' || code === 'SESSION_UNUSED');
}

function isAbout(
  { name, isConsumed, namespace }: DeclarationContext,
  object: { name: string; namespace?: string } | undefined,
): boolean {
  return object?.name === name || (isConsumed && object?.name === EXTERNAL_SECRET && object.namespace === namespace);
}

/** True for what is said of the identity in an entry: it stands at the entry, and only its words name the generator. */
function isInEntryOf({ name }: DeclarationContext, one: Seen['findings'][number]): boolean {
  return (
    /^sessions\[\d+\]\.(?:identity|last\.\w+|via\[\d+\]\.\w+)$/.test(one.field ?? '') &&
    messageOf(one).includes(`${name}"`)
  );
}

/** Tokens that a generator has a use for. */
function tokensOf({ auth, namespace }: DeclarationContext): string[] {
  if (auth.source === 'serviceAccount') {
    const audiences = [...new Set([DEFAULT_AUDIENCE, ...auth.audiences])];
    return [`serviceAccount:${namespace}/${auth.name}:${audiences.join()}`];
  }
  if (auth.source !== 'token') return [];
  return [[auth.token, ...githubAudience(auth)].join(':')];
}

/** True where a call is one of the generator's, and what it asks for is permitted beside the rest that the generator asks for. */
function isPermittedFor({ wanted, asked }: Judged, call: RecordedCall, guards: Guards): boolean {
  if (asked.isFromCluster && call.accessKeyId === STEP_KEYS.id) return false;
  const hops = hopsOf(asked, guards);
  if (hops === undefined) return asCalled(wanted, asked, call).some((one) => permits(guards, one) !== undefined);
  const isOfAccount = asked.serviceAccount?.role === call.parameters.RoleArn;
  return hops.some((hop) => isCallOf(hop, call)) || (isOfAccount && call.parameters.RoleSessionName === VIA_NAME);
}

/** What is asked for under a grant that imposes or supplies something; undefined: no such grant counts. */
function hopsOf(asked: Asked, guards: Guards): readonly AskedHop[] | undefined {
  const session = permits(guards, asked)?.policy?.session;
  return session && hopsUnder(session, asked, VIA_NAME);
}

/** True for a call that has all of a hop, and nothing else. */
function isCallOf(hop: AskedHop, call: RecordedCall): boolean {
  const { duration, tags = {}, transitiveTagKeys = [], sourceIdentity, externalIDSecret } = hop;
  const { defaultName, sessionName = defaultName } = hop;
  const seconds = call.parameters.DurationSeconds;
  if (duration !== undefined && seconds !== undefined && Number(seconds) !== duration) return false;
  if (hop.role === undefined) return call.parameters.RoleArn === undefined;
  if (hop.role !== call.parameters.RoleArn) return false;
  const seen = onWire(hop, call);
  const textOf = (one: { readonly [Part in keyof AskedHop]?: AskedHop[Part] | undefined }) =>
    JSON.stringify([
      ...[one.sessionName, one.sourceIdentity, one.externalIDSecret, one.region],
      ...[Object.entries(one.tags ?? {}).toSorted(), [...(one.transitiveTagKeys ?? [])].toSorted()],
    ]);
  const { region } = hop;
  return textOf(seen) === textOf({ region, sessionName, sourceIdentity, externalIDSecret, tags, transitiveTagKeys });
}

/** Roles that a run did not ask for, though a grant supplies or imposes them. */
function leftOut(judged: readonly Judged[], guards: Guards, calls: readonly RecordedCall[]): string[] {
  const roles = judged.flatMap(({ asked }) => (hopsOf(asked, guards) ?? []).flatMap(({ role }) => role ?? []));
  return roles.filter((role) => !calls.some(({ parameters }) => parameters.RoleArn === role));
}

/** What the generator would ask for, were one of its hops as the call has it: none where the call is none of its own. */
function asCalled({ kind }: DeclarationContext, asked: Asked, call: RecordedCall): Asked[] {
  const { RoleArn: role, RoleSessionName: sessionName } = call.parameters;
  const { serviceAccount, hops } = asked;
  if (role === undefined) {
    const operation = kind === 'STSSessionToken' ? 'GetSessionToken' : 'GetAuthorizationToken';
    if (call.operation !== operation) return [];
    const [last] = hops.slice(-1);
    return last && last.role === undefined ? [{ ...asked, hops: hops.with(-1, atCall(last, call)) }] : [];
  }
  if (serviceAccount?.role === role) return sessionName === VIA_NAME ? [asked] : [];
  return hops.flatMap((hop, index) =>
    hop.role === role ? [{ ...asked, hops: hops.with(index, onWire(hop, call)) }] : [],
  );
}

/** Nobody signs a web identity, so that its region stays as it is asked for. */
function atCall<Hop extends AskedHop>(hop: Hop, { region = hop.region }: RecordedCall): Hop {
  return { ...hop, region };
}

/** A hop to a role as STS saw it. */
function onWire(hop: AskedHop, call: RecordedCall): AskedHop {
  const { RoleArn: role = '', RoleSessionName: sessionName = '', SourceIdentity, ExternalId } = call.parameters;
  const members = (name: string) =>
    Object.entries(call.parameters).filter(([key]) => key.startsWith(`${name}.member.`));
  const values = members('Tags').filter(([key]) => key.endsWith('.Value'));
  const tags = values.map(([key, value]) => [call.parameters[key.replace('.Value', '.Key')] ?? '', value] as const);
  const secret = IDS.find((name) => externalIDOf(name) === ExternalId);
  return {
    role,
    ...atCall({ region: hop.region, defaultName: hop.defaultName }, call),
    sessionName,
    tags: Object.fromEntries(tags),
    transitiveTagKeys: members('TransitiveTagKeys').map(([, key]) => key),
    ...(SourceIdentity === undefined ? {} : { sourceIdentity: SourceIdentity }),
    ...(secret === undefined ? {} : { externalIDSecret: secret }),
  };
}
