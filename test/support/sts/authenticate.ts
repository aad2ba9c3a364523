import { createHash, timingSafeEqual } from 'node:crypto';
import aws4 from 'aws4';
import type { Accounts } from './accounts.ts';
import { AwsError } from './aws-error.ts';
import type { StsRequest } from './http/request.ts';
import { type Caller, type Sessions, userCaller } from './sessions.ts';

/** Whether two secrets are equal, in a time that does not tell where they differ. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The parts of `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. */
interface Authorization {
  readonly accessKeyId: string;
  readonly scope: { readonly date: string; readonly region: string; readonly service: string; readonly term: string };
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const REQUIRED = ['Credential', 'Signature', 'SignedHeaders'] as const;

/** Throws MissingAuthenticationToken without the header, IncompleteSignature when it cannot be read. */
function parseAuthorization(header: string | undefined): Authorization {
  if (!header) throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token');
  const [algorithm, ...rest] = header.split(' ');
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm', expected ${ALGORITHM}.`);
  const fields = parseFields(rest.join(' '));
  const missing = REQUIRED.filter((name) => !fields.get(name));
  if (missing.length > 0) {
    throw incomplete(missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '));
  }
  return {
    ...parseCredential(fields.get('Credential') ?? ''),
    signedHeaders: (fields.get('SignedHeaders') ?? '').split(';'),
    signature: fields.get('Signature') ?? '',
  };
}

function parseFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, name, value] = /^\s*(\w+)=(\S+)\s*$/.exec(pair) ?? [];
    if (!name || !value) throw incomplete('A key=value pair in the Authorization header is not valid.');
    fields.set(name, value);
  }
  return fields;
}

function parseCredential(credential: string): Pick<Authorization, 'accessKeyId' | 'scope'> {
  const parts = credential.split('/');
  const [accessKeyId, date, region, service, term] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service || !term) {
    throw incomplete('Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.');
  }
  return { accessKeyId, scope: { date, region, service, term } };
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignature', message);
}

/**
 * Computes the signature again with aws4, which shares no code with the AWS SDK, and compares in constant time.
 * Throws SignatureDoesNotMatch.
 */
function verifySignature(request: StsRequest, authorization: Authorization, secretAccessKey: string): void {
  const payloadHash = request.headers['x-amz-content-sha256'];
  const bodyHash = createHash('sha256').update(request.body).digest('hex');
  if (payloadHash !== undefined && payloadHash !== bodyHash) throw mismatch();
  const expected = expectedSignature(request, authorization, secretAccessKey);
  if (!isSameSecret(authorization.signature, expected)) throw mismatch();
}

function expectedSignature(request: StsRequest, authorization: Authorization, secretAccessKey: string): string {
  const { accessKeyId, scope, signedHeaders } = authorization;
  const headers = Object.fromEntries(
    signedHeaders.map((name) => {
      const value = request.headers[name];
      if (value === undefined) throw mismatch();
      return [name, String(value)];
    }),
  );
  const toSign = {
    method: request.method,
    path: request.path,
    body: request.body,
    service: scope.service,
    region: scope.region,
    headers,
    doNotModifyHeaders: true,
    // aws4 leaves some headers out (user-agent, ...); the client decides what it signs.
    extraHeadersToInclude: Object.fromEntries(signedHeaders.map((name) => [name, true])),
  };
  const signer = new aws4.RequestSigner(toSign, { accessKeyId, secretAccessKey });
  signer.datetime = String(request.headers['x-amz-date']);
  try {
    return signer.signature();
  } catch {
    // A path that aws4 cannot decode.
    throw mismatch();
  }
}

function mismatch(): AwsError {
  return new AwsError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. ' +
      'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

/** How far a request's date may be from the server's clock. */
const MAX_SKEW_MINUTES = 15;

/** Verifies Signature Version 4 in its header form and says who signed. Throws AWS's own refusals. */
export function authenticate(
  request: StsRequest,
  { accounts, sessions, now }: { accounts: Accounts; sessions: Sessions; now: Date },
): Caller {
  const authorization = parseAuthorization(request.headers.authorization);
  const signer = findSigner(request, authorization.accessKeyId, accounts, sessions);
  if (signer.expiresAt && signer.expiresAt <= now) {
    throw new AwsError('ExpiredToken', 'The security token included in the request is expired');
  }
  checkSignedHeaders(request, authorization);
  checkDate(request, authorization, now);
  checkScope(authorization, request.service);
  verifySignature(request, authorization, signer.secretAccessKey);
  return signer.caller;
}

interface Signer {
  readonly secretAccessKey: string;
  readonly expiresAt?: Date;
  readonly caller: Caller;
}

/** Long-term keys come without a session token, a session's keys with exactly their own. */
function findSigner(request: StsRequest, accessKeyId: string, accounts: Accounts, sessions: Sessions): Signer {
  const token = request.headers['x-amz-security-token'];
  const session = sessions.find(accessKeyId);
  if (session && typeof token === 'string' && isSameSecret(token, session.sessionToken)) return session;
  const user = accounts.users.find((candidate) => candidate.accessKeyId === accessKeyId);
  if (user && token === undefined) {
    return { secretAccessKey: user.secretAccessKey, caller: userCaller(user, 'none') };
  }
  throw new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.');
}

function checkSignedHeaders(request: StsRequest, { signedHeaders }: Authorization): void {
  const mustBeSigned = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const unsigned = mustBeSigned.find((name) => !signedHeaders.includes(name));
  if (unsigned) throw refused(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
}

function checkDate(request: StsRequest, { scope }: Authorization, now: Date): void {
  const text = String(request.headers['x-amz-date'] ?? '');
  const signedAt = parseBasicDate(text);
  if (!signedAt) {
    throw new AwsError('IncompleteSignature', `Date must be in ISO-8601 'basic format'. Got '${text}'.`);
  }
  const skewMs = MAX_SKEW_MINUTES * 60_000;
  const earliest = new Date(now.getTime() - skewMs);
  const latest = new Date(now.getTime() + skewMs);
  if (signedAt < earliest) {
    const limit = `${basicDate(earliest)} (${basicDate(now)} - ${MAX_SKEW_MINUTES} min.)`;
    throw refused(`Signature expired: ${text} is now earlier than ${limit}`);
  }
  if (signedAt > latest) {
    const limit = `${basicDate(latest)} (${basicDate(now)} + ${MAX_SKEW_MINUTES} min.)`;
    throw refused(`Signature not yet current: ${text} is still later than ${limit}`);
  }
  if (text.slice(0, 8) !== scope.date) {
    throw refused(`Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.`);
  }
}

function checkScope({ scope }: Authorization, service: StsRequest['service']): void {
  if (!/^[a-z]{2,}(-[a-z0-9]+)*$/.test(scope.region)) throw refused('Credential should be scoped to a valid region.');
  if (scope.service !== service) throw refused(`Credential should be scoped to correct service: '${service}'.`);
  if (scope.term !== 'aws4_request') {
    throw refused(`Credential should be scoped with a valid terminator: 'aws4_request'.`);
  }
}

function parseBasicDate(text: string): Date | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return iso === text || Number.isNaN(Date.parse(iso)) ? undefined : new Date(iso);
}

function basicDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function refused(message: string): AwsError {
  return new AwsError('SignatureDoesNotMatch', message);
}
