import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmbeddedSts, startSts } from './start-sts.ts';
import { clientOf, type Keys, keysOf } from './testing/ask.ts';
import { alice, ci, hub, roles, users } from './testing/example-accounts.ts';
import { type RawRequest, type Signing, send, signedRequest } from './testing/signed-request.ts';

const noon = new Date('2030-01-01T12:00:00Z');
const afterNoon = (seconds: number) => new Date(noon.getTime() + seconds * 1000);

let clock = noon;
let sts: EmbeddedSts;
let session: Keys;
let otherSession: Keys;
beforeAll(async () => {
  sts = await startSts({ users, roles, now: () => clock });
  const client = clientOf(sts.url, ci, noon.getTime() - Date.now());
  const command = new AssumeRoleCommand({ RoleArn: hub.arn, RoleSessionName: 'me', DurationSeconds: 900 });
  session = keysOf(await client.send(command));
  otherSession = keysOf(await client.send(command));
});
afterAll(() => sts.close());

const mismatch =
  'SignatureDoesNotMatch 403: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const invalidToken = 'InvalidClientTokenId 403: The security token included in the request is invalid.';

interface Row {
  name: string;
  reason: string;
  given: () => Signing;
  want: string;
}

describe('a request', () => {
  test.each<Row>([
    { name: 'signed by a user', reason: 'long-term keys', given: () => ({ keys: ci }), want: 'ok' },
    { name: 'signed by a session', reason: 'with its own token', given: () => ({ keys: session }), want: 'ok' },
    {
      name: 'that signs its user agent',
      reason: 'the client decides what it signs beyond the required',
      given: () => ({ keys: ci, headers: { 'user-agent': 'test/1  (two  spaces)' } }),
      want: 'ok',
    },
    {
      name: 'with a query string',
      reason: 'it is part of the signature',
      given: () => ({ keys: ci, path: '/?b=2&a=1%2F' }),
      want: 'ok',
    },
    {
      name: 'without signature',
      reason: 'only web identity goes unsigned',
      given: () => ({}),
      want: 'MissingAuthenticationToken 403: Request is missing Authentication Token',
    },
    {
      name: 'of an unknown key',
      reason: 'nobody has it',
      given: () => ({ keys: { ...ci, accessKeyId: 'AKIANOBODYNOBODYNOBO' } }),
      want: invalidToken,
    },
    {
      name: 'with a wrong secret',
      reason: 'the signature differs',
      given: () => ({ keys: { ...ci, secretAccessKey: 'guess' } }),
      want: mismatch,
    },
    {
      name: "with another user's key id",
      reason: 'each key has its own secret',
      given: () => ({ keys: { ...ci, accessKeyId: alice.accessKeyId } }),
      want: mismatch,
    },
    {
      name: 'of a session without its token',
      reason: 'the token belongs to the keys',
      given: () => ({ keys: { ...session, sessionToken: '' } }),
      want: invalidToken,
    },
    {
      name: "of a session with another session's token",
      reason: 'a token fits one key only',
      given: () => ({
        keys: { ...session, ...(otherSession.sessionToken && { sessionToken: otherSession.sessionToken }) },
      }),
      want: invalidToken,
    },
    {
      name: 'of a user with a token',
      reason: 'long-term keys have none',
      given: () => ({ keys: { ...ci, ...(session.sessionToken && { sessionToken: session.sessionToken }) } }),
      want: invalidToken,
    },
    {
      name: 'for another service',
      reason: 'a signature is good for one service',
      given: () => ({ keys: ci, service: 's3' }),
      want: "SignatureDoesNotMatch 403: Credential should be scoped to correct service: 'sts'.",
    },
    {
      name: 'for a region that is none',
      reason: 'a region is part of a host name',
      given: () => ({ keys: ci, region: 'eu.west' }),
      want: 'SignatureDoesNotMatch 403: Credential should be scoped to a valid region.',
    },
    {
      name: 'with an unsigned host',
      reason: 'it could be replayed elsewhere',
      given: () => ({ keys: ci, unsigned: ['host'] }),
      want: "SignatureDoesNotMatch 403: 'host' must be a 'SignedHeader' in the AWS Authorization.",
    },
    {
      name: 'with an unsigned session token',
      reason: 'all x-amz headers are signed',
      given: () => ({ keys: session, unsigned: ['x-amz-security-token'] }),
      want: "SignatureDoesNotMatch 403: 'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.",
    },
    {
      name: 'with the hash of another body',
      reason: 'the payload is hashed anew',
      given: () => ({ keys: ci, headers: { 'x-amz-content-sha256': '0'.repeat(64) } }),
      want: mismatch,
    },
    {
      name: 'with an unsigned payload',
      reason: 'STS has no such thing',
      given: () => ({ keys: ci, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
      want: mismatch,
    },
    {
      name: 'signed 15 minutes ago',
      reason: 'the skew allowed is inclusive',
      given: () => ({ keys: ci, date: afterNoon(-900) }),
      want: 'ok',
    },
    {
      name: 'signed longer ago',
      reason: 'signatures expire',
      given: () => ({ keys: ci, date: afterNoon(-901) }),
      want: 'SignatureDoesNotMatch 403: Signature expired: 20300101T114459Z is now earlier than 20300101T114500Z (20300101T120000Z - 15 min.)',
    },
    {
      name: 'signed in 15 minutes',
      reason: 'the skew allowed is inclusive',
      given: () => ({ keys: ci, date: afterNoon(900) }),
      want: 'ok',
    },
    {
      name: 'signed later',
      reason: 'nor may they come from the future',
      given: () => ({ keys: ci, date: afterNoon(901) }),
      want: 'SignatureDoesNotMatch 403: Signature not yet current: 20300101T121501Z is still later than 20300101T121500Z (20300101T120000Z + 15 min.)',
    },
    {
      name: 'with a date in another format',
      reason: 'ISO 8601 basic',
      given: () => ({ keys: ci, headers: { 'x-amz-date': '2030-01-01T12:00:00Z' } }),
      want: "IncompleteSignature 400: Date must be in ISO-8601 'basic format'. Got '2030-01-01T12:00:00Z'.",
    },
    {
      name: 'with an impossible date',
      reason: 'a date is read, not only matched',
      given: () => ({ keys: ci, headers: { 'x-amz-date': '20301341T250000Z' } }),
      want: "IncompleteSignature 400: Date must be in ISO-8601 'basic format'. Got '20301341T250000Z'.",
    },
  ])('$name: $reason', async ({ given, want }) => {
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

  test.each<{ name: string; reason: string; given: (request: RawRequest) => RawRequest; want: string }>([
    {
      name: 'its body',
      reason: 'the payload is signed',
      given: (request) => ({ ...request, body: `${request.body}&RoleArn=x` }),
      want: mismatch,
    },
    {
      name: 'its path',
      reason: 'the path is signed',
      given: (request) => ({ ...request, path: '/other' }),
      want: mismatch,
    },
    {
      name: 'a path that is no text',
      reason: 'it is refused, not crashed on',
      given: (request) => ({ ...request, path: '/%E0%A4%A|' }),
      want: mismatch,
    },
    {
      name: 'a signed header',
      reason: 'its value is signed',
      given: (request) => ({
        ...request,
        headers: { ...request.headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      }),
      want: mismatch,
    },
    {
      name: 'a signed header that is not there',
      reason: 'nothing equals nothing else',
      given: edit('SignedHeaders=', 'SignedHeaders=x-note;'),
      want: mismatch,
    },
    {
      name: 'a signed header that is no longer there',
      reason: 'no word stands for a missing value',
      given: () => {
        const noted = signedRequest(sts.url, { keys: ci, date: noon, headers: { 'x-note': 'undefined' } });
        const { 'x-note': _, ...headers } = noted.headers;
        return { ...noted, headers };
      },
      want: mismatch,
    },
    {
      name: 'one digit of the signature',
      reason: 'all of it counts',
      given: edit('Signature=', 'Signature=0'),
      want: mismatch,
    },
    {
      name: 'the day of the scope',
      reason: 'it is the day of the date',
      given: edit('/20300101/', '/20291231/'),
      want: 'SignatureDoesNotMatch 403: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.',
    },
    {
      name: 'the end of the scope',
      reason: 'it is a constant',
      given: edit('/aws4_request', '/aws5_request'),
      want: "SignatureDoesNotMatch 403: Credential should be scoped with a valid terminator: 'aws4_request'.",
    },
    {
      name: 'the algorithm',
      reason: 'there is one',
      given: edit('AWS4-HMAC-SHA256', 'Basic'),
      want: incomplete("Unsupported AWS 'algorithm', expected AWS4-HMAC-SHA256."),
    },
    {
      name: 'the credential',
      reason: 'five parts',
      given: edit('/eu-west-1', ''),
      want: incomplete('Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.'),
    },
    {
      name: 'the fields',
      reason: 'all that are missing are named',
      given: (request) => ({
        ...request,
        headers: { ...request.headers, authorization: 'AWS4-HMAC-SHA256 Signature=1' },
      }),
      want: incomplete(
        "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders' parameter.",
      ),
    },
    {
      name: 'a pair',
      reason: 'a key with a space in it is a common slip; the header is not quoted',
      given: edit('Credential=', 'Credential= '),
      want: incomplete('A key=value pair in the Authorization header is not valid.'),
    },
  ])('$name: $reason', async ({ given, want }) => {
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
