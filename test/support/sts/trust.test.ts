import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { startSts } from './start-sts.ts';
import { assumeRole, keysOf, outcomeOf } from './testing/ask.ts';
import { alice, ci, hub, roles, root, stranger, users } from './testing/example-accounts.ts';
import { withSts } from './testing/with-sts.ts';

const now = new Date();
const sts = forAllTests(() => startSts({ users, roles, now: () => now }));

describe('trust', () => {
  const denied = (arn: string, action: string, role: string) =>
    `AccessDenied 403: User: ${arn} is not authorized to perform: ${action} on resource: ${role}`;
  const role = 'arn:aws:iam::444444444444:role/target';
  const assumedHub = 'arn:aws:sts::222222222222:assumed-role/hub/me';

  test.each([
    {
      name: 'the user itself',
      reason: 'an exact user ARN',
      given: { trust: [{ principals: [ci.arn] }], keys: ci },
      want: 'ok',
    },
    {
      name: "the user's account",
      reason: 'root stands for all its principals, paths included',
      given: { trust: [{ principals: ['arn:aws:iam::111111111111:root'] }], keys: alice },
      want: 'ok',
    },
    {
      name: 'another user',
      reason: 'a user ARN is not its account',
      given: { trust: [{ principals: [alice.arn] }], keys: ci },
      want: denied(ci.arn, 'sts:AssumeRole', role),
    },
    {
      name: 'another account',
      reason: 'the account of the caller counts',
      given: { trust: [{ principals: ['arn:aws:iam::111111111111:root'] }], keys: stranger },
      want: denied(stranger.arn, 'sts:AssumeRole', role),
    },
    {
      name: 'the same account number in another partition',
      reason: 'partitions share no accounts',
      given: { trust: [{ principals: ['arn:aws-cn:iam::111111111111:root'] }], keys: ci },
      want: denied(ci.arn, 'sts:AssumeRole', role),
    },
    {
      name: 'a role',
      reason: 'every session of it is meant',
      given: { trust: [{ principals: [hub.arn] }], keys: 'hub' as const },
      want: 'ok',
    },
    {
      name: 'one session of a role',
      reason: 'an exact assumed-role ARN',
      given: { trust: [{ principals: [assumedHub] }], keys: 'hub' as const },
      want: 'ok',
    },
    {
      name: 'another session of the role',
      reason: 'an assumed-role ARN is that session only',
      given: { trust: [{ principals: ['arn:aws:sts::222222222222:assumed-role/hub/you'] }], keys: 'hub' as const },
      want: denied(assumedHub, 'sts:AssumeRole', role),
    },
    {
      name: "the role's account",
      reason: 'a session belongs to the account of its role, not of who assumed it',
      given: { trust: [{ principals: ['arn:aws:iam::222222222222:root'] }], keys: 'hub' as const },
      want: 'ok',
    },
    {
      name: 'the account of who assumed the role',
      reason: 'the session has left it',
      given: { trust: [{ principals: ['arn:aws:iam::111111111111:root'] }], keys: 'hub' as const },
      want: denied(assumedHub, 'sts:AssumeRole', role),
    },
    {
      name: 'nobody',
      reason: 'an empty trust policy',
      given: { trust: [], keys: ci },
      want: denied(ci.arn, 'sts:AssumeRole', role),
    },
    {
      name: 'a web identity only',
      reason: 'another action of the policy',
      given: { trust: [{ federated: 'https://oidc.example.org' }], keys: ci },
      want: denied(ci.arn, 'sts:AssumeRole', role),
    },
    {
      name: 'the account, asked by its root',
      reason: 'AWS lets no root user assume a role',
      given: { trust: [{ principals: [root.arn] }], keys: root },
      want: 'AccessDenied 403: Roles may not be assumed by root accounts.',
    },
    {
      name: 'the caller with the right external ID',
      reason: 'StringEquals',
      given: { trust: [{ principals: [ci.arn], externalID: 'tenant-1' }], keys: ci, input: { ExternalId: 'tenant-1' } },
      want: 'ok',
    },
    {
      name: 'the caller with another external ID',
      reason: 'StringEquals heeds case',
      given: { trust: [{ principals: [ci.arn], externalID: 'tenant-1' }], keys: ci, input: { ExternalId: 'Tenant-1' } },
      want: denied(ci.arn, 'sts:AssumeRole', role),
    },
    {
      name: 'the caller without the external ID',
      reason: 'absent equals nothing',
      given: { trust: [{ principals: [ci.arn], externalID: 'tenant-1' }], keys: ci },
      want: denied(ci.arn, 'sts:AssumeRole', role),
    },
    {
      name: 'the caller with an external ID nobody demands',
      reason: 'a condition that is not there does not fail',
      given: { trust: [{ principals: [ci.arn] }], keys: ci, input: { ExternalId: 'tenant-1' } },
      want: 'ok',
    },
    {
      name: 'the caller by the second of two statements',
      reason: 'any statement admits',
      given: { trust: [{ principals: [ci.arn], externalID: 'x' }, { principals: [ci.arn] }], keys: ci },
      want: 'ok',
    },
    {
      name: 'the caller, but no tags',
      reason: 'sts:TagSession is a permission of its own',
      given: {
        trust: [{ principals: [ci.arn], alsoAllows: [] }],
        keys: ci,
        input: { Tags: [{ Key: 'a', Value: '' }] },
      },
      want: denied(ci.arn, 'sts:TagSession', role),
    },
    {
      name: 'the caller, but no source identity',
      reason: 'sts:SetSourceIdentity is a permission of its own',
      given: { trust: [{ principals: [ci.arn], alsoAllows: [] }], keys: ci, input: { SourceIdentity: 'ci' } },
      want: denied(ci.arn, 'sts:SetSourceIdentity', role),
    },
  ])('trust in $name: $reason', async ({ given, want }) => {
    const target = { arn: role, trust: given.trust };
    await withSts({ users, roles: [hub, target] }, async (local) => {
      const keys = given.keys === 'hub' ? keysOf(await assumeRole(local.url, ci, { RoleArn: hub.arn })) : given.keys;
      expect(await outcomeOf(assumeRole(local.url, keys, { RoleArn: role, ...given.input }))).toBe(want);
    });
  });

  test('an unknown role looks like one that does not trust the caller', async () => {
    const unknown = 'arn:aws:iam::222222222222:role/nobody';
    expect(await outcomeOf(assumeRole(sts.url, ci, { RoleArn: unknown }))).toBe(
      denied(ci.arn, 'sts:AssumeRole', unknown),
    );
  });
});
