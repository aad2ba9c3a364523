/** AWS's error codes and the HTTP status each one travels with. */
const STATUS = {
  AccessDenied: 403,
  ExpiredToken: 403,
  ExpiredTokenException: 400,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidIdentityToken: 400,
  InvalidParameterValue: 400,
  MalformedInput: 400,
  MalformedPolicyDocument: 400,
  MethodNotAllowed: 405,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  PackedPolicyTooLarge: 400,
  RequestEntityTooLarge: 413,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
} as const;

export type AwsErrorCode = keyof typeof STATUS;

/** What an error answer says; a fault on demand may use any code, not only those above. */
export interface AwsFailure {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

export class AwsError extends Error implements AwsFailure {
  override readonly name = 'AwsError';
  readonly code: AwsErrorCode;
  readonly status: number;

  constructor(code: AwsErrorCode, message: string) {
    super(message);
    this.code = code;
    this.status = STATUS[code];
  }
}
