import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { ci, roles } from '../support/accounts.ts';
import { ciEnvironment } from '../support/ci-environment.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { failureOf } from '../support/failure-of.ts';
import { functionConfig, GOOD_SPEC, generator, list } from '../support/resource-list.ts';
import { runFunction } from '../support/run-function.ts';
import { type Fault, startSts } from '../support/sts/start-sts.ts';
import { withSts } from '../support/sts/testing/with-sts.ts';

// The fault table: what STS answers or the way to it does, how often it is asked, and what is said of it.

const HUB = 'arn:aws:iam::111111111111:role/hub';
const SPOKE = 'arn:aws:iam::222222222222:role/spoke';
const FOREVER = { times: Number.POSITIVE_INFINITY };
const ATTEMPTS = 5;
/** The four waits between five attempts, each at half of what it may be. */
const SHORTEST_WAITS_MILLISECONDS = (200 + 400 + 800 + 1600) / 2;

/** Who asks for what: a ResourceList, and the hop that meets the fault. */
interface Asking {
  readonly input: string;
  readonly hop: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const oneHop: Asking = {
  input: list(generator(GOOD_SPEC)),
  hop: '"arn:aws:iam::123456789012:role/deployer" (hop 1 of 1, sts:AssumeRole)',
};
const webIdentity: Asking = {
  input: list(generator(GOOD_SPEC), functionConfig(`  sessions: [{identity: {tokenEnv: TOKEN, role: "${HUB}"}}]\n`)),
  hop: `"${HUB}" (hop 1 of 2, sts:AssumeRoleWithWebIdentity)`,
  environment: { TOKEN: 'header.claims.signature' },
};
const impatient: Asking = { ...oneHop, environment: { STS_FUNCTION_TIMEOUT: '1' } };

/** `want`: code and cause. */
interface Row {
  readonly name: string;
  readonly given: Fault;
  readonly asking?: Asking;
  readonly want: string;
}

const error = (code: string, status = 400): Fault => ({ kind: 'error', code, status });
const answer = (status: number, body = ''): Fault => ({ kind: 'answer', status, body });

/** An answer to AssumeRole with these fields of its Credentials. */
function session(fields: Readonly<Record<string, string>>): Fault {
  const credentials = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  return answer(
    200,
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${credentials.join('')}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  );
}

/** The line of a failed hop up to its advice. */
function lineOf(hop: string, cause: string, generators = 'STSAssumeRoleToken "team-a/deployer"'): string {
  return `error: cannot assume role ${hop} for ${generators}: ${cause}`;
}

/** Lines without their advice, which must be there: a sentence at the end. */
function withoutAdvice(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/\. [A-Z][^\n]*\.$/, ''));
}

async function expectFault({ given, asking = oneHop, want }: Row, calls: number): Promise<void> {
  const [code, cause = ''] = want.split(': ');
  await withSts({ users: [ci], roles }, async (sts) => {
    sts.fail({ ...given, ...FOREVER });
    const environment = { ...ciEnvironment(sts.url), ...asking.environment };
    const ended = await runFunction(asking.input, { environment });
    const { exit, lines, codes } = failureOf(ended, asking.input);
    expect({ exit, lines: withoutAdvice(lines), codes, calls: sts.calls.length }).toEqual({
      exit: 1,
      lines: [lineOf(asking.hop, cause)],
      codes: [code],
      calls,
    });
  });
}

describe('what may pass by itself is asked for five times', () => {
  test.concurrent.each<Row>([
    {
      name: 'Throttling',
      given: { kind: 'throttle' },
      want: 'STS_UNAVAILABLE: Throttling (HTTP 400) on every attempt',
    },
    {
      name: 'ThrottlingException',
      given: error('ThrottlingException'),
      want: 'STS_UNAVAILABLE: ThrottlingException (HTTP 400) on every attempt',
    },
    {
      name: 'IDPCommunicationError',
      given: error('IDPCommunicationError'),
      asking: webIdentity,
      want: 'STS_UNAVAILABLE: IDPCommunicationErrorException (HTTP 400) on every attempt',
    },
    {
      name: "InvalidIdentityToken, which AWS also says while it cannot fetch an issuer's keys",
      given: error('InvalidIdentityToken'),
      asking: webIdentity,
      want: 'CREDENTIALS_REFUSED: InvalidIdentityTokenException on every attempt',
    },
    {
      name: '500',
      given: { kind: 'unavailable', status: 500, body: 'xml' },
      want: 'STS_UNAVAILABLE: InternalFailure (HTTP 500) on every attempt',
    },
    {
      name: '503',
      given: { kind: 'unavailable', status: 503, body: 'xml' },
      want: 'STS_UNAVAILABLE: ServiceUnavailable (HTTP 503) on every attempt',
    },
    {
      name: '503 without a body',
      given: { kind: 'unavailable', status: 503, body: 'none' },
      want: 'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 503) on every attempt',
    },
    {
      name: "502 with a proxy's page",
      given: answer(502, '<!doctype html><p>Bad gateway'),
      want: 'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 502) on every attempt',
    },
    {
      name: 'a connection that is reset',
      given: { kind: 'reset' },
      want: 'STS_UNAVAILABLE: STS was not reached (ECONNRESET)',
    },
  ])('$name', (row) => expectFault(row, ATTEMPTS));

  test.concurrent.each<Row>([
    {
      name: 'a connection that closes in the middle of an answer',
      given: { kind: 'cut' },
      want: 'STS_UNAVAILABLE: STS was not reached (ECONNRESET)',
    },
  ])('$name', (row) => expectFault(row, ATTEMPTS));

  test.concurrent.each([
    { name: 'a closed port', endpoint: closedPort, cause: 'ECONNREFUSED' },
    { name: 'a host without an address', endpoint: async () => 'http://sts.invalid', cause: 'ENOTFOUND' },
  ])('$name', async ({ endpoint, cause }) => {
    const environment = { ...ciEnvironment(await endpoint()), RES_OPTIONS: 'timeout:1 attempts:1' };
    const before = performance.now();
    const failure = failureOf(await runFunction(oneHop.input, { environment }), oneHop.input);
    expect(failure).toMatchObject({ exit: 1, codes: ['STS_UNAVAILABLE'] });
    // a resolver that nobody answers says so in its own code
    const lines = failure.lines.map((line) => line.replace('EAI_AGAIN', 'ENOTFOUND'));
    expect(withoutAdvice(lines)).toEqual([lineOf(oneHop.hop, `STS was not reached (${cause})`)]);
    expect(performance.now() - before).toBeGreaterThan(SHORTEST_WAITS_MILLISECONDS);
  });

  test.concurrent.each<{ name: string; given: Fault[] }>([
    { name: 'one fault', given: [{ kind: 'throttle' }] },
    { name: 'two', given: [{ kind: 'reset' }, { kind: 'reset' }] },
    {
      name: 'four of different kinds',
      given: [
        { kind: 'throttle' },
        { kind: 'unavailable', status: 503, body: 'none' },
        { kind: 'reset' },
        error('InvalidIdentityToken'),
      ],
    },
  ])('until it has passed: $name', async ({ given }) => {
    await withSts({ users: [ci], roles }, async (sts) => {
      for (const fault of given) sts.fail(fault);
      const { exit, stdout, stderr } = await runFunction(oneHop.input, { environment: ciEnvironment(sts.url) });
      expect({ exit, stderr, secrets: emittedSecrets(stdout).length, calls: sts.calls.length }).toEqual({
        exit: 0,
        stderr: '',
        secrets: 1,
        calls: given.length + 1,
      });
    });
  });
});

async function closedPort(): Promise<string> {
  const { url, close } = await startSts();
  await close();
  return url;
}

describe('what cannot pass is asked for once', () => {
  test.concurrent.each<Row>([
    { name: 'ExpiredToken', given: error('ExpiredToken', 403), want: 'CREDENTIALS_REFUSED: ExpiredToken' },
    {
      name: 'ExpiredTokenException',
      given: error('ExpiredTokenException'),
      asking: webIdentity,
      want: 'CREDENTIALS_REFUSED: ExpiredTokenException',
    },
    { name: 'AccessDenied', given: error('AccessDenied', 403), want: 'HOP_DENIED: AccessDenied' },
    {
      name: 'AccessDenied of a token',
      given: error('AccessDenied', 403),
      asking: webIdentity,
      want: 'HOP_DENIED: AccessDenied',
    },
    { name: 'ValidationError', given: error('ValidationError'), want: 'HOP_REFUSED: ValidationError' },
    {
      name: 'MalformedPolicyDocument',
      given: error('MalformedPolicyDocument'),
      want: 'HOP_REFUSED: MalformedPolicyDocumentException',
    },
    {
      name: 'PackedPolicyTooLarge',
      given: error('PackedPolicyTooLarge'),
      want: 'HOP_REFUSED: PackedPolicyTooLargeException',
    },
    {
      name: 'RegionDisabledException',
      given: error('RegionDisabledException', 403),
      want: 'HOP_REFUSED: RegionDisabledException',
    },
    {
      name: 'InvalidClientTokenId',
      given: error('InvalidClientTokenId', 403),
      want: 'CREDENTIALS_REFUSED: InvalidClientTokenId',
    },
    {
      name: 'SignatureDoesNotMatch',
      given: error('SignatureDoesNotMatch', 403),
      want: 'CREDENTIALS_REFUSED: SignatureDoesNotMatch',
    },
    {
      name: 'RequestExpired, the clock being right',
      given: error('RequestExpired'),
      want: 'CREDENTIALS_REFUSED: RequestExpired',
    },
    {
      name: 'RequestExpired without a Date header to go by',
      given: { kind: 'error', code: 'RequestExpired', status: 400, undated: true },
      want: 'CREDENTIALS_REFUSED: RequestExpired',
    },
    { name: 'a code that nobody knows', given: error('Brand.NewCode'), want: 'HOP_REFUSED: Brand.NewCode (HTTP 400)' },
    {
      name: 'an S3-style error with a message',
      given: { kind: 's3Error', code: 'AccessDenied', status: 403, message: 'Access Denied' },
      want: 'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 403)',
    },
    {
      name: 'an S3-style error without one',
      given: { kind: 's3Error', code: 'AccessDenied', status: 403 },
      want: 'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 403)',
    },
    {
      name: 'an error without a body',
      given: answer(403),
      want: 'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 403)',
    },
    {
      name: 'an error that is a page',
      given: answer(403, '<!doctype html><p>Forbidden'),
      want: 'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 403)',
    },
    {
      name: 'an error that is cut',
      given: answer(403, '<ErrorResponse><Error><Code>AccessDenied</Co'),
      want: 'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 403)',
    },
    { name: 'no body', given: answer(200), want: 'STS_MALFORMED: the answer is not one of STS' },
    { name: 'a page', given: answer(200, '<p>It works</p>'), want: 'STS_MALFORMED: the answer is not one of STS' },
    { name: 'XML that is cut', given: { kind: 'truncated' }, want: 'STS_MALFORMED: the answer is not one of STS' },
    {
      name: '32 MiB of anything',
      given: answer(200, 'x'.repeat(32 << 20)),
      want: 'STS_MALFORMED: the answer is not one of STS',
    },
    {
      name: 'a redirection, which is not followed',
      given: { kind: 'answer', status: 307, headers: { location: '/elsewhere' }, body: '' },
      want: 'STS_MALFORMED: the answer is not one of STS',
    },
    { name: 'no credentials', given: session({}), want: 'STS_MALFORMED: the answer is not one of STS' },
    {
      name: 'half of the credentials',
      given: session({ AccessKeyId: 'ASIACANARY', SecretAccessKey: 'canary' }),
      want: 'STS_MALFORMED: the answer is not one of STS',
    },
    {
      name: 'no answer, until the deadline',
      given: { kind: 'slow', delayMs: 60_000 },
      asking: impatient,
      want: 'DEADLINE_PASSED: the run took longer than STS_FUNCTION_TIMEOUT',
    },
    {
      name: 'an answer by drops, until the deadline',
      given: { kind: 'drip', everyMs: 50 },
      asking: impatient,
      want: 'DEADLINE_PASSED: the run took longer than STS_FUNCTION_TIMEOUT',
    },
  ])('$name', (row) => expectFault(row, 1));

  test.concurrent('a key with a newline in it, which is not repeated', async () => {
    await withSts({ users: [ci], roles }, async (sts) => {
      sts.fail(session({ AccessKeyId: 'ASIA\nCANARY', SecretAccessKey: 'canary', SessionToken: 'canary' }));
      const ended = await runFunction(oneHop.input, { environment: ciEnvironment(sts.url) });
      const { exit, lines, codes } = failureOf(ended, oneHop.input);
      expect({ exit, codes, calls: sts.calls.length }).toEqual({ exit: 1, codes: ['STS_MALFORMED'], calls: 1 });
      expect(lines).toEqual([expect.stringContaining('the answer of STS holds characters that no key has')]);
      expect(lines.join()).not.toMatch(/canary/i);
    });
  });
});

describe('in a chain of three hops', () => {
  const chain = functionConfig(`  sessions: [{via: ["${HUB}", {role: "${SPOKE}", externalID: platform}]}]\n`);
  const target = SPOKE.replace('spoke', 'deployer');
  const generators = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      generator(`region: eu-west-1, role: "${target}"`, { name: index === 0 ? 'deployer' : `deployer-${index}` }),
    ).join('');

  test.concurrent.each([
    { at: HUB, hop: 1, fault: 'Throttling', calls: [5, 0, 0] },
    { at: HUB, hop: 1, fault: 'AccessDenied', calls: [1, 0, 0] },
    { at: SPOKE, hop: 2, fault: 'Throttling', calls: [1, 5, 0] },
    { at: SPOKE, hop: 2, fault: 'AccessDenied', calls: [1, 1, 0] },
    { at: target, hop: 3, fault: 'Throttling', calls: [1, 1, 5] },
    { at: target, hop: 3, fault: 'AccessDenied', calls: [1, 1, 1] },
  ])('$fault at hop $hop names it, and makes the hops before it once', async ({ at, hop, fault, calls }) => {
    await withSts({ users: [ci], roles }, async (sts) => {
      sts.fail({ ...error(fault), ...FOREVER, roleArn: at });
      const input = list(generators(1), chain);
      const { exit, lines } = failureOf(await runFunction(input, { environment: ciEnvironment(sts.url) }), input);
      const callsOf = (role: string) => sts.calls.filter(({ parameters }) => parameters.RoleArn === role).length;
      expect({ exit, calls: [HUB, SPOKE, target].map(callsOf) }).toEqual({ exit: 1, calls });
      const cause = fault === 'Throttling' ? 'Throttling (HTTP 400) on every attempt' : fault;
      expect(withoutAdvice(lines)).toEqual([lineOf(`"${at}" (hop ${hop} of 3, sts:AssumeRole)`, cause)]);
    });
  });

  test.concurrent.each([
    { fault: 'Throttling', calls: ATTEMPTS, cause: 'Throttling (HTTP 400) on every attempt' },
    { fault: 'AccessDenied', calls: 1, cause: 'AccessDenied' },
  ])('a shared hop that fails with $fault is one line, however many generators', async ({ fault, calls, cause }) => {
    await withSts({ users: [ci], roles }, async (sts) => {
      sts.fail({ ...error(fault), ...FOREVER });
      const input = list(generators(40), chain);
      const { lines } = failureOf(await runFunction(input, { environment: ciEnvironment(sts.url) }), input);
      const whom = 'STSAssumeRoleToken "team-a/deployer" and 39 more';
      expect(withoutAdvice(lines)).toEqual([lineOf(`"${HUB}" (hop 1 of 3, sts:AssumeRole)`, cause, whom)]);
      expect(sts.calls).toHaveLength(calls);
    });
  });
});

test.concurrent('a storm of throttling is five calls for each hop, and a line for each', async () => {
  await withSts({ users: [ci], roles }, async (sts) => {
    sts.fail({ kind: 'throttle', ...FOREVER });
    const names = Array.from({ length: 8 }, (_, index) => `deployer-${index}`);
    const input = list(names.map((name) => generator(GOOD_SPEC, { name })).join(''));
    const { exit, lines } = failureOf(await runFunction(input, { environment: ciEnvironment(sts.url) }), input);
    expect({ exit, lines: lines.length }).toEqual({ exit: 1, lines: names.length });
    const callsOf = (name: string) =>
      sts.calls.filter(({ parameters }) => parameters.RoleSessionName === `team-a.${name}`).length;
    expect(names.map(callsOf)).toEqual(names.map(() => ATTEMPTS));
  });
});

test('an answer that never ends is left as soon as it is no answer of STS any more', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    const chunk = Buffer.alloc(1 << 16, 'x');
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pour);
    pour();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { exit, lines } = failureOf(
    await runFunction(oneHop.input, { environment: ciEnvironment(`http://127.0.0.1:${port}`) }),
    oneHop.input,
  );
  server.closeAllConnections();
  server.close();
  expect({ exit, lines: withoutAdvice(lines) }).toEqual({
    exit: 1,
    lines: [lineOf(oneHop.hop, 'the answer is not one of STS')],
  });
});
