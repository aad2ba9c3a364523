import { isRecord } from '../../api/is-record.ts';
import { type EncryptionRule, readRule } from './encryption-rule.ts';
import { SealError } from './seal-fault.ts';

/** More would only take time: each is tried with each identity. */
export const RECIPIENTS_MAX = 32;
/** The data key for one X25519 recipient has about 400 characters. A longer one is for another kind of key, or takes long. */
const WRAPPED_MAX_LENGTH = 1024;
const MASTER_KEYS = ['age', 'kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'pgp'];
const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[-+]\d\d:\d\d)$/;

/** What a document says of its encryption. */
export interface SealMetadata {
  /** The armored data key, once for each age recipient whose key may be X25519. */
  readonly wrapped: readonly string[];
  readonly mac: string;
  /** What the MAC is encrypted with as its place, RFC 3339. */
  readonly lastModified: string;
  readonly macOnlyEncrypted: boolean;
  readonly isEncrypted: EncryptionRule;
}

/**
 * Reads the `sops` object of a document (sops stores/stores.go, Metadata), in which every scalar is text.
 * @throws SealError when it is not as sops writes it, has several key groups, or has no age recipient.
 */
export function readMetadata(sops: unknown): SealMetadata {
  if (!isRecord(sops)) throw new SealError('malformed', ['sops']);
  const { mac, lastmodified, mac_only_encrypted: only = 'false' } = sops;
  const isEncrypted = readRule(sops);
  if (typeof isEncrypted === 'string') throw new SealError(isEncrypted, ['sops']);
  if (typeof mac !== 'string') throw new SealError('malformed', ['sops', 'mac']);
  const [, date, time, zone] = (typeof lastmodified === 'string' && RFC_3339.exec(lastmodified)) || [];
  if (zone === undefined) throw new SealError('malformed', ['sops', 'lastmodified']);
  if (typeof only !== 'string' || !/^(?:true|false)$/i.test(only)) {
    throw new SealError('malformed', ['sops', 'mac_only_encrypted']);
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
  if (groups.length > 1) throw new SealError('unsupported', ['sops', 'key_groups']);
  const [group] = groups;
  if (!isRecord(group)) throw new SealError('malformed', ['sops']);
  const entries = listOf(group, 'age');
  if (entries.length > RECIPIENTS_MAX) throw new SealError('unsupported', ['sops', 'age']);
  const isOther = MASTER_KEYS.some((name) => listOf(group, name).length > 0);
  if (entries.length === 0) throw new SealError(isOther ? 'notAge' : 'malformed', ['sops']);
  const wrapped = entries.map((entry) => (isRecord(entry) ? entry.enc : undefined));
  if (!wrapped.every((text) => typeof text === 'string')) throw new SealError('malformed', ['sops', 'age']);
  return [...new Set(wrapped)].filter((text) => text.length <= WRAPPED_MAX_LENGTH);
}

/** A list that may be missing, null (an empty scalar, as text) or empty. */
function listOf(record: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = Object.hasOwn(record, name) ? record[name] : [];
  if (Array.isArray(list)) return list;
  if (list === null || list === '' || list === 'null' || list === '~') return [];
  throw new SealError('malformed', ['sops', name]);
}
