import fc from 'fast-check';
import type { Asked, AskedHop, Grant } from './permits.ts';

/** What a hop has beside its role, as somebody writes it. */
interface HopParts {
  readonly sessionName: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly isTransitive: boolean;
  /** `literal`, or the name of the Secret that it is in. */
  readonly externalID: string | undefined;
}

export interface ViaHop extends HopParts {
  readonly role: string;
  /** Absent: the generator's. */
  readonly region: string | undefined;
}

export type Auth =
  | { readonly source: 'default' }
  | { readonly source: 'keys'; readonly secret: string }
  | {
      readonly source: 'serviceAccount';
      readonly name: string;
      readonly role: string;
      readonly audiences: readonly string[];
    }
  | TokenAuth;

interface TokenAuth {
  readonly source: 'token';
  /** As `identities` of a grant has it. */
  readonly token: string;
  /** Of GitHub's. */
  readonly audience: string | undefined;
  readonly role: string | undefined;
}

/** A generator, with its entry of the Input. */
export interface Wanted {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly kind: 'STSAssumeRoleToken' | 'STSSessionToken' | 'ECRAuthorizationToken';
  readonly role: string | undefined;
  readonly region: string;
  /** `region: ""`, which is that of AWS_REGION. */
  readonly isRegionLeftOut: boolean;
  readonly isPublic: boolean;
  readonly auth: Auth;
  readonly via: readonly ViaHop[];
  readonly last: HopParts;
  /** Of its own Secrets; absent: one in its namespace. */
  readonly namespaces: readonly string[] | undefined;
  /** An ExternalSecret of its namespace names it. */
  readonly isConsumed: boolean;
  readonly isClusterGenerator: boolean;
  /** `manifests`: items, or desired resources. `cluster`: nowhere else. */
  readonly place: 'manifests' | 'input' | 'cluster';
}

/** Everything that a run depends on. */
export interface World {
  readonly host: 'stdin' | 'crossplane';
  readonly composite: { readonly name: string; readonly namespace: string | undefined };
  readonly wanted: readonly Wanted[];
  /** Secrets with templates of all ExternalSecrets. */
  readonly templateSecrets: readonly string[];
  /** Who switched on a cluster. */
  readonly cluster: 'nobody' | 'operator' | 'input' | 'both';
  /** What is looked up: among the items, or in the cluster. */
  readonly isLookedUp: boolean;
  /** The step has credentials under the names of the Secrets with keys. */
  readonly hasStepCredentials: boolean;
  /** STS_FUNCTION_OUTPUT. */
  readonly output: 'files' | 'stream' | 'unknown';
  readonly policy: readonly Grant[] | undefined;
  readonly allow: readonly Grant[] | undefined;
}

export type Unguarded = Omit<World, 'policy' | 'allow'>;

export const AWS_REGION = 'eu-west-1';
export const VIA_NAME = 'function-sts-assume-role';
export const DEFAULT_AUDIENCE = 'sts.amazonaws.com';

/** Names of the Secrets that are in each namespace. */
export const KEYS = ['keys-1', 'keys-2'];
export const IDS = ['ids-1', 'ids-2'];
export const TEMPLATES = ['template-1', 'template-2'];

export const TOKEN_VARIABLES = ['CI_TOKEN', 'CI_DEPLOY_TOKEN', 'GITLAB_TOKEN'];
const TOKEN_FILES = [
  '/run/tokens/ci',
  '/run/tokens/deploy/ci',
  '/run/secrets/ci',
  '/run/tokens/../secrets/ci',
  '/run/tokens/./ci',
  '/run/tokens//ci',
  '/run/tokens/ci:1',
  '/run/tokens/',
];
const NAMESPACES = ['team-a', 'team-b'];
const REGIONS = [AWS_REGION, 'eu-central-1', 'us-east-1'];
const TAGS = [{ stage: 'test' }, { stage: 'prod', team: 'a/b' }, { Stage: 'test' }, { team: 'x' }, { stage: 'a:b' }];
const SESSION_NAMES = ['ci', 'ci-x', '${name}', '${namespace}.x', '${namespace}-${name}', 'team-a.g0', VIA_NAME];

const seldom = (weight = 1, of = 6) =>
  fc.oneof({ weight: of - weight, arbitrary: fc.constant(false) }, { weight, arbitrary: fc.constant(true) });

const often = <T>(arbitrary: fc.Arbitrary<T>, weight: number, of: number) =>
  fc.oneof({ weight: of - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary });

const hopParts = {
  sessionName: often(fc.constantFrom(...SESSION_NAMES), 1, 5),
  sourceIdentity: often(fc.constantFrom('ci', '${namespace}', '${name}'), 1, 8),
  tags: often(fc.constantFrom<Readonly<Record<string, string>>>(...TAGS), 1, 6),
  isTransitive: fc.boolean(),
  externalID: often(fc.constantFrom('literal', ...IDS), 1, 6),
};

/** `~` stands for the generator's name, so that a call tells whose it is. */
const ROLES = ['111111111111', '123456789012'].flatMap((account) =>
  ['~', 'gitops-~', 'team/~', 'team/gitops-~'].map((path) => `arn:aws:iam::${account}:role/${path}`),
);
const HUB = 'arn:aws:iam::111111111111:role/hub';
const role = fc.constantFrom(...ROLES);

const via: fc.Arbitrary<readonly ViaHop[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.record({
        role: fc.constantFrom<string>(HUB, ...ROLES.map((one) => `${one}-via`)),
        region: often(fc.constantFrom(...REGIONS), 1, 2),
        ...hopParts,
      }),
      { minLength: 1, maxLength: 2 },
    ),
  },
);

const auth: fc.Arbitrary<Auth> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ source: 'default' } as const) },
  { weight: 2, arbitrary: fc.record({ source: fc.constant('keys' as const), secret: fc.constantFrom(...KEYS) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      source: fc.constant('serviceAccount' as const),
      name: fc.constantFrom('deployer', 'deployer-x'),
      role: role.map((one) => `${one}-pod`),
      audiences: fc.constantFrom<string[]>([], ['partner'], ['partner', DEFAULT_AUDIENCE]),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      source: fc.constant('token' as const),
      token: fc.oneof(
        fc.constantFrom(...TOKEN_VARIABLES.map((one) => `tokenEnv:${one}`)),
        fc.constantFrom(...TOKEN_FILES.map((one) => `tokenFile:${one}`)),
        fc.constant('github'),
      ),
      audience: often(fc.constant('partner'), 1, 3),
      role: often(
        role.map((one) => `${one}-ci`),
        1,
        2,
      ),
    }),
  },
);

const generator = fc.record({
  isDotted: seldom(),
  namespace: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<string | undefined>(...NAMESPACES) },
    fc.constant(undefined),
  ),
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('STSAssumeRoleToken' as const) },
    { weight: 1, arbitrary: fc.constant('STSSessionToken' as const) },
    { weight: 2, arbitrary: fc.constant('ECRAuthorizationToken' as const) },
  ),
  role,
  isWithoutRole: fc.boolean(),
  region: fc.constantFrom(...REGIONS),
  isRegionLeftOut: seldom(),
  isPublic: seldom(1, 3),
  auth,
  via,
  last: fc.record(hopParts),
  namespaces: often(fc.subarray([...NAMESPACES, 'team-c'], { minLength: 1 }), 1, 8),
  isConsumed: seldom(2),
  isClusterGenerator: seldom(2),
  place: fc.constantFrom('manifests' as const, 'input' as const, 'cluster' as const),
});

type Drawn = typeof generator extends fc.Arbitrary<infer T> ? T : never;

/** Worlds without a guard: all that they ask for is possible, so that only a guard can refuse it. */
export const unguarded: fc.Arbitrary<Unguarded> = fc
  .record({
    host: fc.constantFrom('stdin' as const, 'crossplane' as const),
    composite: fc.record({
      name: fc.constant('acme'),
      namespace: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom<string | undefined>(...NAMESPACES) },
        fc.constant(undefined),
      ),
    }),
    drawn: fc.array(generator, { minLength: 1, maxLength: 3, size: 'small' }),
    templateSecrets: fc.oneof(fc.constant([]), fc.subarray(TEMPLATES)),
    cluster: fc.constantFrom(
      'nobody' as const,
      'nobody' as const,
      'operator' as const,
      'input' as const,
      'both' as const,
    ),
    isLookedUp: fc.boolean(),
    hasStepCredentials: fc.boolean(),
    output: fc.constantFrom('stream' as const, 'files' as const, 'unknown' as const),
  })
  .map(({ drawn, ...world }) => ({
    ...world,
    isLookedUp: world.isLookedUp && world.cluster !== 'nobody',
    wanted: drawn.map((one, index) => settle(one, index, world)),
  }));

type Surroundings = Pick<World, 'host' | 'composite' | 'cluster'>;

/** Takes away what does not go together, such as tags with a token. */
function settle(drawn: Drawn, index: number, surroundings: Surroundings): Wanted {
  const { isDotted, isWithoutRole, kind, region, isRegionLeftOut, isPublic, ...rest } = drawn;
  const { host, composite, cluster } = surroundings;
  const name = isDotted ? `g${index}.x` : `g${index}`;
  const namespace = namespaceOf(drawn, surroundings);
  const isInCluster = drawn.place === 'cluster' && (host === 'crossplane' || cluster !== 'nobody');
  const isConsumed = drawn.isConsumed || isInCluster;
  const hasRole = kind === 'STSAssumeRoleToken' || (kind === 'ECRAuthorizationToken' && !isWithoutRole);
  const auth = settleAuth(drawn, index, hasRole, surroundings);
  const via =
    kind === 'STSSessionToken' ? [] : drawn.via.map((hop, at) => (at === 0 ? hop : { ...hop, role: `${hop.role}-2` }));
  const last = hasRole ? [{ ...drawn.last, role: drawn.role, region: undefined }] : [];
  const hops = settleHops([...via, ...last], auth).map((hop) => ({
    ...hop,
    role: hop.role.replace('~', name),
    sessionName: resolve(hop.sessionName, name, namespace),
    sourceIdentity: resolve(hop.sourceIdentity, name, namespace),
  }));
  const isElsewhere = !isConsumed && namespace !== undefined && (host === 'stdin' || composite.namespace === undefined);
  return {
    ...rest,
    name,
    namespace,
    kind,
    auth: 'role' in auth && auth.role !== undefined ? { ...auth, role: auth.role.replace('~', name) } : auth,
    role: hasRole ? drawn.role.replace('~', name) : undefined,
    region: isRegionLeftOut ? AWS_REGION : region,
    isRegionLeftOut,
    isPublic: kind === 'ECRAuthorizationToken' && isPublic,
    via: hops.slice(0, via.length),
    last: hops[via.length] ?? NOTHING,
    namespaces: isElsewhere ? drawn.namespaces : undefined,
    isConsumed,
    isClusterGenerator: isConsumed && drawn.isClusterGenerator,
    place: drawn.place === 'cluster' && !isInCluster ? 'manifests' : drawn.place,
  };
}

/** Only what is in a namespace can be looked up. */
function namespaceOf({ namespace }: Drawn, { host, composite, cluster }: Surroundings): string | undefined {
  if (host === 'crossplane') return composite.namespace ?? namespace ?? 'team-a';
  return cluster === 'nobody' ? namespace : (namespace ?? 'team-a');
}

const NOTHING: HopParts = {
  sessionName: undefined,
  sourceIdentity: undefined,
  tags: undefined,
  isTransitive: false,
  externalID: undefined,
};

/** A session token is for keys alone, a ServiceAccount needs a cluster, and a token a role. */
function settleAuth({ auth, kind, via }: Drawn, index: number, hasRole: boolean, { cluster }: Surroundings): Auth {
  const none: Auth = { source: 'default' };
  if (auth.source === 'serviceAccount')
    return kind === 'STSSessionToken' || cluster === 'nobody' ? none : { ...auth, name: `${auth.name}-${index}` };
  if (auth.source !== 'token') return auth;
  const isForRole = hasRole || via.length > 0 || auth.role !== undefined;
  return kind === 'STSSessionToken' || !isForRole ? none : auth;
}

/** A token's first hop has a session name alone; a tag that is transitive, and a source identity, are set once. */
function settleHops(hops: readonly ViaHop[], auth: Auth): ViaHop[] {
  const inherited = new Set<string>();
  let isNamed = false;
  return hops.map((hop, index) => {
    if (auth.source === 'token' && auth.role === undefined && index === 0)
      return { ...NOTHING, role: hop.role, region: hop.region, sessionName: hop.sessionName };
    const kept = Object.entries(hop.tags ?? {}).filter(([key]) => !inherited.has(key.toLowerCase()));
    if (hop.isTransitive) for (const [key] of kept) inherited.add(key.toLowerCase());
    const sourceIdentity = isNamed ? undefined : hop.sourceIdentity;
    isNamed ||= sourceIdentity !== undefined;
    return { ...hop, sourceIdentity, tags: kept.length === 0 ? undefined : Object.fromEntries(kept) };
  });
}

/** The generator's namespace is no variable where it has none. */
function resolve(text: string | undefined, name: string, namespace = 'nowhere'): string | undefined {
  return text?.replaceAll('${namespace}', namespace).replaceAll('${name}', name);
}

/** What a generator of the world asks for. */
export function askedBy(wanted: Wanted, world: Unguarded): Asked {
  const { host, composite, cluster, templateSecrets, hasStepCredentials, output } = world;
  const { name, namespace, kind, role, region, auth, via, last, namespaces, isConsumed } = wanted;
  const isCrossplane = host === 'crossplane';
  const full = isCrossplane ? `${composite.name}-${name}` : name;
  const lastName = namespace === undefined ? full : `${namespace}.${full}`;
  const isPublic = wanted.isPublic ? 'us-east-1' : region;
  const hops: AskedHop[] = [
    ...(auth.source === 'token' && auth.role !== undefined ? [{ role: auth.role, region, defaultName: VIA_NAME }] : []),
    ...via.map((hop) => toHop(hop, hop.role, hop.region ?? region, VIA_NAME)),
    ...(role === undefined ? [] : [toHop(last, role, region, lastName)]),
    ...(kind === 'STSAssumeRoleToken' ? [] : [{ region: isPublic, defaultName: lastName }]),
  ];
  const templates = isConsumed ? templateSecrets : [];
  const isFromCluster = wanted.place === 'cluster';
  const isLookedUp =
    isFromCluster ||
    templates.length > 0 ||
    auth.source === 'keys' ||
    auth.source === 'serviceAccount' ||
    hops.some((hop) => hop.externalIDSecret !== undefined);
  return {
    name,
    namespace,
    kind,
    secretNamespaces: namespaces ?? [namespace],
    hops,
    ...(auth.source === 'token' ? { token: auth.token } : {}),
    ...(auth.source === 'serviceAccount'
      ? { audiences: auth.audiences, serviceAccount: { name: auth.name, role: auth.role, audience: DEFAULT_AUDIENCE } }
      : { audiences: auth.source === 'token' ? githubAudience(auth) : [] }),
    templateSecrets: templates,
    usesChosenCluster: cluster === 'input' && isLookedUp,
    isFromCluster,
    namesStepCredentials: isCrossplane && hasStepCredentials && auth.source === 'keys',
    isPlainInFiles: !isCrossplane && output !== 'stream',
  };
}

/** Of the token that a generator has of GitHub. */
export function githubAudience({ token, audience = DEFAULT_AUDIENCE }: TokenAuth): readonly string[] {
  return token === 'github' ? [audience] : [];
}

function toHop(parts: HopParts, role: string, region: string, defaultName: string): AskedHop {
  const { sessionName = defaultName, sourceIdentity, tags, isTransitive, externalID } = parts;
  return {
    role,
    region,
    sessionName,
    defaultName,
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(tags === undefined ? {} : { tags }),
    ...(tags !== undefined && isTransitive ? { transitiveTagKeys: Object.keys(tags) } : {}),
    ...(externalID === undefined || externalID === 'literal' ? {} : { externalIDSecret: externalID }),
  };
}
