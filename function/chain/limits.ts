import { type Finding, finding } from '../findings/finding.ts';
import { detail, type ObjectRef, quoted, type Sayable, say, theObject } from '../findings/say.ts';
import type { Identity } from '../model/identity.ts';
import { REGION } from '../model/schema-parts.ts';
import type { Environment } from '../model/world.ts';
import type { HopSpec, WrittenHop } from '../model/written-hop.ts';

/** "You can specify a value from 900 seconds (15 minutes) …" (AssumeRole, DurationSeconds). */
const SESSION_MIN_SECONDS = 900;
/** "… up to the maximum session duration set for the role", at most 12 hours. */
const SESSION_MAX_SECONDS = 43_200;
/** "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining." (AWS's answer to AssumeRole). */
const CHAINED_SESSION_MAX_SECONDS = 3600;
/** Documented default of STSAssumeRoleToken, and AWS's own. External Secrets' code happens to send 900. */
export const SESSION_DEFAULT_SECONDS = 3600;
/** "… 129,600 seconds (36 hours), with 43,200 seconds (12 hours) as the default" (GetSessionToken). */
export const SESSION_TOKEN_DEFAULT_SECONDS = 43_200;
/** Longest RoleSessionName, in characters. */
export const SESSION_NAME_MAX = 64;
const ROLE_ARN_MAX = 2048;
const TAGS_MAX = 50;
/** Longest value of a session tag, in characters. */
export const TAG_VALUE_MAX = 256;
const POLICY_ARNS_MAX = 10;
/** "The plaintext that you use for both inline and managed session policies can't exceed 2,048 characters." */
const POLICY_MAX = 2048;
export const EXTERNAL_ID_MIN = 2;
export const EXTERNAL_ID_MAX = 1224;

/** Partitions by the prefix of their regions; every other region is in `aws`. */
const PARTITIONS: readonly (readonly [prefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
];
const PARTITION_NAMES = new Set(['aws', ...PARTITIONS.map(([, partition]) => partition)]);

const ACCOUNT = /^\d{12}$/;
/** Path and name: "[\u0021-\u007E]" between slashes, then "[\w+=,.@-]{1,64}". */
const ROLE_RESOURCE = /^role\/(?:[\x21-\x2e\x30-\x7e]+\/){0,512}[\w+=,.@-]{1,64}$/;
const EXTERNAL_ID = /^[\w+=,.@:/-]*$/;

/** What is wrong with a value, as words that follow the field's name; undefined when nothing is. */
export type LimitText = Sayable | undefined;

/** What the limits of a hop depend on beside what was written of it. */
export interface LimitContext {
  /** True where a test server is asked, not AWS. */
  readonly hasCustomEndpoint: boolean;
  /** True where another role's session signs its request. */
  readonly isChained?: boolean;
  /** The hops before it, as they were written. */
  readonly earlierHops?: readonly HopSpec[];
}

/** What a check of one field may look at beside its value. */
interface Context extends LimitContext {
  readonly hop: HopSpec;
}

/**
 * A field of a hop as it was written, and why AWS would refuse it. `conflict`: it goes beyond no limit, but does not fit the others.
 * `hidden`: its value is never repeated.
 */
export type LimitFault = readonly [name: string, text: Sayable, how?: 'conflict' | 'hidden'];

/** The check of each field that AWS limits. */
const CHECKS: {
  readonly [Name in keyof HopSpec]?: (value: NonNullable<HopSpec[Name]>, context: Context) => LimitText;
} = {
  region: regionFault,
  role: roleFault,
  sessionName: sessionNameFault,
  sessionDuration: durationFault,
  externalID: externalIDFault,
  tags: tagsFault,
  sourceIdentity: sessionNameFault,
  policyARNs: policyArnsFault,
  policy: policyFault,
};

/** Everything in a hop that AWS would refuse, by itself and behind `earlierHops`. A field that is absent is reported by the code that needs it. */
export function checkHop(hop: HopSpec, { earlierHops = [], ...about }: LimitContext): LimitFault[] {
  const faults: LimitFault[] = [];
  // each is given the value of its own field
  for (const [name, check] of Object.entries(CHECKS as Record<string, (value: never, context: Context) => LimitText>)) {
    const value = hop[name as keyof HopSpec];
    const text = value === undefined ? undefined : check(value as never, { ...about, hop });
    if (text !== undefined) faults.push([name, text]);
  }
  const { role, tags = {}, transitiveTagKeys = [], sourceIdentity } = hop;
  const stranger = transitiveTagKeys.find((name) => !Object.hasOwn(tags, name));
  if (stranger !== undefined)
    faults.push(['transitiveTagKeys', say`must be keys of \`tags\`, got ${quoted(stranger)}`, 'conflict']);
  if (role !== undefined && role === earlierHops.at(-1)?.role)
    faults.push([
      'role',
      say`must not be the role of the hop before it, got ${quoted(role)}; remove one of the two`,
      'conflict',
    ]);
  const inherited = new Set(earlierHops.flatMap((hop) => hop.transitiveTagKeys ?? []).map((key) => key.toLowerCase()));
  const key = Object.keys(tags).find((name) => inherited.has(name.toLowerCase()));
  if (key !== undefined)
    faults.push(['tags', say`sets ${quoted(key)}, which an earlier hop passes on; remove it`, 'conflict']);
  const earlier = earlierHops.find((each) => each.sourceIdentity !== undefined)?.sourceIdentity;
  if (sourceIdentity !== undefined && earlier !== undefined && sourceIdentity !== earlier) {
    const text = say`must be absent or ${quoted(earlier)}, as an earlier hop set it, got ${quoted(sourceIdentity)}`;
    faults.push(['sourceIdentity', text, 'conflict']);
  }
  return faults;
}

export function regionFault(region: string): LimitText {
  return REGION.test(region) ? undefined : say`must be an AWS region such as "eu-west-1", got ${quoted(region)}`;
}

/** Hidden with the ARN where a tenant reads it. */
const EXAMPLE = detail(', such as "arn:aws:iam::123456789012:role/name"');

/**
 * Checks a role's ARN, and that it belongs to the hop's region: STS of one partition knows no role of another. Test servers have
 * roles without account: `hasCustomEndpoint` allows them.
 */
export function roleFault(role: string, { hop: { region }, hasCustomEndpoint }: Context): LimitText {
  const [arn, partition, service, noRegion, account, ...resource] = role.split(':');
  const isRole = arn === 'arn' && service === 'iam' && noRegion === '' && ROLE_RESOURCE.test(resource.join(':'));
  const isAccount = ACCOUNT.test(account ?? '') || (hasCustomEndpoint && account === '');
  if (!isRole || !isAccount || role.length > ROLE_ARN_MAX || !PARTITION_NAMES.has(partition ?? '')) {
    const miscounted = /^\d+$/.test(account ?? '') && !isAccount && account?.length;
    const also = miscounted ? say`; an account ID has 12 digits, and this one has ${miscounted}` : '';
    return say`must be the ARN of a role${EXAMPLE}, got ${quoted(role)}${also}`;
  }
  if (region === undefined || !REGION.test(region) || partition === partitionOf(region)) return undefined;
  return say`must be in partition "${partitionOf(region)}" of region ${quoted(region)}, got ${quoted(role)}`;
}

/** The partition of a valid region. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}

/** Checks DurationSeconds of AssumeRole. */
export function durationFault(seconds: number, { isChained = false }: Pick<Context, 'isChained'> = {}): LimitText {
  if (isChained && seconds > CHAINED_SESSION_MAX_SECONDS)
    return say`must be at most ${CHAINED_SESSION_MAX_SECONDS} behind another hop, got ${quoted(String(seconds))}; AWS ends the session of a chained role after one hour`;
  return secondsFault(seconds, SESSION_MAX_SECONDS, SESSION_DEFAULT_SECONDS);
}

/** Checks a number of seconds between AWS's least and `max`. */
export function secondsFault(seconds: number, max: number, otherwise: number): LimitText {
  if (seconds === 0)
    return say`must be at least ${SESSION_MIN_SECONDS}, got "0"; remove the field for the default of ${otherwise}`;
  if (seconds < SESSION_MIN_SECONDS)
    return say`must be at least ${SESSION_MIN_SECONDS}, got ${quoted(String(seconds))}`;
  return seconds > max ? say`must be at most ${max}, got ${quoted(String(seconds))}` : undefined;
}

/** Checks ExternalId. */
export function externalIDFault(externalID: string): LimitText {
  if (externalID === '') return 'must not be empty, since AWS refuses an empty external ID; remove the field';
  if (externalID.length < EXTERNAL_ID_MIN || externalID.length > EXTERNAL_ID_MAX) {
    return say`must have ${EXTERNAL_ID_MIN} to ${EXTERNAL_ID_MAX} characters, got ${externalID.length}`;
  }
  if (!EXTERNAL_ID.test(externalID)) return say`must be of letters, digits and "_+=,.@:/-", got ${quoted(externalID)}`;
  return undefined;
}

const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;

/** Checks RoleSessionName, and SourceIdentity, which has the same rule. */
function sessionNameFault(name: string): LimitText {
  return SESSION_NAME.test(name)
    ? undefined
    : say`must have 2 to ${SESSION_NAME_MAX} letters, digits and "_+=,.@-", got ${quoted(name)}`;
}

/** "[\p{L}\p{Z}\p{N}_.:/=+\-@]+", keys 1 to 128 and values up to 256 characters long. */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Checks Tags: keys are compared without regard to case. */
function tagsFault(tags: Readonly<Record<string, string>>): LimitText {
  const keys = Object.keys(tags);
  if (keys.length > TAGS_MAX) return say`must have at most ${TAGS_MAX} tags, got ${keys.length}`;
  const wrongKey = keys.find((key) => key === '' || key.length > 128 || !TAG_TEXT.test(key));
  if (wrongKey !== undefined)
    return say`must have keys of 1 to 128 letters, digits, spaces and "_.:/=+-@", got ${quoted(wrongKey)}`;
  const wrong = Object.entries(tags).find(([, value]) => value.length > TAG_VALUE_MAX || !TAG_TEXT.test(value));
  if (wrong !== undefined)
    return say`must have values of at most ${TAG_VALUE_MAX} letters, digits, spaces and "_.:/=+-@"; that of ${quoted(wrong[0])} is none`;
  const lower = keys.map((key) => key.toLowerCase());
  const twice = keys.find((key, index) => lower.indexOf(key.toLowerCase()) !== index);
  return twice === undefined
    ? undefined
    : say`must have keys that differ in more than case, got ${quoted(twice)} twice`;
}

const POLICY_ARN = /^arn:[\w-]+:iam::(?:aws|\d{12}):policy\/[\w+=,.@/-]{1,512}$/;

/** Checks PolicyArns. */
function policyArnsFault(arns: readonly string[]): LimitText {
  if (arns.length > POLICY_ARNS_MAX) return say`must have at most ${POLICY_ARNS_MAX} ARNs, got ${arns.length}`;
  const wrong = arns.find((arn) => !POLICY_ARN.test(arn));
  return wrong === undefined
    ? undefined
    : say`must be ARNs of policies, such as ${quoted('arn:aws:iam::aws:policy/ReadOnlyAccess')}, got ${quoted(wrong)}`;
}

/** Checks Policy: its size together with the ARNs, and its characters. */
function policyFault(policy: unknown, { hop: { policyARNs: arns = [] } }: Context): LimitText {
  const text = JSON.stringify(policy);
  const length = text.length + arns.join('').length;
  if (length > POLICY_MAX)
    return say`must have at most ${POLICY_MAX} characters as JSON, with \`policyARNs\`, got ${length}`;
  return /^[\t\n\r\x20-\xff]*$/.test(text) ? undefined : 'must be written in Latin-1 characters';
}

/**
 * Warns of a first hop whose duration a role session cannot ask for. Only a warning: keys with a session token may be a
 * user's, and AWS does not count the role of an EC2 instance as chaining (IAM User Guide,
 * "Roles terms and concepts", role chaining).
 */
export function warnOfChaining(
  object: ObjectRef,
  [first]: readonly WrittenHop[],
  { mayBeSession }: Identity,
  environment: Environment,
): Finding[] {
  const isRole = first?.operation === 'AssumeRole' || first?.operation === 'AssumeRoleWithWebIdentity';
  const seconds = isRole ? (first.parameters.sessionDuration ?? 0) : 0;
  if (seconds <= CHAINED_SESSION_MAX_SECONDS || !mayBeSession(environment)) return [];
  const at = first?.at('sessionDuration');
  const cause = say`the caller may be a role session, which can ask for at most ${CHAINED_SESSION_MAX_SECONDS} seconds`;
  const message = say`${theObject(object)} may not get ${seconds} seconds: ${cause}. Lower the duration, or use long-term keys.`;
  return [finding('CHAINED_DURATION', message, { object, ...(at?.object && { field: at.field }) })];
}
