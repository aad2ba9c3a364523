import type * as z from 'zod';

/** A field that may be absent, and what docs, CRD and editors say of it. */
export function optional<T extends z.ZodType>(type: T, description: string): z.ZodOptional<T> {
  return type.optional().meta({ description });
}

/** The same for a field that may also be null, as `key:` in YAML is. */
export function nullish<T extends z.ZodType>(type: T, description: string): z.ZodOptional<z.ZodNullable<T>> {
  return type.nullish().meta({ description });
}
