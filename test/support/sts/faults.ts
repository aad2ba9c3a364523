import { AwsError } from './aws-error.ts';
import {
  type Answer,
  bareErrorXml,
  failureAnswer,
  type HttpAnswer,
  internalFailure,
  xmlAnswer,
} from './http/answer.ts';
import type { Service } from './http/request.ts';
import type { Grant } from './sessions.ts';

/** A fault on demand: what goes wrong, for which calls, how often. */
export type Fault = FaultTarget & FaultEffect;

/** Only calls that match; an absent part matches any. */
interface FaultTarget {
  /** Such as `AssumeRole`. */
  readonly operation?: string;
  /** The RoleArn parameter. */
  readonly roleArn?: string;
  /** How many matching calls it strikes. Default 1; `Infinity` until the server closes. */
  readonly times?: number;
}

type FaultEffect =
  /** Any AWS error code, such as RegionDisabledException with 403; `undated`: without the Date header. */
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly status: number;
      readonly message?: string;
      readonly undated?: true;
    }
  /** Throttling, 400. */
  | { readonly kind: 'throttle' }
  /** The service is down: InternalFailure (500) or ServiceUnavailable (503) as XML, or no body at all. */
  | { readonly kind: 'unavailable'; readonly status: 500 | 503; readonly body: 'xml' | 'none' }
  /** The connection closes without an answer. */
  | { readonly kind: 'reset' }
  /** The real answer, so long after the request came. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The real answer, once `until` is fulfilled. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  /** The real answer's status and headers, and the first half of its body. */
  | { readonly kind: 'truncated' }
  /** The real answer with another body, of the real one's making: an answer to something else, or with something beside. */
  | { readonly kind: 'rewritten'; readonly rewrite: (body: string) => string }
  /** The real answer, but the connection closes in the middle of its body. */
  | { readonly kind: 'cut' }
  /** The real answer, one byte of its body at a time. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** Anything else in place of an answer, as a server that is no STS sends. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** A bare `<Error>` without the ErrorResponse around it, as S3-like servers send. */
  | { readonly kind: 's3Error'; readonly code: string; readonly status: number; readonly message?: string }
  /** The server's clock is this many seconds ahead (negative: behind), Date header included. */
  | { readonly kind: 'skewedClock'; readonly seconds: number }
  /** The session ends at another time than asked. */
  | { readonly kind: 'shortSession'; readonly lifetimeSeconds: number }
  /** The answer's Credentials have no Expiration; the session ends as asked. */
  | { readonly kind: 'noExpiration' };

export type FaultKind = FaultEffect['kind'];

/** Faults in the order they were asked for. */
export class FaultQueue {
  readonly #queue: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  /** The first fault that matches, used up once. A call meets one fault at most. */
  take(operation: string, roleArn: string | undefined): Fault | undefined {
    const entry = this.#queue.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.operation === undefined || fault.operation === operation) &&
        (fault.roleArn === undefined || fault.roleArn === roleArn),
    );
    if (entry) entry.left -= 1;
    return entry?.fault;
  }
}

/** The answer that a fault gives in place of the real one, if it gives one. */
export function answerInstead(
  fault: Fault | undefined,
  requestId: string,
  service: Service = 'sts',
): Answer | undefined {
  switch (fault?.kind) {
    case 'error':
      return {
        ...failureAnswer({ ...fault, message: fault.message ?? 'A fault on demand.' }, requestId, service),
        dated: !fault.undated,
      };
    case 'answer':
      return { ...fault, kind: 'http', headers: fault.headers ?? {}, outcome: `HTTP ${fault.status}` };
    case 'throttle':
      return failureAnswer(new AwsError('Throttling', 'Rate exceeded'), requestId, service);
    case 'unavailable':
      return unavailable(fault.status, fault.body, requestId, service);
    case 's3Error':
      return xmlAnswer(fault.status, fault.code, bareErrorXml(fault.code, fault.message), requestId);
    case 'reset':
      return { kind: 'reset', outcome: 'ConnectionReset' };
    default:
      return undefined;
  }
}

/** The clock that the server believes during the call. */
export function skewed(now: Date, fault: Fault | undefined): Date {
  return fault?.kind === 'skewedClock' ? new Date(now.getTime() + fault.seconds * 1000) : now;
}

/** The session that is issued when another one was asked for. */
export function bendGrant(grant: Grant, fault: Fault | undefined): Grant {
  if (fault?.kind === 'shortSession') return { ...grant, durationSeconds: fault.lifetimeSeconds };
  if (fault?.kind === 'noExpiration') return { ...grant, announcesExpiration: false };
  return grant;
}

export function bendAnswer(answer: HttpAnswer, fault: Fault | undefined): HttpAnswer {
  switch (fault?.kind) {
    case 'truncated':
      return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
    case 'rewritten':
      return { ...answer, body: fault.rewrite(answer.body) };
    case 'cut':
      return { ...answer, delivery: 'cut' };
    case 'drip':
      return { ...answer, delivery: { everyMs: fault.everyMs } };
    default:
      return answer;
  }
}

function unavailable(status: 500 | 503, body: 'xml' | 'none', requestId: string, service: Service): HttpAnswer {
  const error =
    status === 500
      ? internalFailure()
      : new AwsError('ServiceUnavailable', 'The request has failed due to a temporary failure of the server.');
  const answer = failureAnswer(error, requestId, service);
  return body === 'none' ? { ...answer, headers: {}, body: '' } : answer;
}
