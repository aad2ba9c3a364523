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
    ['36 hours: the maximum', { keys: ci, seconds: 129_600 }, 129_600],
    ['15 minutes: the minimum', { keys: ci, seconds: 900 }, 900],
    ['12 hours of a root user: AWS cuts these to one hour', { keys: root, seconds: 43_200 }, 3600],
  ])('lasts %s', async (_, given, want) => {
    const answer = await getSessionToken(given.keys, { DurationSeconds: given.seconds });
    expect(answer.Credentials?.Expiration).toEqual(inSeconds(want));
  });

  const mfaFailed = 'AccessDenied 403: MultiFactorAuthentication failed';
  test.each<[name: string, given: GetSessionTokenCommandInput, want: string]>([
    [
      'a wrong code: it is compared',
      { SerialNumber: serialNumber, TokenCode: '654321' },
      `${mfaFailed} with invalid MFA one time pass code. `,
    ],
    [
      "another user's device: a device belongs to a user",
      { SerialNumber: 'arn:aws:iam::111111111111:mfa/bob', TokenCode: '123456' },
      `${mfaFailed}, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.`,
    ],
    [
      'a device without code: both or none',
      { SerialNumber: serialNumber },
      `${mfaFailed}, must provide both MFA serial number and one time pass code.`,
    ],
    [
      'a code without device: both or none',
      { TokenCode: '123456' },
      `${mfaFailed}, must provide both MFA serial number and one time pass code.`,
    ],
    [
      '899 seconds: minimum 900',
      { DurationSeconds: 899 },
      "ValidationError 400: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    ],
    [
      '129601 seconds: maximum 129600',
      { DurationSeconds: 129_601 },
      "ValidationError 400: 1 validation error detected: Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
    ],
  ])('refuses %s', async (_, given, want) => {
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
