import { SopsError } from './sops-error.ts';

/** The version of sops whose format is written. */
export const SOPS_VERSION = '3.11.0';
/** More would only take time: each is tried with each identity. */
export const RECIPIENTS_MAX = 32;
/** The data key for one X25519 recipient has about 400 characters. A longer one is for another kind of key, or takes long. */
const WRAPPED_MAX_LENGTH = 1024;
const MASTER_KEYS = ['age', 'kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'pgp'];
const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[-+]\d\d:\d\d)$/;

/** What a document says of its encryption. */
export interface SopsMetadata {
  /** The armored data key, once for each age recipient whose key may be X25519. */
  readonly wrapped: readonly string[];
  readonly mac: string;
  /** What the MAC is encrypted with as its place, RFC 3339. */
  readonly lastModified: string;
  readonly macOnlyEncrypted: boolean;
  readonly isEncrypted: EncryptionRule;
}

/**
 * Reads the `sops` object of a document (stores/stores.go, Metadata), in which every scalar is text.
 * @throws SopsError when it is not as sops writes it, has several key groups, or has no age recipient.
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

/** Keys are in `sops` itself, or in `key_groups`; several groups have a part of the data key each (Shamir). */
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

/** A list that may be missing, null (an empty scalar, as text) or empty. */
function listOf(record: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = Object.hasOwn(record, name) ? record[name] : [];
  if (Array.isArray(list)) return list;
  if (list === null || list === '' || list === 'null' || list === '~') return [];
  throw new SopsError('malformed', ['sops', name]);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the value at a path is encrypted. Lists have no part in a path. */
type EncryptionRule = (path: readonly string[]) => boolean;

/** sops leaves these plain when a document has no rule (sops.go, DefaultUnencryptedSuffix). */
const DEFAULT_UNENCRYPTED_SUFFIX = '_unencrypted';
const PATTERN_MAX_LENGTH = 256;

const RULES = ['unencrypted_suffix', 'encrypted_suffix', 'unencrypted_regex', 'encrypted_regex'] as const;
const COMMENT_RULES = ['unencrypted_comment_regex', 'encrypted_comment_regex'];

/**
 * The rule of a document's `sops` object: each looks at every part of a path (sops.go, shouldBeEncrypted). `malformed`: more
 * than one rule, as for sops itself. `unsupported`: a rule about comments, or a pattern that could take for ever.
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
 * A pattern that JavaScript and Go read alike, and that is quick on any text: nothing is repeated, and at the most one group has
 * alternatives. `(?i)` may come first.
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
