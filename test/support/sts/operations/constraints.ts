import { AwsError } from '../aws-error.ts';
import type { TextRule } from './limits.ts';

/** Collects what a request breaks, so that one ValidationError names all of it, as AWS does. */
export class Constraints {
  readonly #violations: string[] = [];

  /** `at` is the parameter's name as AWS prints it: `roleArn`, `tags.1.member.key`. */
  text(at: string, value: string | undefined, rule: TextRule): void {
    if (value === undefined) {
      if (rule.required) this.#violate('Value null', at, 'Member must not be null');
      return;
    }
    const shown = rule.secret ? 'Value' : `Value '${value}'`;
    const length = [...value].length;
    if (length < rule.min) {
      this.#violate(shown, at, `Member must have length greater than or equal to ${rule.min}`);
    }
    if (length > rule.max) {
      this.#violate(shown, at, `Member must have length less than or equal to ${rule.max}`);
    }
    if (rule.pattern !== undefined && !new RegExp(`^(?:${rule.pattern})$`, 'u').test(value)) {
      this.#violate(shown, at, `Member must satisfy regular expression pattern: ${rule.pattern}`);
    }
  }

  count(at: string, items: readonly unknown[], max: number): void {
    if (items.length <= max) return;
    this.#violate(`Value of ${items.length} members`, at, `Member must have length less than or equal to ${max}`);
  }

  /** Returns the number; what is no whole number is MalformedInput at once, since it never reaches AWS's checks. */
  seconds(at: string, value: string | undefined, range: { min: number; max: number }): number | undefined {
    if (value === undefined) return undefined;
    if (!/^-?\d{1,9}$/.test(value)) throw new AwsError('MalformedInput', `Invalid integer value at '${at}'`);
    const seconds = Number(value);
    if (seconds < range.min) {
      this.#violate(`Value '${value}'`, at, `Member must have value greater than or equal to ${range.min}`);
    }
    if (seconds > range.max) {
      this.#violate(`Value '${value}'`, at, `Member must have value less than or equal to ${range.max}`);
    }
    return seconds;
  }

  /** Throws the ValidationError, if there is anything to tell. */
  settle(): void {
    const count = this.#violations.length;
    if (count === 0) return;
    const errors = count === 1 ? '1 validation error' : `${count} validation errors`;
    throw new AwsError('ValidationError', `${errors} detected: ${this.#violations.join('; ')}`);
  }

  #violate(value: string, at: string, constraint: string): void {
    this.#violations.push(`${value} at '${at}' failed to satisfy constraint: ${constraint}`);
  }
}
