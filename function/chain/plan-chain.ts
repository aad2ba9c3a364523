import { type Finding, finding } from '../api/finding.ts';
import { describeObject, type ObjectRef } from '../api/kinds.ts';
import type { Hop, Identity, Plan } from '../api/plan.ts';
import type { AssumeRoleSpec } from '../api/sts-assume-role-token.ts';
import {
  CHAINED_SESSION_MAX_SECONDS,
  durationFault,
  externalIDFault,
  type Fault,
  partitionFault,
  regionFault,
  roleFault,
  SESSION_DEFAULT_SECONDS,
} from './limits.ts';
import { sessionName } from './session-name.ts';

/** What limits are checked on: the values of a spec whose type is right. */
export interface CheckedSpec {
  readonly region?: string;
  readonly role?: string;
  readonly sessionDuration?: number;
  readonly externalID?: string;
}

/** Everything AWS would refuse in a spec, before any call. `region` is the one that will be asked, never empty. */
export function checkLimits(object: ObjectRef, spec: CheckedSpec, options: { customEndpoint: boolean }): Finding[] {
  const { region, role, sessionDuration, externalID } = spec;
  const roleWrong = role === undefined ? undefined : roleFault(role, options);
  const regionWrong = region === undefined ? undefined : regionFault(region);
  const comparable = region !== undefined && role !== undefined && roleWrong === undefined && regionWrong === undefined;
  const faults: [string, Fault][] = [
    ['spec.region', regionWrong],
    ['spec.role', roleWrong ?? (comparable ? partitionFault(region, role) : undefined)],
    [
      'spec.requestParameters.sessionDuration',
      sessionDuration === undefined ? undefined : durationFault(sessionDuration),
    ],
    ['spec.requestParameters.externalID', externalID === undefined ? undefined : externalIDFault(externalID)],
  ];
  return faults.flatMap(([field, text]) =>
    text === undefined
      ? []
      : finding('LIMIT_EXCEEDED', `cannot use ${describeObject(object)}: \`${field}\` ${text}.`, { object, field }),
  );
}

/** The hops of a valid spec. */
export function planHops(object: ObjectRef, spec: AssumeRoleSpec, region: string): readonly Hop[] {
  const { sessionDuration, externalID } = spec.requestParameters ?? {};
  const request = {
    roleArn: spec.role,
    sessionName: sessionName(object),
    durationSeconds: sessionDuration ?? SESSION_DEFAULT_SECONDS,
    ...(externalID === undefined ? {} : { externalID }),
  };
  return [{ region, request }];
}

/**
 * Warns of a duration that a role session cannot ask for. Only a warning: keys with a session token may be a user's, and
 * AWS does not count the role of an EC2 instance as chaining (aws-sts.md 2.1).
 */
export function warnOfChaining(
  object: ObjectRef,
  { hops, identity }: Plan,
  environment: Readonly<Record<string, string | undefined>>,
): Finding[] {
  const longest = Math.max(...hops.map(({ request }) => request.durationSeconds));
  if (longest <= CHAINED_SESSION_MAX_SECONDS || isLongTerm(identity, environment)) return [];
  const field = 'spec.requestParameters.sessionDuration';
  const cause = `the caller may be a role session, which can ask for at most ${CHAINED_SESSION_MAX_SECONDS} seconds`;
  const message = `cannot promise ${longest} seconds to ${describeObject(object)}: ${cause}. Lower \`${field}\`, or use long-term keys.`;
  return [finding('CHAINED_DURATION', message, { object, field })];
}

function isLongTerm(identity: Identity, environment: Readonly<Record<string, string | undefined>>): boolean {
  if (identity.source === 'secretRef') return identity.sessionToken === undefined;
  const isStatic = Boolean(environment.AWS_ACCESS_KEY_ID) && !environment.AWS_SESSION_TOKEN;
  return isStatic && !environment.AWS_PROFILE; // with AWS_PROFILE the SDK skips the environment's keys
}
