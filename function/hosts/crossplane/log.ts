import { writeSync } from 'node:fs';

/** What a line says beside its message: names and numbers, never what was read from a Secret, a token or an answer. */
type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line. */
export type Log = (level: Level, message: string, facts?: Facts) => void;

/** A line of JSON each, on standard error. */
export function createLog(isDebug: boolean, now: () => Date): Log {
  return (level, message, facts = {}) => {
    if (level === 'debug' && !isDebug) return;
    const line = JSON.stringify({ time: now().toISOString(), level, message, ...facts });
    try {
      writeSync(2, `${line}\n`);
    } catch {
      // nobody reads it: the calls still count
    }
  };
}
