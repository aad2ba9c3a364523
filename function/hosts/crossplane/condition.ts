import { type Condition, Status, Target } from '@crossplane-org/function-sdk-typescript';
import { listAt, valueAt } from '../../model/plain-data.ts';

/** The condition of a composite about its credentials. */
const CONDITION_TYPE = 'CredentialsReady';

/** What a call reports about the credentials. */
export interface Verdict {
  readonly isGood: boolean;
  /** PascalCase. */
  readonly reason: string;
  readonly message: string;
}

/** The condition that reports a verdict. */
export function toCondition({ isGood, reason, message }: Verdict): Condition {
  const status = isGood ? Status.STATUS_CONDITION_TRUE : Status.STATUS_CONDITION_FALSE;
  return { type: CONDITION_TYPE, status, reason, message, target: Target.TARGET_COMPOSITE_AND_CLAIM };
}

/** The condition that the composite has from an earlier reconcile. */
interface ReportedCondition {
  readonly verdict: Verdict;
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
    verdict: { isGood: text('status') === 'True', reason: text('reason'), message: text('message') },
    ...(Number.isNaN(since.getTime()) ? {} : { since }),
  };
}

/** True when the composite's condition has this verdict already. A later step of this function may have added its own message. */
export function wasReported({ isGood, reason, message }: Verdict, former: ReportedCondition | undefined): boolean {
  const known = former?.verdict;
  if (known?.isGood !== isGood || known.reason !== reason) return false;
  return known.message === message || known.message.startsWith(`${message} `);
}

/** Key in the pipeline's context, which Crossplane passes to later steps and drops at the end. */
const CONTEXT_KEY = 'sts.fn.crossplane.io/waiting';

type Context = Record<string, unknown> | undefined;

/** The verdict of earlier steps of this function that wait; undefined when none does. */
export function earlierWait(context: unknown): Verdict | undefined {
  const [reason, message] = ['reason', 'message'].map((name) => valueAt(context, [CONTEXT_KEY, name]));
  if (typeof reason !== 'string' || reason === '' || typeof message !== 'string') return undefined;
  return { isGood: false, reason, message };
}

/** Joins the verdicts of all steps of this function: a composite has one condition, and the last step writes it. */
export function joinVerdicts(earlier: Verdict | undefined, own: Verdict | undefined): Verdict | undefined {
  if (earlier === undefined) return own;
  return own === undefined || own.isGood ? earlier : { ...earlier, message: `${earlier.message} ${own.message}` };
}

/** The context with a verdict that waits, for later steps. */
export function passToLaterSteps(context: Context, verdict: Verdict | undefined): Context {
  if (verdict === undefined || verdict.isGood) return context;
  return { ...context, [CONTEXT_KEY]: { reason: verdict.reason, message: verdict.message } };
}
