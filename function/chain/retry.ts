import { AwsError, type AwsFailure, type World } from '../api/world.ts';

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
  readonly failure: AwsFailure;
  readonly attempts: number;

  constructor(failure: AwsFailure, attempts: number, cause: unknown) {
    super(failure.kind, { cause });
    this.failure = failure;
    this.attempts = attempts;
  }
}

/**
 * The one retry loop: the SDK's own is switched off. Doubling delays from 200 ms, spread by half so that a thousand
 * throttled calls do not return together. `attempt` is called at most 5 times.
 * @throws AttemptsError
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { sleep, signal, spread }: Pick<World, 'sleep'> & { signal: AbortSignal; spread: () => number },
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (signal.aborted) throw new AttemptsError({ kind: 'deadline' }, attempts, error);
      if (attempts === MAX_ATTEMPTS || !isTransient(error.failure))
        throw new AttemptsError(error.failure, attempts, error);
      const delay = Math.min(FIRST_DELAY_MILLISECONDS * 2 ** (attempts - 1), MAX_DELAY_MILLISECONDS);
      await sleep(delay * (0.5 + spread() / 2), signal);
    }
  }
}

function isTransient(failure: AwsFailure): boolean {
  if (failure.kind === 'unreachable') return true;
  if (failure.kind !== 'refused') return false;
  return TRANSIENT.has(failure.awsCode) || failure.clockCorrected || (failure.httpStatus ?? 0) >= 500;
}
