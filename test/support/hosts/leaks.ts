import { ci } from '../accounts.ts';
import { emittedSecrets, reveal } from '../emitted.ts';
import { findLeaks, needlesOf } from '../leaks/needles.ts';

const KEYS = ['access_key_id', 'secret_access_key', 'session_token'];

/**
 * What of `text` is a credential: a key of `ci`, the ID of any session's key, or a value of the Secrets among `manifests`,
 * whole or in part, in any spelling. A test expects it to be empty.
 */
export function leaks(text: string, manifests: readonly string[] = []): string[] {
  const revealed = manifests.flatMap(emittedSecrets).flatMap((secret) => KEYS.map((key) => reveal(secret, key)));
  const values = [ci.accessKeyId, ci.secretAccessKey, ...revealed].filter((value) => value !== '');
  const needles = needlesOf(Object.fromEntries(values.map((value, index) => [`value ${index}`, value])));
  return [...findLeaks(text, needles), ...(text.match(/ASIA[0-9A-Z]{16}/g) ?? [])];
}

/** How a token of a ServiceAccount begins, as it is and in base64: its header is JSON with `alg` in front. */
const JWT = /(?:eyJhbGci|ZXlKaGJHY2)[\w./+=-]{8}/g;

/** What of `text` is a token: one of `tokens`, or any of a ServiceAccount. A test expects it to be empty. */
export function tokensIn(text: string, tokens: Readonly<Record<string, string>>): string[] {
  return [...Object.values(tokens).filter((token) => text.includes(token)), ...(text.match(JWT) ?? [])];
}
