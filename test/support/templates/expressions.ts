import type { Choice } from './choice.ts';
import { chooseLeaf } from './choose-leaf.ts';
import { SIGNATURES, type Type } from './signatures.ts';

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

export interface Variable {
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
