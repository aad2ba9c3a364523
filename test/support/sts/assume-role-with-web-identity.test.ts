import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import * as jose from 'jose';
import { forAllTests } from '../for-each-test.ts';
import { createIssuer, type Issuer } from './issuer.ts';
import { type Role, startSts } from './start-sts.ts';
import { clientOf, keysOf, outcomeOf } from './testing/ask.ts';

const now = new Date('2030-01-01T12:00:00Z');
const seconds = Math.floor(now.getTime() / 1000);
const url = 'https://oidc.example.org/id/cluster';
const arn = (name: string) => `arn:aws:iam::222222222222:role/${name}`;
const deployer = { namespace: 'team-a', name: 'deployer' };

const roles: Role[] = [
  { arn: arn('any'), trust: [{ federated: url }], maxSessionDuration: 7200 },
  {
    arn: arn('deployer'),
    trust: [{ federated: url, subject: 'system:serviceaccount:team-a:deployer', audience: 'sts.amazonaws.com' }],
  },
  { arn: arn('elsewhere'), trust: [{ federated: 'https://other.example.org' }] },
  { arn: arn('next'), trust: [{ principals: [arn('any')] }], maxSessionDuration: 7200 },
];

let issuer: Issuer;
const sts = forAllTests(async () => {
  issuer = await createIssuer({ issuer: url, now: () => now });
  const broken = { issuer: 'https://broken.example.org', jwks: () => Promise.reject(new Error('unreachable')) };
  return startSts({ roles, identityProviders: [issuer, broken], now: () => now });
});

const ask = (WebIdentityToken: string | undefined, role = 'any', DurationSeconds?: number) =>
  new STSClient({ endpoint: sts.url, region: 'eu-west-1', maxAttempts: 1 }).send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: arn(role),
      RoleSessionName: 'me',
      WebIdentityToken,
      DurationSeconds,
    }),
  );

test('answers with credentials and with what the token said', async () => {
  const { $metadata, ...answer } = await ask(await issuer.serviceAccountToken(deployer), 'deployer', 900);
  expect(answer).toEqual({
    AssumedRoleUser: {
      Arn: 'arn:aws:sts::222222222222:assumed-role/deployer/me',
      AssumedRoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}:me$/),
    },
    Audience: 'sts.amazonaws.com',
    Credentials: {
      AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      SecretAccessKey: expect.stringMatching(/^[\w+/]{40}$/),
      SessionToken: expect.any(String),
      Expiration: new Date((seconds + 900) * 1000),
    },
    Provider: 'arn:aws:iam::222222222222:oidc-provider/oidc.example.org/id/cluster',
    SubjectFromWebIdentityToken: 'system:serviceaccount:team-a:deployer',
  });
});

test('the call is unsigned and its token is not recorded', async () => {
  await ask(await issuer.serviceAccountToken(deployer));
  expect(sts.calls.at(-1)).toEqual({
    operation: 'AssumeRoleWithWebIdentity',
    parameters: { RoleArn: arn('any'), RoleSessionName: 'me' },
    callerArn: undefined,
    accessKeyId: undefined,
    region: undefined,
    outcome: 'ok',
    fault: undefined,
    requestId: expect.any(String),
  });
});

test('its session is a role session: it chains, for an hour at most', async () => {
  const keys = keysOf(await ask(await issuer.serviceAccountToken(deployer), 'any', 7200));
  const next = (DurationSeconds: number) =>
    outcomeOf(
      clientOf(sts.url, keys, now.getTime() - Date.now()).send(
        new AssumeRoleCommand({ RoleArn: arn('next'), RoleSessionName: 'me', DurationSeconds }),
      ),
    );
  expect(await next(3600)).toBe('ok');
  expect(await next(3601)).toContain('exceeds the 1 hour session limit');
});

describe('tokens', () => {
  const claims: jose.JWTPayload = { sub: 'me', aud: 'sts.amazonaws.com', iat: seconds, exp: seconds + 60 };
  const without = (name: string) =>
    issuer.sign(Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name)));
  const invalid = (text: string) => `InvalidIdentityTokenException 400: ${text}`;
  const noKey = invalid(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  );
  const notJwt = invalid(
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
  );
  const denied = 'AccessDenied 403: Not authorized to perform sts:AssumeRoleWithWebIdentity';

  test.each<[name: string, given: () => Promise<string>, want: string, role?: string]>([
    ['one with the claims AWS needs: no more are needed', () => issuer.sign(claims), 'ok'],
    [
      'one for several audiences: one of them is trusted',
      () => issuer.sign({ ...claims, sub: 'system:serviceaccount:team-a:deployer', aud: ['x', 'sts.amazonaws.com'] }),
      'ok',
      'deployer',
    ],
    ['text that is no JWT: it is not quoted', async () => 'opaque-access-token', notJwt],
    ['a JWT without issuer: nobody to ask', () => issuer.sign({ ...claims, iss: '' }), notJwt],
    [
      'one of an unknown issuer: AWS names the issuer',
      () => issuer.sign({ ...claims, iss: 'https://unknown.example.org' }),
      invalid('No OpenIDConnect provider found in your account for https://unknown.example.org'),
    ],
    [
      'one of an issuer whose keys cannot be read: the usual passing error',
      () => issuer.sign({ ...claims, iss: 'https://broken.example.org' }),
      noKey,
    ],
    [
      'one signed with a key the issuer has not published: AWS may not have fetched it yet',
      async () => (await createIssuer({ issuer: url })).sign(claims),
      noKey,
    ],
    [
      "one forged under the issuer's key id: the signature decides",
      async () => (await createIssuer({ issuer: url, keyID: issuer.jwks().keys[0]?.kid ?? '' })).sign(claims),
      invalid('Token signature is not valid'),
    ],
    [
      'an expired one: from the second of exp on',
      () => issuer.sign({ ...claims, exp: seconds }),
      `ExpiredTokenException 400: Token expired: current date/time ${seconds} must be before the expiration date/time ${seconds}`,
    ],
    [
      'one that is not valid yet: nbf is heeded',
      () => issuer.sign({ ...claims, nbf: seconds + 60 }),
      invalid('The ID Token provided is not valid'),
    ],
    ...['sub', 'aud', 'iat', 'exp'].map((name): [string, () => Promise<string>, string] => [
      `one without ${name}: AWS needs it`,
      () => without(name),
      invalid(`Missing a required claim: ${name}`),
    ]),
    [
      'another subject: StringEquals',
      () => issuer.serviceAccountToken({ namespace: 'team-b', name: 'deployer' }),
      denied,
      'deployer',
    ],
    [
      'another audience: StringEquals',
      () => issuer.serviceAccountToken({ ...deployer, audience: 'vault' }),
      denied,
      'deployer',
    ],
    ['a role that trusts another issuer: Federated is one issuer', () => issuer.sign(claims), denied, 'elsewhere'],
    ['a role that trusts no issuer: another action', () => issuer.sign(claims), denied, 'next'],
    ['an unknown role: it looks the same', () => issuer.sign(claims), denied, 'nobody'],
  ])('%s', async (...[, given, want, role]) => {
    expect(await outcomeOf(ask(await given(), role))).toBe(want);
  });

  test('only RS256 is accepted, even where the issuer publishes a key of another kind', async () => {
    const { publicKey, privateKey } = await jose.generateKeyPair('ES256');
    const jwks = { keys: [await jose.exportJWK(publicKey)] };
    const token = await new jose.SignJWT({ ...claims, iss: url }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    await using local = await startSts({
      roles,
      identityProviders: [{ issuer: url, jwks: () => jwks }],
      now: () => now,
    });
    const client = new STSClient({ endpoint: local.url, region: 'eu-west-1', maxAttempts: 1 });
    const input = { RoleArn: arn('any'), RoleSessionName: 'me', WebIdentityToken: token };
    const call = client.send(new AssumeRoleWithWebIdentityCommand(input));
    expect(await outcomeOf(call)).toBe(invalid('The ID Token provided is not valid'));
  });

  test('client IDs of the provider are checked before the role', async () => {
    const strict = await createIssuer({ issuer: url, audiences: ['mine', 'yours'], now: () => now });
    await using local = await startSts({ roles, identityProviders: [strict], now: () => now });
    const client = new STSClient({ endpoint: local.url, region: 'eu-west-1', maxAttempts: 1 });
    const outcome = async (audience: string, role: string) => {
      const WebIdentityToken = await strict.serviceAccountToken({ ...deployer, audience });
      return outcomeOf(
        client.send(
          new AssumeRoleWithWebIdentityCommand({ RoleArn: arn(role), RoleSessionName: 'me', WebIdentityToken }),
        ),
      );
    };
    expect(await outcome('yours', 'any')).toBe('ok');
    expect(await outcome('theirs', 'nobody')).toBe(invalid('Incorrect token audience'));
  });
});

describe('parameters', () => {
  const violation = (text: string) => `ValidationError 400: 1 validation error detected: ${text}`;
  const failed = 'failed to satisfy constraint: Member must';
  test.each([
    ['no token: required', undefined, violation(`Value null at 'webIdentityToken' ${failed} not be null`)],
    [
      'a token of three characters: minimum 4; its value is not quoted',
      'abc',
      violation(`Value at 'webIdentityToken' ${failed} have length greater than or equal to 4`),
    ],
    [
      'a token of 20001 characters: maximum 20000',
      'a'.repeat(20_001),
      violation(`Value at 'webIdentityToken' ${failed} have length less than or equal to 20000`),
    ],
  ])('refuses %s', async (_, given, want) => {
    expect(await outcomeOf(ask(given))).toBe(want);
  });

  test.each([
    [
      'a duration of 43201 s: maximum 43200',
      { role: 'any', duration: 43_201 },
      violation(`Value '43201' at 'durationSeconds' ${failed} have value less than or equal to 43200`),
    ],
    [
      'more than the role allows: its maximum is an hour',
      { role: 'deployer', duration: 3601 },
      'ValidationError 400: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ],
    [
      'a role that is none: the ARN is read first',
      { role: '', duration: 900 },
      `ValidationError 400: ${arn('')} is invalid`,
    ],
  ])('refuses %s', async (_, given, want) => {
    expect(await outcomeOf(ask(await issuer.serviceAccountToken(deployer), given.role, given.duration))).toBe(want);
  });
});
