import { type Condition, Status, Target } from '@crossplane-org/function-sdk-typescript';
import { listAt, valueAt } from '../../model/plain-data.ts';

/** The condition of a composite about its credentials. */
const CONDITION_TYPE = 'CredentialsReady';

/** What a call reports about the credentials. */
export interface Readiness {
  readonly isGood: boolean;
  /** PascalCase. */
  readonly reason: string;
  readonly message: string;
}

/** The condition that reports it. */
export function toCondition({ isGood, reason, message }: Readiness): Condition {
  const status = isGood ? Status.STATUS_CONDITION_TRUE : Status.STATUS_CONDITION_FALSE;
  return { type: CONDITION_TYPE, status, reason, message, target: Target.TARGET_COMPOSITE_AND_CLAIM };
}

/** The condition that the composite has from an earlier reconcile. */
interface ReportedCondition {
  readonly readiness: Readiness;
  readonly since?: Date;
}

/** The condition on the observed composite; undefined when there is none. */
export function readCondition(composite: unknown): ReportedCondition | undefined {
  const all = listAt(composite, ['status', 'conditions']);
  const found = all.find((condition) => valueAt(condition, ['type']) === CONDITION_TYPE);
  if (found === undefined) return undefined;
  const text = (name: string) => String(valueAt(found, [name]) ?? '');
  const since = new Date(text('lastTransitionTime'));
  return {
    readiness: { isGood: text('status') === 'True', reason: text('reason'), message: text('message') },
    ...(Number.isNaN(since.getTime()) ? {} : { since }),
  };
}

/** True when the composite's condition has this readiness already. A later step of this function may have added its own message. */
export function wasReported({ isGood, reason, message }: Readiness, former: ReportedCondition | undefined): boolean {
  const known = former?.readiness;
  if (known?.isGood !== isGood || known.reason !== reason) return false;
  return known.message === message || known.message.startsWith(`${message} `);
}

/** Key in the pipeline's context, which Crossplane passes to later steps and drops at the end. */
const CONTEXT_KEY = 'sts.fn.crossplane.io/waiting';

type Context = Record<string, unknown> | undefined;

/** What earlier steps of this function that wait have reported; undefined when none does. */
export function earlierWait(context: unknown): Readiness | undefined {
  const [reason, message] = ['reason', 'message'].map((name) => valueAt(context, [CONTEXT_KEY, name]));
  if (typeof reason !== 'string' || reason === '' || typeof message !== 'string') return undefined;
  return { isGood: false, reason, message };
}

/** Joins what all steps report of this function: a composite has one condition, and the last step writes it. */
export function joinReadiness(earlier: Readiness | undefined, own: Readiness | undefined): Readiness | undefined {
  if (earlier === undefined) return own;
  return own === undefined || own.isGood ? earlier : { ...earlier, message: `${earlier.message} ${own.message}` };
}

/** The context with the readiness of a step that waits, for later steps. */
export function passToLaterSteps(context: Context, readiness: Readiness | undefined): Context {
  if (readiness === undefined || readiness.isGood) return context;
  return { ...context, [CONTEXT_KEY]: { reason: readiness.reason, message: readiness.message } };
}
