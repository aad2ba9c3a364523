import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Asked, type AskedHop, type Grant, type Guards, hopsUnder, type Imposed, permits } from './permits.ts';

/** The evaluator, held to the sentences of docs/policy.md. */

const ROLE = 'arn:aws:iam::123456789012:role/gitops-deploy';
const DEFAULT = 'team-a.deployer';
const hop = (parts: Partial<AskedHop> = {}): AskedHop => ({
  role: ROLE,
  region: 'eu-west-1',
  sessionName: DEFAULT,
  defaultName: DEFAULT,
  ...parts,
});
const asked = (parts: Partial<Asked> = {}): Asked => ({
  name: 'deployer',
  namespace: 'team-a',
  kind: 'STSAssumeRoleToken',
  hasOwnRole: true,
  isBare: true,
  region: 'eu-west-1',
  hasNamespace: true,
  secretNamespaces: ['team-a'],
  hops: [hop()],
  audiences: [],
  templateSecrets: [],
  usesChosenCluster: false,
  isFromCluster: false,
  isInInput: true,
  namesStepCredentials: false,
  isPlainInFiles: false,
  ...parts,
});
const roles = ['arn:aws:iam::123456789012:role/gitops-*'];
const through = (parts: Partial<AskedHop>) => asked({ hops: [hop(parts)] });
const login = { region: 'eu-west-1', defaultName: DEFAULT };
const bare = asked({ kind: 'STSSessionToken', hasOwnRole: false, hops: [login] });
const HUB = 'arn:aws:iam::111111111111:role/hub';
const behindHub = asked({ hops: [hop({ role: HUB }), hop()] });
const loginBehindHub = asked({ kind: 'ECRAuthorizationToken', hasOwnRole: false, hops: [hop({ role: HUB }), login] });
const account = { name: 'app', role: 'arn:aws:iam::123456789012:role/pod', audience: 'sts.amazonaws.com' };
const pod = asked({ serviceAccount: account });
const podGrant = { roles, via: [account.role], serviceAccounts: ['app'], audiences: ['sts.amazonaws.com'] };

function isPermitted(guards: Partial<Guards>, what: Asked): boolean {
  return permits({ hasTenants: false, ...guards }, what) !== undefined;
}

describe('in a Policy', () => {
  test.each<[string, Asked, readonly Grant[], boolean]>([
    ['a role is granted', asked(), [{ roles }], true],
    ['no grant grants nothing', asked(), [], false],
    ['`*` never crosses "/"', through({ role: 'arn:aws:iam::123456789012:role/gitops-x/admin' }), [{ roles }], false],
    ['`*` never crosses ":"', asked(), [{ roles: ['arn:aws:iam::*'] }], false],
    ['letters are compared as they are', asked(), [{ roles: [ROLE.toUpperCase()] }], false],
    ['namespaces absent: any', asked({ namespace: undefined }), [{ roles }], true],
    [
      'an object without namespace fits no other',
      asked({ namespace: undefined }),
      [{ roles, namespaces: ['a'] }],
      false,
    ],
    [
      'the namespace of each Secret counts',
      asked({ secretNamespaces: ['b'] }),
      [{ roles, namespaces: ['team-a'] }],
      false,
    ],
    ['namespaces know no `*`', asked(), [{ roles, namespaces: ['team-*'] }], false],
    ['grants never add up', asked(), [{ roles, namespaces: ['b'] }, { namespaces: ['team-a'] }], false],
    ['regions absent: any', through({ region: 'us-east-1' }), [{ roles }], true],
    [
      'regions are those of every hop',
      asked({ hops: [hop(), hop({ region: 'us-east-1' })] }),
      [{ roles, regions: ['eu-*'] }],
      false,
    ],
    ['a session name needs a grant', through({ sessionName: 'ci' }), [{ roles }], false],
    [
      'a session name may be a pattern',
      through({ sessionName: 'team-a.x' }),
      [{ roles, sessionNames: ['${namespace}.*'] }],
      true,
    ],
    [
      'that of another namespace is none',
      through({ sessionName: 'team-b.x' }),
      [{ roles, sessionNames: ['${namespace}.*'] }],
      false,
    ],
    [
      '`${namespace}` fits nothing where there is none',
      { ...through({ sessionName: '.x' }), namespace: undefined, secretNamespaces: [undefined] },
      [{ roles, sessionNames: ['${namespace}.*'] }],
      false,
    ],
    ['a source identity needs a grant', through({ sourceIdentity: 'ci' }), [{ roles }], false],
    [
      'a source identity may be the own name',
      through({ sourceIdentity: 'deployer' }),
      [{ roles, sourceIdentities: ['${name}'] }],
      true,
    ],
    ['a tag needs its key', through({ tags: { stage: 'test' } }), [{ roles, tags: { team: ['*'] } }], false],
    ['a tag needs its value', through({ tags: { stage: 'prod' } }), [{ roles, tags: { stage: ['test'] } }], false],
    ['each tag is there', through({ tags: { stage: 'test' } }), [{ roles, tags: { stage: ['test', 'prod'] } }], true],
    [
      'so is each transitive key',
      through({ tags: {}, transitiveTagKeys: ['team'] }),
      [{ roles, tags: { stage: ['*'] } }],
      false,
    ],
    ['an external ID needs its Secret', through({ externalIDSecret: 'ids' }), [{ roles, externalIDs: ['id*'] }], false],
    [
      'a variable with a token is named',
      asked({ token: 'tokenEnv:CI_TOKEN' }),
      [{ roles, identities: ['tokenEnv:CI_*'] }],
      true,
    ],
    ['no other is', asked({ token: 'tokenEnv:GITLAB' }), [{ roles, identities: ['tokenEnv:CI_*', 'github'] }], false],
    [
      'a file is named by its folder',
      asked({ token: 'tokenFile:/run/a' }),
      [{ roles, identities: ['tokenFile:/run/*'] }],
      true,
    ],
    ['not by one above', asked({ token: 'tokenFile:/run/a/b' }), [{ roles, identities: ['tokenFile:/run/*'] }], false],
    [
      'a path with ".." fits nothing',
      asked({ token: 'tokenFile:/run/..' }),
      [{ roles, identities: ['tokenFile:/run/..'] }],
      false,
    ],
    [
      'nor one with an empty part',
      asked({ token: 'tokenFile:/run//a' }),
      [{ roles, identities: ['tokenFile:/*//*'] }],
      false,
    ],
    [
      "GitHub's token needs its audience",
      asked({ token: 'github', audiences: ['x'] }),
      [{ roles, identities: ['github'] }],
      false,
    ],
    ['a kind without a role is named', bare, [{ withoutRole: ['STSSessionToken'] }], true],
    ['no other kind is', bare, [{ roles: ['*'], withoutRole: ['ECRAuthorizationToken'] }], false],
    ['a ServiceAccount has its name, role and audience', pod, [podGrant], true],
    ['its role is in the grant that was found', pod, [{ ...podGrant, via: [] }, podGrant], false],
    ['its role is passed, not handed out', pod, [{ ...podGrant, roles: [...roles, account.role], via: [] }], false],
    [
      'but handed out with a login of its own',
      { ...loginBehindHub, serviceAccount: account, hops: [login] },
      [{ ...podGrant, roles: [account.role], withoutRole: ['ECRAuthorizationToken'] }],
      true,
    ],
    ['a hub may be passed', behindHub, [{ roles, via: [HUB] }], true],
    ['a hub that is handed out is not passed', behindHub, [{ roles: [...roles, HUB] }], false],
    ['a hub that is passed is not handed out', through({ role: HUB }), [{ roles, via: [HUB] }], false],
    [
      'a login behind a hub is made of it',
      loginBehindHub,
      [{ via: [HUB], withoutRole: ['ECRAuthorizationToken'] }],
      false,
    ],
    ['a login behind a hub is without a role', loginBehindHub, [{ roles: [HUB] }], false],
    ['with both it is had', loginBehindHub, [{ roles: [HUB], withoutRole: ['ECRAuthorizationToken'] }], true],
    ['so is its audience', pod, [{ ...podGrant, audiences: ['x'] }, podGrant], false],
    ['a template needs its Secret', asked({ templateSecrets: ['a', 'b'] }), [{ roles, templateSecrets: ['a'] }], false],
    ["the Input's cluster needs a grant", asked({ usesChosenCluster: true }), [{ roles }], false],
    ['a generator of the cluster needs a grant', asked({ isFromCluster: true }), [{ roles }], false],
    ['with it, it is used', asked({ isFromCluster: true }), [{ roles, fromCluster: true }], true],
    [
      "it never signs with the step's credentials",
      asked({ isFromCluster: true, isInInput: false, namesStepCredentials: true }),
      [{ roles, fromCluster: true }],
      false,
    ],
    ['nor does one of an earlier step', asked({ isInInput: false, namesStepCredentials: true }), [{ roles }], false],
    ["one of the step's input does", asked({ namesStepCredentials: true }), [{ roles }], true],
    ['plain text may be refused', asked({ isPlainInFiles: true }), [{ roles, plaintext: 'refuse' }, { roles }], false],
    [
      'by the first grant that has all of it',
      asked({ isPlainInFiles: true }),
      [{ roles }, { roles, plaintext: 'refuse' }],
      true,
    ],
  ])('%s', (_, what, policy, expected) => {
    expect(isPermitted({ policy }, what)).toBe(expected);
  });
});

describe('what a grant imposes', () => {
  const TEAM: Imposed = { tags: { team: '${namespace}' }, sourceIdentity: 'ops', maxDuration: '30m' };
  const exchanged = asked({ token: 'tokenEnv:CI', isBare: false });
  const tokens = { identities: ['tokenEnv:CI'] };
  const withoutRole = ['ECRAuthorizationToken', 'STSSessionToken'];
  test.each<[string, Asked, Grant, boolean]>([
    ['covers what has no word of it', asked(), { roles, session: TEAM }, true],
    [
      'is refused where a tag says otherwise',
      through({ tags: { team: 'b' } }),
      { roles, tags: { team: ['*'] }, session: TEAM },
      false,
    ],
    [
      'or is written in other letters',
      through({ tags: { Team: 'team-a' } }),
      { roles, tags: { Team: ['*'] }, session: TEAM },
      false,
    ],
    ['may be said alike', through({ tags: { team: 'team-a' } }), { roles, tags: { team: ['*'] }, session: TEAM }, true],
    [
      'but not passed on by an earlier hop',
      asked({ hops: [hop({ role: HUB, tags: { team: 'team-a' }, transitiveTagKeys: ['team'] }), hop()] }),
      { roles, via: [HUB], tags: { team: ['*'] }, session: TEAM },
      false,
    ],
    [
      'is refused where a source identity says otherwise',
      through({ sourceIdentity: 'a' }),
      { roles, sourceIdentities: ['*'], session: TEAM },
      false,
    ],
    ['is refused where more is asked for', through({ duration: 3600 }), { roles, session: TEAM }, false],
    ['covers no token straight into the role', exchanged, { roles, ...tokens, session: TEAM }, false],
    ['but its duration does', exchanged, { roles, ...tokens, session: { maxDuration: '15m' } }, true],
    [
      'covers no login that outlives it',
      loginBehindHub,
      { roles: [HUB], withoutRole, session: { maxDuration: '30m' } },
      false,
    ],
    [
      'covers a login behind a hub',
      loginBehindHub,
      { roles: [HUB], withoutRole, session: { sourceIdentity: 'ops' } },
      true,
    ],
    [
      'covers nothing without a namespace that it uses',
      asked({ hasNamespace: false }),
      { roles, session: TEAM },
      false,
    ],
    ['supplies a hub to a bare generator', asked(), { roles, session: { via: [HUB] } }, true],
    ['and to no other', asked({ isBare: false }), { roles, session: { via: [HUB] } }, false],
    ['nor to a session token', bare, { withoutRole, session: { via: [HUB] } }, false],
  ])('%s', (_, what, grant, expected) => {
    expect(isPermitted({ policy: [grant] }, what)).toBe(expected);
  });

  test('what is not covered is left for the next grant, what is refused is not', () => {
    const supplying = { roles, session: { via: [HUB] } };
    expect(isPermitted({ policy: [supplying, { roles }] }, asked({ isBare: false }))).toBe(true);
    const other = through({ sourceIdentity: 'a' });
    const grant = { roles, sourceIdentities: ['*'] };
    expect(isPermitted({ policy: [{ ...grant, session: TEAM }, grant] }, other)).toBe(false);
  });

  test('is on the last role, behind what is supplied', () => {
    expect(hopsUnder({ ...TEAM, via: [HUB] }, asked(), 'via')).toMatchObject([
      { role: HUB, sessionName: 'via' },
      { role: ROLE, sessionName: DEFAULT, tags: { team: 'team-a' }, sourceIdentity: 'ops', duration: 1800 },
    ]);
    expect(hopsUnder({ maxDuration: '1h' }, bare, 'via')).toMatchObject([{ duration: 3600 }]);
  });
});

const all = asked({
  hops: [hop({ sessionName: 'ci', sourceIdentity: 'ci', tags: { a: 'b' }, externalIDSecret: 'ids' })],
  token: 'github',
  audiences: ['x'],
  templateSecrets: ['a'],
  usesChosenCluster: true,
});

test.each<[string, Partial<Guards>, Asked, boolean]>([
  ['an absent part of `allow` limits nothing', { allow: [{}] }, all, true],
  ['but roles without `via` pass none', { allow: [{ roles: [...roles, HUB] }] }, behindHub, false],
  ['where there are none of either, any is passed', { allow: [{ regions: ['*'] }] }, behindHub, true],
  ['a part that is there does', { allow: [{ sessionNames: [] }] }, all, false],
  ['in `allow` too a generator of the cluster must be said', { allow: [{}] }, asked({ isFromCluster: true }), false],
  ['where both guards are there, both must grant', { allow: [{ roles: [] }], policy: [{ roles }] }, asked(), false],
  ['and each by a grant of its own', { allow: [{ namespaces: ['team-a'] }], policy: [{ roles }] }, asked(), true],
  ['without a guard all is permitted', {}, asked({ isFromCluster: true }), true],
  ['but, with tenants, no generator of the cluster', { hasTenants: true }, asked({ isFromCluster: true }), false],
])('%s', (_, guards, what, expected) => {
  expect(isPermitted(guards, what)).toBe(expected);
});

test('it shares no code with what it watches', () => {
  expect(readFileSync(new URL('permits.ts', import.meta.url), 'utf8')).not.toMatch(/\bimport\b/);
});
