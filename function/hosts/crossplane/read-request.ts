import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { type Finding, finding } from '../../findings/finding.ts';
import { say } from '../../findings/say.ts';
import { refOf } from './request-objects.ts';

/** A decoded request. */
export interface Received extends RunFunctionRequest {
  /** True when a map had a key that the SDK's decoder loses, required resources aside. */
  readonly hasLostKey: boolean;
}

/** The SDK's decoder writes `map[key] = value`: under this key JavaScript keeps no value. */
const LOST_KEY = '__proto__';
/** The tag before the key of a map's entry: field 1, a string. No other string that an author writes has this tag. */
const KEY_TAG = 0x0a;

/**
 * Fields `extra_resources` and `required_resources` of a request. No response passes them on, so a lost key does no harm there; a tenant
 * may have written one into a Secret.
 */
const REQUIRED_FIELDS: ReadonlySet<number> = new Set([6, 8]);

/** Reads a request's bytes for the SDK's decoder, and notices the keys that it loses. */
export class RequestReader extends BinaryReader {
  hasLostKey = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#bytes = bytes;
  }

  override string(): string {
    const at = this.pos;
    const isKey = this.#bytes[at - 1] === KEY_TAG;
    const text = super.string();
    if (isKey && text === LOST_KEY && !REQUIRED_FIELDS.has(fieldAt(this.#bytes, at))) this.hasLostKey = true;
    return text;
  }
}

/** The number of the top-level field that contains an offset. */
function fieldAt(bytes: Uint8Array, offset: number): number {
  const reader = new BinaryReader(bytes);
  for (;;) {
    const [field, type] = reader.tag();
    reader.skip(type);
    if (reader.pos > offset) return field;
  }
}

/** Faults of the request itself, whatever its step wants. */
export function checkRequest({ hasLostKey, observed }: Received): Finding[] {
  return [
    ...(hasLostKey ? [lostKey()] : []),
    ...(refOf(observed?.composite?.resource).name === '' ? [noComposite()] : []),
  ];
}

/** The response would lack the key: Crossplane would delete a desired resource of that name. */
function lostKey(): Finding {
  const cause = 'it has a key `__proto__`, which programs on the way lose';
  return finding('FUNCTION_CONFIG_INVALID', say`cannot read the request: ${cause}. Choose another name.`);
}

/** An Operation's resources are not sent to a later one: nobody would renew or delete a Secret. */
function noComposite(): Finding {
  const cause = 'it shows no composite resource, as in an Operation, which is not supported';
  return finding(
    'FUNCTION_CONFIG_INVALID',
    say`cannot answer the request: ${cause}. Use the function in a Composition.`,
  );
}
