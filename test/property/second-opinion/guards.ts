import fc from 'fast-check';
import type { Asked, Grant, Imposed } from './permits.ts';
import { SUPPLIED, TOKEN_VARIABLES } from './world.ts';

/** Guards near what is asked: exactly that, a little wider, or with something missing. */

type Choose = <T>(values: readonly [T, ...T[]]) => T;

/** Choices that shrink towards the first value of each list. */
const picks: fc.Arbitrary<() => Choose> = fc
  .array(fc.nat({ max: 1000 }), { minLength: 30, maxLength: 30 })
  .map((numbers) => () => {
    let at = 0;
    return (values) => {
      const picked = values[(numbers[at % numbers.length] ?? 0) % values.length];
      at += 1;
      return picked ?? values[0];
    };
  });

/** How a guard treats one generator. */
const treatment = fc.record({
  picks,
  /** What is missing in its grant. */
  dents: fc.oneof(
    { weight: 12, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.constant(2) },
  ),
  grants: fc.oneof(
    { weight: 10, arbitrary: fc.constant('one' as const) },
    { weight: 2, arbitrary: fc.constant('two halves' as const) },
    { weight: 2, arbitrary: fc.constant('a dented one, then the whole' as const) },
    { weight: 1, arbitrary: fc.constant('one for each Secret' as const) },
    { weight: 1, arbitrary: fc.constant('none' as const) },
  ),
});

type Treatment = typeof treatment extends fc.Arbitrary<infer T> ? T : never;

const guard = fc.record({
  isThere: fc.oneof({ weight: 2, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  treatments: fc.array(treatment, { minLength: 3, maxLength: 3 }),
  /** What is imposed, for each grant anew. */
  sessions: picks,
  /** One grant with what all generators ask for. */
  isMerged: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

type DrawnGuard = typeof guard extends fc.Arbitrary<infer T> ? T : never;

export const guards = fc.record({ policy: guard, allow: guard });

/** The grants of a guard over what is asked; undefined where it is not there. */
export function grantsOf(
  { isThere, treatments, isMerged, sessions }: DrawnGuard,
  asked: readonly Asked[],
  isPolicy: boolean,
) {
  if (!isThere) return undefined;
  const each = asked.map((one, index) => grantsFor(one, treatments[index], isPolicy));
  const all = isMerged && each.every((grants) => grants.length > 0) ? [merge(each.flat())] : each.flat();
  const pick = sessions();
  const isImposing = pick([false, true]);
  const sound = all.map(withoutSlips);
  return isPolicy && isImposing ? sound.map((grant) => withSession(grant, asked, pick)) : sound;
}

/** Often of what manifests set themselves, alike or otherwise. */
function withSession(grant: Grant, asked: readonly Asked[], pick: Choose): Grant {
  if (pick([false, false, true])) return grant;
  const hops = asked.flatMap((one) => one.hops);
  const tags = pick<Imposed['tags']>([
    undefined,
    ...[{ team: '${namespace}' }, { owner: 'ops' }, { stage: 'test' }, { team: 'x' }],
    ...hops.flatMap(({ tags: own }) => (own === undefined ? [] : [{ ...own }])),
  ]);
  const sourceIdentity = pick([
    undefined,
    ...[undefined, 'ci', 'ops', '${namespace}', '${name}'],
    ...hops.flatMap((hop) => hop.sourceIdentity ?? []),
  ]);
  const maxDuration = pick([undefined, undefined, '15m', '30m', '12h']);
  const [hub = '', second = '', ofIdentity = ''] = SUPPLIED;
  const via = pick<string[] | undefined>([undefined, undefined, [hub], [hub, second]]);
  const isMarking = tags !== undefined || sourceIdentity !== undefined;
  const role = pick([ofIdentity, undefined]);
  const tokenEnv = pick([TOKEN_VARIABLES[0] ?? '', TOKEN_VARIABLES[1] ?? '']);
  const isSent = role !== undefined || via !== undefined || !isMarking; // else no token can carry what is imposed
  const identity = pick([false, false, isSent]) ? { tokenEnv, ...(role === undefined ? {} : { role }) } : undefined;
  const isTransitive = tags !== undefined && pick([false, true]);
  const transitiveTagKeys = isTransitive ? Object.keys(tags) : undefined;
  const session = { tags, sourceIdentity, maxDuration, via, identity, transitiveTagKeys };
  return { ...grant, session: JSON.parse(JSON.stringify(session)) as Imposed };
}

const isRole = (text: string) => /^arn:[a-z*-]+:iam::(?:\d{12}|\d*\*):role\/./.test(text);

/** What some object, role or region could fit. A Policy with any other entry is refused as a whole, which other tests show. */
const MAY_FIT = {
  namespaces: (text: string) => !text.includes('*'),
  roles: isRole,
  via: isRole,
  regions: (text: string) => /^[a-z\d*-]*\*[a-z\d*-]*$|^[a-z]+(?:-[a-z]+)+-\d$/.test(text),
};

function withoutSlips(grant: Grant): Grant {
  const kept = { ...grant };
  for (const field of ['namespaces', 'roles', 'via', 'regions'] as const)
    if (kept[field] !== undefined) kept[field] = kept[field].filter(MAY_FIT[field]);
  return kept;
}

function grantsFor(asked: Asked, drawn: Treatment | undefined, isPolicy: boolean): Grant[] {
  if (drawn === undefined || drawn.grants === 'none') return [];
  const pick = drawn.picks();
  const whole = wider(asked, pick);
  if (!isPolicy) for (const field of LISTS) if (pick([false, true])) delete whole[field];
  if (!isPolicy && pick([false, true])) delete whole.tags;
  const dented = () => dent(whole, asked, pick);
  if (drawn.grants === 'two halves') return [dented(), dented()];
  if (drawn.grants === 'one for each Secret')
    return asked.secretNamespaces.map((one) => ({ ...whole, ...namespacesOf([asked.namespace, one]) }));
  let last = structuredClone(whole);
  for (let index = 0; index < drawn.dents; index++) last = dent(last, asked, pick);
  return drawn.grants === 'one' ? [last] : [dented(), last];
}

/** Nothing for an object without namespace, which fits no other grant. */
function namespacesOf(namespaces: readonly (string | undefined)[]): Pick<Grant, 'namespaces'> {
  const named = namespaces.filter((one) => one !== undefined);
  return named.length < namespaces.length ? {} : { namespaces: [...new Set(named)] };
}

const LISTS = [
  'namespaces',
  'roles',
  'via',
  'withoutRole',
  'regions',
  'sessionNames',
  'sourceIdentities',
  'identities',
  'serviceAccounts',
  'audiences',
  'externalIDs',
  'templateSecrets',
] as const;

/** A grant that has all that is asked, by its own words or by patterns. */
function wider(asked: Asked, pick: Choose): Grant {
  const { namespace, name, hops, serviceAccount, token } = asked;
  const texts = (values: readonly (string | undefined)[], patterns: (text: string) => readonly string[]) =>
    [...new Set(values)].flatMap((text) => (text === undefined ? [] : [pick([text, text, ...patterns(text)])]));
  // whose namespace it is shows where a Secret is in another
  const isElsewhere = asked.secretNamespaces.some((one) => one !== namespace);
  const own = (text: string) => [
    text.replaceAll(name, '${name}'),
    ...Array<string>(isElsewhere ? 4 : 1).fill(
      namespace === undefined ? text : text.replaceAll(namespace, '${namespace}'),
    ),
    text.replace(/.$/, '*'),
    '*',
  ];
  const tags = hops.flatMap((hop) => Object.entries(hop.tags ?? {}));
  const chain = [serviceAccount?.role, ...hops.map(({ role }) => role)].filter((role) => role !== undefined);
  const patternsOf = (role: string) => [
    role.replace(/[^/]*$/, '*'),
    role.replace(/\d{12}/, '*'),
    role.replace(/\d{12}/, '1*').replace(/[^/]*$/, 'g*'),
    role.replace(/role.*$/, 'role/*'),
    role.replace(/role.*$/, 'role/*/*'),
  ];
  const grant: Grant = {
    roles: texts(chain.slice(-1), patternsOf),
    via: texts(chain.slice(0, -1), patternsOf),
    ...(pick([false, true]) ? {} : namespacesOf([namespace, ...asked.secretNamespaces])),
    ...(pick([false, true])
      ? {}
      : {
          regions: texts(
            hops.map(({ region }) => region),
            (region) => [region.replace(/-.*/, '-*'), '*'],
          ),
        }),
    ...(asked.hasOwnRole ? {} : { withoutRole: [asked.kind] }),
    sessionNames: texts(
      hops.map(({ sessionName, defaultName }) => (sessionName === defaultName ? undefined : sessionName)),
      own,
    ),
    sourceIdentities: texts(
      hops.map(({ sourceIdentity }) => sourceIdentity),
      own,
    ),
    identities: texts([token], (text) => [text.replace(/[^/:]*$/, '*'), text.replace(/[^/:_]*$/, '*')]).filter((text) =>
      /^(github|tokenFile:\/.*|tokenEnv:.+)$/.test(text),
    ),
    serviceAccounts: texts([serviceAccount?.name], () => []),
    audiences: texts([...asked.audiences, serviceAccount?.audience], () => []),
    externalIDs: texts(
      hops.map(({ externalIDSecret }) => externalIDSecret),
      () => [],
    ),
    templateSecrets: texts(asked.templateSecrets, () => []),
    tags: Object.fromEntries(
      [...Map.groupBy(tags, ([key]) => key)].map(([key, found]) => [
        key,
        texts(
          found.map(([, value]) => value),
          (value) => [value.replace(/.$/, '*'), '*'],
        ),
      ]),
    ),
    ...(asked.usesChosenCluster ? { cluster: true } : {}),
    ...(asked.isFromCluster ? { fromCluster: true } : {}),
    ...(pick([false, false, false, false, false, true]) ? { plaintext: 'refuse' } : {}),
  };
  for (const field of LISTS) if (grant[field]?.length === 0 && pick([true, true, false])) delete grant[field];
  if (Object.keys(grant.tags ?? {}).length === 0) delete grant.tags;
  return grant;
}

/** The grant with one thing missing, or another in its place. Sometimes nothing that is asked for. */
function dent(grant: Grant, asked: Asked, pick: Choose): Grant {
  const dented = structuredClone(grant);
  const lengthOf = (field: (typeof LISTS)[number]) => dented[field]?.length ?? 0;
  const isNobodys = asked.namespace === undefined;
  const [first, ...others] = [
    ...LISTS.filter((field) => lengthOf(field) > 0),
    // what is easily overlooked once more: one of several, the namespace of who has none, what is said once
    ...LISTS.filter((field) => lengthOf(field) > 1),
    ...OWN.filter((field) => isNobodys && lengthOf(field) > 0),
    ...[...FLAGS, ...FLAGS].filter((field) => field in dented),
  ];
  if (first === undefined) return { ...dented, roles: [] };
  const field = pick([first, ...others]);
  if (field === 'cluster' || field === 'fromCluster') {
    if (pick([true, false])) delete dented[field];
    else dented[field] = false;
  } else if (field === 'tags') dentTags(dented, pick);
  else {
    const how = pick(['without one', 'without one', 'near', 'near', 'absent', 'empty'] as const);
    const list = dented[field] ?? [];
    const [text = '', ...rest] = rotate(list, pick);
    if (how === 'absent') delete dented[field];
    else
      dented[field] = how === 'empty' ? [] : how === 'without one' ? rest : [near(field, text, asked, pick), ...rest];
  }
  return dented;
}

/** Those whose patterns may have the generator's own names. */
const OWN = ['sessionNames', 'sourceIdentities'] as const;
const FLAGS = ['cluster', 'fromCluster', 'tags'] as const;

function dentTags(grant: Grant, pick: Choose): void {
  const [[key, patterns] = ['', []], ...others] = rotate(Object.entries(grant.tags ?? {}), pick);
  const near: [Grant['tags'], ...Grant['tags'][]] = [
    undefined,
    Object.fromEntries(others),
    Object.fromEntries([...others, [key, []]]),
    Object.fromEntries([...others, [key, ['other']]]),
    Object.fromEntries([...others, [key.toUpperCase(), patterns]]),
    Object.fromEntries([...others, [key, patterns.map((text) => `${text}x`)]]),
  ];
  const tags = pick(near);
  if (tags === undefined) delete grant.tags;
  else grant.tags = tags;
}

/** What looks as if it would fit. */
function near(field: (typeof LISTS)[number], text: string, { namespace, name }: Asked, pick: Choose): string {
  if (field === 'withoutRole') return text === 'STSSessionToken' ? 'ECRAuthorizationToken' : 'STSSessionToken';
  if (field === 'identities')
    return pick([
      text.startsWith('tokenFile:') ? text.replace(/\/[^/]*$/, 'x/*') : 'tokenEnv:CI',
      text.startsWith('tokenFile:') ? 'tokenFile:/*' : 'tokenEnv:ci_*',
      'tokenFile:/run/tokens/*',
      'tokenFile:/run/*',
      'tokenEnv:CI_*',
      'github',
    ]);
  if (namespace === undefined && OWN.some((one) => one === field))
    return pick(['${namespace}*', `\${namespace}${text}`]);
  return pick([
    `${text}x`,
    text.includes('${') ? `x${text}` : text.toUpperCase(), // there are no other variables
    '*',
    text.replace(/[^/:]*\/[^/:]*$/, '*'),
    text.replace(/[^/:]*\/[^/:]*$/, '*/*'),
    text.replace('.', '-'),
    text.replace('role/', 'role/*/'),
    text.replace(/:\d{12}:.*/, ':*'),
    text.replace(/-.*/, '*'),
    text.replaceAll(name, '${namespace}'),
    text.replaceAll(namespace ?? 'team', 'team-*'),
  ]);
}

function rotate<T>(values: readonly T[], pick: Choose): T[] {
  const at = pick([0, 1, 2]) % Math.max(1, values.length);
  return [...values.slice(at), ...values.slice(0, at)];
}

/** One grant with what several have. */
function merge(grants: readonly Grant[]): Grant {
  const merged: Grant = {};
  for (const field of LISTS) {
    const lists = grants.flatMap((grant) => (grant[field] === undefined ? [] : [grant[field]]));
    const isAny = (field === 'namespaces' || field === 'regions') && lists.length < grants.length;
    if (lists.length > 0 && !isAny) merged[field] = [...new Set(lists.flat())];
  }
  const tags = grants.flatMap((grant) => Object.entries(grant.tags ?? {}));
  if (tags.length > 0)
    merged.tags = Object.fromEntries(
      [...Map.groupBy(tags, ([key]) => key)].map(([key, found]) => [key, found.flatMap(([, values]) => values)]),
    );
  for (const flag of ['cluster', 'fromCluster'] as const) if (grants.some((grant) => grant[flag])) merged[flag] = true;
  return merged;
}
