import { AwsError, ClusterError, type World } from '../model/world.ts';
import { ADVICE } from './advice.ts';

/** Attempts at one request, the first included. */
const MAX_ATTEMPTS = 5;
const FIRST_DELAY_MILLISECONDS = 200;
const MAX_DELAY_MILLISECONDS = 5000;

/** AWS's codes for faults that may pass by themselves. All others are permanent: trying again only hides them. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'TooManyRequestsException',
  'SlowDown',
  'ServiceUnavailable',
  'InternalFailure',
  'InternalError',
  'ServerException', // ECR's
  // retried as in aws-sdk-go: AWS also answers this while it cannot fetch an issuer's keys
  'InvalidIdentityToken',
  'InvalidIdentityTokenException',
  'IDPCommunicationError',
  'IDPCommunicationErrorException',
]);

/** A request's last failure, after all its attempts. */
export class AttemptsError extends Error {
  readonly last: AwsError | ClusterError;
  /** True where several attempts failed, and all in the same way. */
  readonly isRepeated: boolean;

  constructor(last: AwsError | ClusterError, isRepeated = false) {
    super(last.message, { cause: last });
    this.last = last;
    this.isRepeated = isRepeated;
  }
}

/** What the loop needs of the world, and the run's deadline. */
export interface RetryContext extends Pick<World, 'sleep' | 'random'> {
  readonly signal: AbortSignal;
  /** How long AccessDenied is tried again; 0 or absent: it is permanent. */
  readonly awaitRolesMilliseconds?: number;
}

/**
 * The one retry loop, for AWS and for API servers: their clients' own are switched off. Doubling delays from 200 ms to 5 s,
 * spread by half so that a thousand throttled calls do not return together. At most 5 attempts; those that AWS denies within
 * `awaitRolesMilliseconds` do not count. `isRepeatable`: false for a failure after which the request is not sent again.
 * @throws AttemptsError
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  context: RetryContext,
  isRepeatable: (failure: AwsError | ClusterError) => boolean = () => true,
): Promise<T> {
  const { sleep, signal, random, awaitRolesMilliseconds = 0 } = context;
  let waited = 0;
  let denied: AwsError | undefined;
  let denials = 0;
  let isClockCorrected = false;
  const ways = new Set<string>();
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof AwsError || error instanceof ClusterError)) throw error;
      const attemptsError = (last: AwsError | ClusterError) => new AttemptsError(last, attempts > 1 && ways.size === 1);
      if (signal.aborted) throw attemptsError(denied ?? deadline(error));
      ways.add(JSON.stringify(error.failure, ['kind', 'awsCode', 'httpStatus']));
      let delay =
        Math.min(FIRST_DELAY_MILLISECONDS * 2 ** (attempts - 1), MAX_DELAY_MILLISECONDS) * (0.5 + random() / 2);
      if (isDenied(error) && waited < awaitRolesMilliseconds) {
        delay = Math.min(delay, awaitRolesMilliseconds - waited);
        waited += delay;
        denials += 1;
        denied = error;
      } else {
        const isTriedAgain = isTransient(error) || (isClockError(error) && !isClockCorrected);
        if (!isTriedAgain || !isRepeatable(error) || attempts - denials >= MAX_ATTEMPTS) throw attemptsError(error);
        isClockCorrected ||= isClockError(error);
      }
      await sleep(delay, signal);
      if (signal.aborted) throw attemptsError(denied ?? deadline(error));
    }
  }
}

function deadline(error: AwsError | ClusterError): AwsError | ClusterError {
  return error instanceof AwsError ? new AwsError({ kind: 'deadline' }) : new ClusterError({ kind: 'deadline' });
}

/** AWS takes some seconds to know a new role or policy everywhere, and answers AccessDenied until then (ECR: AccessDeniedException). */
export function isDenied(error: AwsError | ClusterError): error is AwsError {
  const { failure } = error;
  return (
    error instanceof AwsError && failure.kind === 'refused' && /^AccessDenied(?:Exception)?$/.test(failure.awsCode)
  );
}

/** Failures to connect: no server has seen the request. */
const UNSENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EMFILE', 'ENFILE']);

/**
 * True when AWS has certainly not carried out a request, so that its MFA code is still unused: no server was reached, or AWS
 * refused the request before reading it, as for throttling.
 */
export function isUntouched({ failure }: AwsError | ClusterError): boolean {
  if (failure.kind === 'noTunnel') return true;
  if (failure.kind === 'unreachable') return UNSENT.has(failure.cause);
  return failure.kind === 'refused' && (failure.httpStatus ?? 500) < 500;
}

/**
 * Codes that a wrong clock causes. For other errors the SDK's word that it corrected its clock means nothing (@aws-sdk/core,
 * httpAuthSchemes/aws_sdk/AwsSdkSigV4Signer.ts).
 */
const CLOCK_CODES: ReadonlySet<string> = new Set([
  'SignatureDoesNotMatch',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'InvalidSignatureException',
]);

/** True for an error code of AWS that something is known of. */
export function isKnownCode(awsCode: string): boolean {
  return TRANSIENT.has(awsCode) || CLOCK_CODES.has(awsCode) || Object.hasOwn(ADVICE, awsCode);
}

/** True when the SDK has corrected its clock: the same request may pass when it is signed again. That is tried once. */
function isClockError({ failure }: AwsError | ClusterError): boolean {
  return failure.kind === 'refused' && failure.clockCorrected && CLOCK_CODES.has(failure.awsCode);
}

/** True for a failure that may pass by itself. */
export function isTransient({ failure }: Pick<AwsError | ClusterError, 'failure'>): boolean {
  if (failure.kind === 'unreachable') return true;
  if (failure.kind === 'refused' && TRANSIENT.has(failure.awsCode)) return true;
  const httpStatus = 'httpStatus' in failure ? (failure.httpStatus ?? 0) : 0;
  return httpStatus === 429 || httpStatus >= 500;
}
