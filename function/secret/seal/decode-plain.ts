import { decodeUtf8 } from '../../api/decode-utf8.ts';
import type { Plain } from './encrypted-value.ts';
import { boolLeaf, floatLeaf, intLeaf, type Leaf, stringLeaf, timeLeaf } from './plain-scalar.ts';

/**
 * What sops makes of decrypted bytes by their type (aes/cipher.go, Decrypt). Undefined: a comment, which is no value and not in
 * the MAC. `malformed`: bytes that are none of that type, or a type that sops does not have.
 */
export function decodePlain({ type, bytes }: Plain): Leaf | undefined | 'malformed' {
  const text = decodeUtf8(bytes);
  if (text === undefined) return 'malformed';
  switch (type) {
    case 'str':
    case 'bytes':
      return stringLeaf(text);
    case 'int':
      return (/^[-+]?\d{1,20}$/.test(text) && intLeaf(BigInt(text.replace('+', '')))) || 'malformed';
    case 'float':
      return decodeFloat(text);
    case 'bool':
      return decodeBool(text);
    case 'time':
      return timeLeaf(text) ?? 'malformed';
    case 'comment':
      return undefined;
    default:
      return 'malformed';
  }
}

function decodeFloat(text: string): Leaf | 'malformed' {
  if (/^[-+]Inf$/.test(text)) return floatLeaf(text === '-Inf' ? -Infinity : Infinity);
  if (text === 'NaN') return floatLeaf(NaN);
  return /^[-+]?\d+(?:\.\d+)?(?:e[-+]\d+)?$/.test(text) ? floatLeaf(Number(text)) : 'malformed';
}

function decodeBool(text: string): Leaf | 'malformed' {
  const isTrue = /^(?:[1tT]|TRUE|true|True)$/.test(text);
  return isTrue || /^(?:[0fF]|FALSE|false|False)$/.test(text) ? boolLeaf(isTrue) : 'malformed';
}
