import type { SopsScalar, SopsValue } from './read-document.ts';
import { wholeSecondsOf } from './scalar.ts';
import { SopsError } from './sops-error.ts';

/** The version of sops whose format is written. */
export const SOPS_VERSION = '3.11.0';
/** Each recipient's key is tried with each identity, so more would take long. */
export const RECIPIENTS_MAX = 32;
/** The encrypted data key for an X25519 recipient has about 400 characters. A longer one is for another kind of key. */
const WRAPPED_MAX_LENGTH = 1024;
/** The lists of keys that may open a document. */
const MASTER_KEYS = ['age', 'kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'pgp'];
const NUMBER = '(?:0|[1-9]\\d{0,18})';
const WORD = `(?:${NUMBER}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const BUILD = '[0-9A-Za-z-]+';
/** A semantic version, or one of before sops had them (version/version.go, AIsNewerThanB). */
const VERSION = new RegExp(
  `^(?:1\\..*|v?${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${WORD}(?:\\.${WORD})*)?(?:\\+${BUILD}(?:\\.${BUILD})*)?)$`,
);

/** The fields of `sops` that decryption uses. */
export interface SopsMetadata {
  /** The data key as armored text, one for each age recipient that may have an X25519 key. */
  readonly wrapped: readonly string[];
  readonly mac: string;
  /** The place that the MAC is encrypted at, RFC 3339. */
  readonly lastModified: string;
  readonly macOnlyEncrypted: boolean;
  readonly isEncrypted: EncryptionRule;
}

/**
 * Reads the `sops` object of a document, each field with the type that it has in Go (stores/stores.go, Metadata and ToInternal): what
 * sops refuses to read is refused here.
 * @throws SopsError when it has another form than sops writes, several key groups, or no age recipient.
 */
export function readMetadata(sops: SopsValue | undefined): SopsMetadata {
  if (!isMap(sops)) throw new SopsError('malformed', ['sops']);
  const rules = [...RULES, ...COMMENT_RULES].map((name) => [name, textOf(sops, name)] as const);
  const isEncrypted = readRule(Object.fromEntries(rules));
  if (typeof isEncrypted === 'string') throw new SopsError(isEncrypted, ['sops']);
  const lastModified = wholeSecondsOf(textOf(sops, 'lastmodified'));
  if (lastModified === undefined) throw new SopsError('malformed', ['sops', 'lastmodified']);
  if (!VERSION.test(textOf(sops, 'version'))) throw new SopsError('malformed', ['sops', 'version']);
  const threshold = scalarOf(sops, 'shamir_threshold').value ?? 0;
  if (typeof threshold !== 'number' || Math.abs(threshold) >= 2 ** 63)
    throw new SopsError('malformed', ['sops', 'shamir_threshold']);
  const only = scalarOf(sops, 'mac_only_encrypted').value ?? false;
  if (typeof only !== 'boolean') throw new SopsError('malformed', ['sops', 'mac_only_encrypted']);
  return { wrapped: readWrapped(sops), mac: textOf(sops, 'mac'), lastModified, macOnlyEncrypted: only, isEncrypted };
}

/** The encrypted data keys in `sops` or in its `key_groups`. Of several groups each has only a share of the data key (Shamir). */
function readWrapped(sops: SopsMap): string[] {
  const flat = keysOf(sops);
  const all = mapsIn(sops, 'key_groups').map(keysOf);
  const groups = flat.length > 0 ? [flat] : all;
  if (groups.length > 1) throw new SopsError('unsupported', ['sops', 'key_groups']);
  const [keys = []] = groups;
  const entries = keys.filter(({ kind }) => kind === 'age');
  if (entries.length > RECIPIENTS_MAX) throw new SopsError('unsupported', ['sops', 'age']);
  if (entries.length === 0) throw new SopsError(keys.length > 0 ? 'notAge' : 'malformed', ['sops']);
  return [...new Set(entries.map(({ enc }) => enc))].filter((text) => text.length <= WRAPPED_MAX_LENGTH);
}

/** The keys of a group, or of `sops` itself: fields of text, but KMS's context, and all but those of age say when they were made. */
function keysOf(group: SopsMap): { readonly kind: string; readonly enc: string }[] {
  return MASTER_KEYS.flatMap((kind) =>
    mapsIn(group, kind).map((entry) => {
      for (const [name, value] of entry) {
        const inner = kind === 'kms' && name === 'context' && !isNull(value) ? value : undefined;
        if (inner === undefined) textOf(entry, name);
        else if (!isMap(inner)) throw new SopsError('malformed', ['sops', kind]);
        else for (const key of inner.keys()) textOf(inner, key);
      }
      const isTimed = kind === 'age' || wholeSecondsOf(textOf(entry, 'created_at')) !== undefined;
      if (!isTimed) throw new SopsError('malformed', ['sops', kind]);
      return { kind, enc: textOf(entry, 'enc') };
    }),
  );
}

type SopsMap = ReadonlyMap<string, SopsValue>;

function isMap(value: SopsValue | undefined): value is SopsMap {
  return value instanceof Map;
}

function isNull(value: SopsValue | undefined): boolean {
  return value === undefined || ('value' in value && value.value === null);
}

/** A list of maps. A null among them counts as an empty map, and an absent list as an empty list. */
function mapsIn(map: SopsMap, name: string): SopsMap[] {
  const list = map.get(name);
  const all = isNull(list) ? [] : list;
  const maps = Array.isArray(all) ? (all as readonly SopsValue[]).map((item) => (isNull(item) ? new Map() : item)) : [];
  if (!Array.isArray(all) || !maps.every(isMap)) throw new SopsError('malformed', ['sops', name]);
  return maps;
}

function scalarOf(map: SopsMap, name: string): SopsScalar {
  const scalar = map.get(name) ?? { source: '', value: null };
  if (!('source' in scalar)) throw new SopsError('malformed', ['sops', name]);
  return scalar;
}

/** A scalar as Go reads it into a string: as it is written, and null as an empty one. */
function textOf(map: SopsMap, name: string): string {
  const { source, value } = scalarOf(map, name);
  return value === null ? '' : source;
}

/** True if the value at a path is encrypted. Lists add no key to a path. */
type EncryptionRule = (path: readonly string[]) => boolean;

/** sops leaves these plain when a document has no rule (sops.go, DefaultUnencryptedSuffix). */
const DEFAULT_UNENCRYPTED_SUFFIX = '_unencrypted';
const PATTERN_MAX_LENGTH = 256;

const RULES = ['unencrypted_suffix', 'encrypted_suffix', 'unencrypted_regex', 'encrypted_regex'] as const;
const COMMENT_RULES = ['unencrypted_comment_regex', 'encrypted_comment_regex'];

/**
 * The encryption rule of a `sops` object. A rule matches any key of a path (sops.go, shouldBeEncrypted). `malformed`: there is more than
 * one rule, which sops refuses as well. `unsupported`: a rule about comments, or a pattern that could take for ever.
 */
export function readRule(sops: Readonly<Record<string, string>>): EncryptionRule | 'malformed' | 'unsupported' {
  const rules = [...RULES, ...COMMENT_RULES].filter((name) => (sops[name] ?? '') !== '');
  const name = RULES.find((rule) => rules.includes(rule)) ?? 'unencrypted_suffix';
  const { [name]: text = '' } = rules.length === 0 ? { [name]: DEFAULT_UNENCRYPTED_SUFFIX } : sops;
  if (rules.length > 1) return 'malformed';
  if (rules.some((rule) => COMMENT_RULES.includes(rule))) return 'unsupported';
  const matches = name.endsWith('_regex') ? toMatcher(text) : (part: string) => part.endsWith(text);
  if (matches === undefined) return 'unsupported';
  return name.startsWith('un') ? (path) => !path.some(matches) : (path) => path.some(matches);
}

/**
 * A matcher for a pattern that means the same in JavaScript and Go and is fast on any text: it has no repetition, and at most one group
 * with alternatives. `(?i)` may come first. Undefined for other patterns.
 */
function toMatcher(pattern: string): ((part: string) => boolean) | undefined {
  const isCaseless = pattern.startsWith('(?i)');
  const body = isCaseless ? pattern.slice('(?i)'.length) : pattern;
  const isShort = body.length <= PATTERN_MAX_LENGTH;
  const isAlike = !/\(\?|\\[^.$^|()[\]*+?/\\-]|\[:|\[\^?\]/.test(body);
  const isQuick = !/[*+?{}]/.test(body) && body.split('(').length <= 2;
  if (!isShort || !isAlike || !isQuick) return undefined;
  try {
    const compiled = new RegExp(body, isCaseless ? 'iu' : 'u');
    const results = new Map<string, boolean>();
    return (part) => {
      const matches = results.get(part) ?? compiled.test(part);
      results.set(part, matches);
      return matches;
    };
  } catch {
    return undefined;
  }
}
