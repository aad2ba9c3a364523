import type { Type } from './signatures.ts';

/** A number from 0 up to `count`, without it. */
export type Draw = (count: number) => number;

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
