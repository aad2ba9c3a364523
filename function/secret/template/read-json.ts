import { checkNesting } from './budget.ts';
import { type ByteString, toByteString, toLossyText } from './byte-string.ts';
import type { Value } from './value.ts';

/** What `fromJson` gives: every number is a float64, and what is no JSON is nothing, without a word. */
export function readJson(bytes: ByteString): Value {
  let parsed: unknown;
  try {
    parsed = JSON.parse(toLossyText(bytes));
  } catch {
    return null;
  }
  return toValue(parsed, 0);
}

function toValue(parsed: unknown, depth: number): Value {
  checkNesting(depth);
  if (typeof parsed === 'string') return toByteString(parsed);
  if (typeof parsed === 'number') return Number.isFinite(parsed) ? parsed : null; // 1e999
  if (typeof parsed === 'boolean') return parsed;
  if (Array.isArray(parsed))
    return { kind: 'list', of: 'any', items: parsed.map((item: unknown) => toValue(item, depth + 1)) };
  if (typeof parsed !== 'object' || parsed === null) return null;
  const entries = Object.entries(parsed).map(([key, value]) => [toByteString(key), toValue(value, depth + 1)] as const);
  return { kind: 'map', of: 'any', entries: new Map(entries) };
}
