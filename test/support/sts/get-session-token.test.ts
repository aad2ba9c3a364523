import {
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  type GetSessionTokenCommandInput,
} from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { startSts } from './start-sts.ts';
import { assumeRole, clientOf, type Keys, keysOf, outcomeOf } from './testing/ask.ts';
import { alice, ci, hub, roles, root, spoke, users } from './testing/example-accounts.ts';

const now = new Date();
const inSeconds = (seconds: number) => new Date((Math.floor(now.getTime() / 1000) + seconds) * 1000);
const sts = forAllTests(() => startSts({ users, roles, now: () => now }));

const getSessionToken = (keys: Keys, input: GetSessionTokenCommandInput = {}) =>
  clientOf(sts.url, keys).send(new GetSessionTokenCommand(input));
const whoIs = async (keys: Keys) => {
  const { $metadata, ...identity } = await clientOf(sts.url, keys).send(new GetCallerIdentityCommand({}));
  return identity;
};
const serialNumber = 'arn:aws:iam::111111111111:mfa/alice';

describe('GetSessionToken', () => {
  test('answers with credentials and nothing else', async () => {
    const { $metadata, ...answer } = await getSessionToken(alice, { SerialNumber: serialNumber, TokenCode: '123456' });
    expect(answer).toEqual({
      Credentials: {
        AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
        SecretAccessKey: expect.stringMatching(/^[\w+/]{40}$/),
        SessionToken: expect.any(String),
        Expiration: inSeconds(43_200),
      },
    });
  });

  test.each([
    { name: '36 hours', reason: 'the maximum', given: { keys: ci, seconds: 129_600 }, want: 129_600 },
    { name: '15 minutes', reason: 'the minimum', given: { keys: ci, seconds: 900 }, want: 900 },
    {
      name: '12 hours of a root user',
      reason: 'AWS cuts these to one hour',
      given: { keys: root, seconds: 43_200 },
      want: 3600,
    },
  ])('lasts $name: $reason', async ({ given, want }) => {
    const answer = await getSessionToken(given.keys, { DurationSeconds: given.seconds });
    expect(answer.Credentials?.Expiration).toEqual(inSeconds(want));
  });

  const mfaFailed = 'AccessDenied 403: MultiFactorAuthentication failed';
  test.each<{ name: string; reason: string; given: GetSessionTokenCommandInput; want: string }>([
    {
      name: 'a wrong code',
      reason: 'it is compared',
      given: { SerialNumber: serialNumber, TokenCode: '654321' },
      want: `${mfaFailed} with invalid MFA one time pass code. `,
    },
    {
      name: "another user's device",
      reason: 'a device belongs to a user',
      given: { SerialNumber: 'arn:aws:iam::111111111111:mfa/bob', TokenCode: '123456' },
      want: `${mfaFailed}, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.`,
    },
    {
      name: 'a device without code',
      reason: 'both or none',
      given: { SerialNumber: serialNumber },
      want: `${mfaFailed}, must provide both MFA serial number and one time pass code.`,
    },
    {
      name: 'a code without device',
      reason: 'both or none',
      given: { TokenCode: '123456' },
      want: `${mfaFailed}, must provide both MFA serial number and one time pass code.`,
    },
    {
      name: '899 seconds',
      reason: 'minimum 900',
      given: { DurationSeconds: 899 },
      want: "ValidationError 400: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    },
    {
      name: '129601 seconds',
      reason: 'maximum 129600',
      given: { DurationSeconds: 129_601 },
      want: "ValidationError 400: 1 validation error detected: Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
    },
  ])('refuses $name: $reason', async ({ given, want }) => {
    expect(await outcomeOf(getSessionToken(alice, given))).toBe(want);
  });

  const refused = 'AccessDenied 403: Cannot call GetSessionToken with session credentials';
  test('refuses sessions of users and of roles', async () => {
    expect(await outcomeOf(getSessionToken(keysOf(await getSessionToken(ci))))).toBe(refused);
    expect(await outcomeOf(getSessionToken(keysOf(await assumeRole(sts.url, ci, { RoleArn: hub.arn }))))).toBe(refused);
  });
});

describe("a user's session", () => {
  test('is the user, for GetCallerIdentity and for trust', async () => {
    const keys = keysOf(await getSessionToken(ci));
    expect(await whoIs(keys)).toEqual(await whoIs(ci));
    expect(await outcomeOf(assumeRole(sts.url, keys, { RoleArn: spoke.arn }))).toBe('ok');
  });

  test('falls under the cap of role chaining', async () => {
    const keys = keysOf(await getSessionToken(ci));
    expect(await outcomeOf(assumeRole(sts.url, keys, { RoleArn: hub.arn, DurationSeconds: 3601 }))).toContain(
      'exceeds the 1 hour session limit',
    );
  });
});

describe('GetCallerIdentity', () => {
  test('names a user', async () => {
    expect(await whoIs(alice)).toEqual({
      Account: '111111111111',
      Arn: 'arn:aws:iam::111111111111:user/people/alice',
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
    });
  });

  test('names a role session as AssumeRole named it', async () => {
    const answer = await assumeRole(sts.url, ci, { RoleArn: hub.arn });
    expect(await whoIs(keysOf(answer))).toEqual({
      Account: '222222222222',
      Arn: answer.AssumedRoleUser?.Arn,
      UserId: answer.AssumedRoleUser?.AssumedRoleId,
    });
  });
});
