import type { Budget } from '../budget.ts';
import type { ByteString } from '../byte-string.ts';
import { formatDate } from '../format-date.ts';
import { print, printLine, textOf } from '../print-value.ts';
import { printf } from '../printf.ts';
import { quote } from '../quote.ts';
import { Refusal } from '../template-fault.ts';
import { isInteger, isNothing, type Value } from '../value.ts';
import { define, defineWithMore, type Functions } from './define.ts';

export const printing: Functions = {
  print: defineWithMore([], (_, values, budget) => print(values, budget)),
  println: defineWithMore([], (_, values, budget) => printLine(values, budget)),
  printf: defineWithMore(['string'], ([format], values, budget) => printf(format, values, budget)),
  toString: define(['any'], ([value], budget) => textOf(value, budget)),
  quote: defineWithMore([], (_, values, budget) =>
    textsOf(values, budget)
      .map((text) => quote(text))
      .join(' '),
  ),
  squote: defineWithMore([], (_, values, budget) =>
    textsOf(values, budget)
      .map((text) => `'${text}'`)
      .join(' '),
  ),
  date: define(['string', 'any'], ([layout, time]) => {
    // Go takes the present time for anything else
    if (!isInteger(time) || time.kind === 'uint8') throw new Refusal('`date` takes an int or int64 of Unix seconds');
    return formatDate(layout, time.value);
  }),
};

function textsOf(values: readonly Value[], budget: Budget): ByteString[] {
  return values.filter((value) => !isNothing(value)).map((value) => textOf(value, budget));
}
