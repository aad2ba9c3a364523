import { valueAt } from '../../api/value-at.ts';
import type { Verdict } from './condition.ts';

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
