/**
 * What the generator makes: Go's types, `any` for a value of which nobody knows the type, and `small` for an int that may be a
 * number of spaces: others could ask for more than we let them.
 */
export type Type = 'small' | 'string' | 'int' | 'int64' | 'float' | 'bool' | 'strings' | 'list' | 'dict' | 'any';

/** A function with the types it is given and gives; of `more`, none to three follow. */
interface Signature {
  readonly name: string;
  readonly takes: readonly Type[];
  readonly more?: Type;
  readonly gives: Type;
}

/** `printf`, `index`, `date` and `slice` have rules of their own in the generator. */
const LINES = `
upper string > string
lower string > string
trim string > string
trimPrefix string string > string
trimSuffix string string > string
trunc int string > string
replace string string string > string
contains string string > bool
hasPrefix string string > bool
hasSuffix string string > bool
indent small string > string
nindent small string > string
print ...any > string
println ...any > string
toString any > string
quote ...any > string
squote ...any > string
b64enc string > string
b64dec string > string
toJson any > string
fromJson string > any
sha256sum string > string
eq int int ...int64 > bool
eq string string ...string > bool
eq any any > bool
ne float float > bool
ne any any > bool
lt int int64 > bool
le string string > bool
gt float float > bool
ge int64 int > bool
lt int int > bool
and any ...any > any
or any ...any > any
and bool bool > bool
not any > bool
default any any > any
default string string > any
empty any > bool
coalesce ...any > any
ternary any any bool > any
int any > int
int string > int
int64 any > int64
add ...any > int64
add int64 int string > int64
sub any any > int64
mul any ...any > int64
div int64 int > int64
len string > int
len strings > int
len list > int
len dict > int
dict string any string any > dict
dict ...any > dict
get dict string > any
hasKey dict string > bool
splitList string string > strings
join string strings > string
join string any > string`;

const SIGNATURES: readonly Signature[] = LINES.trim()
  .split('\n')
  .map((line) => {
    const [call = '', gives = ''] = line.split(' > ');
    const [name = '', ...types] = call.split(' ');
    const more = types.find((type) => type.startsWith('...'))?.slice(3);
    const takes = types.filter((type) => !type.startsWith('...'));
    // the lines above hold nothing else
    return {
      name,
      takes: takes as Type[],
      ...(more === undefined ? {} : { more: more as Type }),
      gives: gives as Type,
    };
  });

/** A number from 0 up to `count`, without it. */
type Draw = (count: number) => number;

const TYPES: readonly Type[] = [
  ...(['string', 'string', 'string', 'int', 'int64', 'float'] as const),
  ...(['bool', 'strings', 'list', 'dict', 'any', 'any'] as const),
];

/** Choices by one source of chance. */
export class Choice {
  readonly #draw: Draw;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  upTo(count: number): number {
    return this.#draw(count);
  }

  pick<T>(from: ArrayLike<T>): T {
    return from[this.#draw(from.length)] as T; // there is one at each place
  }

  /** True in so many of a hundred times. */
  happens(percent: number): boolean {
    return this.#draw(100) < percent;
  }

  type(): Type {
    return this.pick(TYPES);
  }
}

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
function chooseLeaf(choice: Choice, type: Type): string {
  if (type === 'string') return choice.happens(40) ? choice.pick(STRING_FIELDS) : chooseString(choice);
  return type === 'any' && choice.happens(3) ? '.absent' : choice.pick(LEAVES[type]);
}

function chooseString(choice: Choice): string {
  const text = choice.pick(TEXTS);
  if (!text.includes('`') && choice.happens(20)) return `\`${text}\``;
  const escaped = choice.happens(25) ? choice.pick(ESCAPES) : '';
  return `${JSON.stringify(text).slice(0, -1)}${escaped}"`;
}

const LAYOUTS = [
  '2006-01-02T15:04:05Z07:00',
  'Mon Jan _2 3:04PM 06',
  'Monday 002 MST -0700',
  '.000 02/1 January',
  '__2 15h',
];
const VERBS: Readonly<Record<Type, string>> = {
  string: 'svqxXTd',
  small: 'd',
  int: 'dvxXobOcqUTst',
  int64: 'dvxXobcqUTs',
  float: 'veEfFgGTsd',
  bool: 'tvsTd',
  strings: 'vsqxTd',
  list: 'vsdT',
  dict: 'vsdT',
  any: 'vsdTtq',
};

interface Variable {
  readonly name: string;
  readonly type: Type;
}

/** Expressions of a wanted type. */
export class Expressions {
  readonly #choice: Choice;
  /** Those that are declared where we are. */
  variables: readonly Variable[] = [];

  constructor(choice: Choice) {
    this.#choice = choice;
  }

  /** An expression without parentheses around it, in part with its last operand in front. */
  pipe(type: Type, depth: number): string {
    const candidates = SIGNATURES.filter((one) => one.gives === type && one.takes.length > 0 && one.more === undefined);
    if (depth <= 0 || candidates.length === 0 || this.#choice.happens(50)) return this.#bare(type, depth);
    const { name, takes } = this.#choice.pick(candidates);
    const operands = takes.map((taken) => this.expression(taken, depth - 1));
    return `${operands.pop()} | ${[name, ...operands].join(' ')}`;
  }

  #bare(type: Type, depth: number): string {
    const text = this.expression(type, depth);
    return text.startsWith('(') && text.endsWith(')') && this.#choice.happens(50) ? text.slice(1, -1) : text;
  }

  expression(wanted: Type, depth: number): string {
    if (wanted === 'small') return chooseLeaf(this.#choice, wanted);
    const type = this.#choice.happens(2) ? this.#choice.type() : wanted; // now and then a wrong one
    const known = this.variables.filter((variable) => variable.type === type);
    if (known.length > 0 && this.#choice.happens(40)) return this.#choice.pick(known).name;
    if (depth > 0 && this.#choice.happens(12)) return this.#special(type, depth);
    const candidates = SIGNATURES.filter(({ gives }) => gives === type);
    if (depth <= 0 || candidates.length === 0 || this.#choice.happens(40)) return chooseLeaf(this.#choice, type);
    const { name, takes, more } = this.#choice.pick(candidates);
    const rest = more === undefined ? [] : Array.from({ length: this.#choice.upTo(4) }, () => more);
    return `(${[name, ...[...takes, ...rest].map((taken) => this.expression(taken, depth - 1))].join(' ')})`;
  }

  #special(type: Type, depth: number): string {
    if (type === 'string') return this.#choice.happens(75) ? this.#printf(depth) : this.#date(depth);
    // what was cut off is still there for Go, which shows it again to a slice of a slice: not so here
    if (type === 'strings')
      return `(slice ${chooseLeaf(this.#choice, 'strings')} ${this.#choice.pick(['0', '1', '0 1', '1 2', ''])})`;
    if (type !== 'any') return chooseLeaf(this.#choice, type);
    const key = this.#choice.pick(['"a"', '"key"', '$.a', '"absent"']);
    const any: [Type, string] = this.#choice.happens(10) ? ['any', key] : ['dict', key];
    const [of, index] = this.#choice.pick<[Type, string]>([
      ['strings', '0'],
      ['list', '1'],
      ['dict', key],
      any,
      ['string', '0'],
    ]);
    return `(index ${this.expression(of, depth - 1)} ${index})`;
  }

  #printf(depth: number): string {
    let format = this.#choice.pick(['', 'x=', 'é ', '%% ']);
    const values: string[] = [];
    for (let left = this.#choice.upTo(3) + 1; left > 0; left -= 1) {
      const type = this.#choice.type();
      const verb = this.#choice.pick(VERBS[type]);
      const hasMarks = (type === 'string' || type === 'int' || type === 'int64') && verb !== 'v';
      const flags = this.#choice.happens(30)
        ? this.#choice.pick(hasMarks ? ['-', '0', '+', ' ', '#', '-0', '+ '] : ['-', '0', '+', ' '])
        : '';
      format += `%${flags}${this.#choice.pick(['', '', '', '5', '12'])}${this.#choice.pick(['', '', '', '.2', '.0', '.', '.10'])}${verb}|`;
      values.push(this.#formatted(type, verb, flags, depth - 1));
    }
    const given = this.#choice.happens(4) ? values.slice(0, -1) : values; // the last verb may lack its value
    return `(printf ${JSON.stringify(format)} ${given.join(' ')})`;
  }

  /** What a verb prints; where floats are refused, it must not be one by chance. */
  #formatted(type: Type, verb: string, flags: string, depth: number): string {
    const value = this.expression(type, depth);
    if (!'xXb'.includes(verb) && !flags.includes('#')) return value;
    if (type === 'string') return `(toString ${value})`;
    return type === 'int' || type === 'int64' ? `(${type} ${value})` : chooseLeaf(this.#choice, type);
  }

  #date(depth: number): string {
    const time = this.#choice.pick([
      '0',
      '1767323045',
      '-1',
      '951782400',
      '(int64 253402300799)',
      `(len ${this.expression('string', depth - 2)})`,
    ]);
    return `(date ${JSON.stringify(this.#choice.pick(LAYOUTS))} ${time})`;
  }
}
