import { FindingError } from '../findings/finding.ts';

/** The value at `path`, own properties only; undefined where the path ends early. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, part) ? Reflect.get(at, part) : undefined,
    value,
  );
}

/** The text at `path`; undefined for anything else. */
export function textAt(value: unknown, path: readonly PropertyKey[]): string | undefined {
  const text = valueAt(value, path);
  return typeof text === 'string' ? text : undefined;
}

/** The list at `path`; empty for anything else. */
export function listAt(value: unknown, path: readonly PropertyKey[]): readonly unknown[] {
  const list = valueAt(value, path);
  return Array.isArray(list) ? list : [];
}

/** True for an object that is no list, as a mapping of YAML or JSON gives it. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries of an object whose value is a string: labels, annotations or data as somebody wrote them. */
export function stringsIn(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** `fields` without undefined ones: an optional field is absent, never `undefined` (`exactOptionalPropertyTypes`). */
export function defined<const T extends object>(fields: T): WithoutUndefined<T> {
  const kept: Record<string, unknown> = {}; // a loop, since this is called thousands of times
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept as WithoutUndefined<T>; // what the loop did, in types
}

type WithoutUndefined<T> = { [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name] } & {
  [Name in keyof T as undefined extends T[Name] ? Name : never]?: Exclude<T[Name], undefined>;
};

/** Undefined for an object or a list without entries, which is then left out. */
export function unlessEmpty<T extends object>(record: T): T | undefined {
  return Object.keys(record).length === 0 ? undefined : record;
}

/** The keys of an object that has no others. */
export function typedKeys<T extends object>(record: T): (keyof T & string)[] {
  return Object.keys(record) as (keyof T & string)[];
}

/** All without repeats: of those with equal keys only the first. */
export function distinct<T>(all: readonly T[], keyOf: (value: T) => string): T[] {
  const byKey = new Map<string, T>();
  for (const value of all) if (!byKey.has(keyOf(value))) byKey.set(keyOf(value), value);
  return [...byKey.values()];
}

/** These, and all that `next` gives of one of them, each once. */
export function* reached<T>(from: Iterable<T>, next: (value: T) => readonly T[]): Generator<T, void> {
  const all = new Set(from);
  for (const value of all) {
    yield value;
    for (const more of next(value)) all.add(more); // the set grows in this loop
  }
}

/** Values, and all that is in them, at any depth. What aliases repeat is there once. */
export function partsOf(...values: readonly unknown[]): Generator<unknown, void> {
  return reached(values, (part) => (typeof part === 'object' && part !== null ? Object.values(part) : []));
}

/** True where a text or a key in a value is so, at any depth. */
export function hasText(value: unknown, isSo: (text: string, isKey: boolean) => boolean): boolean {
  return partsOf(value).some((inner) =>
    typeof inner === 'string'
      ? isSo(inner, false)
      : isRecord(inner) && Object.keys(inner).some((key) => isSo(key, true)),
  );
}

/** A scalar as a text, else an empty one: what else stands there may have a `toString` of an author. */
export const asText = (value: unknown) => (/^(?:string|number|boolean)$/.test(typeof value) ? String(value) : '');

/** What `make` gives; undefined where it throws: for failures that need no message. */
export function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** True where `action` does not throw. */
export function succeeds(action: () => unknown): boolean {
  return attempt(() => [action()]) !== undefined;
}

/**
 * What `make` gives for all. Where this function has a fault with one of them, `tell` gets it, and `make` has to do
 * without that one: a fault that one package meets is not to end the others.
 */
export function withoutFaulty<One, Made>(
  all: readonly One[],
  make: (some: readonly One[]) => Made,
  tell: (value: One, fault: unknown) => void,
): Made {
  try {
    return make(all);
  } catch (error) {
    if (error instanceof FindingError) throw error;
    const sound = all.filter((value) => {
      try {
        make([value]);
        return true;
      } catch (fault) {
        tell(value, fault);
        return false;
      }
    });
    if (sound.length === all.length) throw error;
    return make(sound);
  }
}

/** What gives what `make` gave, or throws what it threw. */
export function outcomeOf<T>(make: () => T): () => T {
  try {
    const value = make();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Calls `make` at the first use and keeps its result: most runs use few of these values. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Calls `make` on first use and keeps its result. After a failure the next use calls it again. */
export function onceAsync<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** The value of a key in a cache; the first time `make` gives it. */
export function cached<Key, Value>(
  cache: { has(key: Key): boolean; get(key: Key): Value | undefined; set(key: Key, value: Value): unknown },
  key: Key,
  make: (key: Key) => Value,
): Value {
  if (!cache.has(key)) cache.set(key, make(key));
  return cache.get(key) as Value; // which may be undefined
}

/** RFC 3339, cut to whole seconds. */
export function wholeSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Strict base64; line breaks inside are allowed, as YAML block scalars leave them. Undefined: it is something else. */
export function decodeStrictBase64(text: string): Buffer | undefined {
  const compact = text.replaceAll(/[\r\n]/g, '');
  const isBase64 = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact); // a repeated group overflows the stack
  return isBase64 ? Buffer.from(compact, 'base64') : undefined;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of these bytes, including a byte order mark; undefined if they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  return attempt(() => UTF_8.decode(bytes));
}

/** True for the text of an http or https URL. */
export function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '');
}

/** Seconds of each unit of Go's durations. */
const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6, // the micro sign
  μs: 1e-6, // the Greek letter
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};
const MAX_SECONDS = 24 * 3600;

/** Seconds of a duration such as `30s` or Go's `1h30m`, which was checked. */
export function secondsOf(duration: string): number {
  const parts = duration.matchAll(/([\d.]+)([a-zµμ]+)/g);
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}

/** Seconds of `60s`, `5m` or `1h`; undefined for anything else, zero, and more than a day. */
export function parseDuration(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^[1-9]\d{0,4}[smh]$/.test(text)) return undefined;
  const seconds = secondsOf(text);
  return seconds <= MAX_SECONDS ? seconds : undefined;
}

/** Whether a text fits. */
export type Fits = (text: string) => boolean;

/** Between two `*` of a pattern: V8 looks for a longer part in a time that grows with its length too, and no clock ends that. */
const LONGEST_PART = 250;

/**
 * Prepares a pattern for comparing it with many texts: `*` in it stands for any part. Linear time, since patterns come from manifests: one
 * with a part of more than {@link LONGEST_PART} characters between two `*` fits nothing.
 */
export function globOf(pattern: string): Fits {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return (text) => text === pattern;
  if (others.some(({ length }) => length > LONGEST_PART)) return () => false;
  const least = first.length + last.length;
  return (text) => {
    if (text.length < least || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of others) {
      const index = text.indexOf(part, at);
      if (index < 0) return false;
      at = index + part.length;
    }
    return at <= text.length - last.length;
  };
}

/** True when `*` in `pattern` can stand for what is missing. */
export function matchesGlob(pattern: string, text: string): boolean {
  return globOf(pattern)(text);
}
