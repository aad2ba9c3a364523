import { secretKey } from '../api/kinds.ts';
import { type Known, objectIn } from '../api/known.ts';
import type { SecretKeyRef } from '../api/secret-key-ref.ts';
import { Sensitive } from '../api/sensitive.ts';
import { decodeStrictBase64 } from '../api/strict-base64.ts';
import { valueAt } from '../api/value-at.ts';

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
export function readSecretValue(reference: SecretKeyRef, known: Known): Sensitive | ValueFault {
  const fault = (reason: ValueFault['reason']): ValueFault => ({ reference, reason });
  const secret = objectIn(known, secretKey(reference));
  if (secret === null) return fault('noSecret');
  const plain = valueAt(secret.stringData, [reference.key]); // the API server lets stringData win over data
  const encoded = valueAt(secret.data, [reference.key]);
  if (plain === undefined && encoded === undefined) return fault('noKey');
  const raw = plain === undefined ? encoded : plain;
  if (typeof raw !== 'string') return fault('noString');
  if (raw.startsWith('ENC[')) return fault('encrypted');
  const value = plain === undefined ? decodeStrictBase64(raw)?.toString('latin1') : raw;
  return value === undefined ? fault('noBase64') : checked(value, fault);
}

function checked(value: string, fault: (reason: ValueFault['reason']) => ValueFault): Sensitive | ValueFault {
  if (value === '') return fault('empty');
  if (/[\r\n]$/.test(value)) return fault('trailingNewline');
  if (/\s/.test(value)) return fault('whiteSpace');
  return /^[\x21-\x7e]+$/.test(value) ? new Sensitive(value) : fault('noText');
}
