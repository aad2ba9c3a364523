import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { startSts, type Trust, type User } from './start-sts.ts';
import { assumeRole, keysOf, outcomeOf } from './testing/ask.ts';
import { alice, ci, hub, roles, root, stranger, users } from './testing/example-accounts.ts';

const now = new Date();
const sts = forAllTests(() => startSts({ users, roles, now: () => now }));

interface CredentialTypes {
  readonly trust: readonly Trust[];
  readonly keys: User | 'hub';
  readonly input?: Partial<AssumeRoleCommandInput>;
}

describe('trust', () => {
  const denied = (arn: string, action: string, role: string) =>
    `AccessDenied 403: User: ${arn} is not authorized to perform: ${action} on resource: ${role}`;
  const role = 'arn:aws:iam::444444444444:role/target';
  const assumedHub = 'arn:aws:sts::222222222222:assumed-role/hub/me';

  test.each<[name: string, given: CredentialTypes, want: string]>([
    ['the user itself: an exact user ARN', { trust: [{ principals: [ci.arn] }], keys: ci }, 'ok'],
    [
      "the user's account: root stands for all its principals, paths included",
      { trust: [{ principals: ['arn:aws:iam::111111111111:root'] }], keys: alice },
      'ok',
    ],
    [
      'another user: a user ARN is not its account',
      { trust: [{ principals: [alice.arn] }], keys: ci },
      denied(ci.arn, 'sts:AssumeRole', role),
    ],
    [
      'another account: the account of the caller counts',
      { trust: [{ principals: ['arn:aws:iam::111111111111:root'] }], keys: stranger },
      denied(stranger.arn, 'sts:AssumeRole', role),
    ],
    [
      'the same account number in another partition: partitions share no accounts',
      { trust: [{ principals: ['arn:aws-cn:iam::111111111111:root'] }], keys: ci },
      denied(ci.arn, 'sts:AssumeRole', role),
    ],
    ['a role: every session of it is meant', { trust: [{ principals: [hub.arn] }], keys: 'hub' }, 'ok'],
    ['one session of a role: an exact assumed-role ARN', { trust: [{ principals: [assumedHub] }], keys: 'hub' }, 'ok'],
    [
      'another session of the role: an assumed-role ARN is that session only',
      { trust: [{ principals: ['arn:aws:sts::222222222222:assumed-role/hub/you'] }], keys: 'hub' },
      denied(assumedHub, 'sts:AssumeRole', role),
    ],
    [
      "the role's account: a session belongs to the account of its role, not of who assumed it",
      { trust: [{ principals: ['arn:aws:iam::222222222222:root'] }], keys: 'hub' },
      'ok',
    ],
    [
      'the account of who assumed the role: the session has left it',
      { trust: [{ principals: ['arn:aws:iam::111111111111:root'] }], keys: 'hub' },
      denied(assumedHub, 'sts:AssumeRole', role),
    ],
    ['nobody: an empty trust policy', { trust: [], keys: ci }, denied(ci.arn, 'sts:AssumeRole', role)],
    [
      'a web identity only: another action of the policy',
      { trust: [{ federated: 'https://oidc.example.org' }], keys: ci },
      denied(ci.arn, 'sts:AssumeRole', role),
    ],
    [
      'the account, asked by its root: AWS lets no root user assume a role',
      { trust: [{ principals: [root.arn] }], keys: root },
      'AccessDenied 403: Roles may not be assumed by root accounts.',
    ],
    [
      'the caller with the right external ID: StringEquals',
      { trust: [{ principals: [ci.arn], externalID: 'tenant-1' }], keys: ci, input: { ExternalId: 'tenant-1' } },
      'ok',
    ],
    [
      'the caller with another external ID: StringEquals heeds case',
      { trust: [{ principals: [ci.arn], externalID: 'tenant-1' }], keys: ci, input: { ExternalId: 'Tenant-1' } },
      denied(ci.arn, 'sts:AssumeRole', role),
    ],
    [
      'the caller without the external ID: absent equals nothing',
      { trust: [{ principals: [ci.arn], externalID: 'tenant-1' }], keys: ci },
      denied(ci.arn, 'sts:AssumeRole', role),
    ],
    [
      'the caller with an external ID nobody demands: a condition that is not there does not fail',
      { trust: [{ principals: [ci.arn] }], keys: ci, input: { ExternalId: 'tenant-1' } },
      'ok',
    ],
    [
      'the caller by the second of two statements: any statement admits',
      { trust: [{ principals: [ci.arn], externalID: 'x' }, { principals: [ci.arn] }], keys: ci },
      'ok',
    ],
    [
      'the caller, but no tags: sts:TagSession is a permission of its own',
      { trust: [{ principals: [ci.arn], alsoAllows: [] }], keys: ci, input: { Tags: [{ Key: 'a', Value: '' }] } },
      denied(ci.arn, 'sts:TagSession', role),
    ],
    [
      'the caller, but no source identity: sts:SetSourceIdentity is a permission of its own',
      { trust: [{ principals: [ci.arn], alsoAllows: [] }], keys: ci, input: { SourceIdentity: 'ci' } },
      denied(ci.arn, 'sts:SetSourceIdentity', role),
    ],
  ])('trust in %s', async (_, given, want) => {
    const target = { arn: role, trust: given.trust };
    await using local = await startSts({ users, roles: [hub, target] });
    const keys = given.keys === 'hub' ? keysOf(await assumeRole(local.url, ci, { RoleArn: hub.arn })) : given.keys;
    expect(await outcomeOf(assumeRole(local.url, keys, { RoleArn: role, ...given.input }))).toBe(want);
  });

  test('an unknown role looks like one that does not trust the caller', async () => {
    const unknown = 'arn:aws:iam::222222222222:role/nobody';
    expect(await outcomeOf(assumeRole(sts.url, ci, { RoleArn: unknown }))).toBe(
      denied(ci.arn, 'sts:AssumeRole', unknown),
    );
  });
});
