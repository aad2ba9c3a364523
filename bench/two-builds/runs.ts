import fc from 'fast-check';
import { mutated, resourceLists } from '../../test/property/fuzz.ts';
import type { World } from '../../test/property/second-opinion/world.ts';
import { worlds } from '../../test/property/second-opinion/worlds.ts';
import type { Fault } from '../../test/support/sts/start-sts.ts';
import { type Slip, slip } from './slips.ts';

/** What a build is given: a world of the second opinion, what is added to it, what is wrong in it, and what happens next. */
export interface Run {
  readonly world: World;
  readonly host: Host;
  /** Instead of the world's: bytes on standard input. */
  readonly bytes: Buffer | undefined;
  readonly isYaml: boolean;
  readonly more: More;
  readonly slips: readonly Slip[];
  readonly sts: StsTrouble;
  /** A Secret of the name that a generator's would have. */
  readonly inTheWay: 'nothing' | 'foreign' | 'another generator' | 'placeholder';
  /** Position of an object that is read, and is not there. */
  readonly missing: number | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly next: readonly Next[];
}

export type Host = 'stdin' | 'plugin' | 'crossplane' | readonly string[];

/** Fields that the worlds do not have. */
interface More {
  readonly renew: object | undefined;
  readonly secrets: readonly object[] | undefined;
  readonly entry: object;
  readonly last: object;
  readonly requestParameters: object | undefined;
  readonly metadata: object;
  readonly input: object;
  readonly target: object;
  readonly rewrite: readonly object[] | undefined;
  /** `accountID` of the composite; undefined: roles have no variable. */
  readonly account: string | number | null | undefined;
  readonly composite: object;
}

interface StsTrouble {
  readonly fault: Fault | undefined;
  readonly denied: number | undefined;
  readonly absent: number | undefined;
}

/** The same again with what was made, some time later. */
export interface Next {
  readonly afterSeconds: number;
  readonly change:
    | 'nothing'
    | 'a value'
    | 'the hash'
    | 'the owner'
    | 'the expiration'
    | 'a key less'
    | 'a slip'
    | 'force-sync';
  readonly slip: Slip;
  readonly fault: Fault | undefined;
}

const seldom = <T>(arbitrary: fc.Arbitrary<T>, of: number) =>
  fc.oneof({ weight: of - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
/** `likely` nine times of ten or so, else one of the others. */
const mostly = <T>(likely: T, others: readonly T[], of = 10) =>
  fc.oneof({ weight: of - 1, arbitrary: fc.constant(likely) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const AGE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const POLICY = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }] };

const NO_MORE: More = {
  renew: undefined,
  secrets: undefined,
  entry: {},
  last: {},
  requestParameters: undefined,
  metadata: {},
  input: {},
  target: {},
  rewrite: undefined,
  account: undefined,
  composite: {},
};

/** One or two of them at most: what does not go together is refused, and then nothing else is seen. */
const more: fc.Arbitrary<More> = fc
  .record<{ [Field in keyof More]: NonNullable<More[Field]> | null }>({
    renew: fc.constantFrom<object>(
      { before: '20m' },
      { before: '50%' },
      { before: '90s', required: true },
      { before: '2h' },
    ),
    secrets: fc.array(
      fc.constantFrom<object>(
        {},
        { format: 'env' },
        { format: 'credentialsFile', key: 'aws' },
        { format: 'credentialProcess', name: 'other' },
        { format: 'dockerConfigJson', name: 'pull' },
        { name: 'third', labels: { team: 'a' }, annotations: { note: 'yes' } },
        { name: 'sealed', encrypt: { sops: { age: [AGE] } } },
        { namespaces: ['team-a', 'team-b'] },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    entry: fc.constantFrom({ expectAccount: '111111111111' }, { expectAccount: '123456789012' }),
    last: fc.constantFrom<object>(
      { sessionDuration: 900 },
      { sessionDuration: 7200 },
      { policy: POLICY },
      { policyARNs: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] },
    ),
    requestParameters: fc.constantFrom<object>(
      { sessionDuration: 900 },
      { sessionDuration: 3600 },
      { sessionDuration: 43_200 },
      { externalID: 'x1' },
      { sessionDuration: 60 },
    ),
    metadata: fc.constantFrom<object>(
      { annotations: { 'force-sync': '1' } },
      { annotations: { 'sts.fn.crossplane.io/ignore': 'true' } },
      { labels: { tier: 'prod' } },
      { annotations: { 'config.kubernetes.io/local-config': 'true' } },
    ),
    input: fc.constantFrom<object>(
      { awaitRoles: '1s' },
      { vars: { hub: { value: '111111111111', type: 'accountID' } } },
      { sessions: [{ match: { names: ['nobody'] } }] },
    ),
    target: fc.constantFrom<object>(
      { name: 'renamed' },
      { template: { data: { text: 'a: {{ .access_key_id }}' } } },
      { template: { data: { text: '{{ .nothing | upper }}' }, metadata: { labels: { a: 'b' } } } },
      { template: { type: 'kubernetes.io/basic-auth', mergePolicy: 'Merge' } },
      { creationPolicy: 'Merge' },
      { creationPolicy: 'Orphan', deletionPolicy: 'Retain' },
      { immutable: true },
    ),
    rewrite: fc.constantFrom<object[]>(
      [{ regexp: { source: '^(.*)$', target: 'x_$1' } }],
      [{ transform: { template: '{{ .value | upper }}' } }],
      [{ regexp: { source: '(', target: '' } }],
    ),
    account: fc.constantFrom<string | number | null>(
      '123456789012',
      '123456789012',
      '123456789012',
      '111111111111',
      null,
      'x',
      12,
    ),
    composite: fc.constantFrom<object>(
      { annotations: { 'force-sync': '1' } },
      { labels: { a: 'b' } },
      { uid: 'another' },
    ),
  })
  .chain((all) => {
    const fields = fc.subarray(Object.entries(all), { minLength: 0, maxLength: 2 });
    return fields.map((some) => ({ ...NO_MORE, ...(Object.fromEntries(some) as Partial<More>) })); // its own fields
  });

const denied = { kind: 'error', code: 'AccessDenied', status: 403 } as const;
const fault: fc.Arbitrary<Fault> = fc.constantFrom<Fault>(
  { kind: 'throttle' },
  { kind: 'throttle', times: 2 },
  { kind: 'throttle', times: 9 },
  denied,
  { ...denied, times: 9 },
  { kind: 'error', code: 'Brand.NewCode', status: 400 },
  { kind: 'error', code: 'RegionDisabledException', status: 403 },
  { kind: 'error', code: 'ExpiredTokenException', status: 400 },
  { kind: 'error', code: 'AccessDenied', status: 400, operation: 'GetAuthorizationToken', times: 3 },
  { kind: 'unavailable', status: 503, body: 'none' },
  { kind: 'unavailable', status: 500, body: 'xml', times: 9 },
  { kind: 'reset' },
  { kind: 'truncated' },
  { kind: 's3Error', code: 'AccessDenied', status: 403 },
  { kind: 'answer', status: 200, body: '<html>' },
  { kind: 'skewedClock', seconds: 1000 },
  { kind: 'shortSession', lifetimeSeconds: 900 },
  { kind: 'noExpiration' },
);

/** Seconds: fresh, about when a session of an hour is due, the same of a quarter, due, expired. */
const AFTER = [0, 60, 550, 590, 1500, 2100, 2200, 2300, 2390, 2700, 3590, 3700, 90_000];

const next: fc.Arbitrary<Next> = fc.record({
  afterSeconds: fc.constantFrom(...AFTER),
  change: mostly<Next['change']>(
    'nothing',
    ['a value', 'the hash', 'the owner', 'the expiration', 'a key less', 'a slip', 'force-sync'],
    2,
  ),
  slip,
  fault: seldom(fault, 4),
});

const variables: fc.Arbitrary<Run['variables']> = mostly<Run['variables']>(
  {},
  [
    { STS_FUNCTION_MODE: 'plan' },
    { STS_FUNCTION_MODE: 'placeholder' },
    { STS_FUNCTION_MODE: 'plam' },
    { STS_FUNCTION_CONCURRENCY: '3' },
    { STS_FUNCTION_CLUSTER: 'context:nobody' },
    { STS_FUNCTION_OUTPUT: '' },
    { STS_FUNCTION_POLICY: '/nonexistent/policy.json' },
    { STS_FUNCTION_TIMEOUT: 'soon' },
    { STS_FUNCTION_POLICI: 'x' },
    { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    { AWS_SECRET_ACCESS_KEY: 'wrong' },
    { AWS_REGION: undefined },
    { CI_TOKEN: undefined },
    { CI_TOKEN: 'no token' },
    { ACTIONS_ID_TOKEN_REQUEST_URL: undefined },
  ],
  6,
);

const COMMANDS: readonly (readonly string[])[] = [
  ['render'],
  ['render', '--placeholder'],
  ['render', '-i'],
  ['plan'],
  ['plan', '-o', 'json'],
  ['plan', '-o', 'yaml'],
  ['doctor'],
];

const host: fc.Arbitrary<Exclude<Host, 'crossplane'>> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('stdin' as const) },
  { weight: 1, arbitrary: fc.constant('plugin' as const) },
  { weight: 3, arbitrary: fc.constantFrom(...COMMANDS) },
);

/** All that an absent part does not grant. */
const WIDE = { cluster: true, fromCluster: true };

const SAMPLES = resourceLists();

const runs: fc.Arbitrary<Run> = fc
  .record({
    world: worlds,
    guard: fc.constantFrom('as drawn', 'as drawn', 'none', 'wide', 'wide'),
    host,
    bytes: seldom(
      fc.oneof(
        mutated(SAMPLES),
        fc.constantFrom(...SAMPLES).map((text) => Buffer.from(text)),
      ),
      12,
    ),
    isYaml: fc.boolean(),
    more,
    slips: mostly<number>(0, [1, 1, 2], 4).chain((count) => fc.array(slip, { minLength: count, maxLength: count })),
    sts: fc.record({
      fault: seldom(fault, 6),
      denied: seldom(fc.nat({ max: 9 }), 12),
      absent: seldom(fc.nat({ max: 9 }), 12),
    }),
    inTheWay: mostly<Run['inTheWay']>('nothing', ['foreign', 'another generator', 'placeholder'], 8),
    missing: seldom(fc.nat({ max: 99 }), 12),
    variables,
    next: fc.array(next, { minLength: 0, maxLength: 2 }),
  })
  .map(({ world, guard, host, bytes, ...run }) => {
    const isCrossplane = world.host === 'crossplane';
    return {
      ...run,
      world:
        guard === 'as drawn' ? world : { ...world, policy: undefined, allow: guard === 'wide' ? [WIDE] : undefined },
      host: isCrossplane ? ('crossplane' as const) : bytes === undefined ? host : ('stdin' as const),
      bytes: isCrossplane ? undefined : bytes,
    };
  });

/** The run of a seed, always the same. */
export function runOf(seed: number): Run {
  const [run] = fc.sample(runs, { seed, numRuns: 1, unbiased: true });
  if (run === undefined) throw new Error(`no run of seed ${seed}`);
  return run;
}
