import type { SecretManifest } from '../../api/flow.ts';
import { expiresAt, renewsAfter } from '../../planner/standing.ts';

/** Never 0, which would mean never again; and a call that comes this often costs nobody anything. */
const MIN_SECONDS = 5;
const MAX_SECONDS = 300;
/** An answer may come from Crossplane's cache once more, and its timer has a jitter. */
const SAFETY = 2.2;
/** While waiting: soon at first, for what the same pipeline is about to make. */
export const WAIT_SECONDS = 15;
const LONG_WAIT_SECONDS = 30;
const SOON_MILLISECONDS = 120_000;

/** Seconds after which the engine has to call again, so that each session is renewed well before it ends. */
export function timeToLive(secrets: readonly SecretManifest[], now: Date, bounds: readonly number[]): number {
  const wanted = secrets.map(({ metadata }) => {
    const [expiration, renewal] = [expiresAt(metadata), renewsAfter(metadata)];
    if (expiration === undefined || renewal === undefined) return MAX_SECONDS;
    return ((expiration + renewal) / 2 - now.getTime()) / 1000 / SAFETY;
  });
  const seconds = Math.max(MIN_SECONDS, Math.min(MAX_SECONDS, ...wanted));
  return Math.min(Math.floor(seconds), ...bounds);
}

/** Seconds after which something that is not there yet is looked for again; `since`: when the waiting began. */
export function waitingTime(since: Date | undefined, now: Date): number {
  const isNew = since === undefined || now.getTime() - since.getTime() < SOON_MILLISECONDS;
  return isNew ? WAIT_SECONDS : LONG_WAIT_SECONDS;
}

/** Seconds after which the limit on sessions lets one through. */
export function limitedTime(milliseconds: number): number {
  return Math.max(MIN_SECONDS, Math.ceil(milliseconds / 1000));
}
