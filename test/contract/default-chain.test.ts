import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Credentials } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ci, ciEnvironment } from '../support/accounts.ts';
import { composite, reconcile, request } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { close, listen } from '../support/listen.ts';
import { generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { createIssuer } from '../support/sts/issuer.ts';
import { startSts } from '../support/sts/start-sts.ts';
import { assumeRole } from '../support/sts/testing/ask.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Each source of the SDK's default chain, against a stand-in on loopback: what is bundled lazily must still load. */
const BASE = 'arn:aws:iam::111111111111:role/base';
const TARGET = 'arn:aws:iam::123456789012:role/deployer';
const input = list(generatorItem(`region: eu-west-1, role: "${TARGET}"`));

const folder = forEachTest(temporaryFolder);
let token: string;
const sts = forEachTest(async () => {
  const issuer = await createIssuer({ audiences: ['sts.amazonaws.com'] });
  token = await issuer.serviceAccountToken({ namespace: 'ci', name: 'deploy' });
  const base = { arn: BASE, trust: [{ principals: [ci.arn] }, { federated: issuer.issuer }] };
  const target = { arn: TARGET, trust: [{ principals: [BASE, ci.arn] }] };
  return startSts({ users: [ci], identityProviders: [issuer], roles: [base, target] });
});
const file = (name: string, text: string) => folder.write(name, text, 0o700);

/** Runs one spec, and expects that this caller assumed the target. */
async function expectCaller(caller: RegExp | string, environment: Record<string, string>): Promise<void> {
  const { exit, stdout, stderr } = await runFunction(input, {
    environment: { AWS_STS_ENDPOINT: sts.url, ...environment },
  });
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  expect(sts.calls.at(-1)).toMatchObject({ operation: 'AssumeRole', outcome: 'ok' });
  expect(sts.calls.at(-1)?.callerArn).toMatch(caller);
}

const BASE_SESSION = /^arn:aws:sts::111111111111:assumed-role\/base\//;

test('variables', () => expectCaller(ci.arn, ciEnvironment(sts.url)));

test('a profile whose role is assumed with another profile', async () => {
  const credentials = file(
    'credentials',
    `[ci]\naws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`,
  );
  const config = file('config', `[profile base]\nrole_arn = ${BASE}\nsource_profile = ci\nregion = eu-west-1\n`);
  await expectCaller(BASE_SESSION, {
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_CONFIG_FILE: config,
    AWS_PROFILE: 'base',
  });
});

test("a server signs with the keys that stand in its file now: nothing else would tell it of an operator's new ones", async () => {
  const keys = (id: string) => `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${ci.secretAccessKey}\n`;
  const environment = {
    AWS_STS_ENDPOINT: sts.url,
    AWS_SHARED_CREDENTIALS_FILE: file('credentials', keys('AKIAREPLACED')),
  };
  await using server = await startServer({ environment });
  const call = (name: string) => reconcile(server.call, request({ xr: composite({ metadata: { name, uid: name } }) }));
  const former = await call('former');
  expect(Object.keys(former.response.desired?.resources ?? {})).toEqual([]);
  file('credentials', keys(ci.accessKeyId));
  const { response } = await call('now');
  expect(Object.keys(response.desired?.resources ?? {})).toEqual(['now-deployer']);
});

test.each<[string, Record<string, string>, string]>([
  ['AWS_REGION', { AWS_REGION: 'us-west-2' }, 'us-west-2'],
  ['the profile', {}, 'eu-central-1'],
])("its own calls go to the operator's region, of %s, and never to a manifest's", async (_, more, region) => {
  const keys = `aws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`;
  const own = `role_arn = ${BASE}\nsource_profile = ci\nregion = eu-central-1\n`;
  await expectCaller(BASE_SESSION, {
    AWS_SHARED_CREDENTIALS_FILE: file('credentials', `[ci]\n${keys}`),
    AWS_CONFIG_FILE: file('config', `[profile base]\n${own}`),
    AWS_PROFILE: 'base',
    ...more,
  });
  expect(sts.calls.map((call) => call.region)).toEqual([region, 'eu-west-1']);
});

test('a profile with a credential process', async () => {
  const answer = JSON.stringify({ Version: 1, AccessKeyId: ci.accessKeyId, SecretAccessKey: ci.secretAccessKey });
  const program = file('program', `#!/bin/sh\necho '${answer}'\n`);
  const config = file('config', `[profile process]\ncredential_process = ${program}\n`);
  await expectCaller(ci.arn, {
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_PROFILE: 'process',
  });
});

test('a credential process that never answers does not keep the function beyond its deadline', async () => {
  const config = file(
    'config',
    `[profile slow]\ncredential_process = ${file('program', '#!/bin/sh\nexec sleep 50\n')}\n`,
  );
  const environment = {
    AWS_CONFIG_FILE: config,
    AWS_PROFILE: 'slow',
    STS_FUNCTION_TIMEOUT: '1',
    AWS_STS_ENDPOINT: sts.url,
  };
  const { exit, stderr } = await runFunction(input, { environment });
  expect(exit).toBe(1);
  expect(stderr).toMatch(/ \[DEADLINE_PASSED\]\n$/);
});

test.each([
  [
    'a profile whose role is denied',
    () => ({
      AWS_CONFIG_FILE: file(
        'config',
        `[profile p]\nrole_arn = arn:aws:iam::111111111111:role/none\nsource_profile = p\naws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`,
      ),
      AWS_PROFILE: 'p',
    }),
  ],
  ['a token file that is not there', () => ({ AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent', AWS_ROLE_ARN: BASE })],
])('%s is no credentials, not a hop that failed', async (_, environment) => {
  const { exit, stderr } = await runFunction(input, {
    environment: { AWS_STS_ENDPOINT: sts.url, AWS_REGION: 'eu-west-1', ...environment() },
  });
  expect(exit).toBe(1);
  expect(stderr).toContain("the SDK's default chain found no credentials");
});

test('a web identity token file, as IRSA mounts it', () =>
  expectCaller(BASE_SESSION, {
    AWS_WEB_IDENTITY_TOKEN_FILE: file('token', token),
    AWS_ROLE_ARN: BASE,
    AWS_REGION: 'eu-west-1',
  }));

describe('sources that a server hands out', () => {
  let server: Server;
  let asked: string[];
  let answer: (request: IncomingMessage) => string | undefined;
  let session: Credentials | undefined;
  let url: string;
  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const body = answer(request);
      response.writeHead(body === undefined ? 403 : 200).end(body ?? '');
    });
    url = `http://127.0.0.1:${await listen(server)}`;
    session = (await assumeRole(sts.url, ci, { RoleArn: BASE, RoleSessionName: 'node' })).Credentials;
  });
  afterEach(() => close(server));
  const handedOut = () =>
    JSON.stringify({
      ...session,
      Token: session?.SessionToken,
      Code: 'Success',
      Type: 'AWS-HMAC',
      LastUpdated: new Date().toISOString(),
    });

  test('container credentials, as EKS Pod Identity gives them for a token in a file', async () => {
    answer = ({ headers, url: path }) =>
      path === '/v1/credentials' && headers.authorization === 'pod-token' ? handedOut() : undefined;
    await expectCaller(BASE_SESSION, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file('pod-token', 'pod-token'),
    });
    expect(asked).toEqual(['GET /v1/credentials']);
  });

  test('instance metadata, version 2', async () => {
    answer = ({ method, url: path, headers }) => {
      if (method === 'PUT' && path === '/latest/api/token') return 'metadata-token';
      if (headers['x-aws-ec2-metadata-token'] !== 'metadata-token') return undefined;
      return path?.endsWith('/security-credentials/') ? 'base' : handedOut();
    };
    await expectCaller(BASE_SESSION, { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url });
    expect(asked[0]).toBe('PUT /latest/api/token');
  });

  test('a server that refuses is no credentials, in one line', async () => {
    answer = () => undefined;
    const environment = { AWS_STS_ENDPOINT: sts.url, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials` };
    const { exit, stderr } = await runFunction(input, { environment });
    expect(exit).toBe(1);
    expect(stderr).toMatch(
      /^error: cannot assume role [^\n]*: the SDK's default chain found no credentials\. [^\n]*\n$/,
    );
  });
});
