import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';

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
