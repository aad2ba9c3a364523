import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { type Role, startSts } from './start-sts.ts';
import { assumeRole, keysOf, outcomeOf } from './testing/ask.ts';
import { alice, ci, hub, leaf, roles, spoke, users } from './testing/example-accounts.ts';

const now = new Date();
const sts = forAllTests(() => startSts({ users, roles, now: () => now }));

test('answers with credentials, the assumed role without its path, and nothing that was not asked for', async () => {
  const { $metadata, ...answer } = await assumeRole(sts.url, ci, { RoleArn: hub.arn, DurationSeconds: 900 });
  expect(answer).toEqual({
    AssumedRoleUser: {
      Arn: 'arn:aws:sts::222222222222:assumed-role/hub/me',
      AssumedRoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}:me$/),
    },
    Credentials: {
      AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      SecretAccessKey: expect.stringMatching(/^[\w+/]{40}$/),
      SessionToken: expect.stringMatching(/^[\w+/]{400,}=*$/),
      Expiration: new Date((Math.floor(now.getTime() / 1000) + 900) * 1000),
    },
  });
  expect($metadata).toMatchObject({ httpStatusCode: 200, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});

test('lasts an hour unless asked otherwise', async () => {
  const { Credentials } = await assumeRole(sts.url, ci, { RoleArn: hub.arn });
  expect(Credentials?.Expiration).toEqual(new Date((Math.floor(now.getTime() / 1000) + 3600) * 1000));
});

describe('durations', () => {
  const tooLongForRole =
    'ValidationError 400: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
  const tooLongForChain =
    'ValidationError 400: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.';
  test.each<[name: string, given: { role: Role; seconds: number; chained?: true }, want: string]>([
    ["the role's maximum: inclusive", { role: spoke, seconds: 7200 }, 'ok'],
    ["one second over the role's maximum: refused, not cut", { role: spoke, seconds: 7201 }, tooLongForRole],
    ['12 hours: where the role allows', { role: hub, seconds: 43_200 }, 'ok'],
    ['an hour behind a role: the chaining cap is inclusive', { role: spoke, seconds: 3600, chained: true }, 'ok'],
    [
      'more than an hour behind a role: the chaining cap',
      { role: spoke, seconds: 3601, chained: true },
      tooLongForChain,
    ],
  ])('%s', async (_, given, want) => {
    const keys = given.chained ? keysOf(await assumeRole(sts.url, ci, { RoleArn: hub.arn })) : ci;
    const input = { RoleArn: given.role.arn, DurationSeconds: given.seconds };
    expect(await outcomeOf(assumeRole(sts.url, keys, input))).toBe(want);
  });

  test('a role without maxSessionDuration allows one hour', async () => {
    const keys = keysOf(await assumeRole(sts.url, ci, { RoleArn: spoke.arn }));
    expect(await outcomeOf(assumeRole(sts.url, keys, { RoleArn: leaf.arn, DurationSeconds: 3600 }))).toBe('ok');
    expect(await outcomeOf(assumeRole(sts.url, keys, { RoleArn: leaf.arn, DurationSeconds: 3601 }))).toBe(
      tooLongForRole,
    );
  });
});

describe('policies', () => {
  const policyOf = (length: number) => JSON.stringify({ Statement: [] }).padEnd(length, ' ');
  test.each([
    [
      'text that is no JSON: its shape is legal, so it is the document that is malformed',
      { Policy: '{"Statement":' },
      'MalformedPolicyDocumentException 400: This policy contains invalid Json',
    ],
    [
      'JSON that is no object: a policy is an object',
      { Policy: '[]' },
      'MalformedPolicyDocumentException 400: This policy contains invalid Json',
    ],
    [
      'a policy and ARNs of 2049 characters together: 2048 is the limit of the sum',
      { Policy: policyOf(2024), PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/X' }] },
      'PackedPolicyTooLargeException 400: Packed policy consumes 101% of allotted space, please use smaller policy.',
    ],
  ])('refuses %s', async (_, given, want) => {
    expect(await outcomeOf(assumeRole(sts.url, ci, { RoleArn: hub.arn, ...given }))).toBe(want);
  });

  test('accepts 2048 characters together and tells how full that is', async () => {
    const given = { Policy: policyOf(2023), PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/X' }] };
    expect(await assumeRole(sts.url, ci, { RoleArn: hub.arn, ...given })).toMatchObject({ PackedPolicySize: 100 });
  });
});

describe('MFA at AssumeRole', () => {
  test.each([
    ['the right code', { SerialNumber: alice.mfa?.serialNumber, TokenCode: '123456' }, 'ok'],
    [
      'a wrong code',
      { SerialNumber: alice.mfa?.serialNumber, TokenCode: '000000' },
      'AccessDenied 403: MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    ],
  ])('%s', async (_, given, want) => {
    expect(await outcomeOf(assumeRole(sts.url, alice, { RoleArn: hub.arn, ...given }))).toBe(want);
  });
});
