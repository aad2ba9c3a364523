import { type Condition, Status, Target } from '@crossplane-org/function-sdk-typescript';
import { listAt, valueAt } from '../../api/value-at.ts';

/** The condition of a composite that says how its credentials are. */
const CONDITION_TYPE = 'CredentialsReady';

/** What a call says of the credentials. */
export interface Verdict {
  readonly isGood: boolean;
  /** PascalCase. */
  readonly reason: string;
  readonly message: string;
}

/** The condition of a verdict. */
export function toCondition({ isGood, reason, message }: Verdict): Condition {
  const status = isGood ? Status.STATUS_CONDITION_TRUE : Status.STATUS_CONDITION_FALSE;
  return { type: CONDITION_TYPE, status, reason, message, target: Target.TARGET_COMPOSITE_AND_CLAIM };
}

/** The condition that the composite has from an earlier reconcile. */
interface Former {
  readonly verdict: Verdict;
  readonly since?: Date;
}

/** Reads it; undefined when there is none. */
export function formerCondition(composite: unknown): Former | undefined {
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

/**
 * True when the composite's owner has read this already: events are for what changes. A later step of this function may have added
 * what it waits for.
 */
export function isKnown({ isGood, reason, message }: Verdict, former: Former | undefined): boolean {
  const known = former?.verdict;
  if (known?.isGood !== isGood || known.reason !== reason) return false;
  return known.message === message || known.message.startsWith(`${message} `);
}

/** In the pipeline's context, which every later step gets and the engine drops at the end. */
const CONTEXT_KEY = 'sts.fn.crossplane.io/waiting';

type Context = Record<string, unknown> | undefined;

/** What earlier steps of this function wait for; undefined when they have what they want, or there is none. */
export function earlierWait(context: unknown): Verdict | undefined {
  const [reason, message] = ['reason', 'message'].map((name) => valueAt(context, [CONTEXT_KEY, name]));
  if (typeof reason !== 'string' || reason === '' || typeof message !== 'string') return undefined;
  return { isGood: false, reason, message };
}

/** The verdict of this step and of those before it: a composite has one condition, and the last step writes it. */
export function joinVerdicts(earlier: Verdict | undefined, own: Verdict | undefined): Verdict | undefined {
  if (earlier === undefined) return own;
  return own === undefined || own.isGood ? earlier : { ...earlier, message: `${earlier.message} ${own.message}` };
}

/** The context with what is waited for, for the steps that follow. */
export function tellLaterSteps(context: Context, verdict: Verdict | undefined): Context {
  if (verdict === undefined || verdict.isGood) return context;
  return { ...context, [CONTEXT_KEY]: { reason: verdict.reason, message: verdict.message } };
}
