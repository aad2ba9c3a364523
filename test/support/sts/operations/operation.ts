import type { Accounts } from '../accounts.ts';
import { isSameSecret } from '../authenticate.ts';
import { AwsError } from '../aws-error.ts';
import type { XmlElement } from '../http/answer.ts';
import type { Parameters } from '../http/request.ts';
import type { Caller, Grant, Session } from '../sessions.ts';
import { type Constraints, SERIAL_NUMBER, TOKEN_CODE } from './limits.ts';

/** What an operation sees of the server and of the request. */
export interface OperationContext {
  readonly parameters: Parameters;
  readonly accounts: Accounts;
  readonly now: Date;
  readonly issue: (grant: Grant) => Session;
}

/** An operation answers with the content of its `…Result` element, or throws an AwsError. */
interface SignedOperation {
  readonly signed: true;
  readonly run: (context: OperationContext, caller: Caller) => XmlElement;
}

interface UnsignedOperation {
  readonly signed: false;
  readonly run: (context: OperationContext) => Promise<XmlElement>;
}

export type Operation = SignedOperation | UnsignedOperation;

/** The `Credentials` element of an answer. */
export function credentialsElement(session: Session): XmlElement {
  const expiration = session.expiresAt.toISOString().replace('.000Z', 'Z');
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: session.announcesExpiration ? expiration : undefined,
  };
}

export function readMfa(parameters: Parameters, constraints: Constraints): void {
  constraints.text('serialNumber', parameters.get('SerialNumber'), SERIAL_NUMBER);
  constraints.text('tokenCode', parameters.get('TokenCode'), TOKEN_CODE);
}

/** Checks a device and code where the request gives them; it may give neither. Throws AccessDenied. */
export function checkMfa(parameters: Parameters, caller: Caller, accounts: Accounts): void {
  const serialNumber = parameters.get('SerialNumber');
  const tokenCode = parameters.get('TokenCode');
  if (serialNumber === undefined && tokenCode === undefined) return;
  if (serialNumber === undefined || tokenCode === undefined) {
    throw failed(', must provide both MFA serial number and one time pass code.');
  }
  const device = accounts.users.find((user) => user.arn === caller.arn)?.mfa;
  if (device?.serialNumber !== serialNumber) {
    throw failed(
      ', unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    );
  }
  if (!isSameSecret(device.tokenCode, tokenCode)) throw failed(' with invalid MFA one time pass code. ');
}

function failed(how: string): AwsError {
  return new AwsError('AccessDenied', `MultiFactorAuthentication failed${how}`);
}
