import type { Accounts } from '../accounts.ts';
import { AwsError } from '../aws-error.ts';
import { type Caller, userCaller } from '../caller.ts';
import type { StsRequest } from '../http/read-request.ts';
import { isSameSecret } from '../same-secret.ts';
import type { Sessions } from '../sessions.ts';
import { type Authorization, parseAuthorization } from './authorization.ts';
import { verifySignature } from './signature.ts';

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
