import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import { type Finding, finding } from '../../api/finding.ts';
import { refOf } from './shown-objects.ts';

/** A request as it was read. */
export interface Received extends RunFunctionRequest {
  /** True when a map of it had a key that the SDK's decoder loses: not of objects that are only looked at. */
  readonly hasLostKey: boolean;
}

/** The SDK's decoder writes `map[key] = value`: under this key JavaScript keeps no value. */
const LOST_KEY = '__proto__';
/** What stands before the key of a map's entry: its field 1, a text. No other text that an author writes is one. */
const KEY_TAG = 0x0a;

/**
 * `extra_resources` and `required_resources` of a request: objects that were asked for. No answer hands them on, and a tenant may have
 * written them: a Secret may have that key.
 */
const LOOKED_AT: ReadonlySet<number> = new Set([6, 8]);

/** Reads a request's bytes for the SDK's decoder, and sees the keys that it loses. */
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
    if (isKey && text === LOST_KEY && !LOOKED_AT.has(fieldAt(this.#bytes, at))) this.hasLostKey = true;
    return text;
  }
}

/** The number of the message's field that a place in its bytes is in. */
function fieldAt(bytes: Uint8Array, place: number): number {
  const reader = new BinaryReader(bytes);
  for (;;) {
    const [field, type] = reader.tag();
    reader.skip(type);
    if (reader.pos > place) return field;
  }
}

/** What keeps a request from being answered, whatever its step asks for. */
export function checkRequest({ hasLostKey, observed }: Received): Finding[] {
  return [
    ...(hasLostKey ? [lostKey()] : []),
    ...(refOf(observed?.composite?.resource).name === '' ? [noComposite()] : []),
  ];
}

/** The answer would be without it: a desired resource of that name would be deleted. */
function lostKey(): Finding {
  const cause = 'it has a key `__proto__`, which programs on the way lose';
  return finding('FUNCTION_CONFIG_INVALID', `cannot read the request: ${cause}. Choose another name.`);
}

/** The engine keeps what an Operation makes, and shows it to no later one: nobody would renew or delete a Secret. */
function noComposite(): Finding {
  const cause = 'it shows no composite resource, as in an Operation, which is not supported';
  return finding('FUNCTION_CONFIG_INVALID', `cannot answer the request: ${cause}. Use the function in a Composition.`);
}
