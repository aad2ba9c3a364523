import { inspect } from 'node:util';

/** A value read from a Secret, token or STS answer. Printing it in any way gives `[redacted]`. */
export class Sensitive {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself: only for a request that needs it and for the Secret that was asked for. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}
