import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { ci, ciEnvironment } from '../../support/accounts.ts';
import { emittedSecrets, reveal } from '../../support/emitted.ts';
import { failureOf } from '../../support/failure-of.ts';
import { forAllTests } from '../../support/for-each-test.ts';
import { close, listen } from '../../support/listen.ts';
import { functionConfig, generatorItem, list } from '../../support/manifests.ts';
import { runFunction } from '../../support/run-function.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { runMeasured } from '../../support/run-measured.ts';
import { createIssuer } from '../../support/sts/issuer.ts';
import { startSts } from '../../support/sts/start-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// STS, or what stands in its place: an answer is held to what was asked, before it is parsed to what an answer may be.

const folder = forAllTests(temporaryFolder);
const HUB = 'arn:aws:iam::111111111111:role/hub';
const DEPLOYER = 'arn:aws:iam::123456789012:role/deployer';
const OTHERS = ['a', 'b', 'c', 'd'].map((name) => `arn:aws:iam::123456789012:role/${name}`);
const PATH = 'arn:aws:iam::123456789012:role/teams/a/deployer';
const CHINA = 'arn:aws-cn:iam::123456789012:role/deployer';
const GOV = 'arn:aws-us-gov:iam::123456789012:role/teams/deployer';
const NO_ACCOUNT = 'arn:aws:iam:::role/deployer';

let token = '';
const sts = forAllTests(async () => {
  const issuer = await createIssuer({ audiences: ['sts.amazonaws.com'] });
  token = await issuer.serviceAccountToken({ namespace: 'ci', name: 'deploy' });
  const trust = [{ principals: [ci.arn, HUB] }, { federated: issuer.issuer }];
  const roles = [HUB, DEPLOYER, ...OTHERS, PATH, CHINA, GOV, NO_ACCOUNT].map((arn) => ({ arn, trust }));
  return startSts({ users: [ci], identityProviders: [issuer], roles });
});

const input = list(generatorItem());
const run = (asked = input, environment: Record<string, string> = {}) => runInProcess(asked, { sts, environment });

/** Rewrites the next answer to this operation. */
function rewrite(change: (body: string) => string, operation = 'AssumeRole', times = 1): void {
  sts.fail({ kind: 'rewritten', operation, rewrite: change, times });
}

const answerFor = (arn: string) => (body: string) => body.replace(/<Arn>[^<]*<\/Arn>/, `<Arn>${arn}</Arn>`);

/** Runs after the attack, over the same server. */
async function expectHonest(start = runInProcess): Promise<void> {
  const { exit, stdout, stderr } = await start(input, { sts });
  expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
}

test('an endpoint that gives each answer once more gives nobody the session of another role', async () => {
  const all = list(
    OTHERS.map((role) =>
      generatorItem(`region: eu-west-1, role: "${role}"`, { name: role.slice(role.lastIndexOf('/') + 1) }),
    ).join(''),
  );
  let last: string | undefined;
  const late = (body: string) => {
    const given = last ?? body;
    last = body;
    return given;
  };
  rewrite(late, 'AssumeRole', OTHERS.length);
  const { exit, codes } = failureOf(await run(all, { STS_FUNCTION_CONCURRENCY: '1' }), all);
  expect({ exit, codes }).toEqual({ exit: 1, codes: ['STS_MALFORMED', 'STS_MALFORMED', 'STS_MALFORMED'] });
  expect(await run(all)).toMatchObject({ exit: 0, stderr: '' });
});

const ASSUMED = 'arn:aws:sts::123456789012:assumed-role/deployer/team-a.deployer';

describe('an answer for another session', () => {
  const chain = list(generatorItem(), functionConfig(`  sessions: [{via: ["${HUB}"]}]\n`));
  const exchange = list(
    generatorItem(),
    functionConfig(`  sessions: [{identity: {tokenEnv: TOKEN, role: "${HUB}"}}]\n`),
  );
  const HUB_SESSION = 'arn:aws:sts::111111111111:assumed-role/hub/function-sts-assume-role';
  test.each<[string, string, asked?: string, operation?: string]>([
    ['of another role', ASSUMED.replace('/deployer/', '/admin/')],
    ['of a role whose name ends alike', ASSUMED.replace('/deployer/', '/x-deployer/')],
    ['of another session', ASSUMED.replace('team-a.', 'team-b.')],
    ['of a session whose case is another', ASSUMED.replace('team-a.', 'Team-A.')],
    ['of another account', ASSUMED.replace('123456789012', '999999999999')],
    ['of no account', ASSUMED.replace('123456789012', '')],
    ['of another partition', ASSUMED.replace('arn:aws:', 'arn:aws-cn:')],
    ['that is the role itself', DEPLOYER],
    ['that is a user', 'arn:aws:iam::123456789012:user/deployer/team-a.deployer'],
    ['that is a federated user', 'arn:aws:sts::123456789012:federated-user/deployer/team-a.deployer'],
    ['that is no ARN', 'deployer/team-a.deployer'],
    ['of another role, on the way', HUB_SESSION.replace('/hub/', '/hubs/'), chain],
    ['of another role, for a token', HUB_SESSION.replace('/hub/', '/hubs/'), exchange, 'AssumeRoleWithWebIdentity'],
  ])('%s is none', async (_, arn, asked = input, operation = 'AssumeRole') => {
    rewrite(answerFor(arn), operation);
    const failure = failureOf(await run(asked, { TOKEN: token }), asked);
    expect(failure).toMatchObject({ exit: 1, codes: ['STS_MALFORMED'] });
    expect(failure.lines[0]).toContain('the answer is for another role or session');
    expect(failure.lines[0]).not.toContain('hubs');
    await expectHonest();
  });

  const asked = (role: string, region = 'eu-west-1') => list(generatorItem(`region: ${region}, role: "${role}"`));
  test.each<[string, string, change?: (body: string) => string]>([
    ['the answer names nobody', input, (body) => body.replace(/<AssumedRoleUser>[\s\S]*<\/AssumedRoleUser>/, '')],
    ['the answer has an empty name', input, answerFor('')],
    ['the role has a path, which the session has not', asked(PATH)],
    ['the session has it all the same', asked(PATH), answerFor(ASSUMED.replace('role/', 'role/teams/a/'))],
    ["the role's name has another case", input, answerFor(ASSUMED.replace('/deployer/', '/Deployer/'))],
    ['in China', asked(CHINA, 'cn-north-1')],
    ['in the GovCloud, with a path', asked(GOV, 'us-gov-west-1')],
    ['the role has no account', asked(NO_ACCOUNT)],
    ['the role has no account, and the server has one', asked(NO_ACCOUNT), answerFor(ASSUMED)],
    ['on the way, and for a token', chain],
    ['for a token', exchange],
  ])('but what was asked for is had where %s', async (_, ask, change = (body) => body) => {
    rewrite(change);
    const { exit, stderr, stdout } = await run(ask, { TOKEN: token });
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length }).toEqual({ exit: 0, stderr: '', secrets: 1 });
  });

  test("is none in the SDK's default chain either, of a token or of a profile", async () => {
    const web = { AWS_WEB_IDENTITY_TOKEN_FILE: folder.write('token', token), AWS_ROLE_ARN: HUB };
    const keys = `aws_access_key_id = ${ci.accessKeyId}\naws_secret_access_key = ${ci.secretAccessKey}\n`;
    const config = folder.write('config', `[default]\nrole_arn = ${HUB}\nsource_profile = ci\n[profile ci]\n${keys}`);
    const { AWS_STS_ENDPOINT = '' } = ciEnvironment(sts.url);
    for (const [operation, environment] of [
      ['AssumeRoleWithWebIdentity', web],
      ['AssumeRole', { AWS_CONFIG_FILE: config }],
    ] as const) {
      const ask = () =>
        runFunction(input, { environment: { AWS_STS_ENDPOINT, AWS_REGION: 'eu-west-1', ...environment } });
      rewrite(answerFor(HUB_SESSION.replace('/hub/', '/admin/')), operation);
      expect(failureOf(await ask(), input)).toMatchObject({ exit: 1, codes: ['STS_MALFORMED'] });
      expect(await ask()).toMatchObject({ exit: 0, stderr: '' });
    }
  });
});

describe('what is no answer before it is parsed', () => {
  const answer = (status: number, body: string, times = 1) => sts.fail({ kind: 'answer', status, body, times });
  const DOCTYPES = '<!DOCTYPE>'.repeat(100_000);
  const deep = `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`;

  test('a megabyte of <!DOCTYPE>, or what else is long to parse, takes no more than an answer', async () => {
    const measured = () => runMeasured({ input }, { ...ciEnvironment(sts.url), STS_FUNCTION_MODE: 'mint' });
    const honest = await measured();
    for (const body of [DOCTYPES, DOCTYPES.slice(0, 60_000), DOCTYPES.slice(0, 60_000).toLowerCase(), deep]) {
      answer(200, body);
      const { exit, stderr, seconds, megabytes } = await measured();
      expect({ exit, stderr }).toEqual({
        exit: 1,
        stderr: expect.stringContaining('the answer is not a valid response of STS'),
      });
      expect(seconds).toBeLessThan(1 + 3 * honest.seconds); // it was 10 and more
      expect(megabytes).toBeLessThan(2 * honest.megabytes);
    }
    expect(honest.exit).toBe(0);
  });

  test.each<[string, (body: string) => string]>([
    ['a DOCTYPE', (body) => `<!DOCTYPE x>${body}`],
    [
      'one of small letters behind a declaration',
      (body) => `<?xml version="1.0"?>\n<!doctype x [<!ENTITY a "b">]>${body}`,
    ],
    ['more than 64 kB', (body) => body + ' '.repeat(64 << 10)],
    ['a comment of more than 64 kB', (body) => `<!--${'x'.repeat(64 << 10)}-->${body}`],
  ])('%s before or behind a real answer is none', async (_, change) => {
    rewrite(change);
    expect(failureOf(await run(), input)).toMatchObject({ exit: 1, codes: ['STS_MALFORMED'] });
    rewrite((body) => `<?xml version="1.0"?><!--${'x'.repeat(60_000)}-->${body}`);
    await expectHonest();
  });

  test.each([
    ['a page', '<!doctype html><p>Bad gateway'],
    ['a page of a megabyte', `<!doctype html>${'<p>Bad gateway'.repeat(1 << 16)}`],
    ['a megabyte', 'x'.repeat(1 << 20)],
  ])('%s with a status that may pass is still tried again', async (_, body) => {
    answer(503, body, 2);
    await expectHonest(runFunction); // what is kept of connections is the process's
  });
});

test.each([
  ['nothing', ''],
  ['headers', 'Link: <a>\r\n'.repeat(500)],
])('answers without end that are none yet end the request: with %s', async (_, headers) => {
  const server = createServer((_asked, { socket }) => {
    const pour = () => {
      while (socket?.writable && socket.write(`HTTP/1.1 103 Early Hints\r\n${headers}\r\n`.repeat(100)));
    };
    socket?.on('drain', pour);
    pour();
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const measured = (of: string) => runMeasured({ input }, { ...ciEnvironment(of), STS_FUNCTION_MODE: 'mint' });
  const honest = await measured(sts.url);
  const { exit, stderr, seconds } = await measured(url);
  await close(server);
  expect({ exit, stderr }).toEqual({
    exit: 1,
    stderr: expect.stringContaining('the answer is not a valid response of STS'),
  });
  expect(seconds).toBeLessThan(1 + 3 * honest.seconds); // it was 10 and more
});

test('a few of them are read over', async () => {
  const upstream = new URL(sts.url);
  const { request } = await import('node:http');
  const server = createServer((asked, response) => {
    for (let count = 0; count < 10; count++) response.writeProcessing();
    const { method, url: path, headers } = asked;
    const forward = request({ port: upstream.port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    asked.pipe(forward);
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const { exit, stderr } = await runInProcess(input, { sts: { url } });
  await close(server);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
});

describe('an answer of ECR that has another form is none', () => {
  const login = (scope: string) =>
    list(generatorItem(`region: us-east-1, scope: ${scope}`, { kind: 'ECRAuthorizationToken' }));
  type Data = { authorizationToken: unknown; proxyEndpoint?: unknown };
  const all = ['private', 'public'];
  test.each<[string, readonly string[], (data: Data) => unknown]>([
    ['a token that is a number', all, (data) => ({ ...data, authorizationToken: 5 })],
    ['a token in a list', all, (data) => ({ ...data, authorizationToken: [data.authorizationToken] })],
    ['a token in a map', all, (data) => ({ ...data, authorizationToken: { length: 9 } })],
    ['nothing', all, () => null],
    ['a text', all, () => 'AWS'],
    ['a number', all, () => 5],
    ['a list in its place', all, (data) => [data]],
    ['an address in a list', ['private'], (data) => ({ ...data, proxyEndpoint: [data.proxyEndpoint] })],
    ['an address that is a number', ['private'], (data) => ({ ...data, proxyEndpoint: 5 })],
  ])('%s', async (_, scopes, change) => {
    for (const scope of scopes) {
      rewrite((body) => {
        const { authorizationData: given } = JSON.parse(body) as { authorizationData: Data | [Data] };
        return JSON.stringify({ authorizationData: Array.isArray(given) ? [change(given[0])] : change(given) });
      }, 'GetAuthorizationToken');
      const failure = failureOf(await run(login(scope)), login(scope));
      expect(failure).toMatchObject({ exit: 1, codes: ['STS_MALFORMED'] });
      expect(await run(login(scope))).toMatchObject({ exit: 0, stderr: '' });
    }
  });

  test('a map in the place of its list', async () => {
    rewrite((body) => body.replace('[', '').replace(']', ''), 'GetAuthorizationToken');
    expect(failureOf(await run(login('private')), login('private'))).toMatchObject({ codes: ['STS_MALFORMED'] });
  });
});

describe('a session in the year 9999', () => {
  const LONGEST_SECONDS = 36 * 3600;
  const never = (body: string) =>
    body
      .replace(/<Expiration>[^<]*/, '<Expiration>9999-12-31T23:59:59Z')
      .replace(/"expiresAt":\d+/, '"expiresAt":253402300799');
  const format = (name: string) => functionConfig(`  sessions: [{secrets: [{name: it, format: ${name}}]}]\n`);
  test.each<[string, string, string, string, (text: string) => number]>([
    ['keys', 'AssumeRole', input, 'expiration', Number],
    [
      'credentialProcess',
      'AssumeRole',
      list(generatorItem(), format('credentialProcess')),
      'credentials.json',
      (text) => Date.parse(JSON.parse(text).Expiration) / 1000,
    ],
    [
      'keys of a user',
      'GetSessionToken',
      list(generatorItem('region: eu-west-1', { kind: 'STSSessionToken' })),
      'expiration',
      Number,
    ],
    [
      'a login',
      'GetAuthorizationToken',
      list(generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken' })),
      'expires_at',
      Number,
    ],
  ])(
    'ends with the longest that there is, in the data as in the annotation: %s',
    async (_, operation, ask, key, read) => {
      rewrite(never, operation);
      const latest = () => Date.now() / 1000 + LONGEST_SECONDS;
      const earliest = latest() - 1;
      const [made] = emittedSecrets((await run(ask)).stdout);
      const ends = read(made === undefined ? '' : reveal(made, key));
      expect(ends).toBeGreaterThanOrEqual(Math.floor(earliest));
      expect(ends).toBeLessThanOrEqual(latest());
      expect(
        Date.parse(made?.metadata.annotations['sts.fn.crossplane.io/expiration'] ?? '') / 1000,
      ).toBeLessThanOrEqual(ends);
    },
  );
});
