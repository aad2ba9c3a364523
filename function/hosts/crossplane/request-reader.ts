import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';

/** A request as it was read. */
export interface Received extends RunFunctionRequest {
  /** True when a map of it had a key that the SDK's decoder loses. */
  readonly hasLostKey: boolean;
}

/** The SDK's decoder writes `map[key] = value`: under this key JavaScript keeps no value. */
const LOST_KEY = '__proto__';
/** What stands before the key of a map's entry: its field 1, a text. No other text that an author writes is one. */
const KEY_TAG = 0x0a;

/** Reads a request's bytes for the SDK's decoder, and sees the keys that it loses. */
export class RequestReader extends BinaryReader {
  hasLostKey = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#bytes = bytes;
  }

  override string(): string {
    const isKey = this.#bytes[this.pos - 1] === KEY_TAG;
    const text = super.string();
    if (isKey && text === LOST_KEY) this.hasLostKey = true;
    return text;
  }
}
