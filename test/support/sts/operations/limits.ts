import { AwsError } from '../aws-error.ts';

/** A rule for one text parameter: lengths in characters, `pattern` as AWS prints it. */
interface TextRule {
  readonly min: number;
  readonly max: number;
  readonly pattern?: string;
  readonly required?: true;
  /** The value is never quoted in a message. */
  readonly secret?: true;
}

const NAME_CHARACTERS = String.raw`[\w+=,.@-]*`;
const POLICY_CHARACTERS = String.raw`[\u0009\u000A\u000D\u0020-\u00FF]+`;
const TAG_CHARACTERS = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]`;

/** Source of all limits: the API reference's request parameters, also in the SDKs' service model. */
export const ROLE_ARN: TextRule = { min: 20, max: 2048, required: true };
export const ROLE_SESSION_NAME: TextRule = { min: 2, max: 64, pattern: NAME_CHARACTERS, required: true };
export const EXTERNAL_ID: TextRule = { min: 2, max: 1224, pattern: String.raw`[\w+=,.@:\/-]*` };
export const SOURCE_IDENTITY: TextRule = { min: 2, max: 64, pattern: NAME_CHARACTERS };
export const SERIAL_NUMBER: TextRule = { min: 9, max: 256, pattern: String.raw`[\w+=/:,.@-]*` };
export const TOKEN_CODE: TextRule = { min: 6, max: 6, pattern: String.raw`[\d]*`, secret: true };
export const WEB_IDENTITY_TOKEN: TextRule = { min: 4, max: 20_000, required: true, secret: true };
export const POLICY: TextRule = { min: 1, max: 2048, pattern: POLICY_CHARACTERS };
export const POLICY_ARN: TextRule = { min: 20, max: 2048, required: true };
export const TAG_KEY: TextRule = { min: 1, max: 128, pattern: `${TAG_CHARACTERS}+`, required: true };
export const TAG_VALUE: TextRule = { min: 0, max: 256, pattern: `${TAG_CHARACTERS}*`, required: true };

export const MAX_POLICY_ARNS = 10;
export const MAX_TAGS = 50;
/** Policy and policy ARNs together, in characters. */
export const MAX_PLAIN_POLICIES = 2048;

export const ROLE_DURATION_SECONDS = { min: 900, max: 43_200 };
export const USER_DURATION_SECONDS = { min: 900, max: 129_600 };
export const DEFAULT_ROLE_DURATION_SECONDS = 3600;
export const DEFAULT_USER_DURATION_SECONDS = 43_200;
/** "If the duration is longer than one hour, the session for account owners defaults to one hour." */
export const ROOT_DURATION_SECONDS = 3600;
/** Longer fails: it is not cut. */
export const CHAINED_DURATION_SECONDS = 3600;

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
