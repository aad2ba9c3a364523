import { AwsError, type AwsFailure } from '../api/world.ts';
import { connectionFailure } from './connection-failure.ts';

/** What AWS's error codes look like; anything else in their place is not repeated. They have no digits, and keys and tokens have. */
const AWS_CODE = /^[A-Za-z][A-Za-z.]{0,63}$/;
/** Names that the SDK or JavaScript gives to an answer without a code, and the shape of an access key ID. */
const NO_AWS_CODE = /^(?:NotFound|(?:Type|Range|Syntax|Timeout|Provider|CredentialsProvider)?Error|A[A-Z]{15,})$/;

/** An error of the SDK as facts without its text: messages of AWS and of the SDK may repeat what was sent. */
export function toAwsError(error: unknown, signal: AbortSignal): AwsError {
  return error instanceof AwsError ? error : new AwsError(classify(error, signal));
}

interface SdkError {
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: unknown;
}

function classify(error: unknown, signal: AbortSignal): AwsFailure {
  const { name, $metadata, $response } = (error ?? {}) as SdkError; // thrown values have no type
  if (signal.aborted) return { kind: 'deadline' };
  const httpStatus = $metadata?.httpStatusCode;
  if ($response === undefined || httpStatus === undefined) return connectionFailure(error) ?? { kind: 'malformed' };
  if (httpStatus < 400) return connectionFailure(error) ?? { kind: 'malformed' }; // an answer that broke off
  const awsCode = typeof name === 'string' && AWS_CODE.test(name) && !NO_AWS_CODE.test(name) ? name : 'Unknown';
  return { kind: 'refused', awsCode, httpStatus, clockCorrected: $metadata?.clockSkewCorrected === true };
}
