import { isUtf8 } from 'node:buffer';
import type { Budget } from './budget.ts';

/**
 * A string of Go: bytes, usually UTF-8. Each character of the JavaScript string is one byte, U+0000 to U+00FF, so that length, positions
 * and order are those of Go, and a character that is cut in two keeps its bytes.
 */
export type ByteString = string;

/** U+FFFD replaces bytes that are no UTF-8, and lone surrogates. */
const REPLACEMENT = 0xfffd;

/** The UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. */
export function toByteString(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The bytes themselves. */
export function toBytes(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** Decodes UTF-8; undefined for other bytes. */
export function toText(text: ByteString): string | undefined {
  const bytes = toBytes(text);
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** A character of a byte string. */
export interface Rune {
  readonly code: number;
  readonly bytes: ByteString;
  /** False for a byte that is no UTF-8. Its code is U+FFFD. */
  readonly isValid: boolean;
}

/** The character that begins at a byte. Each byte that is no UTF-8 is one invalid character (Go, unicode/utf8). */
export function runeAt(bytes: ByteString, at: number): Rune {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { code: first, bytes: bytes.charAt(at), isValid: true };
  const width = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  let code = first & (0xff >> (width + 1));
  for (let offset = 1; offset < width; offset += 1) {
    const next = bytes.charCodeAt(at + offset); // NaN past the end
    if (!(next >= 0x80 && next <= 0xbf)) return invalidAt(bytes, at);
    code = (code << 6) | (next & 0x3f);
  }
  const isOverlong = (width === 3 && code < 0x800) || (width === 4 && code < 0x10000);
  if (width === 0 || isOverlong || isSurrogate(code) || code > 0x10ffff) return invalidAt(bytes, at);
  return { code, bytes: bytes.slice(at, at + width), isValid: true };
}

function invalidAt(bytes: ByteString, at: number): Rune {
  return { code: REPLACEMENT, bytes: bytes.charAt(at), isValid: false };
}

/** True for text whose characters are bytes: JavaScript's own methods give what Go's do, and take no budget. */
export function isAscii(text: ByteString): boolean {
  return !/[\x80-\xff]/.test(text);
}

/** All characters in order. */
export function* runesOf(text: ByteString, budget: Budget): Generator<Rune> {
  budget.characters(text.length);
  for (let at = 0; at < text.length; ) {
    const rune = runeAt(text, at);
    yield rune;
    at += rune.bytes.length;
  }
}

/** The bytes of each of the first `count` characters. */
export function charactersOf(text: ByteString, budget: Budget, count = Number.POSITIVE_INFINITY): ByteString[] {
  return Array.from(runesOf(text.slice(0, 4 * count), budget).take(count), ({ bytes }) => bytes); // one has four bytes at most
}

/** The UTF-8 bytes of a character; of an invalid code, those of U+FFFD. */
export function encodeRune(code: number): ByteString {
  return toByteString(String.fromCodePoint(code > 0x10ffff || code < 0 || isSurrogate(code) ? REPLACEMENT : code));
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

/** The text as JavaScript has it, with U+FFFD for each invalid byte. */
export function toLossyText(bytes: ByteString, budget: Budget): string {
  return toText(bytes) ?? Array.from(runesOf(bytes, budget), ({ code }) => String.fromCodePoint(code)).join('');
}
