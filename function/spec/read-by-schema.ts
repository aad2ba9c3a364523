import * as z from 'zod';
import { isRecord } from '../api/is-record.ts';
import { quote } from '../api/quote.ts';
import { valueAt } from '../api/value-at.ts';
import { explainUnknownField } from './explain-unknown-field.ts';

z.config({ jitless: true }); // zod's compiled parsers cost more to make than one run can gain

/** A fault of one field, in words. `text` follows the field's name. */
export interface FieldFault {
  /** `spec.auth.secretRef`, `items[0].name`, or empty for the object itself. */
  readonly field: string;
  /** `must be …, got "…"`, without the full stop. */
  readonly text: string;
}

/** A value as its schema has it, or every fault. */
export function readBySchema<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { readonly data: z.output<Schema> | undefined; readonly faults: readonly FieldFault[] } {
  const { data, error } = schema.safeParse(value);
  const lost = lostNames(value);
  const issues = error?.issues ?? [];
  return {
    data: lost.length === 0 ? data : undefined,
    faults: [...issues.flatMap((issue) => explain(issue, schema, value)), ...lost],
  };
}

/**
 * zod leaves a key of this name out of maps without a word, as the decoder of Crossplane's SDK does: labels to match would match all,
 * and tags would not be there.
 */
const LOST_NAME = '__proto__';

/** Every key that would be lost, wherever it is: no map that an author writes has one. */
function lostNames(value: unknown, path: readonly PropertyKey[] = []): FieldFault[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => lostNames(one, [...path, index]));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, key];
    if (key !== LOST_NAME) return lostNames(inner, at);
    return [{ field: fieldPath(at), text: 'has a name that programs on the way lose; choose another' }];
  });
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): FieldFault[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ field: fieldPath(issue.path), text: wrongValue(issue, valueAt(value, issue.path)) }];
  }
  const unknown = issue.keys.filter((key) => key !== LOST_NAME);
  return unknown.map((key) => ({
    field: fieldPath([...issue.path, key]),
    text: explainUnknownField(key, schema, issue.path),
  }));
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

const TYPE_NAMES: Readonly<Record<string, string>> = {
  record: 'an object',
  object: 'an object',
  array: 'a list',
  string: 'a string',
  number: 'a number without quotes',
  int: 'an integer without quotes',
  boolean: 'true or false',
};

/**
 * A value is not quoted where somebody may have pasted a key: in the place of an object, and inside `secretRef`; nor is an
 * MFA code.
 */
function wrongValue(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is required';
  const expected = 'expected' in issue ? String(issue.expected) : '';
  if (issue.code === 'custom') return issue.message; // it is about what is inside
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message; // the path ends with the key
  const text = requirement(issue, expected) + (expected === 'string' && isPlainScalar(value) ? ' in quotes' : '');
  if (value === null) return `${text}, got null; remove the field or give it a value`;
  const isReference = issue.path.includes('secretRef');
  const isSecret = isReference || issue.path.at(-1) === 'tokenCode';
  const mayBePastedKey = isSecret || ['object', 'record', 'array'].includes(expected);
  if (isSecret && issue.code !== 'invalid_type')
    return `${text}, got another value, which is not repeated here${isReference ? '. Write a name there, not the value itself' : ''}`;
  return `${text}, got ${mayBePastedKey ? typeName(value) : describeValue(value)}`;
}

function requirement(issue: z.core.$ZodIssue, expected: string): string {
  if (issue.code === 'invalid_type') return `must be ${TYPE_NAMES[expected] ?? expected}`;
  if (issue.code !== 'invalid_value') return issue.message;
  return `must be ${issue.values.map((value) => quote(String(value))).join(' or ')}`;
}

/** YAML reads it as something else than a string only because it has no quotes. */
function isPlainScalar(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  return isPlainScalar(value) ? String(value) : typeName(value);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return TYPE_NAMES[typeof value] ?? typeof value;
}
