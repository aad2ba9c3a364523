import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../support/for-each-test.ts';
import { CLUSTER_ISSUER, startApiServer } from '../support/hosts/api-server.ts';
import { createIssuer } from '../support/sts/issuer.ts';
import { startSts } from '../support/sts/start-sts.ts';
import { clientOf, outcomeOf } from '../support/sts/testing/ask.ts';

// The ground that cluster.test.ts stands on: a real API server's tokens, and the embedded STS that checks them with its keys.

const ROLE = 'arn:aws:iam::111111111111:role/team-a';

const server = forAllTests(startApiServer);
const sts = forAllTests(async () => {
  await server.kubectl(['create', 'namespace', 'team-a']);
  for (const name of ['deployer', 'other']) await server.kubectl(['create', 'serviceaccount', name, '-n', 'team-a']);
  const subject = 'system:serviceaccount:team-a:deployer';
  const trust = [{ federated: CLUSTER_ISSUER, subject, audience: 'sts.amazonaws.com' }];
  return startSts({ roles: [{ arn: ROLE, trust }], identityProviders: [server.identityProvider] });
});

const tokenOf = (name: string, ...audiences: string[]) => {
  const flags = audiences.map((audience) => `--audience=${audience}`);
  return server.kubectl(['create', 'token', name, '-n', 'team-a', '--duration=600s', ...flags]);
};
const ask = (WebIdentityToken: string) => {
  const input = { RoleArn: ROLE, RoleSessionName: 'me', WebIdentityToken };
  const nobody = { accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey: 'unused' };
  return outcomeOf(clientOf(sts.url, nobody).send(new AssumeRoleWithWebIdentityCommand(input)));
};

describe('a token of the API server', () => {
  test('opens the role that trusts its ServiceAccount', async () => {
    expect(await ask(await tokenOf('deployer', 'sts.amazonaws.com'))).toBe('ok');
  });

  test.each([
    ['of another ServiceAccount', 'other', ['sts.amazonaws.com']],
    ['for another audience', 'deployer', ['vault.example.org']],
    ["for the API server's own audience", 'deployer', []],
  ])('%s does not', async (_, name, audiences) => {
    expect(await ask(await tokenOf(name, ...audiences))).toMatch(/^AccessDenied 403/);
  });

  test('with another signature does not', async () => {
    const [header, claims] = (await tokenOf('deployer', 'sts.amazonaws.com')).split('.');
    const [, , signature] = (await tokenOf('deployer', 'sts.amazonaws.com')).split('.');
    expect(await ask([header, claims, signature].join('.'))).toMatch(
      /^InvalidIdentityTokenException 400: Token signature/,
    );
  });

  test('with the same claims but of a key that the server does not publish does not', async () => {
    const impostor = await createIssuer({ issuer: CLUSTER_ISSUER });
    const token = await impostor.serviceAccountToken({ namespace: 'team-a', name: 'deployer' });
    expect(await ask(token)).toMatch(/^InvalidIdentityTokenException 400: Couldn't retrieve verification key/);
  });
});

test('users may do nothing until a Role says so, and what they ask is on record', async () => {
  const asked = await server.requestsOf(async () => {
    const argv = ['get', 'secrets', '-n', 'team-a', '--context=nobody'];
    await expect(server.kubectl(argv)).rejects.toThrow('User "nobody" cannot list resource "secrets"');
  });
  expect(asked.filter(({ resource }) => resource === 'secrets')).toEqual([
    expect.objectContaining({ user: 'nobody', verb: 'list', namespace: 'team-a', status: 403 }),
  ]);
});
