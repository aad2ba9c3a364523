import { SopsError } from './sops-error.ts';

/** The version of sops whose format is written. */
export const SOPS_VERSION = '3.11.0';
/** Each recipient's key is tried with each identity, so more would take long. */
export const RECIPIENTS_MAX = 32;
/** The encrypted data key for an X25519 recipient has about 400 characters. A longer one is for another kind of key. */
const WRAPPED_MAX_LENGTH = 1024;
const MASTER_KEYS = ['age', 'kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'pgp'];
const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[-+]\d\d:\d\d)$/;

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
 * Reads the `sops` object of a document (stores/stores.go, Metadata), in which every scalar is text.
 * @throws SopsError when it has another form than sops writes, several key groups, or no age recipient.
 */
export function readMetadata(sops: unknown): SopsMetadata {
  if (!isMapping(sops)) throw new SopsError('malformed', ['sops']);
  const { mac, lastmodified, mac_only_encrypted: only = 'false' } = sops;
  const isEncrypted = readRule(sops);
  if (typeof isEncrypted === 'string') throw new SopsError(isEncrypted, ['sops']);
  if (typeof mac !== 'string') throw new SopsError('malformed', ['sops', 'mac']);
  const [, date, time, zone] = (typeof lastmodified === 'string' && RFC_3339.exec(lastmodified)) || [];
  if (zone === undefined) throw new SopsError('malformed', ['sops', 'lastmodified']);
  if (typeof only !== 'string' || !/^(?:true|false)$/i.test(only)) {
    throw new SopsError('malformed', ['sops', 'mac_only_encrypted']);
  }
  return {
    wrapped: readWrapped(sops),
    mac,
    lastModified: `${date}T${time}${/^(?:z|[-+]00:00)$/i.test(zone) ? 'Z' : zone}`,
    macOnlyEncrypted: only.toLowerCase() === 'true',
    isEncrypted,
  };
}

/** The encrypted data keys in `sops` or in its `key_groups`. Of several groups each has only a share of the data key (Shamir). */
function readWrapped(sops: Readonly<Record<string, unknown>>): string[] {
  const flat = MASTER_KEYS.some((name) => listOf(sops, name).length > 0);
  const groups = flat ? [sops] : listOf(sops, 'key_groups');
  if (groups.length > 1) throw new SopsError('unsupported', ['sops', 'key_groups']);
  const [group] = groups;
  if (!isMapping(group)) throw new SopsError('malformed', ['sops']);
  const entries = listOf(group, 'age');
  if (entries.length > RECIPIENTS_MAX) throw new SopsError('unsupported', ['sops', 'age']);
  const isOther = MASTER_KEYS.some((name) => listOf(group, name).length > 0);
  if (entries.length === 0) throw new SopsError(isOther ? 'notAge' : 'malformed', ['sops']);
  const wrapped = entries.map((entry) => (isMapping(entry) ? entry.enc : undefined));
  if (!wrapped.every((text) => typeof text === 'string')) throw new SopsError('malformed', ['sops', 'age']);
  return [...new Set(wrapped)].filter((text) => text.length <= WRAPPED_MAX_LENGTH);
}

/** A list, empty also if it is missing or null, which is an empty scalar here. */
function listOf(record: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = Object.hasOwn(record, name) ? record[name] : [];
  if (Array.isArray(list)) return list;
  if (list === null || list === '' || list === 'null' || list === '~') return [];
  throw new SopsError('malformed', ['sops', name]);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
export function readRule(sops: Readonly<Record<string, unknown>>): EncryptionRule | 'malformed' | 'unsupported' {
  const given = [...RULES, ...COMMENT_RULES].filter((name) => (sops[name] ?? '') !== '');
  const name = RULES.find((rule) => given.includes(rule)) ?? 'unencrypted_suffix';
  const text = given.length === 0 ? DEFAULT_UNENCRYPTED_SUFFIX : sops[name];
  if (given.length > 1) return 'malformed';
  if (given.some((rule) => COMMENT_RULES.includes(rule))) return 'unsupported';
  if (typeof text !== 'string') return 'malformed';
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
    const known = new Map<string, boolean>();
    return (part) => {
      const matches = known.get(part) ?? compiled.test(part);
      known.set(part, matches);
      return matches;
    };
  } catch {
    return undefined;
  }
}
