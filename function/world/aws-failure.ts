import { AwsError, type AwsFailure } from '../api/world.ts';

/** What AWS's error codes look like; anything else in their place is not repeated. */
const AWS_CODE = /^[A-Za-z][A-Za-z0-9.]{0,63}$/;
const SYSTEM_CODE = /^E[A-Z_]{2,30}$/;
/** How Node names a failed certificate check. */
const TLS_CODE = /^(?:ERR_TLS_[A-Z_]+|[A-Z]+_[A-Z_]*(?:CERT|SIGNATURE|CRL|ISSUER)[A-Z_]*)$/;

/** An error of the SDK as facts without its text: messages of AWS and of the SDK may repeat what was sent. */
export function toAwsError(error: unknown, signal: AbortSignal): AwsError {
  return error instanceof AwsError ? error : new AwsError(classify(error, signal));
}

interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: unknown;
}

function classify(error: unknown, signal: AbortSignal): AwsFailure {
  const { name, $metadata, $response } = (error ?? {}) as SdkError; // thrown values have no type
  if (signal.aborted) return { kind: 'deadline' };
  if (name === 'CredentialsProviderError' || name === 'ProviderError') return { kind: 'noCredentials' };
  const cause = systemCode(error);
  if (cause !== undefined) return { kind: 'unreachable', cause };
  if (name === 'TimeoutError') return { kind: 'unreachable', cause: 'ETIMEDOUT' };
  const httpStatus = $metadata?.httpStatusCode;
  if (httpStatus === undefined || $response === undefined) return { kind: 'malformed' };
  if (httpStatus < 400) return { kind: 'malformed' };
  const awsCode = typeof name === 'string' && AWS_CODE.test(name) ? name : 'Unknown';
  return { kind: 'refused', awsCode, httpStatus, clockCorrected: $metadata?.clockSkewCorrected === true };
}

function systemCode(error: unknown): string | undefined {
  const { code, cause, errors } = (error ?? {}) as SdkError; // thrown values have no type
  if (typeof code === 'string' && (SYSTEM_CODE.test(code) || TLS_CODE.test(code))) return code;
  const inner = errors?.[0] ?? cause;
  return inner === undefined ? undefined : systemCode(inner);
}
