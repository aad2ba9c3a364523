import type { Budget } from '../budget.ts';
import { type ByteString, charactersOf, isAscii, runesOf, toByteString } from '../byte-string.ts';
import { Refusal } from '../template-error.ts';
import { isSpace, lowerCase, upperCase } from '../unicode.ts';
import { define, type Functions } from './define.ts';

export const text: Functions = {
  upper: define(['string'], ([bytes], budget) =>
    isAscii(bytes) ? bytes.toUpperCase() : mapped(bytes, upperCase, budget),
  ),
  lower: define(['string'], ([bytes], budget) =>
    isAscii(bytes) ? bytes.toLowerCase() : mapped(bytes, lowerCase, budget),
  ),
  trim: define(['string'], ([bytes], budget) => (isAscii(bytes) ? bytes.trim() : trim(bytes, budget))),
  trimPrefix: define(['string', 'string'], ([prefix, bytes]) =>
    bytes.startsWith(prefix) ? bytes.slice(prefix.length) : bytes,
  ),
  trimSuffix: define(['string', 'string'], ([suffix, bytes]) =>
    bytes.endsWith(suffix) ? bytes.slice(0, bytes.length - suffix.length) : bytes,
  ),
  trunc: define(['int', 'string'], ([count, bytes]) => {
    if (count >= 0) return bytes.slice(0, count);
    return bytes.length + count > 0 ? bytes.slice(count) : bytes;
  }),
  replace: define(['string', 'string', 'string'], ([old, by, bytes], budget) => replace(bytes, old, by, budget)),
  contains: define(['string', 'string'], ([part, bytes], budget) => {
    budget.search(bytes.length, part.length);
    return bytes.includes(part);
  }),
  hasPrefix: define(['string', 'string'], ([prefix, bytes]) => bytes.startsWith(prefix)),
  hasSuffix: define(['string', 'string'], ([suffix, bytes]) => bytes.endsWith(suffix)),
  indent: define(['int', 'string'], ([spaces, bytes], budget) => indent(bytes, spaces, budget)),
  nindent: define(['int', 'string'], ([spaces, bytes], budget) => `\n${indent(bytes, spaces, budget)}`),
};

/** Maps each character by itself; invalid bytes become U+FFFD. */
function mapped(bytes: ByteString, map: (code: number) => number, budget: Budget): ByteString {
  return toByteString(Array.from(runesOf(bytes, budget), ({ code }) => String.fromCodePoint(map(code))).join(''));
}

function trim(text: ByteString, budget: Budget): ByteString {
  let at = 0;
  let start = text.length;
  let end = 0;
  for (const { code, bytes } of runesOf(text, budget)) {
    const next = at + bytes.length;
    if (!isSpace(code)) {
      start = Math.min(start, at);
      end = next;
    }
    at = next;
  }
  return text.slice(start, end);
}

/** The parts of a text between separators, which are counted before any is made. */
export function split(bytes: ByteString, separator: ByteString, budget: Budget): ByteString[] {
  budget.search(bytes.length, separator.length);
  let parts = 1;
  for (let at = bytes.indexOf(separator); at >= 0; at = bytes.indexOf(separator, at + separator.length)) parts += 1;
  budget.values(parts);
  return bytes.split(separator);
}

/** An empty `old` matches before each character and at the end. */
function replace(bytes: ByteString, old: ByteString, by: ByteString, budget: Budget): ByteString {
  const parts = old === '' ? ['', ...charactersOf(bytes, budget), ''] : split(bytes, old, budget);
  budget.write(bytes.length + (parts.length - 1) * Math.max(0, by.length - old.length));
  return parts.join(by);
}

function indent(bytes: ByteString, spaces: number, budget: Budget): ByteString {
  if (spaces < 0) throw new Refusal('`indent` takes no negative number');
  const lines = split(bytes, '\n', budget);
  budget.write(bytes.length + lines.length * spaces);
  const padding = ' '.repeat(spaces);
  return lines.map((line) => padding + line).join('\n');
}
