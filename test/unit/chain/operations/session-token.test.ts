import { describe, expect, test } from '@jest/globals';
import { getSessionToken } from '../../../../function/chain/operations/session-token.ts';
import { AwsError, type AwsFailure } from '../../../../function/model/world.ts';

const MFA = { durationSeconds: 3600, serialNumber: 'arn:aws:iam::123456789012:mfa/ci', tokenCode: '123456' };

const mayRepeat = (request: { durationSeconds: number; tokenCode?: string }, failure: AwsFailure) =>
  getSessionToken.retry.mayRepeat(request, new AwsError(failure));
const unreachable = (cause: string) => ({ kind: 'unreachable', cause }) as const;
const refused = (httpStatus?: number): AwsFailure => ({
  kind: 'refused',
  awsCode: 'Throttling',
  clockCorrected: false,
  ...(httpStatus === undefined ? {} : { httpStatus }),
});

/** AWS takes a code once, and refused codes can lock the device out. */
describe('a request with an MFA code', () => {
  test.each<[string, AwsFailure]>([
    ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EMFILE', 'ENFILE'].map(
      (cause) => [`${cause}: nobody was reached`, unreachable(cause)] as const,
    ),
    ['a proxy that makes no way', { kind: 'noTunnel', cause: '504', proxy: 'http://proxy', httpStatus: 504 }],
    ['a refusal before AWS read it', refused(400)],
  ] as [string, AwsFailure][])('is sent again after %s', (_, failure) => {
    expect(mayRepeat(MFA, failure)).toBe(true);
  });

  test.each<[string, AwsFailure]>([
    ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET'].map(
      (cause) => [`${cause}: AWS may have read it`, unreachable(cause)] as const,
    ),
    ['a fault of AWS', refused(503)],
    ['an answer without a status', refused()],
    ['an answer that is none', { kind: 'malformed' }],
    ['the deadline', { kind: 'deadline' }],
  ] as [string, AwsFailure][])('is not sent again after %s', (_, failure) => {
    expect(mayRepeat(MFA, failure)).toBe(false);
    expect(mayRepeat({ durationSeconds: 3600 }, failure)).toBe(true); // without a code nothing is used up
  });
});
