import { fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { StructSchema } from '@bufbuild/protobuf/wkt';
import { ENGINE } from '../support/hosts/engine.ts';
import { realProgram } from '../support/hosts/real-programs.ts';
import { runForBytes } from '../support/run-function.ts';

/** What one reconcile of the engine is given. */
export interface Reconcile {
  readonly composite: object;
  readonly composition: object;
  /** Absent: the engine takes the composite for one of Crossplane 2. */
  readonly definition?: object;
  readonly observed?: readonly object[];
  readonly required?: readonly object[];
  /** Where each function listens, by its name. */
  readonly functions: Readonly<Record<string, string>>;
}

/** What it did. */
export interface Reconciled {
  readonly exit: number | null;
  readonly stderr: string;
  readonly composite: JsonObject | undefined;
  readonly composed: readonly JsonObject[];
  readonly deleted: readonly JsonObject[];
  readonly events: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
}

/** Field numbers of `CompositeInput`, `CompositeOutput` and what is around them: crossplane.render.v1alpha1, of Crossplane 2.3 and 2.4. */
const COMPOSITE = 2;
const INPUT = { composite: 1, composition: 2, functions: 3, observed: 4, required: 5, definition: 8 } as const;
const OUTPUT = { composite: 1, composed: 2, deleted: 3, events: 4 } as const;

/** Runs one reconcile of the real engine: a message on its standard input, a message on its standard output. */
export async function reconcileOnce(given: Reconcile): Promise<Reconciled> {
  const options = { input: toRequest(given) };
  const { exit, stdout, stderr } = await runForBytes(realProgram(ENGINE), ['internal', 'render'], options);
  return { exit, stderr, ...fromResponse(stdout) };
}

function toRequest({ composite, composition, definition, observed = [], required = [], functions }: Reconcile) {
  const writer = new BinaryWriter().tag(COMPOSITE, WireType.LengthDelimited).fork();
  const put = (field: number, object: object) =>
    writer
      .tag(field, WireType.LengthDelimited)
      .bytes(toBinary(StructSchema, fromJson(StructSchema, JSON.parse(JSON.stringify(object)))));
  put(INPUT.composite, composite);
  put(INPUT.composition, composition);
  for (const [name, address] of Object.entries(functions)) {
    const entry = new BinaryWriter();
    entry.tag(1, WireType.LengthDelimited).string(name).tag(2, WireType.LengthDelimited).string(address);
    writer.tag(INPUT.functions, WireType.LengthDelimited).bytes(entry.finish());
  }
  for (const object of observed) put(INPUT.observed, object);
  for (const object of required) put(INPUT.required, object);
  if (definition !== undefined) put(INPUT.definition, definition);
  return writer.join().finish();
}

function fromResponse(bytes: Uint8Array): Omit<Reconciled, 'exit' | 'stderr'> {
  const output = fieldsOf(fieldsOf(bytes).get(COMPOSITE)?.[0] ?? new Uint8Array());
  const objects = (field: number) =>
    (output.get(field) ?? []).map((one) => toJson(StructSchema, fromBinary(StructSchema, one)));
  const events = (output.get(OUTPUT.events) ?? []).map((one) => {
    const [type = '', reason = '', message = ''] = [1, 2, 3].map((field) => textOf(fieldsOf(one).get(field)?.[0]));
    return { type, reason, message };
  });
  const [composite] = objects(OUTPUT.composite);
  return { composite, composed: objects(OUTPUT.composed), deleted: objects(OUTPUT.deleted), events };
}

/** The bytes of each field of a message whose fields all have a length. */
function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, readonly Uint8Array[]> {
  const fields = new Map<number, Uint8Array[]>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) fields.set(field, [...(fields.get(field) ?? []), reader.bytes()]);
    else reader.skip(type, field);
  }
  return fields;
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
