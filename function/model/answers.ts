import type { Code } from '../findings/codes.ts';
import type { Finding } from '../findings/finding.ts';

/** The parts of a Secret, ConfigMap, ServiceAccount or generator that are read. A value that is no string is a fault of the manifest. */
export interface KnownObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** The whole object, of a generator or an item. */
  readonly manifest?: unknown;
  /** The type of a Secret, where it says one. */
  readonly type?: string;
  /** What SOPS says of a Secret that it encrypted. */
  readonly sops?: unknown;
  /** True for a Secret that kustomize has from a generator earlier in the same build. */
  readonly isOfSameBuild?: boolean;
}

/** What SOPS encrypted of a Secret, opened for keys that sign: it is no object, so that nothing else is read from it. */
export interface OpenedSecret {
  readonly opened: Pick<KnownObject, 'data' | 'stringData'>;
}

/** Why no token can be sent: the cause, and what to do. */
export interface TokenFault {
  readonly code: Code;
  readonly text: string;
}

/** What was found where a token was looked for. */
interface KnownToken {
  /** Null: it is there. */
  readonly tokenFault: TokenFault | null;
}

/** The look-up failed: the object may or may not be there. */
export interface LookupFailure {
  readonly unread: Finding;
  /** True where another look-up would not help. */
  readonly isLasting?: true;
}

/**
 * The answer to a need. `null`: somebody looked, and it is not there. `pending`: the host will know in a later call, so that nothing is
 * issued in this one. `notAsked`: nobody looks, since the run is refused or a preview, or the host may have it only when it starts us.
 */
export type NeedAnswer = KnownObject | OpenedSecret | KnownToken | LookupFailure | null | 'pending' | 'notAsked';

/** What is known, by the keys of needs. */
export type NeedAnswers = ReadonlyMap<string, NeedAnswer>;

/** True when an answer comes in a later call. */
export function isPending(answers: NeedAnswers): boolean {
  return [...answers.values()].includes('pending');
}

/** The answer of a key, if it is one that has this field. */
function answerWith<Field extends string>(answers: NeedAnswers, key: string, field: Field) {
  const answer = answers.get(key) ?? null;
  if (typeof answer !== 'object' || answer === null || !(field in answer)) return undefined;
  return answer as Extract<NeedAnswer, Record<Field, unknown>>; // each has a field of its own
}

/** The object of a key; null when there is none, or it is not known. */
export function objectIn(answers: NeedAnswers, key: string): KnownObject | null {
  return answerWith(answers, key, 'annotations') ?? null;
}

/** What a sealed Secret holds. For `identity/secret-keys.ts` alone. */
export function openedIn(answers: NeedAnswers, key: string): OpenedSecret['opened'] | undefined {
  return answerWith(answers, key, 'opened')?.opened;
}

/** Why an object could not be looked up. */
export function lookupFailureIn(answers: NeedAnswers, key: string): LookupFailure | undefined {
  return answerWith(answers, key, 'unread');
}

/** What keeps a token from being used; undefined where nothing does, or nobody looked. */
export function tokenFaultIn(answers: NeedAnswers, key: string): TokenFault | undefined {
  return answerWith(answers, key, 'tokenFault')?.tokenFault ?? undefined;
}
