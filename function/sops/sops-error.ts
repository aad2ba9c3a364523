/**
 * Why an encrypted document is not opened.
 *
 * | code | |
 * |---|---|
 * | `noIdentity` | none of the identities opens its data key |
 * | `notAge` | it is encrypted for other kinds of keys only, such as KMS or PGP |
 * | `wrongMac` | it was changed after it was encrypted: a value, or what its MAC covers |
 * | `malformed` | it is not as sops writes it |
 * | `unsupported` | sops could open it, this does not: key groups, a rule about comments, a complex pattern, a tag |
 */
export type SopsErrorCode = 'noIdentity' | 'notAge' | 'wrongMac' | 'malformed' | 'unsupported';

/** Keys that Kubernetes accepts. Other keys are not repeated, since they may contain anything. */
const KEY = /^[-._/a-zA-Z0-9]{1,317}$/;
const FIELD_MAX_DEPTH = 5;

/** What is wrong with an encrypted document, and where. It contains no part of a value. */
export class SopsError extends Error {
  readonly code: SopsErrorCode;
  /** Such as `data.password` or `sops.mac`; absent unless the fault is in one field with ordinary keys. */
  readonly field?: string;

  constructor(code: SopsErrorCode, path: readonly string[] = []) {
    const isNamed = path.length > 0 && path.length <= FIELD_MAX_DEPTH && path.every((key) => KEY.test(key));
    const field = path.join('.');
    super(isNamed ? `${code}: ${field}` : code);
    this.code = code;
    if (isNamed) this.field = field;
  }
}
