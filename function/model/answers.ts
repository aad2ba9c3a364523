import type { Code } from '../findings/codes.ts';
import type { Finding } from '../findings/finding.ts';

/** The parts of a Secret, ConfigMap, ServiceAccount or generator that are read. A value that is no string is a fault of the manifest. */
export interface KnownObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of a generator or an item, whole. */
  readonly manifest?: unknown;
  /** Of a Secret, where it says one. */
  readonly type?: string;
  /** Of a Secret that SOPS encrypted: what SOPS says of it. */
  readonly sops?: unknown;
  /** True for one that was opened and whose name its MAC does not cover: it may be a copy of another's. */
  readonly mayBeCopy?: boolean;
  /** Its YAML or JSON, where the host has it: SOPS's MAC depends on order and quotes. All lines have the first's margin. */
  readonly text?: string;
  /** True for a Secret that kustomize has from a generator earlier in the same build. */
  readonly isOfSameBuild?: boolean;
}

/** Why such a one is not read where its text, or all that it allows, goes to others: guards grant it by its name. */
export const MAY_BE_COPY =
  'is encrypted by SOPS without its name (`mac_only_encrypted`), so it may be a copy of another one';

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
}

/**
 * The answer to a need. `null`: somebody looked, and it is not there. `asked`: the host will know in a later call, so that nothing is
 * issued in this one. `notAsked`: nobody looks, since the run is refused.
 */
export type NeedAnswer = KnownObject | KnownToken | LookupFailure | null | 'asked' | 'notAsked';

/** What is known, by the keys of needs. */
export type NeedAnswers = ReadonlyMap<string, NeedAnswer>;

/** True when an answer comes in a later call. */
export function isAsked(known: NeedAnswers): boolean {
  return [...known.values()].includes('asked');
}

/** The object of a key; null when there is none, or it is not known. */
export function objectIn(known: NeedAnswers, key: string): KnownObject | null {
  const found = known.get(key) ?? null;
  return typeof found === 'object' && found !== null && 'annotations' in found ? found : null;
}

/** Why an object could not be looked up. */
export function lookupFaultIn(known: NeedAnswers, key: string): Finding | undefined {
  const found = known.get(key) ?? null;
  return typeof found === 'object' && found !== null && 'unread' in found ? found.unread : undefined;
}

/** What keeps a token from being used; undefined where nothing does, or nobody looked. */
export function tokenFaultIn(known: NeedAnswers, key: string): TokenFault | undefined {
  const found = known.get(key) ?? null;
  return typeof found === 'object' && found !== null && 'tokenFault' in found
    ? (found.tokenFault ?? undefined)
    : undefined;
}
