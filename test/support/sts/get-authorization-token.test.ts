import { ECRClient, ECRServiceException, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import {
  ECRPUBLICClient,
  GetAuthorizationTokenCommand as GetPublicAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr-public';
import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { startSts } from './start-sts.ts';
import { assumeRole, type Keys, keysOf } from './testing/ask.ts';
import { ci, hub, roles, users } from './testing/example-accounts.ts';

const now = new Date();
const end = new Date((Math.floor(now.getTime() / 1000) + 43_200) * 1000);
const sts = forAllTests(() => startSts({ users, roles, now: () => now }));

const options = (credentials: Keys) => ({ endpoint: sts.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
const ask = (credentials: Keys) => new ECRClient(options(credentials)).send(new GetAuthorizationTokenCommand({}));

describe('GetAuthorizationToken', () => {
  test('answers with a login for the registry of the account, for twelve hours', async () => {
    const { authorizationData } = await ask(ci);
    expect(authorizationData).toEqual([
      {
        authorizationToken: expect.any(String),
        expiresAt: end,
        proxyEndpoint: 'https://111111111111.dkr.ecr.eu-west-1.amazonaws.com',
      },
    ]);
    const login = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
    expect(login).toMatch(/^AWS:[A-Za-z0-9+/=]+$/);
  });

  test('knows the sessions of this server, and records who asked', async () => {
    await ask(keysOf(await assumeRole(sts.url, ci, { RoleArn: hub.arn })));
    expect(sts.calls.at(-1)).toMatchObject({
      operation: 'GetAuthorizationToken',
      service: 'ecr',
      callerArn: 'arn:aws:sts::222222222222:assumed-role/hub/me',
    });
  });

  test('of the public ones answers without an endpoint, in one region', async () => {
    const client = new ECRPUBLICClient({ ...options(ci), region: 'us-east-1' });
    const { authorizationData } = await client.send(new GetPublicAuthorizationTokenCommand({}));
    expect(authorizationData).toEqual({ authorizationToken: expect.any(String), expiresAt: end });
    const elsewhere = new ECRPUBLICClient(options(ci)).send(new GetPublicAuthorizationTokenCommand({}));
    await expect(elsewhere).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });

  test.each([
    ['an unknown key', { ...ci, accessKeyId: 'AKIANOBODYNOBODYNOBO' }, 'UnrecognizedClientException'],
    ['a wrong secret', { ...ci, secretAccessKey: 'guess' }, 'InvalidSignatureException'],
  ])("refuses %s in the words of AWS's JSON services", async (_, keys, name) => {
    const error = await ask(keys).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ECRServiceException);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });
});
