import { AwsError, ClusterError, type World } from '../api/world.ts';

/** Attempts at one request, the first included. */
const MAX_ATTEMPTS = 5;
const FIRST_DELAY_MILLISECONDS = 200;
const MAX_DELAY_MILLISECONDS = 5000;

/** AWS's codes that may pass by themselves. All others are permanent: trying again only hides them. */
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
  // as aws-sdk-go does: AWS says it also while it cannot fetch an issuer's keys
  'InvalidIdentityToken',
  'InvalidIdentityTokenException',
  'IDPCommunicationError',
  'IDPCommunicationErrorException',
]);

/** A request's last failure, after all its attempts. */
export class AttemptsError extends Error {
  readonly last: AwsError | ClusterError;
  readonly attempts: number;

  constructor(last: AwsError | ClusterError, attempts: number) {
    super(last.message, { cause: last });
    this.last = last;
    this.attempts = attempts;
  }
}

/** What the loop needs of the world, and the run's deadline. */
export interface RetryWorld extends Pick<World, 'sleep' | 'random'> {
  readonly signal: AbortSignal;
  /** How long AccessDenied is tried again; 0 or absent: it is permanent. */
  readonly awaitRolesMilliseconds?: number;
}

/**
 * The one retry loop, for AWS and for API servers: their clients' own are switched off. Doubling delays from 200 ms to 5 s,
 * spread by half so that a thousand throttled calls do not return together. At most 5 attempts, and as many more as fit into
 * the time that a new role is waited for.
 * @throws AttemptsError
 */
export async function withRetries<T>(attempt: () => Promise<T>, world: RetryWorld): Promise<T> {
  const { sleep, signal, random, awaitRolesMilliseconds = 0 } = world;
  let waited = 0;
  let denials = 0;
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof AwsError || error instanceof ClusterError)) throw error;
      if (signal.aborted) throw new AttemptsError(deadline(error), attempts);
      const delay = delayAfter(attempts) * (0.5 + random() / 2);
      const isAwaited = isDenied(error) && waited + delay <= awaitRolesMilliseconds;
      const isTriedAgain = isTransient(error) && attempts - denials < MAX_ATTEMPTS;
      if (!isAwaited && !isTriedAgain) throw new AttemptsError(error, attempts);
      if (isAwaited) {
        waited += delay;
        denials += 1;
      }
      await sleep(delay, signal);
    }
  }
}

function delayAfter(attempts: number): number {
  return Math.min(FIRST_DELAY_MILLISECONDS * 2 ** (attempts - 1), MAX_DELAY_MILLISECONDS);
}

function deadline(error: AwsError | ClusterError): AwsError | ClusterError {
  return error instanceof AwsError ? new AwsError({ kind: 'deadline' }) : new ClusterError({ kind: 'deadline' });
}

/** AWS needs some seconds to know a new role or trust policy everywhere, and says AccessDenied until then. */
function isDenied(error: AwsError | ClusterError): boolean {
  return error instanceof AwsError && error.failure.kind === 'refused' && error.failure.awsCode === 'AccessDenied';
}

function isTransient({ failure }: AwsError | ClusterError): boolean {
  switch (failure.kind) {
    case 'unreachable':
      return true;
    case 'refused':
      return TRANSIENT.has(failure.awsCode) || failure.clockCorrected || (failure.httpStatus ?? 0) >= 500;
    case 'answered':
      return failure.httpStatus === 429 || failure.httpStatus >= 500;
    default:
      return false;
  }
}
