import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Credentials } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { ci } from '../../support/accounts.ts';
import { composite, generator, request, input as stepInput } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { close, listen } from '../../support/listen.ts';
import { functionConfig, generatorItem, list } from '../../support/manifests.ts';
import { residentMegabytes } from '../../support/process-use.ts';
import { runMeasured } from '../../support/run-measured.ts';
import { until } from '../../support/start-process.ts';
import { createIssuer } from '../../support/sts/issuer.ts';
import { startSts } from '../../support/sts/start-sts.ts';
import { assumeRole } from '../../support/sts/testing/ask.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Servers that hand out credentials before STS is asked: each body is bounded, and ends with those who wait for it.

const BASE = 'arn:aws:iam::111111111111:role/base';
const TARGET = 'arn:aws:iam::123456789012:role/deployer';
const DEADLINE_SECONDS = 3;

const folder = forAllTests(temporaryFolder);
let workflow = '';
const sts = forAllTests(async () => {
  const issuer = await createIssuer({ audiences: ['sts.amazonaws.com'] });
  workflow = await issuer.serviceAccountToken({ namespace: 'ci', name: 'deploy' });
  const trust = [{ principals: [BASE, ci.arn] }, { federated: issuer.issuer }];
  return startSts({ users: [ci], identityProviders: [issuer], roles: [BASE, TARGET].map((arn) => ({ arn, trust })) });
});

type Answer = (response: ServerResponse) => void;

/** How an answer may go on for ever: as fast as it is read, a byte at a time, or before it begins. */
const FLOODS: Readonly<Record<string, Answer>> = {
  'pours without end': (response) => {
    const chunk = Buffer.alloc(1 << 16, ' ');
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pour);
    pour();
  },
  'says a byte now and then': (response) => {
    const timer = setInterval(() => response.write(' '), 50);
    response.once('close', () => clearInterval(timer));
  },
  'says without end that it works on it': ({ socket }) => {
    const pour = () => {
      while (socket?.writable && socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(1000)));
    };
    socket?.on('drain', pour);
    pour();
  },
};

/** A server on loopback that is all of them; what a test floods is the first path that contains `flooded`. */
const endpoint = forAllTests(async () => {
  const session: Credentials | undefined = (await assumeRole(sts.url, ci, { RoleArn: BASE, RoleSessionName: 'node' }))
    .Credentials;
  const expiration = Date.now() + 3600_000;
  const known = (path: string, { method }: IncomingMessage): string => {
    if (path.startsWith('/latest/api/token') && method === 'PUT') return 'metadata-token';
    if (path.endsWith('/security-credentials/')) return 'base';
    if (path.startsWith('/federation/'))
      return JSON.stringify({ roleCredentials: { ...inLowerCase(session), expiration } });
    if (path.startsWith('/token')) return JSON.stringify({ accessToken: 'new', expiresIn: 3600, value: workflow });
    return JSON.stringify({ ...session, Token: session?.SessionToken, Code: 'Success' });
  };
  const open = new Map<ServerResponse, string>();
  const plan: { flooded: string | undefined; flood: Answer } = { flooded: undefined, flood: () => {} };
  const server = createServer((asked, response) => {
    const path = asked.url ?? '';
    open.set(response, path);
    response.once('close', () => open.delete(response)).on('error', () => {});
    response.writeHead(200, { 'content-type': 'application/json' });
    if (plan.flooded !== undefined && path.startsWith(plan.flooded)) plan.flood(response);
    else response.end(known(path, asked));
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, plan, open, close: () => close(server) };
});

function inLowerCase({ AccessKeyId, SecretAccessKey, SessionToken }: Credentials = {} as Credentials) {
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

interface Source {
  readonly flooded: string;
  readonly environment: () => Readonly<Record<string, string>>;
  readonly config?: string;
}

const profile = (name: string, text: string) => ({ AWS_CONFIG_FILE: folder.write(name, text) });
const imds = () => ({
  AWS_EC2_METADATA_DISABLED: 'false',
  AWS_EC2_METADATA_V1_DISABLED: 'true',
  AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint.url,
});
const container = () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint.url}/v1/credentials` });
const sso = (expiresAt: string) => () => {
  const token = {
    accessToken: 'former',
    expiresAt,
    clientId: 'id',
    clientSecret: 's',
    refreshToken: 'r',
    region: 'eu-west-1',
  };
  const file = createHash('sha1').update('corp').digest('hex'); // as the SDK names it
  folder.write(`.aws/sso/cache/${file}.json`, JSON.stringify(token));
  return {
    HOME: folder.path,
    AWS_ENDPOINT_URL_SSO: endpoint.url,
    AWS_ENDPOINT_URL_SSO_OIDC: endpoint.url,
    ...profile(
      'sso',
      `[default]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = base\nregion = eu-west-1\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example/start\n`,
    ),
  };
};

const SOURCES: Readonly<Record<string, Source>> = {
  'a container': { flooded: '/v1/credentials', environment: container },
  'a container that a profile names': {
    flooded: '/v1/credentials',
    environment: () => ({
      ...container(),
      ...profile('container', `[default]\nrole_arn = ${BASE}\ncredential_source = EcsContainer\n`),
    }),
  },
  "an instance's token": { flooded: '/latest/api/token', environment: imds },
  "an instance's role": { flooded: '/latest/meta-data/', environment: imds },
  "an instance's credentials": { flooded: '/latest/meta-data/iam/security-credentials/base', environment: imds },
  'the renewal of a single sign-on': {
    flooded: '/token',
    environment: sso(new Date(Date.now() - 60_000).toISOString()),
  },
  'single sign-on': { flooded: '/federation', environment: sso(new Date(Date.now() + 3600_000).toISOString()) },
};

const input = list(generatorItem());
const timeout = { STS_FUNCTION_TIMEOUT: String(DEADLINE_SECONDS) };
const measured = (environment: Readonly<Record<string, string>>, asked = input) =>
  runMeasured({ input: asked }, { ...environment, AWS_STS_ENDPOINT: sts.url, STS_FUNCTION_MODE: 'mint' });

describe.each(Object.entries(SOURCES))('%s', (_, { flooded, environment }) => {
  test('is asked, and an answer without end is let go', async () => {
    endpoint.plan.flooded = undefined;
    const honest = await measured(environment());
    expect({ exit: honest.exit, stderr: honest.stderr, made: emittedSecrets(honest.stdout).length }).toEqual({
      exit: 0,
      stderr: '',
      made: 1,
    });
    for (const flood of Object.values(FLOODS)) {
      Object.assign(endpoint.plan, { flooded, flood });
      const { exit, stderr, seconds, megabytes } = await measured({ ...environment(), ...timeout });
      expect({ exit, stderr }).toEqual({
        exit: 1,
        stderr: expect.stringMatching(/found no credentials|no answer within STS_FUNCTION_TIMEOUT/),
      });
      expect(seconds).toBeLessThan(1 + 3 * honest.seconds); // it was all of the time that a run has
      expect(megabytes).toBeLessThan(2 * honest.megabytes);
    }
  });
});

test("GitHub's token is asked for, and an answer without end is let go", async () => {
  const asked = list(generatorItem(), functionConfig(`  sessions: [{identity: {github: {}, role: "${BASE}"}}]\n`));
  const own = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${endpoint.url}/token?v=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of the job',
  };
  endpoint.plan.flooded = undefined;
  const honest = await measured(own, asked);
  expect({ exit: honest.exit, stderr: honest.stderr }).toEqual({ exit: 0, stderr: '' });
  for (const flood of Object.values(FLOODS)) {
    Object.assign(endpoint.plan, { flooded: '/token', flood });
    const { exit, seconds, megabytes } = await measured({ ...own, ...timeout }, asked);
    expect(exit).toBe(1);
    expect(seconds).toBeLessThan(1 + 3 * honest.seconds); // it was all of the time that a run has
    expect(megabytes).toBeLessThan(1.5 * honest.megabytes);
  }
});

test('what the SDK says of an endpoint that is slow is not repeated', async () => {
  const slow: Answer = (response) => void setTimeout(() => response.end('{}'), 1500); // it waits for a second
  Object.assign(endpoint.plan, { flooded: '/v1/credentials', flood: slow });
  const { exit, stderr } = await measured(container());
  expect({ exit, lines: stderr.trim().split('\n') }).toEqual({
    exit: 1,
    lines: [expect.stringContaining('found no credentials')],
  });
});

describe('a server', () => {
  const MOST_MEGABYTES = 100;

  test.each(Object.entries(FLOODS))(
    'has nothing of an endpoint that %s when the call is answered',
    async (_, flood) => {
      Object.assign(endpoint.plan, { flooded: '/v1/credentials', flood });
      const environment = { AWS_STS_ENDPOINT: sts.url, ...container(), ...timeout };
      await using server = await startServer({ environment });
      const before = residentMegabytes(server.pid);
      const asked = stepInput({ generators: [generator({ region: 'eu-west-1', role: TARGET })] });
      await Promise.all(Array.from({ length: 3 }, () => server.reconcile(request({ input: asked }))));
      await until('no request', 60, async () => (endpoint.open.size === 0 ? true : undefined));
      expect(residentMegabytes(server.pid) - before).toBeLessThan(MOST_MEGABYTES);
      endpoint.plan.flooded = undefined;
      const xr = composite({ metadata: { name: 'later', uid: 'later' } }); // a failure is not asked for again for a while
      const { response } = await server.reconcile(request({ xr, input: asked }));
      expect(JSON.stringify(response)).toContain('access_key_id');
    },
  );
});
