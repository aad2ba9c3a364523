import type { AwsFailure } from '../aws-error.ts';

/** How the JSON services name what STS has other codes for. */
const CODES: Readonly<Record<string, string>> = {
  AccessDenied: 'AccessDeniedException',
  ExpiredToken: 'ExpiredTokenException',
  IncompleteSignature: 'IncompleteSignatureException',
  InvalidAction: 'UnknownOperationException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  Throttling: 'ThrottlingException',
};

/** A failure in the words of a JSON service. */
export function inJson({ code, status, message }: AwsFailure): AwsFailure {
  const own = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  return { code: own ?? code, status: status === 403 ? 400 : status, message };
}

export function errorJson({ code, message }: AwsFailure): string {
  return JSON.stringify({ __type: code, message });
}
