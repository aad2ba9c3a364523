import type { Budget } from '../budget.ts';
import type { ByteString } from '../byte-string.ts';
import { quote } from '../format-scalar.ts';
import { print, printf, printLine, textOf } from '../printf.ts';
import { Refusal } from '../template-error.ts';
import { isInteger, isNothing, type Value } from '../value.ts';
import { define, defineWithMore, type Functions } from './define.ts';

export const printing: Functions = {
  print: defineWithMore([], (_, values, budget) => print(values, budget)),
  println: defineWithMore([], (_, values, budget) => printLine(values, budget)),
  printf: defineWithMore(['string'], ([format], values, budget) => printf(format, values, budget)),
  toString: define(['any'], ([value], budget) => textOf(value, budget)),
  quote: defineWithMore([], (_, values, budget) => each(values, budget, (text) => quote(text, budget))),
  squote: defineWithMore([], (_, values, budget) => each(values, budget, (text) => `'${text}'`)),
  date: define(['string', 'any'], ([layout, time], budget) => {
    budget.characters(2 * layout.length);
    // for other types Go uses the current time
    if (!isInteger(time) || time.kind === 'uint8')
      throw new Refusal('`date` takes an int or int64 of Unix seconds', 'unsupported');
    return formatDate(layout, time.value);
  }),
};

/** Joins all values that are not nil as text, with spaces. */
function each(values: readonly Value[], budget: Budget, show: (text: ByteString) => ByteString): ByteString {
  const there = values.filter((value) => !isNothing(value));
  return there.map((value) => show(textOf(value, budget))).join(' ');
}

/** The years that have four digits. */
const FIRST_SECOND = -62_167_219_200n;
const LAST_SECOND = 253_402_300_799n;

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/**
 * The parts of a layout that are replaced, longer ones first. A layout of Go shows how its reference time,
 * `2006-01-02T15:04:05Z07:00`, would be printed.
 */
const PART =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_(?=2006)|_2|__2|3|4|5|PM|pm|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,](?:0+|9+)(?![0-9])/g;

const SHOWN: Readonly<Record<string, (time: Date) => string>> = {
  January: (time) => MONTHS[time.getUTCMonth()] ?? '',
  Jan: (time) => (MONTHS[time.getUTCMonth()] ?? '').slice(0, 3),
  '01': (time) => digits(time.getUTCMonth() + 1, 2),
  '1': (time) => String(time.getUTCMonth() + 1),
  Monday: (time) => DAYS[time.getUTCDay()] ?? '',
  Mon: (time) => (DAYS[time.getUTCDay()] ?? '').slice(0, 3),
  '02': (time) => digits(time.getUTCDate(), 2),
  _2: (time) => String(time.getUTCDate()).padStart(2),
  '2': (time) => String(time.getUTCDate()),
  '002': (time) => digits(dayOfYear(time), 3),
  __2: (time) => String(dayOfYear(time)).padStart(3),
  '2006': (time) => digits(time.getUTCFullYear(), 4),
  '06': (time) => digits(time.getUTCFullYear() % 100, 2),
  '15': (time) => digits(time.getUTCHours(), 2),
  '03': (time) => digits(time.getUTCHours() % 12 || 12, 2),
  '3': (time) => String(time.getUTCHours() % 12 || 12),
  '04': (time) => digits(time.getUTCMinutes(), 2),
  '4': (time) => String(time.getUTCMinutes()),
  '05': (time) => digits(time.getUTCSeconds(), 2),
  '5': (time) => String(time.getUTCSeconds()),
  PM: (time) => (time.getUTCHours() < 12 ? 'AM' : 'PM'),
  pm: (time) => (time.getUTCHours() < 12 ? 'am' : 'pm'),
};

function digits(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

/**
 * Formats a time by a layout of Go, in UTC: External Secrets uses the zone of its container, which is UTC unless it is set.
 * @param seconds since 1970
 */
function formatDate(layout: ByteString, seconds: bigint): ByteString {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
    throw new Refusal('`date` takes the years 0 to 9999', 'unsupported');
  const time = new Date(Number(seconds) * 1000);
  return layout.replace(PART, (part) => fractionOf(part) ?? zoneOf(part) ?? SHOWN[part]?.(time) ?? part); // `_` before a year
}

/** The fraction of a layout. Times are whole seconds: `0` prints zeros, `9` prints nothing. */
function fractionOf(part: string): string | undefined {
  if (!/^[.,]/.test(part)) return undefined;
  return part.endsWith('0') ? part : '';
}

/** UTC in the notation of a layout's zone. */
function zoneOf(part: string): string | undefined {
  if (part === 'MST') return 'UTC';
  if (part.startsWith('Z')) return 'Z';
  return part.startsWith('-') ? part.replace('-', '+').replace('7', '0') : undefined;
}

function dayOfYear(time: Date): number {
  const start = new Date(time);
  start.setUTCMonth(0, 1);
  return Math.round((time.getTime() - start.getTime()) / 86_400_000) + 1;
}
