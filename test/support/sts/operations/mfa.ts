import type { Accounts } from '../accounts.ts';
import { AwsError } from '../aws-error.ts';
import type { Caller } from '../caller.ts';
import type { Parameters } from '../http/parameters.ts';
import { isSameSecret } from '../same-secret.ts';
import type { Constraints } from './constraints.ts';
import { SERIAL_NUMBER, TOKEN_CODE } from './limits.ts';

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
