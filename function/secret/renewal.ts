import { createHash } from 'node:crypto';
import { lifetimeSecondsOf } from '../chain/operations/operations.ts';
import {
  EXPIRATION_ANNOTATION,
  FORCE_SYNC_ANNOTATION,
  PLACEHOLDER_ANNOTATION,
  RENEW_AFTER_ANNOTATION,
  SPEC_HASH_ANNOTATION,
} from '../model/annotations.ts';
import type { KnownObject } from '../model/answers.ts';
import { LONGEST_SESSION_SECONDS } from '../model/hop.ts';
import { type Job, KEPT, type SecretPart, type Verdict } from '../model/job.ts';
import { secondsOf, textAt } from '../model/plain-data.ts';
import { isSealedFor } from './encryption.ts';
import { keysOf, renderedKeys } from './format-secret.ts';
import { isIntact } from './hashes.ts';
import { generatorMark } from './ownership.ts';

/** Largest share of the lifetime that the jitter takes off. */
export const JITTER_SHARE = 0.1;
/** Most that this machine's clock may differ from AWS's: STS accepts a signature that is up to 15 minutes off. */
const CLOCK_MILLISECONDS = 15 * 60_000;

/** A session, and when it was asked for. */
interface Lifespan {
  readonly part: Pick<SecretPart, 'generator' | 'chain' | 'after' | 'renewal' | 'defaultSecretName'>;
  readonly issuedAt: Date;
  /** When it ends; absent: its issuer gave no end. */
  readonly credentials: { readonly expiration?: Date };
}

/**
 * When the first session of a Secret ends, and when the first of them is due for renewal; undefined where one has no end.
 *
 * A session is due when no more than `before` of its lifetime is left. Without `before`, and where the lifetime is shorter, a third counts.
 * Jitter brings that forward by up to a tenth of the lifetime, at most half the time until then, so that no session is due as soon as it is
 * issued. The jitter follows from the generator, under Crossplane together with its composite: after a pause not everything is renewed at
 * once, yet every run agrees, and the Secrets of one generator are renewed together (docs/decisions/014-several-secrets.md).
 */
export function newTimes(sessions: readonly Lifespan[]): { expiration: Date; renewAfter: Date } | undefined {
  let expires = Number.POSITIVE_INFINITY;
  let renews = Number.POSITIVE_INFINITY;
  for (const { part, issuedAt, credentials } of sessions) {
    const { expiration } = credentials;
    if (expiration === undefined) return undefined;
    const start = issuedAt.getTime();
    const duration = lifetimeSecondsOf(part) * 1000;
    expires = Math.min(expires, expiration.getTime(), start + duration + CLOCK_MILLISECONDS); // a later one is not believed
    const lifetime = Math.min(expiration.getTime() - start, duration); // longer than asked for: the clocks differ
    const margin = renewalMargin(part.renewal, lifetime);
    const untilDue = lifetime - (margin < lifetime ? margin : renewalMargin({}, lifetime));
    const seed = generatorMark({ ...part.generator, name: part.defaultSecretName });
    const jitter = createHash('sha256').update(seed).digest().readUInt32BE(0) / 2 ** 32;
    renews = Math.min(renews, start + Math.max(0, untilDue - Math.min(lifetime * JITTER_SHARE, untilDue / 2) * jitter));
  }
  return { expiration: new Date(expires), renewAfter: new Date(renews) };
}

/** The times of a Secret whose sessions are asked for now, and last as long as that. */
export function plannedTimes({ parts }: Pick<Job, 'parts'>, issuedAt: Date): ReturnType<typeof newTimes> {
  const endOf = (part: SecretPart) => new Date(issuedAt.getTime() + lifetimeSecondsOf(part) * 1000);
  return newTimes(parts.map((part) => ({ part, issuedAt, credentials: { expiration: endOf(part) } })));
}

/** How long before its end a session of `lifetime` milliseconds is renewed, in milliseconds: a third of it, a share, or a duration. */
export function renewalMargin({ before }: { readonly before?: string | undefined }, lifetime: number): number {
  if (before === undefined) return lifetime / 3;
  return before.endsWith('%') ? (lifetime * Number.parseInt(before, 10)) / 100 : secondsOf(before) * 1000;
}

/** Seconds after which the first of a Secret's sessions ends. */
export function shortestLifetime({ parts }: Pick<Job, 'parts'>): number {
  return Math.min(...parts.map(lifetimeSecondsOf));
}

const RFC_3339_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Judges the existing Secret by its content alone. An expiration that no session of its job has is not believed. */
export function judgeTarget(
  job: Pick<Job, 'specHash' | 'parts' | 'form' | 'forceSync'>,
  existing: KnownObject,
  now: Date,
): Verdict {
  const { specHash, form } = job;
  const { annotations } = existing;
  const keys = keysOf(job);
  if (annotations[PLACEHOLDER_ANNOTATION] === 'true') return { do: 'issue', because: 'placeholder' };
  if (annotations[SPEC_HASH_ANNOTATION] !== specHash()) return { do: 'issue', because: 'specChanged' };
  if (form.recipients !== undefined) {
    if (!areEncrypted(existing, keys)) return { do: 'issue', because: 'notEncrypted' };
    if (!isSealedFor(form.recipients, existing.sops)) return { do: 'issue', because: 'otherRecipients' };
  }
  const rendered = new Set(renderedKeys(form));
  if (!keys.every((key) => hasValue(existing, key, rendered))) return { do: 'issue', because: 'keysMissing' };
  if (!isIntact(existing, job)) return { do: 'issue', because: 'dataChanged' };
  const times = believedTimes(existing, now, job);
  if (times === undefined) return { do: 'issue', because: 'timesUnreadable' };
  const { expiration, renewAfter } = times;
  if (now.getTime() >= expiration) return { do: 'issue', because: 'expired' };
  if (isForced(job, existing)) return { do: 'renew', because: 'forceSync', validUntil: expiration };
  return now.getTime() < renewAfter ? KEPT : { do: 'renew', because: 'due', validUntil: expiration };
}

/** True where an annotation `force-sync` has a value that the Secret was not made for. Removing the only one forces nothing. */
export function isForced({ forceSync }: Pick<Job, 'forceSync'>, { annotations }: KnownObject): boolean {
  return forceSync !== undefined && annotations[FORCE_SYNC_ANNOTATION] !== forceSync;
}

/** The times of a Secret in milliseconds; undefined where they are not readable, or no session of `job`, or of any, lasts so long. */
export function believedTimes(
  secret: Pick<KnownObject, 'annotations'>,
  now: Date,
  job?: Pick<Job, 'parts'>,
): { readonly expiration: number; readonly renewAfter: number } | undefined {
  const expiration = timeIn(secret, EXPIRATION_ANNOTATION);
  const renewAfter = timeIn(secret, RENEW_AFTER_ANNOTATION);
  if (expiration === undefined || renewAfter === undefined || renewAfter > expiration) return undefined;
  return isBelieved(job, expiration, now) ? { expiration, renewAfter } : undefined;
}

/** False where a session of this job, or of any, cannot last so long: somebody wrote another expiration. */
function isBelieved(job: Pick<Job, 'parts'> | undefined, expiration: number, now: Date): boolean {
  const seconds = job === undefined ? LONGEST_SESSION_SECONDS : shortestLifetime(job);
  return expiration <= now.getTime() + seconds * 1000 + CLOCK_MILLISECONDS;
}

/**
 * True while the Secret's data are as this function wrote them, and its session has not ended. With `job`: only if it has the job's spec
 * hash, and ends no later than a session of it can. Without: no later than any session can.
 */
export function isUsable(job: Job | undefined, secret: KnownObject, now: Date): boolean {
  const expiration = timeIn(secret, EXPIRATION_ANNOTATION);
  if (expiration === undefined || now.getTime() >= expiration || !isBelieved(job, expiration, now)) return false;
  return (job === undefined || secret.annotations[SPEC_HASH_ANNOTATION] === job.specHash()) && isIntact(secret);
}

/** True where SOPS encrypted these values: its metadata can stand beside plain text. */
function areEncrypted({ data = {}, sops }: KnownObject, keys: readonly string[]): boolean {
  return sops !== undefined && keys.every((key) => textAt(data, [key])?.startsWith('ENC['));
}

/** A value as this function writes it: base64, or encrypted by SOPS. What somebody put into `stringData` would win over it. */
const EMITTED_VALUE = /^(?:[A-Za-z0-9+/]+={0,2}|ENC\[[^\]]+\])$/;

/** `rendered`: the keys whose value a template makes, which may be empty; a credential is not. */
function hasValue({ data = {}, stringData = {} }: KnownObject, key: string, rendered: ReadonlySet<string>): boolean {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  const isWritten = typeof value === 'string' && (EMITTED_VALUE.test(value) || (value === '' && rendered.has(key)));
  return isWritten && !Object.hasOwn(stringData, key);
}

/** The time in an annotation of a Secret, in milliseconds since 1970; undefined where it is not written as this function writes times. */
export function timeIn({ annotations }: Pick<KnownObject, 'annotations'>, name: string): number | undefined {
  const text = annotations[name] ?? '';
  const milliseconds = RFC_3339_SECONDS.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
