import type { SessionTokenRequest } from '../../model/hop.ts';
import { isUntouched } from '../retry.ts';
import type { Operation } from './operation.ts';
import { STS } from './services.ts';

const USER_ADVICE = "Sign it with an IAM user's long-term keys; with those of a session use STSAssumeRoleToken";
const MFA_ADVICE = 'Give `tokenCode` the code that the device of `serialNumber` shows now: AWS takes each one once';

/** A session of the caller, without a role: the only call of its chain. */
export const getSessionToken: Operation<SessionTokenRequest, 'session'> = {
  gives: 'session',
  action: () => 'sts:GetSessionToken',
  service: () => STS,
  lifetimeSeconds: ({ durationSeconds }) => durationSeconds,
  hashed: ({ tokenCode: _, ...request }) => request, // an MFA code is used up by then: a new one is no reason to ask again
  describe: () => 'get a session token',
  field: 'spec.requestParameters',
  onDenial: ({ tokenCode }) => (tokenCode === undefined ? USER_ADVICE : MFA_ADVICE),
  withoutRole: 'STSSessionToken',
  isForUsers: true,
  retry: {
    awaitsRole: false,
    // AWS takes an MFA code once: one that it may have taken is not sent again, since refused codes can lock the device out
    mayRepeat: ({ tokenCode }, failure) => tokenCode === undefined || isUntouched(failure),
  },
  run: async (request, aws, signal) => (await aws.sts()).getSessionToken(request, signal),
};
