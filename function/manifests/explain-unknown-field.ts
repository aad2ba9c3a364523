import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod';

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

/** What to say of a field that the object at `path` does not have: the one that was meant, or all that it has. */
export function explainUnknownField(name: string, schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  const shape = shapeAt(schema, path);
  const known = Object.keys(shape);
  const meant = formerName(name, known) ?? fieldBelow(name, shape) ?? nearest(name, known);
  if (meant !== undefined) return `is not a known field; did you mean \`${meant}\``;
  return `is not a known field; known here: ${known.map((field) => `\`${field}\``).join(', ')}`;
}

function formerName(name: string, known: readonly string[]): string | undefined {
  const former = Object.hasOwn(FORMER_NAMES, name) ? FORMER_NAMES[name] : undefined;
  return known.find((field) => field === former);
}

/** A field in the right spelling, one level too high. */
function fieldBelow(name: string, shape: Shape): string | undefined {
  const below = Object.entries(shape).find(([, schema]) => Object.hasOwn(unwrap(schema).shape ?? {}, name));
  return below === undefined ? undefined : `${below[0]}.${name}`;
}

/** A longer name is no slip of the pen, and takes long to compare. */
const LONGEST_SLIP = 64;

function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > LONGEST_SLIP) return undefined;
  const lower = name.toLowerCase();
  const near = closest(
    lower,
    known.map((field) => field.toLowerCase()),
  );
  if (distance(lower, near) > Math.ceil(near.length / 3)) return undefined;
  return known.find((field) => field.toLowerCase() === near);
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
  const def = schema?._zod.def as Def | undefined; // zod's public def union has no common optional fields
  const inner = def?.innerType ?? def?.out;
  return inner === undefined ? (def ?? {}) : unwrap(inner);
}
