import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { forAllTests } from '../for-each-test.ts';
import { makeIdentity } from '../make-identity.ts';
import { type Role, startSts } from './start-sts.ts';
import { assumeRole, keysOf, outcomeOf, type RawRequest, send } from './testing/ask.ts';
import { ci, hub, roles, spoke, users } from './testing/example-accounts.ts';

const now = new Date();
const sts = forAllTests(() => startSts({ users, roles, now: () => now }));

const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('what is no STS request', () => {
  test.each<[name: string, given: Partial<RawRequest>, want: string]>([
    [
      'GET: we speak the POST form only',
      { method: 'GET' },
      'MethodNotAllowed 405: Method GET is not allowed, use POST',
    ],
    [
      'PUT with a body: the body is not read',
      { method: 'PUT', body: 'x'.repeat(100_000) },
      'MethodNotAllowed 405: Method PUT is not allowed, use POST',
    ],
    ['no body: no action', {}, 'MissingAction 400: The request must contain the parameter Action'],
    [
      'a form that says it is text: the content type counts',
      { headers: { 'content-type': 'text/plain' }, body: 'Action=GetCallerIdentity&Version=2011-06-15' },
      'MissingAction 400: The request must contain the parameter Action',
    ],
    [
      'an unknown action: found before the signature is looked at',
      { headers: form, body: 'Action=GetScopedCredentials&Version=2011-06-15' },
      'InvalidAction 400: Could not find operation GetScopedCredentials for version 2011-06-15',
    ],
    [
      'an action like an object key: only listed operations exist',
      { headers: form, body: 'Action=constructor&Version=2011-06-15' },
      'InvalidAction 400: Could not find operation constructor for version 2011-06-15',
    ],
    [
      'another version: there is one',
      { headers: form, body: 'Action=GetCallerIdentity&Version=2010-05-08' },
      'InvalidAction 400: Could not find operation GetCallerIdentity for version 2010-05-08',
    ],
    [
      "no version: AWS's words for none",
      { headers: form, body: 'Action=GetCallerIdentity' },
      'InvalidAction 400: Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED',
    ],
    [
      'a parameter given twice: which one would count?',
      { headers: form, body: 'Action=A&Action=B' },
      'MalformedInput 400: Parameter Action is given twice',
    ],
    [
      'a broken escape: no text',
      { headers: form, body: 'Action=%zz' },
      'MalformedInput 400: The request body is not form-encoded text',
    ],
    [
      '1 MiB and a byte: refused after it was read',
      { headers: form, body: 'x'.repeat(1024 * 1024 + 1) },
      'RequestEntityTooLarge 413: Body exceeds 1048576 bytes',
    ],
  ])('%s', async (_, given, want) => {
    const answer = await send(sts.url, given);
    expect(answer.outcome).toBe(want);
    expect(answer.headers.get('content-type')).toBe('text/xml');
    expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.text).toContain(`<RequestId>${answer.headers.get('x-amzn-requestid')}</RequestId>`);
  });

  test('405 tells the method that is allowed', async () => {
    expect((await send(sts.url, { method: 'GET' })).headers.get('allow')).toBe('POST');
  });

  test('control characters that XML cannot hold come back replaced', async () => {
    const answer = await send(sts.url, { headers: form, body: 'Action=%00%1F%EF%BF%BFx&Version=2011-06-15' });
    expect(answer.text).toContain('operation \u{FFFD}\u{FFFD}\u{FFFD}x for');
  });

  test('a body of 1 MiB is read', async () => {
    expect((await send(sts.url, { headers: form, body: 'x'.repeat(1024 * 1024) })).outcome).toContain('MissingAction');
  });

  test('bytes that are no HTTP get an AWS error too', async () => {
    const socket = connect(Number(new URL(sts.url).port), '127.0.0.1');
    socket.end('NOT HTTP\r\n\r\n');
    const answer = Buffer.concat(await socket.toArray()).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('<Code>MalformedInput</Code>');
  });

  test('a client that leaves in the middle of its body harms nobody', async () => {
    const socket = connect(Number(new URL(sts.url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\nAction=');
    await once(socket, 'data'); // it has read the head, and says so
    socket.destroy();
    expect((await send(sts.url, {})).outcome).toContain('MissingAction');
  });

  test('any body at all is answered with well-formed XML of a client error', async () => {
    const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    const anyAction = fc.string({ unit: 'binary', maxLength: 50 }).map((text) => `Action=${encodeURIComponent(text)}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(anything, anyAction), async (body) => {
        const answer = await send(sts.url, { headers: form, body });
        expect(answer.status).toBe(400);
        expect(XMLValidator.validate(answer.text)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

test('whatever the SDK sends and signs is understood: any legal tag and session name', async () => {
  const tagText = (minLength: number) =>
    fc.string({ unit: fc.constantFrom(...'aZ0 _.:/=+-@äß日é'), minLength, maxLength: 40 });
  const name = fc.string({ unit: fc.constantFrom(...'aZ0_+=,.@-'), minLength: 2, maxLength: 64 });
  await fc.assert(
    fc.asyncProperty(tagText(1), tagText(0), name, async (Key, Value, RoleSessionName) => {
      const answer = await assumeRole(sts.url, ci, { RoleArn: hub.arn, RoleSessionName, Tags: [{ Key, Value }] });
      expect(answer.AssumedRoleUser?.Arn).toBe(`arn:aws:sts::222222222222:assumed-role/hub/${RoleSessionName}`);
      expect(sts.calls.at(-1)?.parameters).toMatchObject({ 'Tags.member.1.Key': Key, 'Tags.member.1.Value': Value });
    }),
    { numRuns: 50 },
  );
});

describe('calls', () => {
  test('tell who asked what, from where, and how it ended', async () => {
    await using local = await startSts({ users, roles });
    const keys = keysOf(await assumeRole(local.url, ci, { RoleArn: hub.arn, DurationSeconds: 900 }));
    await outcomeOf(
      assumeRole(local.url, keys, { RoleArn: hub.arn, SerialNumber: 'GAHT12345678', TokenCode: '123456' }),
    );
    await outcomeOf(assumeRole(local.url, { ...ci, secretAccessKey: 'guess' }, { RoleArn: hub.arn }));
    await send(local.url, {});
    const requestId = expect.stringMatching(/^[\da-f-]{36}$/);
    const common = { operation: 'AssumeRole', region: 'eu-west-1', fault: undefined, requestId };
    const parameters = { RoleArn: hub.arn, RoleSessionName: 'me' };
    expect(local.calls).toEqual([
      {
        ...common,
        parameters: { ...parameters, DurationSeconds: '900' },
        callerArn: ci.arn,
        accessKeyId: ci.accessKeyId,
        outcome: 'ok',
      },
      {
        ...common,
        parameters: { ...parameters, SerialNumber: 'GAHT12345678' },
        callerArn: 'arn:aws:sts::222222222222:assumed-role/hub/me',
        accessKeyId: keys.accessKeyId,
        outcome: 'AccessDenied',
      },
      { ...common, parameters, callerArn: undefined, accessKeyId: ci.accessKeyId, outcome: 'SignatureDoesNotMatch' },
      {
        operation: '',
        parameters: {},
        callerArn: undefined,
        accessKeyId: undefined,
        region: undefined,
        outcome: 'MissingAction',
        fault: undefined,
        requestId,
      },
    ]);
  });
});

describe('determinism', () => {
  const story = async () => {
    await using local = await startSts({ users, roles, now: () => now });
    const first = await assumeRole(local.url, ci, { RoleArn: hub.arn });
    const second = await assumeRole(local.url, ci, { RoleArn: hub.arn });
    const third = await assumeRole(local.url, keysOf(second), { RoleArn: spoke.arn });
    return [first, second, third].map(({ $metadata, ...answer }) => ({ ...answer, id: $metadata.requestId }));
  };

  test('two fresh servers that get the same calls give the same answers', async () => {
    expect(await story()).toEqual(await story());
  });

  test('two sessions of one server differ in everything', async () => {
    const [first, second] = await story();
    for (const key of ['AccessKeyId', 'SecretAccessKey', 'SessionToken'] as const) {
      expect(first?.Credentials?.[key]).not.toBe(second?.Credentials?.[key]);
    }
    expect(first?.id).not.toBe(second?.id);
  });

  test('keys do not depend on the order of calls for other roles and sessions', async () => {
    const keysFor = async (before: string[]) => {
      await using local = await startSts({ users, roles });
      for (const arn of before) await assumeRole(local.url, ci, { RoleArn: arn, RoleSessionName: 'other' });
      const { Credentials } = await assumeRole(local.url, ci, { RoleArn: hub.arn });
      return Credentials?.AccessKeyId;
    };
    expect(await keysFor([])).toBe(await keysFor([spoke.arn, hub.arn]));
  });

  test('keys are the same in every release', async () => {
    const [first] = await story();
    expect(first?.Credentials?.AccessKeyId).toBe('ASIAUGHJAVWPCY4JI5WJ');
  });
});

describe('options', () => {
  test('a role that is added while the server runs exists from then on', async () => {
    const growing: Role[] = [];
    await using local = await startSts({ users, roles: growing });
    expect(await outcomeOf(assumeRole(local.url, ci, { RoleArn: hub.arn }))).toContain('AccessDenied');
    growing.push(hub);
    expect(await outcomeOf(assumeRole(local.url, ci, { RoleArn: hub.arn }))).toBe('ok');
  });

  test.each([
    ['a user ARN', { users: [{ ...ci, arn: 'arn:aws:iam:111111111111:user/ci' }] }, 'not a user ARN'],
    ['a role ARN', { roles: [{ arn: 'hub', trust: [] }] }, 'not a role ARN: hub'],
    ['a maximum', { roles: [{ ...hub, maxSessionDuration: 900 }] }, 'must be from 3600 to 43200'],
  ])('%s that cannot be fails at the start', async (_, given, want) => {
    await expect(startSts(given)).rejects.toThrow(want);
  });

  test('ARNs may have no account, as those of other servers', async () => {
    const role = { arn: 'arn:aws:iam:::role/x', trust: [{ principals: [ci.arn] }] };
    await using local = await startSts({ users, roles: [role] });
    const answer = await assumeRole(local.url, ci, { RoleArn: role.arn });
    expect(answer.AssumedRoleUser?.Arn).toBe('arn:aws:sts:::assumed-role/x/me');
  });

  test('a taken port is an error, not a crash', async () => {
    await expect(startSts({ port: Number(new URL(sts.url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('tls: https with the certificate given', async () => {
    const tls = await makeIdentity({ isAuthority: true });
    await using local = await startSts({ users, roles, tls });
    expect(local.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const answer = await new Promise<{ statusCode?: number | undefined }>((resolve, reject) => {
      httpsRequest(local.url, { ca: tls.cert, method: 'POST', agent: false }, resolve).on('error', reject).end();
    });
    expect(answer.statusCode).toBe(400);
    await expect(fetch(local.url)).rejects.toThrow();
  });
});

test('runs under Node alone, with its types stripped', async () => {
  const entry = new URL('./start-sts.ts', import.meta.url).href;
  const program = `const { startSts } = await import('${entry}'); const sts = await startSts(); console.log(sts.url); await sts.close();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 300_000,
  });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
});
