import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  type STSClient,
} from '@aws-sdk/client-sts';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { emittedSecrets, reveal } from '../support/emitted.ts';
import { failureOf } from '../support/failure-of.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { functionConfig, generatorItem, list } from '../support/manifests.ts';
import { type Ended, runFunction } from '../support/run-function.ts';
import { createIssuer, type Issuer } from '../support/sts/issuer.ts';
import { startSts, type User } from '../support/sts/start-sts.ts';
import { callerOf, clientOf, type Keys, keysOf } from '../support/sts/testing/ask.ts';
import { recordAnswers, shapeOf, startMoto } from './moto.ts';

// The embedded STS beside moto, an independent one: the same user, roles and calls, through the real SDK.
// moto is not AWS: where the two differ, the difference is listed here with the reason why ours is right.

const roleArn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
/** moto compares a principal with the caller's own ARN, and so knows a role's sessions, but not the role, as principal. */
const sessionOf = (role: string) => `arn:aws:sts::123456789012:assumed-role/${role}/function-sts-assume-role`;
const ALL_OF_STS = { Effect: 'Allow', Action: 'sts:*', Resource: '*' };

const moto = forAllTests(startMoto);
let issuer: Issuer;
let ci: User;
const sts = forAllTests(async () => {
  ci = await createUser();
  await createRole('hub', { AWS: ci.arn });
  await createRole('spoke', { AWS: sessionOf('hub') }, { StringEquals: { 'sts:ExternalId': 'platform' } });
  await createRole('target', { AWS: sessionOf('spoke') });
  await createRole('after-hub', { AWS: sessionOf('hub') });
  await createRole('partner', { AWS: ci.arn }, { StringEquals: { 'sts:ExternalId': 'partner-42' } });
  await createRole('others', { AWS: 'arn:aws:iam::123456789012:user/other' });
  await createRole('puller', { AWS: ci.arn }, undefined, { ...ALL_OF_STS, Action: 'ecr:GetAuthorizationToken' });
  issuer = await createIssuer();
  return startSts({
    users: [ci],
    roles: [
      { arn: roleArn('hub'), trust: [{ principals: [ci.arn] }, { federated: issuer.issuer }] },
      { arn: roleArn('partner'), trust: [{ principals: [ci.arn], externalID: 'partner-42' }] },
      { arn: roleArn('others'), trust: [{ principals: ['arn:aws:iam::123456789012:user/other'] }] },
    ],
    identityProviders: [issuer],
  });
});

async function createUser(): Promise<User> {
  await moto.iam('CreateUser', { UserName: 'ci' });
  const { AccessKey } = await moto.iam('CreateAccessKey', { UserName: 'ci' });
  await moto.iam('PutUserPolicy', { UserName: 'ci', PolicyName: 'sts', PolicyDocument: policy(ALL_OF_STS) });
  const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {};
  return { arn: 'arn:aws:iam::123456789012:user/ci', accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
}

async function createRole(
  name: string,
  principal: object,
  condition?: object,
  allowed: object = ALL_OF_STS,
): Promise<void> {
  const statement = {
    Effect: 'Allow',
    Principal: principal,
    Action: 'sts:AssumeRole',
    ...(condition && { Condition: condition }),
  };
  await moto.iam('CreateRole', { RoleName: name, AssumeRolePolicyDocument: policy(statement) });
  await moto.iam('PutRolePolicy', { RoleName: name, PolicyName: 'sts', PolicyDocument: policy(allowed) });
}

function policy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

type Ask = (client: STSClient) => Promise<unknown>;

/** A known difference: lines of each server's answer that the other's does not have. */
interface Difference {
  readonly reason: string;
  readonly moto?: RegExp;
  readonly sts?: RegExp;
  /** Makes moto's line comparable. */
  readonly rewrite?: readonly [from: string, to: string];
}

const known = {
  ids: { reason: "AWS's request ids are UUIDs", moto: /request-?id: 52 characters$/i, sts: /request-?id: a UUID$/i },
  fractions: {
    reason: 'AWS announces expirations in whole seconds',
    moto: /Expiration: a time in microseconds$/,
    sts: /Expiration: a time in whole seconds$/,
  },
  packedPolicySize: {
    reason: 'AWS leaves it out when neither policy nor tags were passed',
    moto: /PackedPolicySize: 6$/,
  },
  userId: {
    reason: "a user's id begins with AIDA; moto's is random",
    moto: /UserId: [a-z0-9]{20}$/,
    sts: /UserId: AIDA \+ 17$/,
  },
  constantKeys: {
    reason: "moto answers GetSessionToken with its manual's example, whose key id looks like a long-term one",
    moto: /Credentials\/(AccessKeyId: AKIAIOSFODNN7EXAMPLE|SecretAccessKey: wJalr.*EXAMPLEKEY)$/,
    sts: /Credentials\/(AccessKeyId: ASIA \+ 16|SecretAccessKey: 40 of base64)$/,
  },
  unreadToken: {
    reason: 'moto does not read the web identity token; AWS answers with its claims',
    sts: /Result\/(Audience: sts\.amazonaws\.com|Provider: arn:aws:iam::.*|SubjectFromWebIdentityToken: system:.*)$/,
  },
  constantRoleId: {
    reason: "moto answers with its manual's example, which is no role id",
    moto: /AssumedRoleId: ARO123EXAMPLE123:me$/,
    sts: /AssumedRoleId: AROA \+ 17 : me$/,
  },
  wrapper: {
    reason: "moto's errors of authentication are in a wrapper of EC2, say they are HTML, and lack namespace and id",
    moto: /^(\?xml\/@(encoding: utf-8|version: 1\.0)|content-type: text\/html)$/,
    sts: /^(content-type: text\/xml|ErrorResponse\/@xmlns: https:.*|ErrorResponse\/RequestId: a UUID)$/,
    rewrite: ['ErrorResponse/Errors/Error/', 'ErrorResponse/Error/'],
  },
  resource: {
    reason: 'AWS names the role that was asked for',
    moto: /Message: User: .* is not authorized to perform: sts:AssumeRole$/,
    sts: /Message: User: .* is not authorized to perform: sts:AssumeRole on resource: arn:.*$/,
  },
  twoSpaces: {
    reason: 'a slip of the pen in moto',
    moto: /Member must have length less than or {2}equal to 64$/,
    sts: /Member must have length less than or equal to 64$/,
  },
} satisfies Record<string, Difference>;

/** What one server answers to a call: the shape on the wire. */
async function answerOf(url: string, keys: Keys, ask: Ask): Promise<string[]> {
  const client = clientOf(url, keys);
  const answers = recordAnswers(client);
  await Promise.allSettled([ask(client)]);
  const [answer] = answers;
  if (!answer) throw new Error(`no answer from ${url}`);
  return shapeOf(answer);
}

/** Which known differences explain how the answers differ, and the lines that none explains. */
async function compare(keys: { moto: Keys; sts: Keys }, ask: Ask, explanations: readonly (keyof typeof known)[]) {
  const differences: Difference[] = explanations.map((name) => known[name]);
  const rewritten = (line: string) =>
    differences.reduce((text, { rewrite: [from, to] = ['', ''] }) => text.replace(from, to), line);
  const theirs = (await answerOf(moto.url, keys.moto, ask)).map(rewritten);
  const ours = await answerOf(sts.url, keys.sts, ask);
  const only = {
    moto: theirs.filter((line) => !ours.includes(line)),
    sts: ours.filter((line) => !theirs.includes(line)),
  };
  const explained = (side: 'moto' | 'sts', line: string) =>
    differences.some((difference) => difference[side]?.test(line));
  return {
    unexplained: {
      moto: only.moto.filter((line) => !explained('moto', line)),
      sts: only.sts.filter((line) => !explained('sts', line)),
    },
    explanations: explanations.filter((name) => {
      const { moto: theirPattern, sts: ourPattern }: Difference = known[name];
      return only.moto.some((line) => theirPattern?.test(line)) || only.sts.some((line) => ourPattern?.test(line));
    }),
  };
}

const hub = { RoleArn: roleArn('hub'), RoleSessionName: 'me' };
let sessions: Record<'moto' | 'sts', Keys>;

/** `keys`: of who asks, `ci` unless said otherwise. */
type Row = [name: string, ask: Ask, want: (keyof typeof known)[], keys?: (server: 'moto' | 'sts') => Keys];

async function expectSame(...[, ask, want, keys = () => ci]: Row): Promise<void> {
  expect(await compare({ moto: keys('moto'), sts: keys('sts') }, ask, want)).toEqual({
    unexplained: { moto: [], sts: [] },
    explanations: want,
  });
}

const assumeRole = (input: Partial<AssumeRoleCommandInput> = {}): Ask => {
  return (client) => client.send(new AssumeRoleCommand({ ...hub, ...input }));
};
const getCallerIdentity: Ask = (client) => client.send(new GetCallerIdentityCommand({}));

describe('moto without authentication and the embedded STS answer alike', () => {
  test.each<Row>([
    ['AssumeRole', assumeRole(), ['ids', 'fractions', 'packedPolicySize']],
    [
      'AssumeRoleWithWebIdentity',
      async (client) => {
        const WebIdentityToken = await issuer.serviceAccountToken({ namespace: 'team-a', name: 'deployer' });
        return client.send(new AssumeRoleWithWebIdentityCommand({ ...hub, WebIdentityToken }));
      },
      ['ids', 'fractions', 'packedPolicySize', 'unreadToken', 'constantRoleId'],
    ],
    ['GetSessionToken', (client) => client.send(new GetSessionTokenCommand({})), ['ids', 'fractions', 'constantKeys']],
    ['GetCallerIdentity of a user', getCallerIdentity, ['ids', 'userId']],
    ['a session name that is too long', assumeRole({ RoleSessionName: 's'.repeat(65) }), ['ids', 'twoSpaces']],
  ])('%s', expectSame);
});

/** Runs the function over one generator of a role, with these `sessions` of an Input. */
async function runFor(role: string, sessions: string, environment: Readonly<Record<string, string>> = {}) {
  const input = list(
    generatorItem(`region: eu-west-1, role: "${roleArn(role)}"`),
    functionConfig(`  sessions: [${sessions}]\n`),
  );
  const ended = await runFunction(input, { environment: { AWS_STS_ENDPOINT: moto.url, ...environment } });
  return { ended, input };
}

const keysOfCi = () => ({ AWS_ACCESS_KEY_ID: ci.accessKeyId, AWS_SECRET_ACCESS_KEY: ci.secretAccessKey });

/** Whose session is in the function's one Secret, as moto says. */
async function mintedFor({ exit, stderr, stdout }: Ended): Promise<string | undefined> {
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const [secret] = emittedSecrets(stdout);
  if (secret === undefined) throw new Error('no Secret was emitted');
  return callerOf(moto.url, secret);
}

test('moto without authentication lets the function walk from a web identity to a role', async () => {
  // in its authentication mode moto fails on a call without a signature
  const token = await issuer.serviceAccountToken({ namespace: 'team-a', name: 'deployer' });
  const identity = `{identity: {tokenEnv: TOKEN, role: "${roleArn('hub')}"}}`;
  const { ended } = await runFor('target', identity, { TOKEN: token });
  expect(await mintedFor(ended)).toBe('arn:aws:sts::123456789012:assumed-role/target/team-a.deployer');
});

/** Runs the function over one generator of another kind. */
async function runNeighbour(kind: string, spec: string, environment: Readonly<Record<string, string>> = keysOfCi()) {
  const input = list(generatorItem(`region: eu-west-1${spec}`, { kind }));
  const endpoints = { AWS_STS_ENDPOINT: moto.url, AWS_ECR_ENDPOINT: moto.url };
  return { ended: await runFunction(input, { environment: { ...endpoints, ...environment } }), input };
}

/** The login in the function's one Secret. moto's logins ended in 2015, whenever they are asked for. */
function loginOf({ exit, stderr, stdout }: Ended): Record<string, string> {
  const ended = expect.stringMatching(/^warning: how long the login of [^\n]+ lasts is not known: [^\n]+\n$/);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: ended });
  const [secret] = emittedSecrets(stdout);
  return Object.fromEntries(Object.keys(secret?.data ?? {}).map((key) => [key, secret ? reveal(secret, key) : '']));
}

test('moto gives the function a session token and a login for a registry', async () => {
  const { ended } = await runNeighbour('STSSessionToken', '');
  expect(ended).toMatchObject({ exit: 0, stderr: '' }); // its keys are those of moto's manual
  const login = loginOf((await runNeighbour('ECRAuthorizationToken', '')).ended);
  expect(login).toEqual({
    username: 'AWS',
    password: expect.stringMatching(/^\S+$/),
    proxy_endpoint: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    expires_at: expect.stringMatching(/^\d{10}$/),
  });
});

describe('moto in its authentication mode and the embedded STS answer alike', () => {
  beforeAll(async () => {
    const assumeHub = async (url: string) => keysOf(await clientOf(url, ci).send(new AssumeRoleCommand(hub)));
    sessions = { moto: await assumeHub(moto.url), sts: await assumeHub(sts.url) };
    await moto.demandAuthentication();
  });

  test.each<Row>([
    ['a user that signs well', getCallerIdentity, ['ids', 'userId']],
    ['a session that signs well', getCallerIdentity, ['ids'], (server) => sessions[server]],
    ['an unknown key', getCallerIdentity, ['ids', 'wrapper'], () => ({ ...ci, accessKeyId: 'AKIANOBODYNOBODYNOBO' })],
    ['a wrong secret', getCallerIdentity, ['ids', 'wrapper'], () => ({ ...ci, secretAccessKey: 'guess' })],
    [
      'a session with a wrong token',
      getCallerIdentity,
      ['ids', 'wrapper'],
      (server) => ({ ...sessions[server], sessionToken: 'guess' }),
    ],
    ['a role that trusts the caller', assumeRole(), ['ids', 'fractions', 'packedPolicySize']],
    ['a role that trusts somebody else', assumeRole({ RoleArn: roleArn('others') }), ['ids', 'wrapper', 'resource']],
    [
      'the external ID demanded',
      assumeRole({ RoleArn: roleArn('partner'), ExternalId: 'partner-42' }),
      ['ids', 'fractions', 'packedPolicySize'],
    ],
    [
      'another external ID',
      assumeRole({ RoleArn: roleArn('partner'), ExternalId: 'partner-43' }),
      ['ids', 'wrapper', 'resource'],
    ],
  ])('%s', expectSame);

  test('but moto forgives a missing external ID, which AWS and the embedded STS do not', async () => {
    const ask = assumeRole({ RoleArn: roleArn('partner') });
    expect(await answerOf(moto.url, ci, ask)).toContain('status: 200');
    expect(await answerOf(sts.url, ci, ask)).toContain('ErrorResponse/Error/Code: AccessDenied');
  });
});

describe('moto in its authentication mode and the function', () => {
  beforeAll(() => moto.demandAuthentication());
  const via = (externalID: string) => `{via: ["${roleArn('hub')}", {role: "${roleArn('spoke')}"${externalID}}]}`;
  const chain = via(', externalID: platform');

  // moto also forgives a missing external ID (see above), so there is no row for it
  test.each([
    ['a role', 'hub', '{}'],
    ['a role behind another', 'after-hub', `{via: ["${roleArn('hub')}"]}`],
    ['a chain of three hops, the right external ID on the way', 'target', chain],
  ])('agree on %s', async (_, role, entry) => {
    const { ended } = await runFor(role, entry, keysOfCi());
    expect(await mintedFor(ended)).toBe(`arn:aws:sts::123456789012:assumed-role/${role}/team-a.deployer`);
  });

  test.each([
    ['a wrong secret', 'target', chain, { AWS_SECRET_ACCESS_KEY: 'guess' }, 'hub', '1 of 3', 'SignatureDoesNotMatch'],
    ['an unknown key', 'target', chain, { AWS_ACCESS_KEY_ID: 'AKIANOBODY' }, 'hub', '1 of 3', 'InvalidClientTokenId'],
    ['a role that trusts somebody else', 'others', '{}', {}, 'others', '1 of 1', 'AccessDenied'],
    ['another external ID on the way', 'target', via(', externalID: another'), {}, 'spoke', '2 of 3', 'AccessDenied'],
    ['a last role that trusts somebody else', 'others', chain, {}, 'others', '3 of 3', 'AccessDenied'],
  ])('refuse %s, in one line that names the hop', async (_, role, entry, environment, at, hop, code) => {
    const { ended, input } = await runFor(role, entry, { ...keysOfCi(), ...environment });
    const want = `role/${at}" (hop ${hop}, sts:AssumeRole) for STSAssumeRoleToken "team-a/deployer": ${code}. `;
    expect(failureOf(ended, input)).toMatchObject({ exit: 1, lines: [expect.stringContaining(want)] });
  });

  test('agree on a login for a registry behind a role that may ask for one', async () => {
    const login = loginOf((await runNeighbour('ECRAuthorizationToken', `, role: "${roleArn('puller')}"`)).ended);
    expect(login).toMatchObject({ username: 'AWS' });
  });

  // moto words these refusals as those of STS, in XML, where AWS answers in JSON: the SDK finds no code in them
  test.each([
    ['a role that may not ask for one', `, role: "${roleArn('hub')}"`, '2 of 2', {}],
    ['keys that nobody knows', '', '1 of 1', { AWS_ACCESS_KEY_ID: 'AKIANOBODY' }],
  ])('refuse a login for %s', async (_, spec, hop, environment) => {
    const { ended, input } = await runNeighbour('ECRAuthorizationToken', spec, { ...keysOfCi(), ...environment });
    const want = `(hop ${hop}, ecr:GetAuthorizationToken) for ECRAuthorizationToken "team-a/deployer": the answer has no AWS error code (HTTP 403). `;
    expect(failureOf(ended, input)).toMatchObject({ exit: 1, lines: [expect.stringContaining(want)] });
  });
});
