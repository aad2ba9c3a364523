import { describe, expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import type { Entry } from '../../../function/manifests/input.ts';
import { entryMatcher } from '../../../function/manifests/match-entries.ts';
import { draft } from '../../../function/planner/draft.ts';
import { generatorManifest, SPEC } from '../../support/manifests.ts';
import { ambient } from '../../support/world/fake-world.ts';

const matchSessions = (one: Parameters<ReturnType<typeof entryMatcher>>[0], sessions: readonly Entry[]) =>
  entryMatcher(sessions)(one).indexes;

const generator = {
  object: {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'STSAssumeRoleToken',
    name: 'deploy-a',
    namespace: 'team-a',
  },
  kind: 'STSAssumeRoleToken' as const,
  labels: { tier: 'prod' },
};

test('without kinds an entry is for STSAssumeRoleToken alone', () => {
  const other = { ...generator, kind: 'ECRAuthorizationToken' as const };
  const kinds = ['STSSessionToken' as const, 'ECRAuthorizationToken' as const];
  expect(matchSessions(other, [{}, { match: { names: ['deploy*'] } }, { match: { kinds } }])).toEqual([2]);
  expect(matchSessions(generator, [{}, { match: { kinds } }])).toEqual([0]);
});

describe('an entry with a hub, beside a login of the registry', () => {
  const via = ['arn:aws:iam::111111111111:role/hub'];
  const login = generatorManifest(
    { region: 'eu-west-1' },
    { name: 'login', namespace: 'team-a' },
    'ECRAuthorizationToken',
  );
  const role = generatorManifest(SPEC, { name: 'deployer', namespace: 'team-a' });
  const messages = async (...sessions: object[]) => {
    const functionConfig = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Input', sessions };
    return (await draft({ items: [role, login], functionConfig, ambient: ambient() })).findings.map((finding) =>
      messageOf(finding),
    );
  };

  test.each<[string, object]>([
    ['no `match`', {}],
    ['its namespace', { match: { namespaces: ['team-a'] } }],
  ])('that leaves it out by its kind alone is said: %s', async (_, match) => {
    expect(await messages({ via, ...match })).toEqual([
      '`sessions[0]` of the functionConfig has no effect on ECRAuthorizationToken "team-a/login": without `kinds`, `match` means STSAssumeRoleToken alone. Write `kinds` in it: with ECRAuthorizationToken, or STSAssumeRoleToken alone.',
    ]);
  });

  test.each<[string, object[]]>([
    ['both kinds', [{ via, match: { kinds: ['STSAssumeRoleToken', 'ECRAuthorizationToken'] } }]],
    ['its kinds are written', [{ via, match: { kinds: ['STSAssumeRoleToken'] } }]],
    ['another name', [{ via, match: { names: ['deployer'] } }]],
    ['an entry of its own', [{ via }, { match: { kinds: ['ECRAuthorizationToken'] }, via }]],
    ['one that does not say who asks', [{ renew: { before: '20m' } }]],
  ])('nothing is said: %s', async (_, sessions) => {
    expect(await messages(...sessions)).toEqual([]);
  });
});

test.each<[string, Entry['match'], boolean]>([
  ['absent', undefined, true],
  ['empty', {}, true],
  ['the name', { names: ['deploy-a'] }, true],
  ['a pattern', { names: ['x', 'deploy*'] }, true],
  ['a pattern in the middle', { names: ['d*y-*a'] }, true],
  ['a pattern that overlaps', { names: ['deploy-a*a'] }, false],
  ['another name', { names: ['deploy'] }, false],
  ['no names', { names: [] }, false],
  ['the namespace', { namespaces: ['team-*'] }, true],
  ['another namespace', { namespaces: ['team'] }, false],
  ['the label', { labels: { tier: 'prod' } }, true],
  ['a label that is not there', { labels: { tier: 'prod', toString: 'x' } }, false],
  ['all but one', { names: ['deploy*'], labels: { tier: 'dev' } }, false],
])('%s', (_, match, want) => {
  expect(matchSessions(generator, [match === undefined ? {} : { match }])).toEqual(want ? [0] : []);
});

test('an object without namespace matches no namespaces', () => {
  const { namespace: _, ...object } = generator.object;
  expect(matchSessions({ ...generator, object }, [{ match: { namespaces: ['*'] } }])).toEqual([]);
});

test.each<[string, Entry[], unknown]>([
  ['one label has another value', [{ match: { labels: { tier: 'dev' } } }], 0],
  ['a label of nearly that name', [{ match: { labels: { teir: 'prod' } } }], 0],
  ['a label of another name', [{ match: { labels: { stage: 'prod' } } }], undefined],
  ['a label of nearly that name with another value', [{ match: { labels: { teir: 'dev' } } }], undefined],
  ['the nearest of two', [{ match: { labels: { tier: 'dev' } } }, { match: { labels: { tier: 'prd' } } }], 1],
  ['a label that is not there', [{ match: { labels: { team: 'a' } } }], undefined],
  ['two labels', [{ match: { labels: { tier: 'dev', team: 'a' } } }], undefined],
  ['another name too', [{ match: { labels: { tier: 'dev' }, names: ['x'] } }], undefined],
  ['beside an entry that matches', [{ match: { labels: { tier: 'dev' } } }, {}], undefined],
])('an entry is nearly matched: %s', (_, sessions, want) => {
  expect(entryMatcher(sessions)(generator).near?.index).toBe(want);
});

test.each<[string, string, boolean]>([
  ['prod', 'prd', true],
  ['prod', 'prdo', true],
  ['prod', 'Prod', true],
  ['prod', 'dev', false],
  ['frontend-eu', 'frontent-eu', true],
  ['team-a', 'team-b', false],
  ['a', 'b', false],
  ['eu-west-1', 'us-west-1', false],
  ['shard-11', 'shard-12', false],
  ['v1', 'v2', false],
  ['team-frontend', 'team-frontend-a', false],
  ['prod', 'prod-2', false],
])('an entry for %j, and a generator of %j: a slip %j', (wanted, tier, want) => {
  const { near } = entryMatcher([{ match: { labels: { tier: wanted } } }])({ ...generator, labels: { tier } });
  expect(near?.isSlip).toBe(want);
});
