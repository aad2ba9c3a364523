import { createHash } from 'node:crypto';
import aws4 from 'aws4';
import { AwsError } from '../aws-error.ts';
import type { StsRequest } from '../http/read-request.ts';
import { isSameSecret } from '../same-secret.ts';
import type { Authorization } from './authorization.ts';

/**
 * Computes the signature again with aws4, which shares no code with the AWS SDK, and compares in constant time.
 * Throws SignatureDoesNotMatch.
 */
export function verifySignature(request: StsRequest, authorization: Authorization, secretAccessKey: string): void {
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
