import { AwsError, type AwsFailure } from '../api/world.ts';

/** What AWS's error codes look like; anything else in their place is not repeated. */
const AWS_CODE = /^[A-Za-z][A-Za-z0-9.]{0,63}$/;
/** Names that the SDK or JavaScript gives to an answer without a code, and the shape of an access key ID. */
const NO_AWS_CODE = /^(?:(?:Type|Range|Syntax|Timeout|Provider|CredentialsProvider)?Error|A[A-Z0-9]{15,})$/;
/** System errors of a connection. Others (ENOENT, ERR_INVALID_CHAR) are about files or settings: trying again is no cure. */
const NETWORK_CODE = /^(?:ECONN\w+|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_\w+|EHOST\w+|ENET\w+)$/;
/** How Node names a failed certificate check. */
const TLS_CODE =
  /^(?:ERR_TLS_CERT_\w+|ERR_SSL_\w+|\w*(?:SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|CERT_|HOSTNAME_MISMATCH)\w*)$/;

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
  const httpStatus = $metadata?.httpStatusCode;
  if ($response === undefined || httpStatus === undefined) return withoutAnswer(error);
  if (httpStatus < 400) return { kind: 'malformed' };
  const awsCode = typeof name === 'string' && AWS_CODE.test(name) && !NO_AWS_CODE.test(name) ? name : 'Unknown';
  return { kind: 'refused', awsCode, httpStatus, clockCorrected: $metadata?.clockSkewCorrected === true };
}

function withoutAnswer(error: unknown): AwsFailure {
  const cause = systemCode(error);
  if (cause !== undefined) return TLS_CODE.test(cause) ? { kind: 'untrusted', cause } : { kind: 'unreachable', cause };
  const { name } = (error ?? {}) as SdkError;
  return name === 'TimeoutError' ? { kind: 'unreachable', cause: 'ETIMEDOUT' } : { kind: 'malformed' };
}

function systemCode(error: unknown): string | undefined {
  const { code, cause, errors } = (error ?? {}) as SdkError; // thrown values have no type
  if (typeof code === 'string' && (NETWORK_CODE.test(code) || TLS_CODE.test(code))) return code;
  const inner = errors?.[0] ?? cause;
  return inner === undefined ? undefined : systemCode(inner);
}
