import { quoted, say } from '../../findings/say.ts';
import { LONGEST_SESSION_SECONDS } from '../../model/hop.ts';
import { type LimitText, regionFault, SESSION_TOKEN_DEFAULT_SECONDS, secondsFault } from '../limits.ts';
import { isUntouched } from '../retry.ts';
import { type Operation, STS } from './operation.ts';

const USER_ADVICE = "Use an IAM user's long-term keys. With temporary keys, use an STSAssumeRoleToken instead";
const MFA_ADVICE = 'Set `tokenCode` to the code that the MFA device shows now: AWS accepts each code only once';

/** A session of the caller, without a role: the only hop of its chain. */
export const getSessionToken: Operation<'GetSessionToken', 'session'> = {
  gives: 'session',
  limits({ region, sessionDuration, serialNumber, tokenCode }) {
    const faults: [name: string, text: LimitText, how?: 'conflict' | 'hidden'][] = [
      ['region', region === undefined ? undefined : regionFault(region)],
      [
        'sessionDuration', // AWS silently shortens a root user's to one hour
        sessionDuration === undefined
          ? undefined
          : secondsFault(sessionDuration, LONGEST_SESSION_SECONDS, SESSION_TOKEN_DEFAULT_SECONDS),
      ],
      ['serialNumber', serialNumber === undefined ? undefined : serialNumberFault(serialNumber)],
      ['tokenCode', tokenCode === undefined || /^\d{6}$/.test(tokenCode) ? undefined : 'must be 6 digits', 'hidden'],
    ];
    const [lacking, other] = serialNumber === undefined ? ['serialNumber', 'tokenCode'] : ['tokenCode', 'serialNumber'];
    const isAlone = (serialNumber === undefined) !== (tokenCode === undefined);
    if (isAlone) faults.push([lacking, say`is required with \`${other}\`: AWS takes both, or neither`, 'conflict']);
    return faults.filter((fault): fault is [string, NonNullable<LimitText>] => fault[1] !== undefined);
  },
  action: () => 'sts:GetSessionToken',
  service: () => STS,
  lifetimeSeconds: ({ durationSeconds }) => durationSeconds,
  hashed: ({ tokenCode: _, ...request }) => request, // an MFA code is used up by then: a new one is no reason to ask again
  describe: () => 'get a session token',
  field: 'spec.requestParameters',
  onDenial: ({ tokenCode }) => (tokenCode === undefined ? USER_ADVICE : MFA_ADVICE),
  needsLongTermKeys: true,
  retry: {
    awaitsRole: false,
    // AWS takes an MFA code once: one that it may have taken is not sent again, since refused codes can lock the device out
    mayRepeat: ({ tokenCode }, failure) => tokenCode === undefined || isUntouched(failure),
  },
  run: async (request, _, aws, signal) => (await aws.sts()).getSessionToken(request, signal),
};

/** "Minimum length of 9. Maximum length of 256. Pattern: [\w+=/:,.@-]*" (GetSessionToken, SerialNumber) */
const SERIAL_NUMBER = /^[\w+=/:,.@-]{9,256}$/;

function serialNumberFault(serialNumber: string): LimitText {
  if (SERIAL_NUMBER.test(serialNumber)) return undefined;
  return say`must be the serial number or ARN of an MFA device, such as ${quoted('arn:aws:iam::123456789012:mfa/user')}, got ${quoted(serialNumber)}`;
}
