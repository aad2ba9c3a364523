import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { forEachTest } from '../for-each-test.ts';
import { type Fault, startSts } from './start-sts.ts';
import { assumeRole, clientOf, keysOf, outcomeOf, send, signedRequest } from './testing/ask.ts';
import { ci, hub, roles, spoke, users } from './testing/example-accounts.ts';

const now = new Date();
const sts = forEachTest(() => startSts({ users, roles, now: () => now }));

const askHub = () => assumeRole(sts.url, ci, { RoleArn: hub.arn, DurationSeconds: 900 });
const askRaw = () => send(sts.url, signedRequest(sts.url, { keys: ci, date: now }));

describe('what the SDK makes of a fault', () => {
  test.each<[name: string, given: Fault, want: string, recorded: string]>([
    [
      'an error: any code and status of AWS',
      { kind: 'error', code: 'RegionDisabledException', status: 403, message: 'STS is not activated' },
      'RegionDisabledException 403: STS is not activated',
      'RegionDisabledException',
    ],
    [
      'an error without message: there is always one',
      { kind: 'error', code: 'AccessDenied', status: 403 },
      'AccessDenied 403: A fault on demand.',
      'AccessDenied',
    ],
    [
      'throttle: a 400, told from others by its code',
      { kind: 'throttle' },
      'Throttling 400: Rate exceeded',
      'Throttling',
    ],
    [
      'unavailable 500 with XML: the fault is the receiver’s',
      { kind: 'unavailable', status: 500, body: 'xml' },
      'InternalFailure 500: The request processing has failed because of an unknown error.',
      'InternalFailure',
    ],
    [
      'unavailable 503 with XML: the fault is the receiver’s',
      { kind: 'unavailable', status: 503, body: 'xml' },
      'ServiceUnavailable 503: The request has failed due to a temporary failure of the server.',
      'ServiceUnavailable',
    ],
    [
      'unavailable 503 without body: as a proxy in between says it',
      { kind: 'unavailable', status: 503, body: 'none' },
      'Unknown 503: Unknown',
      'ServiceUnavailable',
    ],
    [
      's3Error: without the wrapper the SDK does not find the code',
      { kind: 's3Error', code: 'AccessDenied', status: 403 },
      'Unknown 403: Unknown',
      'AccessDenied',
    ],
    [
      'an answer in HTML: of a server that is no STS',
      { kind: 'answer', status: 403, headers: { 'content-type': 'text/html' }, body: '<p>Forbidden</p>' },
      'Unknown 403: Unknown',
      'HTTP 403',
    ],
    ['slow: late, but answered', { kind: 'slow', delayMs: 50 }, 'ok', 'ok'],
  ])('%s', async (_, given, want, recorded) => {
    sts.fail(given);
    expect(await outcomeOf(askHub())).toBe(want);
    expect(sts.calls.map(({ outcome, fault }) => ({ outcome, fault }))).toEqual([
      { outcome: recorded, fault: given.kind },
    ]);
  });

  test('reset: the connection ends without an answer', async () => {
    sts.fail({ kind: 'reset' });
    await expect(askHub()).rejects.toThrow('socket hang up');
    expect(sts.calls).toMatchObject([{ outcome: 'ConnectionReset', fault: 'reset' }]);
  });

  test('truncated: half the XML of an answer that had succeeded', async () => {
    sts.fail({ kind: 'truncated' });
    await expect(askHub()).rejects.toThrow();
    expect(sts.calls).toMatchObject([{ outcome: 'ok', fault: 'truncated' }]);
  });

  test('rewritten: an answer that had succeeded, for somebody else', async () => {
    sts.fail({ kind: 'rewritten', rewrite: (body) => body.replace('assumed-role/hub', 'assumed-role/other') });
    expect((await askHub()).AssumedRoleUser?.Arn).toContain(':assumed-role/other/');
    expect(sts.calls).toMatchObject([{ outcome: 'ok', fault: 'rewritten' }]);
  });

  test('cut: the connection ends in the middle of an answer that had succeeded', async () => {
    sts.fail({ kind: 'cut' });
    await expect(askHub()).rejects.toThrow('aborted');
    expect(sts.calls).toMatchObject([{ outcome: 'ok', fault: 'cut' }]);
  });

  test('noExpiration: everything else is there, and the keys work', async () => {
    sts.fail({ kind: 'noExpiration' });
    const answer = await askHub();
    expect(answer.Credentials).not.toHaveProperty('Expiration');
    expect(await outcomeOf(assumeRole(sts.url, keysOf(answer), { RoleArn: spoke.arn }))).toBe('ok');
  });

  test('shortSession: it ends sooner than asked, and says so', async () => {
    sts.fail({ kind: 'shortSession', lifetimeSeconds: 0 });
    const answer = await askHub();
    expect(answer.Credentials?.Expiration).toEqual(new Date(Math.floor(now.getTime() / 1000) * 1000));
    expect(await outcomeOf(assumeRole(sts.url, keysOf(answer), { RoleArn: spoke.arn }))).toContain('ExpiredToken 403');
  });

  test.each([
    ['ahead', 1200, 'SignatureDoesNotMatch 403: Signature expired: '],
    ['behind', -1200, 'SignatureDoesNotMatch 403: Signature not yet current: '],
  ])('skewedClock: a clock 20 minutes %s, which the SDK follows at its second attempt', async (_, given, want) => {
    sts.fail({ kind: 'skewedClock', seconds: given, times: Infinity });
    expect(await outcomeOf(askHub())).toContain(want);
    const patient = new STSClient({ endpoint: sts.url, region: 'eu-west-1', credentials: ci, maxAttempts: 2 });
    const answer = await patient.send(new AssumeRoleCommand({ RoleArn: hub.arn, RoleSessionName: 'me' }));
    const serverSeconds = Math.floor(now.getTime() / 1000) + given;
    expect(answer.Credentials?.Expiration).toEqual(new Date((serverSeconds + 3600) * 1000));
    expect(answer.$metadata.attempts).toBe(2);
  });
});

describe('on the wire', () => {
  test('s3Error: the bare element, its message only where one is given', async () => {
    sts.fail({ kind: 's3Error', code: 'AccessDenied', status: 403 });
    sts.fail({ kind: 's3Error', code: 'AccessDenied', status: 403, message: 'Access <Denied>' });
    expect((await askRaw()).text).toBe('<Error>\n  <Code>AccessDenied</Code>\n</Error>\n');
    expect((await askRaw()).text).toBe(
      '<Error>\n  <Code>AccessDenied</Code>\n  <Message>Access &lt;Denied&gt;</Message>\n</Error>\n',
    );
  });

  test('truncated: status and headers are those of the whole, the length is that of the half', async () => {
    const whole = await askRaw();
    sts.fail({ kind: 'truncated' });
    const half = await askRaw();
    expect(half.status).toBe(200);
    expect(half.headers.get('content-length')).toBe(String(half.text.length));
    expect(whole.text.slice(0, 100)).toBe(half.text.slice(0, 100));
    expect(half.text.length).toBe(Math.floor(whole.text.length / 2));
  });

  test('unavailable: XML of type Receiver, or nothing at all', async () => {
    sts.fail({ kind: 'unavailable', status: 500, body: 'xml' });
    sts.fail({ kind: 'unavailable', status: 500, body: 'none' });
    expect((await askRaw()).text).toContain('<Type>Receiver</Type>');
    const bare = await askRaw();
    expect({ status: bare.status, text: bare.text, id: bare.headers.get('x-amzn-requestid') }).toEqual({
      status: 500,
      text: '',
      id: null,
    });
  });

  test('answer: what was given, and no more', async () => {
    sts.fail({ kind: 'answer', status: 404, headers: { server: 'proxy' }, body: '<p>Nobody</p>' });
    const { status, headers, text } = await askRaw();
    expect({ status, text, server: headers.get('server'), id: headers.get('x-amzn-requestid') }).toEqual({
      status: 404,
      text: '<p>Nobody</p>',
      server: 'proxy',
      id: null,
    });
  });

  test('drip: the body comes byte by byte', async () => {
    sts.fail({ kind: 'drip', everyMs: 20 });
    const request = signedRequest(sts.url, { keys: ci, date: now });
    const { host: _, ...headers } = request.headers;
    const { body } = await fetch(sts.url, { method: 'POST', headers, body: request.body });
    const lengths = [];
    for await (const chunk of body ?? []) if (lengths.push(chunk.length) === 3) break;
    expect(lengths).toEqual([1, 1, 1]);
  });

  test('error, undated: no clock to go by', async () => {
    sts.fail({ kind: 'error', code: 'RequestExpired', status: 400, undated: true });
    const answer = await askRaw();
    expect({ date: answer.headers.get('date'), outcome: answer.outcome }).toEqual({
      date: null,
      outcome: 'RequestExpired 400: A fault on demand.',
    });
  });

  test('skewedClock: the Date header is of the clock that the server believes', async () => {
    sts.fail({ kind: 'skewedClock', seconds: -1200 });
    const answer = await askRaw();
    expect(answer.headers.get('date')).toBe(new Date(now.getTime() - 1_200_000).toUTCString());
    expect((await askRaw()).headers.get('date')).toBe(now.toUTCString());
  });
});

describe('which calls a fault strikes', () => {
  const outcomes = () => sts.calls.map(({ outcome }) => outcome);

  test('the next one, once', async () => {
    sts.fail({ kind: 'throttle' });
    await Promise.allSettled([askHub()]);
    await askHub();
    expect(outcomes()).toEqual(['Throttling', 'ok']);
  });

  test('as many as told', async () => {
    sts.fail({ kind: 'throttle', times: 2 });
    for (let call = 0; call < 3; call++) await Promise.allSettled([askHub()]);
    expect(outcomes()).toEqual(['Throttling', 'Throttling', 'ok']);
  });

  test('only those of its operation and role', async () => {
    sts.fail({ kind: 'throttle', operation: 'AssumeRole', roleArn: spoke.arn });
    await askHub();
    await clientOf(sts.url, ci).send(new GetCallerIdentityCommand({}));
    await Promise.allSettled([assumeRole(sts.url, ci, { RoleArn: spoke.arn })]);
    expect(outcomes()).toEqual(['ok', 'ok', 'Throttling']);
  });

  test('in the order asked for, one per call', async () => {
    sts.fail({ kind: 'error', code: 'First', status: 400 });
    sts.fail({ kind: 'error', code: 'Second', status: 400 });
    for (let call = 0; call < 3; call++) await Promise.allSettled([askHub()]);
    expect(outcomes()).toEqual(['First', 'Second', 'ok']);
  });
});

test('a held call is answered once it may be, and not before', async () => {
  const { promise: until, resolve: release } = Promise.withResolvers<void>();
  sts.fail({ kind: 'held', until });
  const call = askHub();
  while (sts.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await askHub();
  expect(sts.calls.map(({ outcome }) => outcome)).toEqual(['pending', 'ok']);
  release();
  await call;
  expect(sts.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
});

test.each<Fault>([
  { kind: 'slow', delayMs: 60_000 },
  { kind: 'held', until: new Promise(() => {}) },
])('a call is seen at once, and closing the server does not wait for it: $kind', async (fault) => {
  sts.fail(fault);
  const call = Promise.allSettled([askHub()]);
  while (sts.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(sts.calls).toMatchObject([{ operation: 'AssumeRole', outcome: 'pending', fault: fault.kind }]);
  await sts.close();
  expect(await call).toMatchObject([{ status: 'rejected' }]);
});
