import {
  EXPIRATION_ANNOTATION,
  PLACEHOLDER_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../model/annotations.ts';
import type { Job } from '../model/job.ts';
import type { KnownObject } from '../model/known.ts';
import type { Verdict } from '../model/verdict.ts';
import { keysOf } from './format-secret.ts';
import { isIntact } from './hashes.ts';
import { CLOCK_MILLISECONDS, shortestLifetime } from './times-of.ts';

const RFC_3339_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * Judges the Secret that is there by itself: nothing has to be looked up or decrypted. An expiration that is
 * later than the longest session this job can have is not believed.
 */
export function judgeTarget(
  job: Pick<Job, 'specHash' | 'parts' | 'form'>,
  existing: KnownObject | null,
  now: Date,
): Verdict {
  if (existing === null) return { do: 'issue', because: 'absent' };
  const { specHash, form } = job;
  const { annotations } = existing;
  const keys = keysOf(job);
  if (annotations[PLACEHOLDER_ANNOTATION] === 'true') return { do: 'issue', because: 'placeholder' };
  if (annotations[SPEC_HASH_ANNOTATION] !== specHash()) return { do: 'issue', because: 'specChanged' };
  if (form.recipients !== undefined && !hasEncryptedValues(existing, keys))
    return { do: 'issue', because: 'notEncrypted' };
  if (!keys.every((key) => hasValue(existing, key, form))) return { do: 'issue', because: 'keysMissing' };
  if (!isIntact(existing, job)) return { do: 'issue', because: 'dataChanged' };
  const expiration = time(annotations[EXPIRATION_ANNOTATION]);
  const renewAfter = time(annotations[RENEW_AFTER_ANNOTATION]);
  const isReadable = expiration !== undefined && renewAfter !== undefined && renewAfter <= expiration;
  if (!isReadable || !isBelieved(job, expiration, now)) return { do: 'issue', because: 'timesUnreadable' };
  if (now.getTime() >= expiration) return { do: 'issue', because: 'expired' };
  return now.getTime() < renewAfter ? { do: 'keep' } : { do: 'renew', validUntil: expiration };
}

/** False where a session of this job cannot last so long: somebody wrote another expiration. */
export function isBelieved(job: Pick<Job, 'parts'>, expiration: number, now: Date): boolean {
  return expiration <= now.getTime() + shortestLifetime(job) * 1000 + CLOCK_MILLISECONDS;
}

/** By its values: metadata of SOPS can stand beside plain text. */
function hasEncryptedValues({ data = {}, isEncrypted }: KnownObject, keys: readonly string[]): boolean {
  const isSo = (key: string) => Object.hasOwn(data, key) && /^ENC\[/.test(String(data[key]));
  return isEncrypted === true && keys.every(isSo);
}

/** As it was written: base64, or encrypted by SOPS. What somebody put into `stringData` would win over it. */
const WRITTEN = /^(?:[A-Za-z0-9+/]+={0,2}|ENC\[[^\]]+\])$/;

function hasValue({ data = {}, stringData = {} }: KnownObject, key: string, form: Job['form']): boolean {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  const isWritten = typeof value === 'string' && (WRITTEN.test(value) || (value === '' && isRendered(form, key)));
  return isWritten && !Object.hasOwn(stringData, key);
}

/** What a template makes may be empty; a credential is not. */
function isRendered({ template }: Job['form'], name: string): boolean {
  return template?.parts.some(({ target, key }) => target === 'Data' && key === name) === true;
}

function time(text: string | undefined): number | undefined {
  if (text === undefined || !RFC_3339_SECONDS.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
