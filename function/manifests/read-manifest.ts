import * as z from 'zod';
import type { Code } from '../findings/codes.ts';
import { type Finding, fieldFinding } from '../findings/finding.ts';
import { quote } from '../findings/quote.ts';
import { type ObjectRef, quoted, type Sayable, say } from '../findings/say.ts';
import { IGNORE_ANNOTATION } from '../model/annotations.ts';
import { INPUT_KIND, identify, manifestTypeOf } from '../model/kinds.ts';
import { meantType } from '../model/meant-kind.ts';
import { defined, isRecord, stringsIn, valueAt } from '../model/plain-data.ts';
import { MOST_FAULTS_OF_AN_OBJECT, MOST_OF_A_RUN } from '../model/run-limits.ts';
import { explainUnknownField, explainWrongValue, unwrap } from './explain-issue.ts';

z.config({ jitless: true }); // zod's compiled parsers cost more to make than one run can gain

/** The labels and annotations of a manifest. */
export type Metadata = Readonly<Record<'labels' | 'annotations', Readonly<Record<string, string>>>>;

/** The labels and annotations of a manifest whose values are strings. */
export function metadataOf(manifest: unknown): Metadata {
  return {
    labels: stringsIn(valueAt(manifest, ['metadata', 'labels'])),
    annotations: stringsIn(valueAt(manifest, ['metadata', 'annotations'])),
  };
}

/** A fault of one field, in words. `text` follows the field's name. */
export interface FieldFault {
  /** `spec.auth.secretRef`, `items[0].name`, or empty for the object itself. */
  readonly field: string;
  /** `must be …, got "…"`, without the full stop. */
  readonly text: Sayable;
  /** Present when it is a limit of ours. */
  readonly code?: 'LIMIT_EXCEEDED';
}

/** Most unknown fields that are explained: to find the field that was meant takes time. */
const MOST_EXPLAINED = 10;

/** Most values of an object with its aliases expanded: aliases can repeat a text many times. */
const MOST_VALUES = 300_000;

/** Gives a value as its schema reads it, or its faults: of very many the first and their number. */
export function readBySchema<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { readonly data: z.output<Schema> | undefined; readonly faults: readonly FieldFault[] } {
  const unseenFaults = hiddenFaults(value); // those that no schema sees
  if (unseenFaults.some(({ code }) => code === 'LIMIT_EXCEEDED'))
    return { data: undefined, faults: unseenFaults.slice(-1) };
  try {
    const { data, error } = schema.safeParse(value);
    if (error === undefined && unseenFaults.length === 0) return { data, faults: [] };
    const faults = [
      ...explainAll(error?.issues ?? [], schema, value),
      ...unseenFaults.slice(0, MOST_FAULTS_OF_AN_OBJECT),
    ];
    return { data: unseenFaults.length === 0 ? data : undefined, faults };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // zod hands all faults of a list on as arguments of one call
    const text = 'has more faults than can be told';
    return { data: undefined, faults: [{ field: '', text, code: 'LIMIT_EXCEEDED' }] };
  }
}

/** The fields, further in too, whose own value is right in an object that its schema refuses. Lists and maps are not among them. */
export function soundParts(schema: z.core.$ZodType, value: unknown): Readonly<Record<string, unknown>> {
  const fields = Object.entries(isRecord(value) ? (unwrap(schema).shape ?? {}) : {}).map(([name, inner]) => {
    const innerValue = valueAt(value, [name]);
    if (typeof innerValue === 'object') return [name, unwrap(inner).shape && soundParts(inner, innerValue)];
    return [name, z.safeParse(inner, innerValue).data];
  });
  return defined(Object.fromEntries(fields));
}

/** zod drops a key of this name, as Crossplane's SDK does: a label to match would match all, a tag would be missing. */
const LOST_NAME = '__proto__';

/**
 * Faults that a schema cannot see: every key that zod would drop, and every text with a lone surrogate, which has no UTF-8 and no hash,
 * wherever they are. The last fault is LIMIT_EXCEEDED if the value is too large to look at: a list or map has too many entries, or the
 * object too many values with its aliases expanded.
 */
function hiddenFaults(value: unknown): FieldFault[] {
  const faults: FieldFault[] = [];
  const rest: NestedValue[] = [{ node: value }];
  let values = 1;
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { node, name } = next;
    const tell = (text: string) => {
      if (faults.length < MOST_FAULTS_OF_AN_OBJECT) faults.push({ field: fieldOf(next), text });
    };
    if (name === LOST_NAME) tell('has a name that JavaScript programs drop; choose another');
    if ([name, node].some((text) => typeof text === 'string' && !text.isWellFormed()))
      tell('must not hold half of a character (a lone surrogate)');
    if (typeof node !== 'object' || node === null) continue;
    const entries = Object.entries(node);
    if (entries.length > MOST_OF_A_RUN) {
      const text = say`has ${entries.length} entries, and at most ${MOST_OF_A_RUN} are read`;
      return [...faults, { field: fieldOf(next), text, code: 'LIMIT_EXCEEDED' }];
    }
    values += entries.length;
    if (values > MOST_VALUES) {
      const text = say`has more than ${MOST_VALUES} values once its aliases are followed`;
      return [...faults, { field: '', text, code: 'LIMIT_EXCEEDED' }];
    }
    for (const [key, inner] of entries.toReversed()) {
      rest.push({ node: inner, name: Array.isArray(node) ? Number(key) : key, around: next });
    }
  }
  return faults;
}

/** A value in an object, and its name in the one around it. A path for each would be as long as the object is deep. */
interface NestedValue {
  readonly node: unknown;
  readonly name?: PropertyKey;
  readonly around?: NestedValue;
}

function fieldOf(value: NestedValue): string {
  const path: PropertyKey[] = [];
  for (let at: NestedValue | undefined = value; at?.name !== undefined; at = at.around) path.unshift(at.name);
  return fieldPath(path);
}

/** The first of very many faults; the last one counts those left out. */
export function firstFaults(faults: readonly FieldFault[]): readonly FieldFault[] {
  return andOthers(faults.slice(0, MOST_FAULTS_OF_AN_OBJECT), faults.length - MOST_FAULTS_OF_AN_OBJECT);
}

function andOthers(first: readonly FieldFault[], others: number): readonly FieldFault[] {
  const text = say`is wrong too, and so are ${others} others; correct those that come before`;
  return others <= 0 ? first : first.with(-1, { field: first.at(-1)?.field ?? '', text });
}

function explainAll(issues: readonly z.core.$ZodIssue[], schema: z.ZodType, value: unknown): readonly FieldFault[] {
  const fields = issues.flatMap((issue): { issue: z.core.$ZodIssue; key?: string }[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.filter((key) => key !== LOST_NAME).map((key) => ({ issue, key }))
      : [{ issue }],
  );
  const meant: Meant[] = [];
  const first = fields.slice(0, MOST_FAULTS_OF_AN_OBJECT).map(({ issue, key }, index) => {
    const field = fieldPath(issue.path);
    if (key === undefined) return { issue, field };
    const isExplained = index < MOST_EXPLAINED;
    const explanation = isExplained ? explainUnknownField(key, schema, issue.path) : { text: 'is not a known field' };
    if (explanation.meant !== undefined) meant.push({ inside: field, meant: explanation.meant });
    return { issue, field: fieldPath([...issue.path, key]), text: explanation.text };
  });
  const faults = first.flatMap(({ issue, field, text }, index) => {
    if (text !== undefined) return [{ field, text }];
    const wrongValue = valueAt(value, issue.path);
    // zod also measures a text that stands in place of a list
    const isMistyped = first[index - 1]?.issue.code === 'invalid_type' && first[index - 1]?.field === field;
    const isConsequence = isMistyped || meant.some((slip) => followsFrom(slip, issue, field, wrongValue));
    return isConsequence ? [] : [{ field, text: explainWrongValue(issue, wrongValue) }];
  });
  return andOthers(faults, fields.length - MOST_FAULTS_OF_AN_OBJECT);
}

/** A field that is there under another name or in the wrong place, and the path of the object that has it. */
interface Meant {
  readonly inside: string;
  readonly meant: string;
}

/** True for a field that is absent because of that, and for what a schema says of the object's fields together, as that one of several must be there. */
function followsFrom({ inside, meant }: Meant, { code }: z.core.$ZodIssue, field: string, value: unknown): boolean {
  const path = inside === '' ? meant : `${inside}.${meant}`;
  const isMeant = value === undefined && (path === field || path.startsWith(`${field}.`));
  return isMeant || (inside === field && code === 'custom');
}

/** A fault as a finding, with its own code or else `code`. */
export function faultFinding(
  code: Code,
  { field, text, code: ours = code }: Omit<FieldFault, 'code'> & { readonly code?: Code },
  object?: ObjectRef,
): Finding {
  return fieldFinding(ours, { field, ...(object && { object }) }, text);
}

/** A key that needs no quotes in a path: others could break the line or pass for another path. */
const PLAIN_NAME = /^[\w-]{1,63}$/;

/** `['spec', 'items', 0, 'b']` as `spec.items[0].b`. */
function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = PLAIN_NAME.test(String(part)) ? String(part) : quote(String(part));
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

/**
 * A manifest as its author meant it: with a slip in its kind or group corrected, which is an error. It is read on, so that nothing else is
 * said to be absent because of it.
 */
export function asMeant(manifest: unknown): { readonly meant: unknown; readonly findings: readonly Finding[] } {
  if (manifestTypeOf(Object(manifest)) !== undefined) return { meant: manifest, findings: [] };
  const object = identify(manifest);
  const slip = typeSlip(object);
  if (slip === undefined || metadataOf(manifest).annotations[IGNORE_ANNOTATION] === 'true')
    return { meant: manifest, findings: [] };
  const { meant, field, text } = slip;
  const code = meant.kind === INPUT_KIND ? 'FUNCTION_CONFIG_INVALID' : 'SPEC_INVALID';
  return { meant: { ...Object(manifest), ...meant }, findings: [fieldFinding(code, { object, field }, text)] };
}

/** What is wrong with the type of a manifest or reference that means one of ours. */
export function typeSlip({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>) {
  const meant = meantType({ apiVersion, kind });
  if (meant === undefined) return undefined;
  const [group = ''] = apiVersion.split('/', 1);
  if (apiVersion === '') return { meant, field: 'apiVersion', text: say`is required: "${meant.apiVersion}"` };
  const text =
    meant.kind === kind
      ? say`must be "${meant.apiVersion}", got ${quoted(apiVersion)}`
      : say`is not a kind of ${group}; did you mean \`${meant.kind}\`? Correct it`;
  return { meant, field: meant.kind === kind ? 'apiVersion' : 'kind', text };
}
