import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import type { Finding } from '../../api/finding.ts';
import type { SecretManifest } from '../../api/flow.ts';
import { describeObject, secretObject } from '../../api/kinds.ts';
import { wholeSeconds } from '../../api/whole-seconds.ts';
import { expiresAt } from '../../story/standing.ts';
import type { Call, Service } from './call.ts';
import type { Composite } from './composite.ts';
import { formerCondition, isKnown, type Verdict } from './condition.ts';
import { earlierWait, joinVerdicts } from './earlier-steps.ts';
import { forOwner, isFatal, reasonOf } from './explain.ts';
import type { Step } from './read-step.ts';
import { type Answer, toResponse, toResult } from './response.ts';
import { timeToLive, waitingTime } from './time-to-live.ts';

/** What a call has come to. */
interface Ending extends Pick<Call, 'findings' | 'composed' | 'made'> {
  /** What keeps credentials from being as they are wanted. */
  readonly errors: readonly Finding[];
  readonly service: Service;
  readonly now: Date;
  readonly required: Answer['required'];
}

/** The engine applies this: Secrets, what is said of them, and when it has to call again. */
export function finish(
  request: RunFunctionRequest,
  composite: Composite,
  { consumed, ttlSeconds }: Step,
  ending: Ending,
): Call {
  const { composed, made, errors, findings, required, service, now } = ending;
  const former = formerCondition(composite.manifest);
  const bounds = [ttlSeconds, service.ttlSeconds];
  const secrets = composed.map(({ secret }) => secret);
  const isWaiting = errors.some(({ code }) => code !== 'RENEWAL_FAILED');
  const [first] = errors;
  const own: Verdict | undefined =
    first !== undefined
      ? { isGood: false, reason: reasonOf(first), message: forOwner(errors) }
      : composed.length === 0
        ? undefined
        : { isGood: true, reason: 'Available', message: '' };
  const verdict = joinVerdicts(earlierWait(request.context), own);
  const isNews = first !== undefined && verdict !== undefined && !isKnown(verdict, former);
  const results = [...(isNews ? [toResult('warning', verdict)] : []), ...made.map(announce)];
  const again = first === undefined ? timeToLive(secrets, now, bounds) : waitingTime(former?.since, now, bounds);
  return {
    response: toResponse(request, composite, {
      composed,
      consumed,
      required,
      results,
      ttlSeconds: again,
      isWaiting,
      ...(verdict === undefined ? {} : { verdict }),
    }),
    composite,
    outcome: first === undefined ? 'good' : 'waiting',
    findings,
    made,
    composed,
  };
}

function announce(secret: SecretManifest) {
  const until = expiresAt(secret);
  const end = until === undefined ? '' : ` until ${wholeSeconds(new Date(until))}`;
  const message = `${describeObject(secretObject(secret.metadata))} has a new session${end}.`;
  return toResult('normal', { reason: 'SessionIssued', message });
}

/** Nothing is decided before Crossplane has shown what is asked for; it does not apply this answer. */
export function ask(request: RunFunctionRequest, composite: Composite, required: Answer['required'], step: Step): Call {
  const answer = { composed: [], consumed: step.consumed, required, results: [], ttlSeconds: 15, isWaiting: true };
  return {
    response: toResponse(request, composite, answer),
    composite,
    outcome: 'asking',
    findings: [],
    made: [],
    composed: [],
  };
}

/** The engine stops here, applies nothing and deletes nothing. */
export function refuse(
  request: RunFunctionRequest,
  composite: Composite,
  step: Step,
  findings: readonly Finding[],
): Call {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const fatal = [...errors.filter(isFatal), ...errors.filter((one) => !isFatal(one))];
  const [first] = fatal;
  const verdict = { isGood: false, reason: first ? reasonOf(first) : 'Internal', message: forOwner(fatal) };
  const response = toResponse(request, composite, {
    composed: [],
    consumed: step.consumed,
    required: [],
    results: [toResult('fatal', verdict)],
    ttlSeconds: 60,
    isWaiting: true,
    verdict,
  });
  return { response, composite, outcome: 'fatal', findings, made: [], composed: [] };
}
