/** The fields that have a value: an optional field is absent here, never `undefined` (`exactOptionalPropertyTypes`). */
export function defined<const T extends object>(fields: T): Defined<T> {
  const kept: Record<string, unknown> = {}; // a loop, since this is asked for thousands of times
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept as Defined<T>; // the condition, in types
}

type Defined<T> = { [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name] } & {
  [Name in keyof T as undefined extends T[Name] ? Name : never]?: Exclude<T[Name], undefined>;
};
