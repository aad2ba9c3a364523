import { test } from '@jest/globals';
import pLimit from 'p-limit';
import { ci, roles } from '../../support/accounts.ts';
import { generatorItem, list } from '../../support/manifests.ts';
import { runFunction } from '../../support/run-function.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { type Fault, startSts } from '../../support/sts/start-sts.ts';
import { withPatience } from '../../support/with-patience.ts';
import { expectMessages, show, showEach } from './expect-messages.ts';
import { REGION, REGISTRY_TOKEN, ROLE, SESSION_TOKEN, withInput } from './resource-lists.ts';

const ROLE_ARN = 'arn:aws:iam::123456789012:role/deployer';
const good = list(generatorItem());
const session = list(generatorItem(REGION, SESSION_TOKEN));
const registry = list(generatorItem(`${REGION}, ${ROLE}`, REGISTRY_TOKEN));
const publicRegistry = list(generatorItem(`${REGION}, scope: public`, REGISTRY_TOKEN));

/** The MFA device of `ci`, and the code that it shows. */
const mfa = { serialNumber: 'arn:aws:iam::111111111111:mfa/ci', tokenCode: '123456' };
const withCode = (code: string) =>
  list(
    generatorItem(
      `${REGION}, requestParameters: {serialNumber: "${mfa.serialNumber}", tokenCode: "${code}"}`,
      SESSION_TOKEN,
    ),
  );

/** What STS does, and what is made of it. */
interface StsFault {
  readonly fault?: Fault;
  readonly role?: string;
  /** Default: a generator of `role`. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** It is waited for until the deadline. */
  readonly isLate?: true;
}

const faults: Readonly<Record<string, StsFault>> = {
  'a role that does not trust the caller': { role: 'arn:aws:iam::123456789012:role/others' },
  'a role that does not trust the hub': {
    input: withInput(`sessions: [{via: ["arn:aws:iam::111111111111:role/hub"]}]`),
  },
  'a role that does not trust the token': {
    input: withInput('sessions: [{identity: {tokenEnv: TOKEN}}]'),
    environment: { TOKEN: 'CANARY' },
    fault: { kind: 'error', code: 'AccessDenied', status: 403, operation: 'AssumeRoleWithWebIdentity' },
  },
  'a role that is not there': { role: 'arn:aws:iam::123456789012:role/nowhere' },
  'an external ID that is missing': { role: 'arn:aws:iam::123456789012:role/partner' },
  'keys that STS does not know': { environment: { AWS_ACCESS_KEY_ID: 'AKIACANARYCANARYCANA' } },
  'a wrong secret key': { environment: { AWS_SECRET_ACCESS_KEY: 'CANARY' } },
  'throttling without end': { fault: { kind: 'throttle', times: 5 } },
  'an error of the server without end': { fault: { kind: 'unavailable', status: 503, body: 'none', times: 5 } },
  'connections that break': { fault: { kind: 'reset', times: 5 } },
  'an answer for another role': {
    fault: { kind: 'rewritten', rewrite: (body) => body.replace(':assumed-role/deployer/', ':assumed-role/CANARY/') },
  },
  'an answer that is cut': { fault: { kind: 'truncated' } },
  'an S3-style error': { fault: { kind: 's3Error', code: 'AccessDenied', status: 403 } },
  'a code that nobody knows': { fault: { kind: 'error', code: 'Brand.NewCode', status: 400 } },
  'a code that nobody knows, for a token': {
    input: withInput('sessions: [{identity: {tokenEnv: TOKEN}}]'),
    environment: { TOKEN: 'CANARY' },
    fault: { kind: 'error', code: 'Brand.NewCode', status: 400 },
  },
  'a code that nobody knows, for who the caller is': {
    input: withInput('sessions: [{expectAccount: "123456789012"}]'),
    fault: { kind: 'error', code: 'Brand.NewCode', status: 400, operation: 'GetCallerIdentity' },
  },
  'a region that is switched off': { fault: { kind: 'error', code: 'RegionDisabledException', status: 403 } },
  'an answer that never comes': {
    fault: { kind: 'slow', delayMs: 60_000 },
    isLate: true,
  },
  'a code that the device does not show': { input: withCode('000000') },
  'a session token that is denied': {
    input: session,
    fault: { kind: 'error', code: 'AccessDenied', status: 403, operation: 'GetSessionToken' },
  },
  'a registry that is denied': {
    input: registry,
    fault: { kind: 'error', code: 'AccessDenied', status: 403, operation: 'GetAuthorizationToken' },
  },
  'public registries that are denied': {
    input: publicRegistry,
    fault: { kind: 'error', code: 'AccessDenied', status: 403, operation: 'GetAuthorizationToken' },
  },
  'a registry that throttles without end': {
    input: registry,
    fault: { kind: 'throttle', times: 5, operation: 'GetAuthorizationToken' },
  },
  'a registry that answers with a code nobody knows': {
    input: registry,
    fault: { kind: 'error', code: 'Brand.NewCode', status: 400, operation: 'GetAuthorizationToken' },
  },
  'an answer that is none of a registry': {
    input: publicRegistry,
    fault: { kind: 'answer', status: 200, body: '{}', operation: 'GetAuthorizationToken' },
  },
  'keys that a registry does not know': {
    input: publicRegistry,
    environment: { AWS_ACCESS_KEY_ID: 'AKIACANARYCANARYCANA' },
  },
};

test('what is said of what STS and ECR answer', async () => {
  const shown = await showEach({
    'a port on which nobody listens': {
      input: good,
      asksAws: true,
      environment: { AWS_STS_ENDPOINT: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    },
  });
  // each with an STS of its own: those that wait for their next attempt wait side by side, as processes
  shown.push(...(await pLimit(6).map(Object.entries(faults), showFault)));
  expectMessages(import.meta.filename, shown);
});

async function showFault([name, given]: [string, StsFault]) {
  const { fault, role = ROLE_ARN, environment, isLate, input = good.replace(ROLE_ARN, role) } = given;
  await using sts = await startSts({ users: [{ ...ci, mfa }], roles });
  if (fault !== undefined) sts.fail(fault);
  const start = isLate || fault?.times === 5 ? runFunction : runInProcess; // what waits is a process, beside others
  const run = (patience = {}) => start(input, { sts, environment: { ...environment, ...patience } });
  return show(name, input, await (isLate ? withPatience(run, () => sts.calls.length > 0) : run()));
}
