import fc from 'fast-check';
import { Choice, Expressions, TEXTS, type Type } from './expressions.ts';

/** A template to compare, with its data. */
export interface Case {
  readonly template: string;
  readonly data: Readonly<Record<string, string>>;
  /** True when characters were changed at random: it may then be anything, such as a function that is not supported. */
  readonly isMutated: boolean;
}

const MUTATIONS = [
  ...['', '{', '}', '{{', '}}', ' ', '-', '(', ')', '|', '.', '$', '"', '`', "'", '\\', '=', ':=', ','],
  ...['e', '1', '\n', 'é'],
];
const KEYS = ['a', 'b', 'c', 'd', 'Ünï', '__proto__'];
const NODES_DEPTH = 3;
const DEPTH = 4;

/** Cases by one seed: the same seed, the same cases. */
export function generateCases(count: number, seed: number): Case[] {
  const cases = fc.gen().map((gen) => generateCase(new Choice((max) => gen(fc.nat, { max: max - 1 }))));
  // without fast-check's love for small numbers: each draw is one of several things, all alike
  return fc.sample(fc.noBias(cases), { numRuns: count, seed });
}

function generateCase(choice: Choice): Case {
  const data = Object.fromEntries(KEYS.map((key) => [key, choice.pick(TEXTS)]));
  const template = new Nodes(choice).nodes(NODES_DEPTH);
  const isMutated = choice.happens(12);
  return { template: isMutated ? mutate(choice, template) : template, data, isMutated };
}

function mutate(choice: Choice, template: string): string {
  const at = choice.upTo(template.length + 1);
  return template.slice(0, at) + choice.pick(MUTATIONS) + template.slice(at + choice.upTo(2));
}

/** Text and actions, inside each other. */
class Nodes {
  readonly #choice: Choice;
  readonly #expressions: Expressions;
  #ranges = 0;

  constructor(choice: Choice) {
    this.#choice = choice;
    this.#expressions = new Expressions(choice);
  }

  nodes(depth: number): string {
    const known = this.#expressions.variables;
    let nodes = '';
    for (let left = 1 + this.#choice.upTo(depth + 1); left > 0; left -= 1) nodes += this.#node(depth);
    this.#expressions.variables = known;
    return nodes;
  }

  #action(inner: string): string {
    const left = this.#choice.happens(15) ? '{{- ' : this.#choice.pick(['{{', '{{ ']);
    return `${left}${inner}${this.#choice.happens(15) ? ' -}}' : this.#choice.pick(['}}', ' }}'])}`;
  }

  #node(depth: number): string {
    const kind = this.#choice.upTo(depth > 0 ? 14 : 7);
    if (kind < 1) return this.#choice.pick(['text', ' ', '\n  x\n', 'é', '} }', '- ']);
    if (kind < 5) return this.#action(this.#expressions.pipe(this.#choice.type(), DEPTH));
    if (kind < 6) return this.#declaration();
    if (kind < 7) return this.#small();
    if (kind < 10) return this.#branch('if', depth);
    if (kind < 11) return this.#branch('with', depth);
    return this.#range(depth);
  }

  #small(): string {
    if (this.#ranges > 0 && this.#choice.happens(30)) return this.#action(this.#choice.pick(['break', 'continue']));
    const comment = this.#choice.pick(['{{/* a }} b */}}', '{{- /* c */ -}}', '{{/**/}}']);
    return this.#choice.happens(50) ? comment : this.#assignment();
  }

  #declaration(): string {
    const type = this.#choice.type();
    const name = this.#choice.pick(['$x', '$y', '$é', '$longer']);
    const text = this.#action(`${name} := ${this.#expressions.pipe(type, DEPTH)}`);
    this.#expressions.variables = [...this.#expressions.variables, { name, type }];
    return text;
  }

  #assignment(): string {
    const known = this.#expressions.variables.at(-1);
    return known === undefined ? 'text' : this.#action(`${known.name} = ${this.#expressions.pipe(known.type, DEPTH)}`);
  }

  #branch(keyword: 'if' | 'with', depth: number): string {
    const known = this.#expressions.variables;
    const type = this.#choice.type();
    const declares = this.#choice.happens(20);
    let text = this.#action(`${keyword} ${declares ? '$c := ' : ''}${this.#expressions.pipe(type, DEPTH - 1)}`);
    if (declares) this.#expressions.variables = [...known, { name: '$c', type }];
    text += this.nodes(depth - 1);
    if (this.#choice.happens(25))
      text += this.#action(`else ${keyword} ${this.#expressions.pipe('any', 2)}`) + this.nodes(depth - 1);
    if (this.#choice.happens(40)) text += this.#action('else') + this.nodes(depth - 1);
    this.#expressions.variables = known;
    return text + this.#action('end');
  }

  #range(depth: number): string {
    const known = this.#expressions.variables;
    const over = this.#choice.pick<Type>(
      this.#choice.happens(5) ? ['any'] : ['strings', 'strings', 'list', 'dict', 'int', 'int64'],
    );
    const isNumber = over === 'int' || over === 'int64';
    const count = this.#choice.upTo(isNumber && !this.#choice.happens(5) ? 2 : 3);
    const names = ['$i', '$e'].slice(2 - count);
    // many turns of many ranges would be too much
    const value = isNumber
      ? this.#choice.pick(['3', '0', '(add 1 1)', '-1', '(len "ab")'])
      : this.#expressions.expression(over, DEPTH - 1);
    let text = this.#action(`range ${names.join(', ')}${count > 0 ? ' := ' : ''}${value}`);
    const element = over === 'strings' ? 'string' : isNumber ? over : 'any';
    this.#expressions.variables = [
      ...known,
      ...names.map((name) => ({ name, type: name === '$e' ? element : over === 'dict' ? 'string' : 'int' }) as const),
    ];
    this.#ranges += 1;
    text += this.nodes(depth - 1);
    this.#ranges -= 1;
    this.#expressions.variables = known;
    if (this.#choice.happens(30)) text += this.#action('else') + this.nodes(depth - 1);
    return text + this.#action('end');
  }
}
