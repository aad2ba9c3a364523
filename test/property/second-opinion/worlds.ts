import fc from 'fast-check';
import { grantsOf, guards } from './guards.ts';
import {
  type Auth,
  AWS_REGION,
  askedBy,
  BROKEN,
  DEFAULT_AUDIENCE,
  type DeclarationContext,
  type HopParts,
  IDS,
  KEYS,
  TEMPLATES,
  TOKEN_VARIABLES,
  type Unguarded,
  VIA_NAME,
  type ViaHop,
  type World,
} from './world.ts';

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
  sessionName: often(fc.constantFrom(...SESSION_NAMES), 1, 3),
  sourceIdentity: often(fc.constantFrom('ci', '${namespace}', '${name}'), 1, 8),
  tags: often(fc.constantFrom<Readonly<Record<string, string>>>(...TAGS), 1, 6),
  isTransitive: fc.boolean(),
  duration: often(fc.constantFrom(900, 1800, 3600), 1, 6),
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
    { weight: 2, arbitrary: fc.constantFrom<string | undefined>(...NAMESPACES) },
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
  namespaces: often(fc.subarray([...NAMESPACES, 'team-c'], { minLength: 1 }), 1, 3),
  isConsumed: seldom(2),
  isClusterGenerator: seldom(2),
  location: fc.constantFrom('manifests' as const, 'input' as const, 'cluster' as const),
});

type Drawn = typeof generator extends fc.Arbitrary<infer T> ? T : never;

/** Worlds without a guard: all that they ask for is possible, so that only a guard can refuse it. */
const unguarded: fc.Arbitrary<Unguarded> = fc
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
    engine: fc.constantFrom('asks' as const, 'remembers' as const, 'bootstraps' as const),
    broken: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      fc.array(fc.constantFrom(...BROKEN), { minLength: 1, maxLength: 2 }),
    ),
    isBrokenBeside: fc.boolean(),
    isKeyTaken: seldom(1, 8),
    isRepeated: seldom(1, 8),
    isDenied: fc.boolean(),
  })
  .map(({ drawn, isRepeated, isDenied, ...world }) => ({
    ...world,
    turns: isRepeated ? (isDenied ? FAILED_AT_ONCE + 2 : 8) : 1,
    isDenied: isRepeated && isDenied,
    isLookedUp: world.isLookedUp && world.cluster !== 'nobody',
    broken: world.cluster === 'input' ? [] : world.broken, // looking for them there needs a grant
    wanted: drawn.map((one, index) => settle(one, index, world)),
  }));

/** The same with guards near what is asked for. */
export const worlds: fc.Arbitrary<World> = fc.tuple(unguarded, guards).map(([world, { policy, allow }]) => {
  const asked = world.wanted.map((one) => askedBy(one, world));
  return { ...world, policy: grantsOf(policy, asked, true), allow: grantsOf(allow, asked, false) };
});

/** The limit on refusals of a generator. */
const FAILED_AT_ONCE = 30;

type Surroundings = Pick<World, 'host' | 'composite' | 'cluster'>;

/** Takes away what does not go together, such as tags with a token. */
function settle(drawn: Drawn, index: number, surroundings: Surroundings): DeclarationContext {
  const { isDotted, isWithoutRole, kind, region, isRegionLeftOut, isPublic, ...rest } = drawn;
  const { host, composite, cluster } = surroundings;
  const name = isDotted ? `g${index}.x` : `g${index}`;
  const namespace = namespaceOf(drawn, surroundings);
  const isInCluster = drawn.location === 'cluster' && (host === 'crossplane' || cluster !== 'nobody');
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
    location: drawn.location === 'cluster' && !isInCluster ? 'manifests' : drawn.location,
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
  duration: undefined,
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
      return { ...NOTHING, role: hop.role, region: hop.region, sessionName: hop.sessionName, duration: hop.duration };
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
