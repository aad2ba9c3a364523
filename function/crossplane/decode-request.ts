import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { RunFunctionRequest } from '@crossplane-org/function-sdk-typescript';
import type { ObjectRef } from '../findings/say.ts';
import { attempt } from '../model/plain-data.ts';

/** A decoded request. */
export interface DecodedRequest extends RunFunctionRequest {
  /** True when a map had a key that the SDK's decoder loses, objects of the cluster aside. */
  readonly hasLostKey: boolean;
}

/** A request as it was sent. Decoded, many small values take twenty times its bytes and long work, so that is done in turn. */
export interface SentRequest {
  /** Whose call it is: the composite's namespace, which a cluster-scoped one lacks, and its kind. */
  readonly caller: Pick<ObjectRef, 'namespace' | 'kind'>;
  readonly tag: string | undefined;
  readonly bytes: Buffer;
}

/**
 * Reads whose call it is from a request's bytes, and decodes nothing else of them. The numbers are those of fields in crossplane's
 * proto/fn/v1/run_function.proto and in google.protobuf.Struct.
 */
export function readSent(bytes: Buffer): SentRequest {
  const read = attempt(() => {
    const composite = fieldAt(bytes, [2, 1, 1]);
    const [namespace, kind = ''] = [
      ['metadata', 5, 'namespace', 3],
      ['kind', 3],
    ].map((path) => fieldAt(composite, path)?.toString());
    return { caller: { kind, ...(namespace && { namespace }) }, tag: fieldAt(bytes, [1, 1])?.toString() };
  });
  return { bytes, ...(read ?? { caller: { kind: '' }, tag: undefined }) }; // what cannot be decoded either
}

/** A part of a message's memory: the first field of each number in the other, or for a text the value of that key in a Struct. */
function fieldAt(message: Buffer | undefined, [part, ...others]: readonly (number | string)[]): Buffer | undefined {
  if (message === undefined || part === undefined) return message;
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited || field !== (typeof part === 'string' ? ENTRIES : part)) {
      reader.skip(type);
      continue;
    }
    const { buffer, byteOffset, length } = reader.bytes();
    const inner = Buffer.from(buffer, byteOffset, length);
    if (typeof part === 'number') return fieldAt(inner, others);
    if (fieldAt(inner, [KEY])?.toString() === part) return fieldAt(inner, [VALUE, ...others]);
  }
  return undefined;
}

/** The field of a Struct, and those of its entries. */
const [ENTRIES, KEY, VALUE] = [1, 1, 2];

/** Bytes that are no request, or a request that is nested too deeply. */
export class UnreadableRequest extends Error {}

/** How many messages may be nested in a request. One map in a manifest is three messages. */
const MOST_LEVELS = 3000;
/** The limit of the SDK's decoder, about 30 nested maps. CRDs in a request have more. */
const SDK_MOST_LEVELS = 100;

/**
 * Decodes with a higher limit on nesting: the SDK counts levels on its reader, so the count starts below zero.
 * @throws UnreadableRequest
 */
export function decodeRequest({ bytes }: SentRequest): DecodedRequest {
  const reader = new RequestReader(bytes);
  const depth = { __tsProtoDecodeDepth: SDK_MOST_LEVELS - MOST_LEVELS };
  try {
    const request = RunFunctionRequest.decode(Object.assign(reader, depth));
    return { ...request, hasLostKey: reader.hasLostKey };
  } catch {
    throw new UnreadableRequest();
  }
}

/** The SDK's decoder writes `map[key] = value`: under this key JavaScript keeps no value. */
const LOST_KEY = '__proto__';
/** The tag before the key of a map's entry: field 1, a string. No other string that an author writes has this tag. */
const KEY_TAG = 0x0a;

/**
 * Fields `observed`, `extra_resources` and `required_resources` of a request. No response passes them on, so a lost key does no harm there;
 * a tenant may have written one into his composite, or into any object.
 */
const OBJECT_FIELDS: ReadonlySet<number> = new Set([2, 6, 8]);

/** Reads a request's bytes for the SDK's decoder, and notices the keys that it loses. */
class RequestReader extends BinaryReader {
  hasLostKey = false;
  readonly #bytes: Uint8Array;
  /** Goes through the top-level fields, behind what is decoded. */
  readonly #fields: BinaryReader;
  #field = 0;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#bytes = bytes;
    this.#fields = new BinaryReader(bytes);
  }

  override string(): string {
    const at = this.pos;
    const isKey = this.#bytes[at - 1] === KEY_TAG;
    const text = super.string();
    if (isKey && text === LOST_KEY && !OBJECT_FIELDS.has(this.#fieldAt(at))) this.hasLostKey = true;
    return text;
  }

  /** The number of the top-level field that contains an offset. Offsets only grow from call to call. */
  #fieldAt(offset: number): number {
    while (this.#fields.pos <= offset) {
      const [field, type] = this.#fields.tag();
      this.#fields.skip(type);
      this.#field = field;
    }
    return this.#field;
  }
}
