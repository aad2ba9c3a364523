import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import type { $ZodType } from 'zod/v4/core';
import { quote } from '../api/quote.ts';
import { valueAt } from './value-at.ts';

/** A fault of one field, in words. `text` follows the field's name. */
export interface FieldFault {
  /** `spec.auth.secretRef`, `items[0].name`, or empty for the object itself. */
  readonly field: string;
  /** `must be …, got "…"`, without the full stop. */
  readonly text: string;
}

/** What fields of the older draft (external-secrets #6402) and of Kubernetes' other spellings mean here. */
const FORMER_NAMES: Readonly<Record<string, string>> = {
  roleAssumptionParameters: 'requestParameters',
  externalId: 'externalID',
  roleArn: 'role',
  roleARN: 'role',
  durationSeconds: 'sessionDuration',
  accessKeyIdSecretRef: 'accessKeyIDSecretRef',
  accessKeyID: 'accessKeyIDSecretRef',
  secretAccessKey: 'secretAccessKeySecretRef',
  sessionToken: 'sessionTokenSecretRef',
};

const TYPE_NAMES: Readonly<Record<string, string>> = {
  record: 'an object',
  object: 'an object',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  int: 'an integer without quotes',
  boolean: 'true or false',
};

/**
 * Explains every issue of zod's as a fault of a field. `schema` gives the fields that an unknown one may have meant;
 * `value` is what was checked. Values are quoted only where a scalar was expected: an object's place may hold a pasted key.
 */
export function explainIssues(schema: $ZodType, value: unknown, issues: readonly z.core.$ZodIssue[]): FieldFault[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = fieldsAt(schema, issue.path);
      return issue.keys.map((key) => ({ field: fieldPath([...issue.path, key]), text: unknownField(key, known) }));
    }
    return [{ field: fieldPath(issue.path), text: wrongValue(issue, valueAt(value, issue.path)) }];
  });
}

/** `['spec', 'items', 0, 'a.b']` as `spec.items[0].a.b`. */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

/** What to say of a name that is not among `known`. */
export function unknownField(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known);
  const suggestion =
    meant === undefined
      ? `; known here: ${known.map((field) => `\`${field}\``).join(', ')}`
      : `; did you mean \`${meant}\``;
  return `is not a known field${suggestion}`;
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const former = Object.hasOwn(FORMER_NAMES, name) ? FORMER_NAMES[name] : undefined;
  if (former !== undefined && known.includes(former)) return former;
  const nearest =
    known.length === 0
      ? undefined
      : closest(
          name.toLowerCase(),
          known.map((field) => field.toLowerCase()),
        );
  const field = known.find((candidate) => candidate.toLowerCase() === nearest);
  return field !== undefined && distance(name.toLowerCase(), field.toLowerCase()) <= Math.ceil(field.length / 3)
    ? field
    : undefined;
}

function wrongValue(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is required';
  const expected = 'expected' in issue ? String(issue.expected) : undefined;
  const text = issue.code === 'invalid_type' ? `must be ${TYPE_NAMES[expected ?? ''] ?? expected}` : issue.message;
  if (value === null) return `${text}, got null; remove the field or give it a value`;
  if (expected === 'object' || expected === 'record' || expected === 'array') return `${text}, got ${typeName(value)}`;
  return `${text}, got ${describeValue(value)}`;
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeName(value);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return TYPE_NAMES[typeof value] ?? typeof value;
}

interface Def {
  readonly shape?: Readonly<Record<string, $ZodType>>;
  readonly innerType?: $ZodType;
  readonly element?: $ZodType;
}

function fieldsAt(schema: $ZodType, path: readonly PropertyKey[]): string[] {
  let at: $ZodType | undefined = schema;
  for (const part of path) at = typeof part === 'number' ? unwrap(at).element : unwrap(at).shape?.[String(part)];
  return Object.keys(unwrap(at).shape ?? {});
}

function unwrap(schema: $ZodType | undefined): Def {
  let def = schema?._zod.def as Def | undefined; // zod's public def union has no common optional fields
  while (def?.innerType !== undefined) def = def.innerType._zod.def as Def;
  return def ?? {};
}
