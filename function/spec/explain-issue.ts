import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import { quote } from '../api/quote.ts';
import { valueAt } from '../api/value-at.ts';

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
  sessionTags: 'tags',
  additionalRoles: 'via',
  mfaSerial: 'serialNumber',
  mfaCode: 'tokenCode',
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
  number: 'a number without quotes',
  int: 'an integer without quotes',
  boolean: 'true or false',
};

/**
 * Explains every issue of zod's as a fault of a field. `schema` gives the fields that an unknown one may have meant;
 * `value` is what was checked. A value is not quoted where somebody may have pasted a key: in the place of an object, and
 * inside `secretRef`; nor is an MFA code.
 */
export function explainIssues(
  schema: z.core.$ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
): FieldFault[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        field: fieldPath([...issue.path, key]),
        text: unknownField(key, schema, issue.path),
      }));
    }
    return [{ field: fieldPath(issue.path), text: wrongValue(issue, valueAt(value, issue.path)) }];
  });
}

/** A key that needs no quotes in a path: others could break the line or pass for another path. */
const PLAIN_NAME = /^[\w/-]{1,63}$/;

/** `['spec', 'items', 0, 'b']` as `spec.items[0].b`. */
function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = PLAIN_NAME.test(String(part)) ? String(part) : quote(String(part));
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

function unknownField(name: string, schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  const shape = shapeAt(schema, path);
  const known = Object.keys(shape);
  const meant = formerName(name, known) ?? fieldBelow(name, shape) ?? nearest(name, known);
  if (meant !== undefined) return `is not a known field; did you mean \`${meant}\``;
  return `is not a known field; known here: ${known.map((field) => `\`${field}\``).join(', ')}`;
}

function formerName(name: string, known: readonly string[]): string | undefined {
  const former = Object.hasOwn(FORMER_NAMES, name) ? FORMER_NAMES[name] : undefined;
  return former !== undefined && known.includes(former) ? former : undefined;
}

/** A field in the right spelling, one level too high. */
function fieldBelow(name: string, shape: Shape): string | undefined {
  const below = Object.entries(shape).find(([, schema]) => Object.hasOwn(unwrap(schema).shape ?? {}, name));
  return below === undefined ? undefined : `${below[0]}.${name}`;
}

function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = name.toLowerCase();
  const near = closest(
    lower,
    known.map((field) => field.toLowerCase()),
  );
  if (distance(lower, near) > Math.ceil(near.length / 3)) return undefined;
  return known.find((field) => field.toLowerCase() === near);
}

function wrongValue(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is required';
  const expected = 'expected' in issue ? String(issue.expected) : undefined;
  if (issue.code === 'custom') return issue.message; // it is about what is inside
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message; // the path ends with the key
  const text = requirement(issue, expected) + (expected === 'string' && isPlainScalar(value) ? ' in quotes' : '');
  if (value === null) return `${text}, got null; remove the field or give it a value`;
  const isSecret = issue.path.includes('secretRef') || issue.path.at(-1) === 'tokenCode';
  const mayBePastedKey = isSecret || ['object', 'record', 'array'].includes(expected ?? '');
  if (mayBePastedKey) return `${text}, got ${typeName(value)}`;
  return `${text}, got ${describeValue(value)}`;
}

function requirement(issue: z.core.$ZodIssue, expected: string | undefined): string {
  if (issue.code === 'invalid_type') return `must be ${TYPE_NAMES[expected ?? ''] ?? expected}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.map((value) => quote(String(value))).join(' or ')}`;
  return issue.message;
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
  if (Array.isArray(value)) return 'a list';
  return TYPE_NAMES[typeof value] ?? typeof value;
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

interface Def {
  readonly shape?: Shape;
  readonly innerType?: z.core.$ZodType;
  /** What a preprocessed value is checked by. */
  readonly out?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
}

function shapeAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): Shape {
  let at: z.core.$ZodType | undefined = schema;
  for (const part of path) {
    const { element, shape, valueType }: Def = unwrap(at);
    at = typeof part === 'number' ? element : (shape?.[String(part)] ?? valueType);
  }
  return unwrap(at).shape ?? {};
}

function unwrap(schema: z.core.$ZodType | undefined): Def {
  let def = schema?._zod.def as Def | undefined; // zod's public def union has no common optional fields
  for (let inner = def?.innerType ?? def?.out; inner !== undefined; inner = def?.innerType ?? def?.out) {
    def = inner._zod.def as Def;
  }
  return def ?? {};
}
