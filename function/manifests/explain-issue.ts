import type * as z from 'zod';
import { quote } from '../findings/quote.ts';
import { quoted, type Sayable, say } from '../findings/say.ts';
import { nearestTo } from '../model/meant-kind.ts';
import { parseDuration, textAt } from '../model/plain-data.ts';

/** Our names for fields of the older draft (external-secrets #6402) and for other usual spellings. */
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

/** What to say of a field that the object at `path` does not have: the one that was `meant`, or all that it has. */
export function explainUnknownField(
  name: string,
  schema: z.core.$ZodType,
  path: readonly PropertyKey[],
): { readonly text: string; readonly meant?: string } {
  const shape = shapeAt(schema, path);
  const fields = Object.keys(shape);
  const former = fields.find((field) => field === textAt(FORMER_NAMES, [name]));
  const meant = former ?? fieldBelow(name, shape) ?? nearestTo(name, fields, (length) => Math.ceil(length / 3));
  if (meant !== undefined) return { text: `is not a known field; did you mean \`${meant}\`? Correct it`, meant };
  return { text: `is not a known field; known here: ${fields.map((field) => `\`${field}\``).join(', ')}` };
}

/** A field that is spelled right, but one level too high. */
function fieldBelow(name: string, shape: Shape): string | undefined {
  const below = Object.entries(shape).find(([, schema]) => Object.hasOwn(unwrap(schema).shape ?? {}, name));
  return below === undefined ? undefined : `${below[0]}.${name}`;
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

interface Def {
  readonly shape?: Shape;
  readonly innerType?: z.core.$ZodType;
  /** The schema of a preprocessed value. */
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

/** What a schema is behind `optional` and the like. */
export function unwrap(schema: z.core.$ZodType | undefined): Def {
  const def = schema?._zod.def as Def | undefined; // zod's public def union has no common optional fields
  const inner = def?.innerType ?? def?.out;
  return inner === undefined ? (def ?? {}) : unwrap(inner);
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  record: 'an object',
  object: 'an object',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
};

/** Fields that name where a secret is. */
const REFERENCES = ['secretRef', 'externalIDFrom', 'tokenEnv'];

/**
 * What to say of a value that its schema refuses. The value is not quoted if it may be a pasted key (it stands where an object belongs,
 * or where a secret is only named), or is an MFA code.
 */
export function explainWrongValue(issue: z.core.$ZodIssue, value: unknown): Sayable {
  if (value === undefined) return 'is required';
  const expected = 'expected' in issue ? String(issue.expected) : '';
  if (issue.code === 'custom') return issue.message; // it is about what is inside
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message; // the path ends with the key
  const text = say`${requirement(issue, expected)}${howWritten(expected, value)}`;
  if (value === null) return say`${text}, got null; remove the field or give it a value`;
  const isReference = REFERENCES.some((name) => issue.path.includes(name));
  const isSecret = isReference || issue.path.at(-1) === 'tokenCode';
  const mayBePastedKey = isSecret || ['object', 'record', 'array'].includes(expected);
  if (isSecret && issue.code !== 'invalid_type')
    return say`${text}, got another value, which is not repeated here${isReference ? '. Write a name there, not the value itself' : ''}`;
  const seconds = expected === 'number' ? parseDuration(value) : undefined;
  return say`${text}, got ${mayBePastedKey ? typeName(value) : describeValue(value)}${seconds ? `; write ${seconds}` : ''}`;
}

/** All numbers are of seconds. */
function howWritten(expected: string, value: unknown): string {
  if (expected === 'number') return /^\d+$/.test(String(value)) ? ' without quotes' : ' of seconds';
  return expected === 'string' && isPlainScalar(value) ? ' in quotes' : '';
}

function requirement(issue: z.core.$ZodIssue, expected: string): Sayable {
  if (issue.code === 'invalid_type') return say`must be ${TYPE_NAMES[expected] ?? expected}`;
  if (issue.code !== 'invalid_value') return issue.message;
  return say`must be ${issue.values.map((value) => quote(String(value))).join(' or ')}`;
}

/** YAML reads it as something else than a string only because it has no quotes. */
function isPlainScalar(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

/** A value that is no secret, as messages show it. */
export function describeValue(value: unknown): Sayable {
  if (typeof value === 'string') return quoted(value);
  return isPlainScalar(value) ? String(value) : typeName(value);
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return TYPE_NAMES[typeof value] ?? typeof value;
}
