import { createContext, Script } from 'node:vm';
import { type Finding, finding } from '../findings/finding.ts';
import type { Deadline } from '../model/run-limits.ts';

/** The script calls what stands in its context. */
const context = createContext({ work: () => {} });
const CALL = new Script('work()');

/**
 * What `work` gives; `late` where it computes for longer than so many milliseconds. The engine ends it then, wherever it is. What `work` awaits
 * is not counted.
 */
export function withinTime<T, L>(milliseconds: number, work: () => T, late: L): T | L {
  context.work = work;
  try {
    const timeout = Math.max(1, Math.floor(milliseconds));
    return CALL.runInContext(context, { timeout, displayErrors: false }) as T; // else Node.js writes into the stack of an error
  } catch (error) {
    if (Object(error).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return late;
    throw error;
  }
}

const CAUSE = 'what it compares takes half of the time that STS_FUNCTION_TIMEOUT leaves';
const LATE = [
  finding('LIMIT_EXCEEDED', `cannot finish a check of this folder: ${CAUSE}. Name a folder with less in it.`),
];

/** What a check finds, in half of the time that is left: no loop that nobody thought of keeps the others from being made. */
export function inHalfTheTime<T>(deadline: Deadline, check: () => T): T | readonly Finding[] {
  return withinTime(deadline.millisecondsLeft() / 2, check, LATE);
}
