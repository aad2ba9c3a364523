import { secretKey } from '../api/kinds.ts';
import type { SecretKeyRef } from '../api/secret-key-ref.ts';
import { Sensitive } from '../api/sensitive.ts';
import { type Supplied, suppliedObject } from '../api/supplied.ts';

/** A reference that does not lead to a usable value, and why. */
export interface ValueFault {
  readonly reference: SecretKeyRef;
  readonly reason:
    | 'noSecret'
    | 'noKey'
    | 'noString'
    | 'noBase64'
    | 'empty'
    | 'trailingNewline'
    | 'whiteSpace'
    | 'noText'
    | 'encrypted';
}

/** Reads one value: printable text without white space, as keys, tokens and external IDs are. */
export function readSecretValue(reference: SecretKeyRef, supplied: Supplied): Sensitive | ValueFault {
  const fault = (reason: ValueFault['reason']): ValueFault => ({ reference, reason });
  const secret = suppliedObject(supplied, secretKey(reference));
  if (secret === null) return fault('noSecret');
  const plain = own(secret.stringData, reference.key); // the API server lets stringData win over data
  const encoded = own(secret.data, reference.key);
  if (plain === undefined && encoded === undefined) return fault('noKey');
  const raw = plain === undefined ? encoded : plain;
  if (typeof raw !== 'string') return fault('noString');
  if (raw.startsWith('ENC[')) return fault('encrypted');
  const value = plain === undefined ? decode(raw) : raw;
  return typeof value === 'string' ? checked(value, fault) : fault(value.reason);
}

function checked(value: string, fault: (reason: ValueFault['reason']) => ValueFault): Sensitive | ValueFault {
  if (value === '') return fault('empty');
  if (/[\r\n]$/.test(value)) return fault('trailingNewline');
  if (/\s/.test(value)) return fault('whiteSpace');
  return /^[\x21-\x7e]+$/.test(value) ? new Sensitive(value) : fault('noText');
}

/** Strict base64; line breaks inside are allowed, as YAML block scalars leave them. */
function decode(text: string): string | Pick<ValueFault, 'reason'> {
  const compact = text.replaceAll(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) return { reason: 'noBase64' };
  return Buffer.from(compact, 'base64').toString('latin1');
}

function own(record: Readonly<Record<string, unknown>> | undefined, key: string): unknown {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
