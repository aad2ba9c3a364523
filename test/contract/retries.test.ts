import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { ciEnvironment } from '../support/accounts.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { failureOf } from '../support/failure-of.ts';
import { close, listen } from '../support/listen.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list } from '../support/manifests.ts';
import { runFunction } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import type { Fault } from '../support/sts/start-sts.ts';
import { withPatience } from '../support/with-patience.ts';

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
  input: list(generatorItem()),
  hop: '"arn:aws:iam::123456789012:role/deployer" (hop 1 of 1, sts:AssumeRole)',
};
const webIdentity: Asking = {
  input: list(generatorItem(), functionConfig(`  sessions: [{identity: {tokenEnv: TOKEN, role: "${HUB}"}}]\n`)),
  hop: `"${HUB}" (hop 1 of 2, sts:AssumeRoleWithWebIdentity)`,
  environment: { TOKEN: 'header.claims.signature' },
};

/** `want`: code and cause. */
type Row = [name: string, given: Fault, want: string, asking?: Asking];

const NO_ANSWER = 'STS_MALFORMED: the answer is not a valid response of STS';
const NO_CODE = 'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 403)';
const TOO_LATE = 'DEADLINE_PASSED: there was no answer within STS_FUNCTION_TIMEOUT';

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

async function expectFault([, given, want, asking = oneHop]: Row, calls: number, start = runFunction): Promise<void> {
  const [code, cause = ''] = want.split(': ');
  await using sts = await startExampleSts();
  sts.fail({ ...given, ...FOREVER });
  const runOnce = async (patience: Readonly<Record<string, string>> = {}) => {
    const before = sts.calls.length;
    const ended = await start(asking.input, { sts, environment: { ...asking.environment, ...patience } });
    return { ...failureOf(ended, asking.input), calls: sts.calls.length - before };
  };
  const isLate = code === 'DEADLINE_PASSED';
  const {
    exit,
    lines,
    codes,
    calls: made,
  } = await (isLate ? withPatience(runOnce, (one) => one.calls > 0) : runOnce());
  expect({ exit, lines: withoutAdvice(lines), codes, calls: made }).toEqual({
    exit: 1,
    lines: [lineOf(asking.hop, cause.replace('HOST:PORT', new URL(sts.url).host))],
    codes: [code],
    calls,
  });
}

describe('what may pass by itself is asked for five times', () => {
  test.concurrent.each<Row>([
    ['Throttling', { kind: 'throttle' }, 'STS_UNAVAILABLE: Throttling (HTTP 400) on every attempt'],
    [
      'ThrottlingException',
      error('ThrottlingException'),
      'STS_UNAVAILABLE: ThrottlingException (HTTP 400) on every attempt',
    ],
    [
      'IDPCommunicationError',
      error('IDPCommunicationError'),
      'STS_UNAVAILABLE: IDPCommunicationErrorException (HTTP 400) on every attempt',
      webIdentity,
    ],
    [
      "InvalidIdentityToken, which AWS also says while it cannot fetch an issuer's keys",
      error('InvalidIdentityToken'),
      'CREDENTIALS_REFUSED: InvalidIdentityTokenException on every attempt',
      webIdentity,
    ],
    [
      '500',
      { kind: 'unavailable', status: 500, body: 'xml' },
      'STS_UNAVAILABLE: InternalFailure (HTTP 500) on every attempt',
    ],
    [
      '503',
      { kind: 'unavailable', status: 503, body: 'xml' },
      'STS_UNAVAILABLE: ServiceUnavailable (HTTP 503) on every attempt',
    ],
    [
      '503 without a body',
      { kind: 'unavailable', status: 503, body: 'none' },
      'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 503) on every attempt',
    ],
    [
      "502 with a proxy's page",
      answer(502, '<!doctype html><p>Bad gateway'),
      'STS_UNAVAILABLE: the answer has no AWS error code (HTTP 502) on every attempt',
    ],
    [
      'a connection that is reset',
      { kind: 'reset' },
      'STS_UNAVAILABLE: STS was not reached at "HOST:PORT" (ECONNRESET)',
    ],
    [
      'a connection that closes in the middle of an answer',
      { kind: 'cut' },
      'STS_UNAVAILABLE: STS was not reached at "HOST:PORT" (ECONNRESET)',
    ],
  ])('%s', (...row) => expectFault(row, ATTEMPTS));

  test.concurrent.each([
    { name: 'a closed port', endpoint: 'http://127.0.0.1:1', causes: [' at "127.0.0.1:1" (ECONNREFUSED)'] },
    {
      name: 'a host without an address',
      endpoint: 'https://sts.invalid',
      // a resolver that nobody answers says so in its own code
      causes: [': DNS does not have the host "sts.invalid" (ENOTFOUND)', ' at "sts.invalid:443" (EAI_AGAIN)'],
    },
  ])('$name', async ({ endpoint, causes }) => {
    const environment = { ...ciEnvironment(endpoint), RES_OPTIONS: 'timeout:1 attempts:1' };
    const before = performance.now();
    const failure = failureOf(await runFunction(oneHop.input, { environment }), oneHop.input);
    expect(failure).toMatchObject({ exit: 1, codes: ['STS_UNAVAILABLE'] });
    const lines = causes.map((cause) => [lineOf(oneHop.hop, `STS was not reached${cause}`)]);
    expect(lines).toContainEqual(withoutAdvice(failure.lines));
    expect(performance.now() - before).toBeGreaterThan(SHORTEST_WAITS_MILLISECONDS);
  });

  test.concurrent.each<[name: string, given: Fault[]]>([
    ['one fault', [{ kind: 'throttle' }]],
    ['two', [{ kind: 'reset' }, { kind: 'reset' }]],
    [
      'four of different kinds',
      [
        { kind: 'throttle' },
        { kind: 'unavailable', status: 503, body: 'none' },
        { kind: 'reset' },
        error('InvalidIdentityToken'),
      ],
    ],
  ])('until it has passed: %s', async (_, given) => {
    await using sts = await startExampleSts();
    for (const fault of given) sts.fail(fault);
    const { exit, stdout, stderr } = await runFunction(oneHop.input, { sts });
    expect({ exit, stderr, secrets: emittedSecrets(stdout).length, calls: sts.calls.length }).toEqual({
      exit: 0,
      stderr: '',
      secrets: 1,
      calls: given.length + 1,
    });
  });
});

describe('what cannot pass is asked for once', () => {
  test.each<Row>([
    ['ExpiredToken', error('ExpiredToken', 403), 'CREDENTIALS_REFUSED: ExpiredToken'],
    [
      'ExpiredTokenException',
      error('ExpiredTokenException'),
      'CREDENTIALS_REFUSED: ExpiredTokenException',
      webIdentity,
    ],
    ['AccessDenied', error('AccessDenied', 403), 'HOP_DENIED: AccessDenied'],
    ['AccessDenied of a token', error('AccessDenied', 403), 'HOP_DENIED: AccessDenied', webIdentity],
    ['ValidationError', error('ValidationError'), 'HOP_REFUSED: ValidationError'],
    ['MalformedPolicyDocument', error('MalformedPolicyDocument'), 'HOP_REFUSED: MalformedPolicyDocumentException'],
    ['PackedPolicyTooLarge', error('PackedPolicyTooLarge'), 'HOP_REFUSED: PackedPolicyTooLargeException'],
    ['RegionDisabledException', error('RegionDisabledException', 403), 'HOP_REFUSED: RegionDisabledException'],
    ['InvalidClientTokenId', error('InvalidClientTokenId', 403), 'CREDENTIALS_REFUSED: InvalidClientTokenId'],
    ['SignatureDoesNotMatch', error('SignatureDoesNotMatch', 403), 'CREDENTIALS_REFUSED: SignatureDoesNotMatch'],
    ['RequestExpired, the clock being right', error('RequestExpired'), 'CREDENTIALS_REFUSED: RequestExpired'],
    [
      'RequestExpired without a Date header to go by',
      { kind: 'error', code: 'RequestExpired', status: 400, undated: true },
      'CREDENTIALS_REFUSED: RequestExpired',
    ],
    ['a code that nobody knows', error('Brand.NewCode'), 'HOP_REFUSED: Brand.NewCode (HTTP 400)'],
    [
      'an S3-style error with a message',
      { kind: 's3Error', code: 'AccessDenied', status: 403, message: 'Access Denied' },
      NO_CODE,
    ],
    ['an S3-style error without one', { kind: 's3Error', code: 'AccessDenied', status: 403 }, NO_CODE],
    ['an error without a body', answer(403), NO_CODE],
    ['an error that is a page', answer(403, '<!doctype html><p>Forbidden'), NO_CODE],
    ['an error that is cut', answer(403, '<ErrorResponse><Error><Code>AccessDenied</Co'), NO_CODE],
    ['no body', answer(200), NO_ANSWER],
    ['a page', answer(200, '<p>It works</p>'), NO_ANSWER],
    ['XML that is cut', { kind: 'truncated' }, NO_ANSWER],
    [
      'a redirection, which is not followed',
      { kind: 'answer', status: 307, headers: { location: '/elsewhere' }, body: '' },
      NO_ANSWER,
    ],
    ['no credentials', session({}), NO_ANSWER],
    ['half of the credentials', session({ AccessKeyId: 'ASIACANARY', SecretAccessKey: 'canary' }), NO_ANSWER],
  ])('%s', (...row) => expectFault(row, 1, runInProcess));

  test.each<[name: string, before: Fault, given: Fault, want: string]>([
    ['a code that nobody knows', { kind: 'throttle' }, error('InvalidAction'), 'HOP_REFUSED: InvalidAction (HTTP 400)'],
    [
      'RegionDisabledException',
      { kind: 'unavailable', status: 503, body: 'xml' },
      error('RegionDisabledException', 403),
      'HOP_REFUSED: RegionDisabledException',
    ],
  ])('%s, also behind what has passed: only that is told', async (_, before, given, want) => {
    const [code, cause = ''] = want.split(': ');
    await using sts = await startExampleSts();
    sts.fail(before);
    sts.fail({ ...given, ...FOREVER });
    const ended = failureOf(await runInProcess(oneHop.input, { sts }), oneHop.input);
    expect({ lines: withoutAdvice(ended.lines), codes: ended.codes, calls: sts.calls.length }).toEqual({
      lines: [lineOf(oneHop.hop, cause)],
      codes: [code],
      calls: 2,
    });
    expect(ended.lines.join()).not.toContain('later');
  });

  // what is large or waits is a process, beside others
  test.concurrent.each<Row>([
    ['32 MiB of anything', answer(200, 'x'.repeat(32 << 20)), NO_ANSWER],
    ['no answer, until the deadline', { kind: 'slow', delayMs: 60_000 }, TOO_LATE],
    ['an answer by drops, until the deadline', { kind: 'drip', everyMs: 50 }, TOO_LATE],
  ])('%s', (...row) => expectFault(row, 1));

  test('a key with a newline in it, which is not repeated', async () => {
    await using sts = await startExampleSts();
    sts.fail(session({ AccessKeyId: 'ASIA\nCANARY', SecretAccessKey: 'canary', SessionToken: 'canary' }));
    const ended = await runInProcess(oneHop.input, { sts });
    const { exit, lines, codes } = failureOf(ended, oneHop.input);
    expect({ exit, codes, calls: sts.calls.length }).toEqual({ exit: 1, codes: ['STS_MALFORMED'], calls: 1 });
    expect(lines).toEqual([expect.stringContaining('the answer of STS holds characters that no key has')]);
    expect(lines.join()).not.toMatch(/canary/i);
  });
});

describe('in a chain of three hops', () => {
  const chain = functionConfig(`  sessions: [{via: ["${HUB}", {role: "${SPOKE}", externalID: platform}]}]\n`);
  const target = SPOKE.replace('spoke', 'deployer');
  const generators = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      generatorItem(`region: eu-west-1, role: "${target}"`, { name: index === 0 ? 'deployer' : `deployer-${index}` }),
    ).join('');

  test.concurrent.each([
    { at: HUB, hop: 1, fault: 'Throttling', calls: [5, 0, 0] },
    { at: HUB, hop: 1, fault: 'AccessDenied', calls: [1, 0, 0] },
    { at: SPOKE, hop: 2, fault: 'Throttling', calls: [1, 5, 0] },
    { at: SPOKE, hop: 2, fault: 'AccessDenied', calls: [1, 1, 0] },
    { at: target, hop: 3, fault: 'Throttling', calls: [1, 1, 5] },
    { at: target, hop: 3, fault: 'AccessDenied', calls: [1, 1, 1] },
  ])('$fault at hop $hop names it, and makes the hops before it once', async ({ at, hop, fault, calls }) => {
    await using sts = await startExampleSts();
    sts.fail({ ...error(fault), ...FOREVER, roleArn: at });
    const input = list(generators(1), chain);
    const { exit, lines } = failureOf(await runFunction(input, { sts }), input);
    const callsOf = (role: string) => sts.calls.filter(({ parameters }) => parameters.RoleArn === role).length;
    expect({ exit, calls: [HUB, SPOKE, target].map(callsOf) }).toEqual({ exit: 1, calls });
    const cause = fault === 'Throttling' ? 'Throttling (HTTP 400) on every attempt' : fault;
    expect(withoutAdvice(lines)).toEqual([lineOf(`"${at}" (hop ${hop} of 3, sts:AssumeRole)`, cause)]);
  });

  test.concurrent.each([
    { fault: 'Throttling', calls: ATTEMPTS, cause: 'Throttling (HTTP 400) on every attempt' },
    { fault: 'AccessDenied', calls: 1, cause: 'AccessDenied' },
  ])('a shared hop that fails with $fault is one line, however many generators', async ({ fault, calls, cause }) => {
    await using sts = await startExampleSts();
    sts.fail({ ...error(fault), ...FOREVER });
    const input = list(generators(40), chain);
    const { lines } = failureOf(await runFunction(input, { sts }), input);
    const whom = 'STSAssumeRoleToken "team-a/deployer" and 39 more';
    expect(withoutAdvice(lines)).toEqual([lineOf(`"${HUB}" (hop 1 of 3, sts:AssumeRole)`, cause, whom)]);
    expect(sts.calls).toHaveLength(calls);
  });
});

test.concurrent('a storm of throttling is five calls for each hop, and a line for each', async () => {
  await using sts = await startExampleSts();
  sts.fail({ kind: 'throttle', ...FOREVER });
  const names = Array.from({ length: 8 }, (_, index) => `deployer-${index}`);
  const input = list(names.map((name) => generatorItem(GOOD_SPEC, { name })).join(''));
  const { exit, lines } = failureOf(await runFunction(input, { sts }), input);
  expect({ exit, lines: lines.length }).toEqual({ exit: 1, lines: names.length });
  const callsOf = (name: string) =>
    sts.calls.filter(({ parameters }) => parameters.RoleSessionName === `team-a.${name}`).length;
  expect(names.map(callsOf)).toEqual(names.map(() => ATTEMPTS));
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
  const port = await listen(server);
  const { exit, lines } = failureOf(
    await runFunction(oneHop.input, { sts: { url: `http://127.0.0.1:${port}` } }),
    oneHop.input,
  );
  await close(server);
  expect({ exit, lines: withoutAdvice(lines) }).toEqual({
    exit: 1,
    lines: [lineOf(oneHop.hop, 'the answer is not a valid response of STS')],
  });
});
