import fc from 'fast-check';

/** Slips of whoever writes manifests: one change of one field, wherever it is. */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const KINDS = ['typo', 'remove', 'type', 'junk', 'unknown', 'empty', 'list'] as const;
const JUNK: readonly Json[] = [
  '',
  'x',
  '60',
  60,
  -1,
  true,
  null,
  [],
  {},
  '${nobody}',
  '*',
  'a b',
  'ä',
  '0123',
  ' x',
  'x'.repeat(70),
];

export interface Slip {
  readonly kind: (typeof KINDS)[number];
  readonly where: number;
  readonly how: number;
}

export const slip: fc.Arbitrary<Slip> = fc.record({
  kind: fc.constantFrom(...KINDS),
  where: fc.nat({ max: 10_000 }),
  how: fc.nat({ max: 1000 }),
});

/** A copy of `value` in which that slip was made. */
export function withSlip<T>(value: T, { kind, where, how }: Slip): T {
  const copy = structuredClone(value);
  const places = fieldsOf(copy as Json); // manifests are JSON
  const place = places[where % Math.max(1, places.length)];
  if (place === undefined) return copy;
  const { holder, key } = place;
  const old = holder[key] as Json;
  if (kind === 'typo') renamed(holder, key, misspelt(key, how));
  else if (kind === 'remove') delete holder[key];
  else if (kind === 'type') holder[key] = ofAnotherType(old);
  else if (kind === 'junk') holder[key] = JUNK[how % JUNK.length] as Json;
  else if (kind === 'unknown') holder[`${key}s`] = old;
  else if (kind === 'empty') holder[key] = typeof old === 'string' ? '' : Array.isArray(old) ? [] : {};
  else holder[key] = [old, old];
  return copy;
}

interface Place {
  readonly holder: { [key: string]: Json };
  readonly key: string;
}

function fieldsOf(value: Json): Place[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value, key }, ...fieldsOf(inner)]);
}

/** In its place, so that the order of the others stays. */
function renamed(holder: Place['holder'], key: string, name: string): void {
  const entries = Object.entries(holder).map(([one, value]) => [one === key ? name : one, value] as const);
  for (const one of Object.keys(holder)) delete holder[one];
  Object.assign(holder, Object.fromEntries(entries));
}

function misspelt(word: string, how: number): string {
  const at = how % Math.max(1, word.length);
  if (how % 3 === 0) return word.slice(0, at) + word.slice(at + 1) || 'x';
  if (how % 3 === 1) return `${word.slice(0, at)}${word[at] ?? 'x'}${word.slice(at)}`;
  return word.toLowerCase() === word ? word.toUpperCase() : word.toLowerCase();
}

function ofAnotherType(value: Json): Json {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return /^\d+$/.test(value) ? Number(value) : { value };
  return Array.isArray(value) ? { first: value[0] ?? null } : Object.keys(value ?? {});
}
