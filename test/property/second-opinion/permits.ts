/**
 * A second opinion on what a Policy and an Input's `allow` permit. It is written from docs/policy.md alone and shares no code
 * with `function/`, so that a mistake there is not made here as well.
 */

/** A grant, as plain data. */
export interface Grant {
  namespaces?: string[];
  roles?: string[];
  via?: string[];
  withoutRole?: string[];
  regions?: string[];
  sessionNames?: string[];
  sourceIdentities?: string[];
  tags?: Record<string, string[]>;
  identities?: string[];
  serviceAccounts?: string[];
  audiences?: string[];
  externalIDs?: string[];
  templateSecrets?: string[];
  cluster?: boolean;
  fromCluster?: boolean;
  plaintext?: 'warn' | 'refuse';
  session?: Imposed;
}

/** What a grant imposes and supplies. */
export interface Imposed {
  tags?: Record<string, string>;
  transitiveTagKeys?: string[];
  sourceIdentity?: string;
  maxDuration?: string;
  via?: string[];
  identity?: { tokenEnv: string; role?: string };
}

/** A hop, as the manifests ask for it or as AWS saw it. */
export interface AskedHop {
  /** Absent where no role is assumed. */
  readonly role?: string;
  readonly region: string;
  readonly sessionName?: string;
  /** The session name that needs no grant. */
  readonly defaultName: string;
  readonly sourceIdentity?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly transitiveTagKeys?: readonly string[];
  /** Seconds, where manifests say how many. */
  readonly duration?: number;
  /** Name of the Secret that the external ID is read from. */
  readonly externalIDSecret?: string;
}

/** What a generator asks for. */
export interface Asked {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly kind: string;
  /** It names a role itself. */
  readonly hasOwnRole: boolean;
  /** It has neither `via` nor `identity` nor `spec.auth`. */
  readonly isBare: boolean;
  /** Its namespace is one that somebody has given it: not under a cluster-scoped composite. */
  readonly hasNamespace: boolean;
  /** In which hops without a region of their own are asked for. */
  readonly region: string;
  /** A namespace for each Secret that its session goes into. */
  readonly secretNamespaces: readonly (string | undefined)[];
  /** Without the role of a ServiceAccount, which comes before them. */
  readonly hops: readonly AskedHop[];
  /** As `identities` has it. */
  readonly token?: string;
  /** Of GitHub's token, or those that the generator adds to a ServiceAccount's. */
  readonly audiences: readonly string[];
  /** Role and audience are known once it has been read. */
  readonly serviceAccount?: { readonly name: string; readonly role: string; readonly audience: string };
  /** Secrets with templates of the ExternalSecret that names it. */
  readonly templateSecrets: readonly string[];
  /** The Input chose a cluster, and something may be looked up there: what the generator names, a template, or the generator. */
  readonly usesChosenCluster: boolean;
  /** Only the cluster has it. */
  readonly isFromCluster: boolean;
  /** It stands in the step's input. */
  readonly isInInput: boolean;
  /** It signs with what has the name of the step's credentials. */
  readonly namesStepCredentials: boolean;
  /** Its credentials go into files as they are, or nobody knows that they do not. */
  readonly isPlainInFiles: boolean;
}

export interface Guards {
  readonly policy?: readonly Grant[];
  readonly allow?: readonly Grant[];
  /** Under Crossplane tenants write what is in the cluster. */
  readonly hasTenants: boolean;
}

/** The grant of each guard that counts. What a grant imposes will be read from here. */
export interface Permission {
  readonly policy?: Grant | undefined;
  readonly allow?: Grant | undefined;
}

/** The grants that permit what is asked; undefined where a guard does not. */
export function permits(guards: Guards, asked: Asked): Permission | undefined {
  const { policy, allow, hasTenants } = guards;
  if (asked.namesStepCredentials && !asked.isInInput) return undefined;
  if (asked.isFromCluster && hasTenants && !policy && !allow) return undefined;
  // the first grant that has all of it is the one that counts
  const found = {
    policy: policy?.find((grant) => covers(grant, asked, 'none') && fitsSession(grant.session, asked)),
    allow: allow?.find((grant) => covers(grant, asked, 'any')),
  };
  if ((policy && !found.policy) || (allow && !found.allow)) return undefined;
  const { serviceAccount, isPlainInFiles } = asked;
  const hasWhatIsRead = (grant: Grant | undefined, absent: Absent) =>
    !grant ||
    !serviceAccount ||
    ((rolesOf(asked).length === 0
      ? isIn(grant.roles, serviceAccount.role, absent, fitsParts)
      : mayPass(grant, serviceAccount.role, absent)) &&
      isIn(grant.audiences, serviceAccount.audience, absent, equals));
  if (!hasWhatIsRead(found.policy, 'none') || !hasWhatIsRead(found.allow, 'any')) return undefined;
  if (found.policy?.session && saysOtherwise(found.policy.session, asked)) return undefined;
  const isRefused = [found.policy, found.allow].some((grant) => grant?.plaintext === 'refuse');
  return isPlainInFiles && isRefused ? undefined : found;
}

/** What an absent list grants: none in a Policy, any in `allow`. */
type Absent = 'none' | 'any';

/** The roles of the hops that are declared. */
const rolesOf = ({ hops }: Asked) => hops.flatMap(({ role }) => role ?? []);

/** A role that only leads to another one. Where a grant says which are handed out and not which are passed, it passes none. */
function mayPass({ roles, via }: Grant, role: string, absent: Absent): boolean {
  return isIn(via, role, roles === undefined ? absent : 'none', fitsParts);
}

function covers(grant: Grant, asked: Asked, absent: Absent): boolean {
  const { kind, hops, token, audiences, serviceAccount, templateSecrets } = asked;
  const has = (list: readonly string[] | undefined, text: string | undefined, fit = equals) =>
    text === undefined || isIn(list, text, absent, fit);
  const own = (pattern: string, text: string) => fitsOwn(pattern, text, asked);
  const passed = rolesOf(asked);
  const handedOut = passed.pop();
  return (
    [asked.namespace, ...asked.secretNamespaces].every(
      (one) => !grant.namespaces || (one !== undefined && grant.namespaces.includes(one)),
    ) &&
    has(grant.roles, handedOut, fitsParts) &&
    passed.every((role) => mayPass(grant, role, absent)) &&
    hops.every(
      (hop) =>
        isIn(grant.regions, hop.region, 'any', fits) &&
        (hop.sessionName === hop.defaultName || has(grant.sessionNames, hop.sessionName, own)) &&
        has(grant.sourceIdentities, hop.sourceIdentity, own) &&
        hasTags(grant, hop, absent) &&
        has(grant.externalIDs, hop.externalIDSecret),
    ) &&
    (asked.hasOwnRole || has(grant.withoutRole, kind)) &&
    has(grant.identities, token, token?.startsWith('tokenFile:') ? fitsPath : fits) &&
    audiences.every((one) => has(grant.audiences, one)) &&
    (!serviceAccount || isIn(grant.audiences, '', absent, () => true)) &&
    has(grant.serviceAccounts, serviceAccount?.name) &&
    templateSecrets.every((one) => has(grant.templateSecrets, one)) &&
    (!asked.usesChosenCluster || (grant.cluster ?? absent === 'any')) &&
    (!asked.isFromCluster || grant.fromCluster === true)
  );
}

/** The most seconds that a grant lets a session last. */
const mostOf = ({ maxDuration }: Imposed) => {
  const [, count = '', unit = ''] = /^(\d+)([mh])$/.exec(maxDuration ?? '') ?? [];
  return maxDuration === undefined ? Number.POSITIVE_INFINITY : Number(count) * (unit === 'h' ? 3600 : 60);
};

const LOGIN_SECONDS = 12 * 3600;

/** What cannot be imposed on what is asked, or supplied to it, is left for the next grant. */
function fitsSession(session: Imposed | undefined, asked: Asked): boolean {
  if (session === undefined) return true;
  const { via = [], identity, tags, transitiveTagKeys, sourceIdentity } = session;
  const roles = rolesOf(asked).length + via.length + (identity?.role === undefined ? 0 : 1);
  const isSupplying = via.length > 0 || identity !== undefined;
  const isMarking = tags !== undefined || transitiveTagKeys !== undefined || sourceIdentity !== undefined;
  const isExchanged = roles === 1 && (identity !== undefined || asked.token !== undefined);
  return (
    (asked.hasNamespace || !JSON.stringify(session).includes('${namespace}')) &&
    (!isSupplying || (asked.isBare && asked.kind !== 'STSSessionToken')) &&
    (identity === undefined || roles > 0) &&
    (!isMarking || (roles > 0 && !isExchanged)) &&
    (asked.kind !== 'ECRAuthorizationToken' || mostOf(session) >= LOGIN_SECONDS)
  );
}

const own = (text: string, { namespace = '', name }: Asked) =>
  text.replaceAll('${namespace}', namespace).replaceAll('${name}', name);

/** The tags and the source identity of a grant for who asks. */
function marksFor({ tags = {}, sourceIdentity }: Imposed, asked: Asked) {
  const values = Object.entries(tags).map(([key, value]) => [key, own(value, asked)] as const);
  return { tags: Object.fromEntries(values), sourceIdentity: sourceIdentity && own(sourceIdentity, asked) };
}

/** Where manifests say otherwise than is imposed, or pass it on in an earlier hop. */
function saysOtherwise(session: Imposed, asked: Asked): boolean {
  const { tags, sourceIdentity } = marksFor(session, asked);
  const at = asked.hops.findLastIndex(({ role }) => role !== undefined);
  const keys = Object.keys(tags);
  return asked.hops.some((hop, index) => {
    const isOther = sourceIdentity !== undefined && ![undefined, sourceIdentity].includes(hop.sourceIdentity);
    const set = Object.keys(hop.tags ?? {}).filter((key) =>
      keys.some((one) => one.toLowerCase() === key.toLowerCase()),
    );
    if (index < at) return isOther || set.some((key) => hop.transitiveTagKeys?.includes(key));
    return isOther || (hop.duration ?? 0) > mostOf(session) || set.some((key) => tags[key] !== hop.tags?.[key]);
  });
}

/** What AWS is asked for under a grant: hops that are supplied, and what is imposed on the last role. */
export function hopsUnder(session: Imposed, asked: Asked, viaName: string): readonly AskedHop[] {
  const { via = [], identity, transitiveTagKeys = [] } = session;
  const { tags, sourceIdentity } = marksFor(session, asked);
  const { region } = asked;
  const supplied = [...(identity?.role === undefined ? [] : [identity.role]), ...via].map(
    (role): AskedHop => ({ role, region, sessionName: viaName, defaultName: viaName }),
  );
  const hops = [...supplied, ...asked.hops];
  const at = hops.findLastIndex(({ role }) => role !== undefined);
  const isMarked = Object.keys(tags).length > 0;
  return hops.map((hop, index) => {
    if (index !== at && !(at < 0 && index === 0)) return hop;
    const duration = Math.min(
      hop.duration ?? (asked.kind === 'STSSessionToken' ? LOGIN_SECONDS : 3600),
      mostOf(session),
    );
    return {
      ...hop,
      duration,
      ...(isMarked ? { tags: { ...hop.tags, ...tags } } : {}),
      transitiveTagKeys: [...new Set([...(hop.transitiveTagKeys ?? []), ...transitiveTagKeys])],
      ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    };
  });
}

type Fit = (pattern: string, text: string) => boolean;

function isIn(list: readonly string[] | undefined, text: string, absent: Absent, isFitting: Fit): boolean {
  return list === undefined ? absent === 'any' : list.some((pattern) => isFitting(pattern, text));
}

/** Each key has to be there, with its value; a transitive one too. */
function hasTags({ tags: granted }: Grant, { tags = {}, transitiveTagKeys = [] }: AskedHop, absent: Absent): boolean {
  const patterns = (key: string) => (granted && Object.hasOwn(granted, key) ? granted[key] : undefined) ?? [];
  if (granted === undefined && absent === 'any') return true;
  return (
    Object.entries(tags).every(([key, value]) => patterns(key).some((pattern) => fits(pattern, value))) &&
    transitiveTagKeys.every((key) => patterns(key).length > 0)
  );
}

const equals: Fit = (pattern, text) => pattern === text;

/** `*` stands for any part of a text. */
const fits: Fit = (pattern, text) => glob(pattern, '[^]*').test(text);

/** `*` never crosses ":" or "/". */
const fitsParts: Fit = (pattern, text) => glob(pattern, '[^:/]*').test(text);

/** A path with `..`, `.` or an empty part fits nothing. */
const fitsPath: Fit = (pattern, text) => {
  const parts = text.replace('tokenFile:/', '').split('/');
  return !parts.some((part) => part === '' || part === '.' || part === '..') && fitsParts(pattern, text);
};

/** `${namespace}` and `${name}` are the generator's. For one without namespace a pattern with `${namespace}` fits nothing. */
function fitsOwn(pattern: string, text: string, { namespace, name }: Asked): boolean {
  if (namespace === undefined && pattern.includes('${namespace}')) return false;
  return fits(pattern.replaceAll('${namespace}', namespace ?? '').replaceAll('${name}', name), text);
}

function glob(pattern: string, star: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, '\\$&'));
  return new RegExp(`^${parts.join(star)}$`);
}
