import { writeSync } from 'node:fs';

/** Further fields of a line: names and numbers, never a value from a Secret, a token or an answer of STS. */
type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line. */
export type Log = (level: Level, message: string, facts?: Facts) => void;

/** A log that writes each line as JSON to standard error. */
export function createLog(isDebug: boolean, now: () => Date): Log {
  return (level, message, facts = {}) => {
    if (level === 'debug' && !isDebug) return;
    const line = JSON.stringify({ time: now().toISOString(), level, message, ...facts });
    try {
      writeSync(2, `${line}\n`);
    } catch {
      // standard error is closed; calls are still served
    }
  };
}
