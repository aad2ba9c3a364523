import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { startSts } from './start-sts.ts';
import { assumeRole, keysOf, outcomeOf } from './testing/ask.ts';
import { ci, hub, leaf, roles, spoke, users } from './testing/example-accounts.ts';

const now = new Date();
const sts = forAllTests(() => startSts({ users, roles, now: () => now }));

describe('what travels down a chain', () => {
  const chain = async (...inputs: Partial<AssumeRoleCommandInput>[]) => {
    const arns = [hub.arn, spoke.arn, leaf.arn];
    let keys: Parameters<typeof assumeRole>[1] = ci;
    for (const [index, input] of inputs.entries()) {
      const answer = assumeRole(sts.url, keys, { RoleArn: arns[index], ...input });
      if (index === inputs.length - 1) return answer;
      keys = keysOf(await answer);
    }
    throw new Error('an empty chain');
  };
  const conflict =
    "InvalidParameterValue 400: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";
  const team = { Key: 'Team', Value: 'a' };

  test.each([
    [
      'a transitive tag set again at the next hop: it is inherited, and keys compare without case',
      [{ Tags: [team], TransitiveTagKeys: ['team'] }, { Tags: [{ Key: 'TEAM', Value: 'b' }] }],
      conflict,
    ],
    [
      'a transitive tag set again two hops later: it is inherited on and on',
      [{ Tags: [team], TransitiveTagKeys: ['Team'] }, {}, { Tags: [team] }],
      conflict,
    ],
    [
      'a plain tag set again: only transitive tags travel',
      [{ Tags: [team] }, { Tags: [{ Key: 'Team', Value: 'b' }] }],
      'ok',
    ],
    [
      'another tag beside an inherited one: keys must differ, no more',
      [{ Tags: [team], TransitiveTagKeys: ['Team'] }, { Tags: [{ Key: 'env', Value: 'b' }] }],
      'ok',
    ],
    [
      'two tags with the same key: keys compare without case',
      [{ Tags: [team, { Key: 'team', Value: 'b' }] }],
      'InvalidParameterValue 400: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    ],
    [
      'a transitive key without its tag: only tags of the same request can be made transitive',
      [{ Tags: [team], TransitiveTagKeys: ['env'] }],
      'InvalidParameterValue 400: The specified transitive tag key must be included in the requested tags.',
    ],
    [
      'another source identity at the second hop: it cannot change',
      [{ SourceIdentity: 'ci' }, { SourceIdentity: 'me' }],
      `AccessDenied 403: User: arn:aws:sts::222222222222:assumed-role/hub/me is not authorized to perform: sts:SetSourceIdentity on resource: ${spoke.arn}`,
    ],
    [
      'the same source identity at the second hop: that changes nothing',
      [{ SourceIdentity: 'ci' }, { SourceIdentity: 'ci' }],
      'ok',
    ],
  ])('%s', async (_, given, want) => {
    expect(await outcomeOf(chain(...given))).toBe(want);
  });

  test('a source identity is in every answer of the chain', async () => {
    expect(await chain({ SourceIdentity: 'ci' }, {}, {})).toMatchObject({ SourceIdentity: 'ci' });
    expect(await chain({}, {})).not.toHaveProperty('SourceIdentity');
  });

  test('inherited tags and source identity need the permissions of given ones', async () => {
    const strict = { arn: spoke.arn, trust: [{ principals: [hub.arn], alsoAllows: [] }] };
    await using local = await startSts({ users, roles: [hub, strict] });
    const hop2 = async (input: Partial<AssumeRoleCommandInput>) => {
      const keys = keysOf(await assumeRole(local.url, ci, { RoleArn: hub.arn, ...input }));
      return outcomeOf(assumeRole(local.url, keys, { RoleArn: spoke.arn }));
    };
    expect(await hop2({})).toBe('ok');
    expect(await hop2({ Tags: [team] })).toBe('ok');
    expect(await hop2({ Tags: [team], TransitiveTagKeys: ['Team'] })).toContain('perform: sts:TagSession');
    expect(await hop2({ SourceIdentity: 'ci' })).toContain('perform: sts:SetSourceIdentity');
  });
});
