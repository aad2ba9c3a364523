import { dataKey } from '../api/names.ts';
import { quote } from '../api/quote.ts';
import { type Rewrite, readStep, type Step, StepFault } from './rewrite-step.ts';

/** What keeps keys from being rewritten: `field` below the list of steps, empty for the whole. */
interface RewriteFault {
  readonly field: string;
  readonly text: string;
}

/** A key of a Secret has at most 253; on its way it may be longer, but steps that each make it longer must not fill the memory. */
const PASSING_MAX_CHARACTERS = 1024;

type Renamed = readonly [key: string, made: string];

/**
 * What each key becomes, step by step. A key that becomes empty is left out, as External Secrets does; two that become one are
 * a fault, since there it is chance which value stays.
 */
export async function rewriteKeys(
  keys: readonly string[],
  rewrites: readonly Rewrite[],
): Promise<{ readonly keys: Readonly<Record<string, string>> } | { readonly faults: readonly RewriteFault[] }> {
  try {
    const steps = await Promise.all(rewrites.map((rewrite, index) => readStep(rewrite, `[${index}]`)));
    const renamed = keys.map((key): Renamed => [key, steps.reduce(takeStep, key)]);
    const kept = renamed.filter(([, made]) => made !== '');
    const texts = [...kept.flatMap(checkKey), ...checkTwice(kept)];
    if (texts.length === 0) return { keys: Object.fromEntries(kept) };
    return { faults: texts.map((text) => ({ field: '', text })) };
  } catch (error) {
    if (error instanceof StepFault) return { faults: [{ field: error.field, text: error.message }] };
    throw error;
  }
}

function takeStep(key: string, step: Step, index: number): string {
  const made = step(key);
  if (made.length <= PASSING_MAX_CHARACTERS) return made;
  throw new StepFault(`[${index}]`, `makes a key of more than ${PASSING_MAX_CHARACTERS} characters`);
}

function checkKey([key, made]: Renamed): string[] {
  const [issue] = dataKey.safeParse(made).error?.issues ?? [];
  return issue === undefined ? [] : [`makes ${quote(made)} of ${quote(key)}, which ${issue.message}`];
}

function checkTwice(renamed: readonly Renamed[]): string[] {
  return renamed.flatMap(([key, made], index) => {
    const other = renamed.slice(0, index).find(([, earlier]) => earlier === made);
    return other === undefined ? [] : [`makes ${quote(made)} of both ${quote(other[0])} and ${quote(key)}`];
  });
}
