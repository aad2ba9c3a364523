import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { forAllTests } from '../for-each-test.ts';
import { startSts } from './start-sts.ts';
import { clientOf, type Keys, keysOf, type RawRequest, type Signing, send, signedRequest } from './testing/ask.ts';
import { alice, ci, hub, roles, users } from './testing/example-accounts.ts';

const noon = new Date('2030-01-01T12:00:00Z');
const afterNoon = (seconds: number) => new Date(noon.getTime() + seconds * 1000);

let clock = noon;
let session: Keys;
let otherSession: Keys;
const sts = forAllTests(() => startSts({ users, roles, now: () => clock }));
beforeAll(async () => {
  const client = clientOf(sts.url, ci, noon.getTime() - Date.now());
  const command = new AssumeRoleCommand({ RoleArn: hub.arn, RoleSessionName: 'me', DurationSeconds: 900 });
  session = keysOf(await client.send(command));
  otherSession = keysOf(await client.send(command));
});

const mismatch =
  'SignatureDoesNotMatch 403: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const invalidToken = 'InvalidClientTokenId 403: The security token included in the request is invalid.';

describe('a request', () => {
  test.each<[name: string, given: () => Signing, want: string]>([
    ['signed by a user: long-term keys', () => ({ keys: ci }), 'ok'],
    ['signed by a session: with its own token', () => ({ keys: session }), 'ok'],
    [
      'that signs its user agent: the client decides what it signs beyond the required',
      () => ({ keys: ci, headers: { 'user-agent': 'test/1  (two  spaces)' } }),
      'ok',
    ],
    ['with a query string: it is part of the signature', () => ({ keys: ci, path: '/?b=2&a=1%2F' }), 'ok'],
    [
      'without signature: only web identity goes unsigned',
      () => ({}),
      'MissingAuthenticationToken 403: Request is missing Authentication Token',
    ],
    [
      'of an unknown key: nobody has it',
      () => ({ keys: { ...ci, accessKeyId: 'AKIANOBODYNOBODYNOBO' } }),
      invalidToken,
    ],
    ['with a wrong secret: the signature differs', () => ({ keys: { ...ci, secretAccessKey: 'guess' } }), mismatch],
    [
      "with another user's key id: each key has its own secret",
      () => ({ keys: { ...ci, accessKeyId: alice.accessKeyId } }),
      mismatch,
    ],
    [
      'of a session without its token: the token belongs to the keys',
      () => ({ keys: { ...session, sessionToken: '' } }),
      invalidToken,
    ],
    [
      "of a session with another session's token: a token fits one key only",
      () => ({ keys: { ...session, ...(otherSession.sessionToken && { sessionToken: otherSession.sessionToken }) } }),
      invalidToken,
    ],
    [
      'of a user with a token: long-term keys have none',
      () => ({ keys: { ...ci, ...(session.sessionToken && { sessionToken: session.sessionToken }) } }),
      invalidToken,
    ],
    [
      'for another service: a signature is good for one service',
      () => ({ keys: ci, service: 's3' }),
      "SignatureDoesNotMatch 403: Credential should be scoped to correct service: 'sts'.",
    ],
    [
      'for a region that is none: a region is part of a host name',
      () => ({ keys: ci, region: 'eu.west' }),
      'SignatureDoesNotMatch 403: Credential should be scoped to a valid region.',
    ],
    [
      'with an unsigned host: it could be replayed elsewhere',
      () => ({ keys: ci, unsigned: ['host'] }),
      "SignatureDoesNotMatch 403: 'host' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'with an unsigned session token: all x-amz headers are signed',
      () => ({ keys: session, unsigned: ['x-amz-security-token'] }),
      "SignatureDoesNotMatch 403: 'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'with the hash of another body: the payload is hashed anew',
      () => ({ keys: ci, headers: { 'x-amz-content-sha256': '0'.repeat(64) } }),
      mismatch,
    ],
    [
      'with an unsigned payload: STS has no such thing',
      () => ({ keys: ci, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      mismatch,
    ],
    ['signed 15 minutes ago: the skew allowed is inclusive', () => ({ keys: ci, date: afterNoon(-900) }), 'ok'],
    [
      'signed longer ago: signatures expire',
      () => ({ keys: ci, date: afterNoon(-901) }),
      'SignatureDoesNotMatch 403: Signature expired: 20300101T114459Z is now earlier than 20300101T114500Z (20300101T120000Z - 15 min.)',
    ],
    ['signed in 15 minutes: the skew allowed is inclusive', () => ({ keys: ci, date: afterNoon(900) }), 'ok'],
    [
      'signed later: nor may they come from the future',
      () => ({ keys: ci, date: afterNoon(901) }),
      'SignatureDoesNotMatch 403: Signature not yet current: 20300101T121501Z is still later than 20300101T121500Z (20300101T120000Z + 15 min.)',
    ],
    [
      'with a date in another format: ISO 8601 basic',
      () => ({ keys: ci, headers: { 'x-amz-date': '2030-01-01T12:00:00Z' } }),
      "IncompleteSignature 400: Date must be in ISO-8601 'basic format'. Got '2030-01-01T12:00:00Z'.",
    ],
    [
      'with an impossible date: a date is read, not only matched',
      () => ({ keys: ci, headers: { 'x-amz-date': '20301341T250000Z' } }),
      "IncompleteSignature 400: Date must be in ISO-8601 'basic format'. Got '20301341T250000Z'.",
    ],
  ])('%s', async (_, given, want) => {
    const answer = await send(sts.url, signedRequest(sts.url, { date: noon, ...given() }));
    expect(answer.outcome).toBe(want);
  });
});

describe('a request changed after it was signed', () => {
  const edit = (from: string, to: string) => (request: RawRequest) => ({
    ...request,
    headers: { ...request.headers, authorization: (request.headers.authorization ?? '').replace(from, to) },
  });
  const incomplete = (text: string) => `IncompleteSignature 400: ${text}`;

  test.each<[name: string, given: (request: RawRequest) => RawRequest, want: string]>([
    ['its body: the payload is signed', (request) => ({ ...request, body: `${request.body}&RoleArn=x` }), mismatch],
    ['its path: the path is signed', (request) => ({ ...request, path: '/other' }), mismatch],
    [
      'a path that is no text: it is refused, not crashed on',
      (request) => ({ ...request, path: '/%E0%A4%A|' }),
      mismatch,
    ],
    [
      'a signed header: its value is signed',
      (request) => ({
        ...request,
        headers: { ...request.headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      }),
      mismatch,
    ],
    [
      'a signed header that is not there: nothing equals nothing else',
      edit('SignedHeaders=', 'SignedHeaders=x-note;'),
      mismatch,
    ],
    [
      'a signed header that is no longer there: no word stands for a missing value',
      () => {
        const noted = signedRequest(sts.url, { keys: ci, date: noon, headers: { 'x-note': 'undefined' } });
        const { 'x-note': _, ...headers } = noted.headers;
        return { ...noted, headers };
      },
      mismatch,
    ],
    ['one digit of the signature: all of it counts', edit('Signature=', 'Signature=0'), mismatch],
    [
      'the day of the scope: it is the day of the date',
      edit('/20300101/', '/20291231/'),
      'SignatureDoesNotMatch 403: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.',
    ],
    [
      'the end of the scope: it is a constant',
      edit('/aws4_request', '/aws5_request'),
      "SignatureDoesNotMatch 403: Credential should be scoped with a valid terminator: 'aws4_request'.",
    ],
    [
      'the algorithm: there is one',
      edit('AWS4-HMAC-SHA256', 'Basic'),
      incomplete("Unsupported AWS 'algorithm', expected AWS4-HMAC-SHA256."),
    ],
    [
      'the credential: five parts',
      edit('/eu-west-1', ''),
      incomplete('Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.'),
    ],
    [
      'the fields: all that are missing are named',
      (request) => ({ ...request, headers: { ...request.headers, authorization: 'AWS4-HMAC-SHA256 Signature=1' } }),
      incomplete(
        "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders' parameter.",
      ),
    ],
    [
      'a pair: a key with a space in it is a common slip; the header is not quoted',
      edit('Credential=', 'Credential= '),
      incomplete('A key=value pair in the Authorization header is not valid.'),
    ],
  ])('%s', async (_, given, want) => {
    const answer = await send(sts.url, given(signedRequest(sts.url, { keys: ci, date: noon })));
    expect(answer.outcome).toBe(want);
  });
});

test('a session is good until its expiration, to the second', async () => {
  const at = async (seconds: number) => {
    clock = afterNoon(seconds);
    return (await send(sts.url, signedRequest(sts.url, { keys: session, date: clock }))).outcome;
  };
  try {
    expect(await at(899)).toBe('ok');
    expect(await at(900)).toBe('ExpiredToken 403: The security token included in the request is expired');
  } finally {
    clock = noon;
  }
});
