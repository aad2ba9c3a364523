import { AwsError } from '../aws-error.ts';
import { type Answer, failureAnswer, type HttpAnswer, internalFailure, xmlAnswer } from '../http/answer.ts';
import type { Service } from '../http/read-request.ts';
import { bareErrorXml } from '../http/xml.ts';
import type { Grant } from '../sessions.ts';
import type { Fault } from './fault.ts';

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
