import { expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import { unusedGrants } from '../../../function/planner/unused-grants.ts';
import { fakeWorld } from '../../support/world/fake-world.ts';

const { ambient } = fakeWorld();
const fieldsIn = (...grants: readonly object[]) => {
  const policy = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants };
  return unusedGrants({ policy, ambient }).map(({ field }) => field);
};
const ROLE = 'arn:aws:iam::123456789012:role/app';
const ANY = 'arn:aws:iam::*:role/*';
const SESSION = { tags: { team: 'a' } };

test.each<[what: string, earlier: object, later: object]>([
  ['the same', { roles: [ROLE] }, { roles: [ROLE] }],
  ['a role of a pattern', { roles: [ANY] }, { roles: [ROLE], plaintext: 'refuse' }],
  ['a narrower pattern', { roles: ['arn:aws:iam::*:role/a*'] }, { roles: ['arn:aws:iam::*:role/ap*', ROLE] }],
  ['some namespaces', { namespaces: ['a', 'b'], roles: [ROLE] }, { namespaces: ['b'], roles: [ROLE] }],
  ['a namespace of all', { roles: [ROLE] }, { namespaces: ['b'], roles: [ROLE], regions: ['eu-west-1'] }],
  ['a region', { roles: [ROLE], regions: ['eu-*'] }, { roles: [ROLE], regions: ['eu-west-1', 'eu-*'] }],
  [
    'the same names',
    { roles: [ANY], sessionNames: ['${namespace}.*'] },
    { roles: [ROLE], sessionNames: ['${namespace}.*'] },
  ],
  ['the same tags', { roles: [ANY], tags: { team: ['a*'] } }, { roles: [ROLE], tags: { team: ['a*'] } }],
  ['an identity', { identities: ['github', 'tokenFile:/a/*'], audiences: ['c'] }, { identities: ['tokenFile:/a/b'] }],
  ['the same session', { roles: [ROLE], session: SESSION }, { roles: [ROLE], session: SESSION }],
  ['a session that comes too late', { roles: [ROLE] }, { roles: [ROLE], session: SESSION }],
  ['the cluster', { cluster: true, fromCluster: true }, { cluster: true, fromCluster: true }],
])('a grant never counts behind one with all it has: %s', (_, earlier, later) => {
  expect(fieldsIn(earlier, later)).toEqual(['grants[1]']);
});

test.each<[what: string, earlier: object, later: object]>([
  ['a wider pattern', { roles: [ROLE] }, { roles: [ANY] }],
  ['a role more', { roles: [ROLE] }, { roles: [ROLE, `${ROLE}s`] }],
  ['a folder of roles', { roles: [ANY] }, { roles: ['arn:aws:iam::123456789012:role/a/*'] }],
  ['a role that is passed', { roles: [ANY] }, { roles: [ROLE], via: [ROLE] }],
  ['another namespace', { namespaces: ['a'], roles: [ROLE] }, { namespaces: ['a', 'b'], roles: [ROLE] }],
  ['all namespaces', { namespaces: ['a'], roles: [ROLE] }, { roles: [ROLE] }],
  ['all regions', { roles: [ROLE], regions: ['eu-*'] }, { roles: [ROLE] }],
  ['a name of its own', { sessionNames: ['${namespace}.*'] }, { sessionNames: ['a.b'] }],
  ['another tag', { tags: { team: ['*'] } }, { tags: { stage: ['a'] } }],
  ['an identity', { roles: [ROLE] }, { roles: [ROLE], identities: ['github'] }],
  ['no session', { roles: [ROLE], session: SESSION }, { roles: [ROLE] }],
  ['another session', { roles: [ROLE], session: SESSION }, { roles: [ROLE], session: { maxDuration: '30m' } }],
  ['generators of the cluster', { roles: [ROLE] }, { roles: [ROLE], fromCluster: true }],
])('a grant counts behind another one that lacks something: %s', (_, earlier, later) => {
  expect(fieldsIn(earlier, later)).toEqual([]);
});

test('the first that has all is named', () => {
  const grants = [{ roles: [ROLE] }, { roles: [ANY] }, { roles: [ROLE], regions: ['eu-west-1'] }];
  const policy = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants };
  expect(unusedGrants({ policy, ambient }).map((finding) => messageOf(finding))).toEqual([
    '`grants[2]` of the Policy never counts: `grants[0]` has all of it, and comes first. Put it before that one, or remove it.',
  ]);
});
