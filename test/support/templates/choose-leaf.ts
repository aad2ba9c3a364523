import type { Choice } from './choice.ts';
import type { Type } from './signatures.ts';

/** Values of the data: also what functions may take for something else. */
export const TEXTS = [
  ...['', 'a', 'key', 'a,b,,c', ' x ', 'Zoë', '🎉', 'line\nline\n', '<&>"', "it's", 'ẞß'],
  ...['\u00a0\u2028\u200b', 'AKIAEXAMPLE'],
  ...['0', '42', '-7', '0x1f', '017', '1.9', '1e3', '+9223372036854775807', 'true', 'aGk=', 'aGk'],
  ...['/w==', '%d', '{{', '__proto__'],
  ...['{"a":{"b":[1,"x",null,true,2.5]},"c":null,"key":"v"}', '[1,2,3]', '[]', '{}', 'null', '"s"', '1e999', '{"a":'],
];
const ESCAPES = ['\\x00', '\\xff', '\\101', '\\u00e9', '\\U0001F600', '\\n', '\\t', '\\\\', '\\"', '\\a'];
const NUMBERS = ['0', '1', '2', '-1', '7', '40', '0x1f', '017', "'a'", "'é'", '1_0', '0b11', '-0'];
const FLOATS = ['0.5', '1.0', '-2.25', '1e3', '1e-7', '123456789.0', '2.5e17', '.1', '5.', '-0.0'];
const STRING_FIELDS = ['.a', '$.a', '$.b', '$.c', '$.d', '$.Ünï', '$.__proto__'];

/** Expressions in which there is nothing to be chosen. */
const LEAVES: Readonly<Record<Exclude<Type, 'string'>, readonly string[]>> = {
  small: NUMBERS,
  int: NUMBERS,
  int64: ['(int64 3)', '(add 1 2)', '(mul 3000000000 4000000000)', '(int64 "-9223372036854775808")'],
  float: FLOATS,
  bool: ['true', 'false'],
  strings: ['(splitList "," $.a)', '(splitList "" $.b)', '(splitList "," "a,b,c")'],
  list: ['(fromJson "[1,\\"x\\",null,true]")', '(fromJson `[]`)', '(fromJson `[[1],{"a":2}]`)'],
  dict: ['(dict "a" 1 "key" "v")', '(fromJson `{"a":{"b":1.5},"key":null}`)', '(dict)'],
  any: [
    ...['$.a', '$.b', '$.c', '.', '(fromJson $.a)', '(fromJson $.b)', '(dict "key" nil).key'],
    ...['1', '1.5', '""', 'nil', 'true'],
  ],
};

/** An operand of this type that calls nothing but what makes such a value. */
export function chooseLeaf(choice: Choice, type: Type): string {
  if (type === 'string') return choice.happens(40) ? choice.pick(STRING_FIELDS) : chooseString(choice);
  return type === 'any' && choice.happens(3) ? '.absent' : choice.pick(LEAVES[type]);
}

function chooseString(choice: Choice): string {
  const text = choice.pick(TEXTS);
  if (!text.includes('`') && choice.happens(20)) return `\`${text}\``;
  const escaped = choice.happens(25) ? choice.pick(ESCAPES) : '';
  return `${JSON.stringify(text).slice(0, -1)}${escaped}"`;
}
