/**
 * Why a sealed document is not opened.
 *
 * | code | |
 * |---|---|
 * | `noIdentity` | none of the identities opens its data key |
 * | `notAge` | it is sealed for other kinds of keys only, such as KMS or PGP |
 * | `wrongMac` | it was changed after it was sealed: a value, or what its MAC covers |
 * | `malformed` | it is not as sops writes it |
 * | `unsupported` | sops could open it, this does not: key groups, a rule about comments, a complex pattern, a tag |
 */
export type SealFaultCode = 'noIdentity' | 'notAge' | 'wrongMac' | 'malformed' | 'unsupported';

/** Keys as Kubernetes takes them. Others are not repeated: they may hold anything. */
const KEY = /^[-._/a-zA-Z0-9]{1,317}$/;
const FIELD_MAX_DEPTH = 5;

/** What is wrong with a sealed document, and where, if that is one field with usual keys. Holds nothing of a value. */
export interface SealFault {
  readonly fault: SealFaultCode;
  /** Such as `data.password` or `sops.mac`. */
  readonly field?: string;
}

/** Ends the opening of a document; only `openSealed` sees it. */
export class SealError extends Error {
  readonly fault: SealFault;

  constructor(fault: SealFaultCode, path: readonly string[] = []) {
    super(fault);
    const isNamed = path.length > 0 && path.length <= FIELD_MAX_DEPTH && path.every((key) => KEY.test(key));
    this.fault = { fault, ...(isNamed ? { field: path.join('.') } : {}) };
  }
}
