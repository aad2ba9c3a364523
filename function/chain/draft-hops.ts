import { createHash } from 'node:crypto';
import { configFinding, type Finding, fieldFinding, finding } from '../findings/finding.ts';
import { type ObjectRef, quoted, type Sayable, say, theField, theObject } from '../findings/say.ts';
import { isRoleHop, type RoleHop } from '../model/hop.ts';
import type { HopSpec } from '../model/hop-spec.ts';
import { type Calls, type Chain, callsOf } from '../model/job.ts';
import type { GeneratorKind, NamedRef } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import type { Environment } from '../model/world.ts';
import {
  CHAINED_SESSION_MAX_SECONDS,
  checkHop,
  checkTogether,
  type HopFault,
  limitFinding,
  SESSION_DEFAULT_SECONDS,
  SESSION_NAME_MAX,
} from './limits.ts';
import { draftRegistryToken, draftSessionToken } from './plan-last-call.ts';
import type { DraftedCalls, WantedChain } from './wanted-chain.ts';

/** A hop to a role as it was written, and the field of each value. */
interface WrittenHop {
  readonly part: 'entry' | 'via' | 'own';
  readonly operation: RoleHop['operation'];
  /** RoleSessionName, unless somebody wrote another. */
  readonly sessionName: string;
  readonly values: HopSpec;
  readonly place: (name: keyof HopSpec) => { readonly object?: ObjectRef; readonly field: string };
}

/** Where a generator has the values of the hop to its role. */
const SPEC_FIELDS: Readonly<Partial<Record<keyof HopSpec, string>>> = {
  region: 'spec.region',
  role: 'spec.role',
  sessionDuration: 'spec.requestParameters.sessionDuration',
  externalID: 'spec.requestParameters.externalID',
};

type DraftOptions = { readonly customEndpoint: boolean };

/** How each kind of generator makes a chain. */
const DRAFTS = {
  STSAssumeRoleToken: (wanted, options) => draftRoles(wanted, options, true),
  STSSessionToken: draftSessionToken,
  ECRAuthorizationToken(wanted, options) {
    const roles = draftRoles(wanted, options, wanted.scalars.role !== undefined);
    const { after, findings } = draftRegistryToken(wanted);
    return { ...roles, after, findings: [...roles.findings, ...findings] };
  },
} satisfies Readonly<Record<GeneratorKind, (wanted: WantedChain, options: DraftOptions) => DraftedCalls>>;

/** The calls of a generator, and everything that AWS would refuse in them. */
export function draftCalls(wanted: WantedChain, options: DraftOptions): DraftedCalls {
  return DRAFTS[wanted.kind](wanted, options);
}

/** The hops to roles. `hasOwn`: the generator has a role itself. */
function draftRoles(wanted: WantedChain, options: DraftOptions, hasOwn: boolean): DraftedCalls {
  const { generator, behindOwnRole = false } = wanted;
  const written = writtenHops(wanted, hasOwn);
  const references = written.flatMap((one) => checkReference(one, generator));
  const limits: Finding[] = [];
  for (const [index, { operation, values, place }] of written.entries()) {
    const before = written.slice(0, index).map((one) => one.values);
    const beyond = checkHop(values, { ...options, isChained: index > 0 || behindOwnRole });
    const unfit = [...(operation === 'AssumeRole' ? [] : checkExchange(values)), ...checkTogether(values, before)];
    limits.push(
      ...beyond.map(([name, text]) => limitFinding(place(name), text, values[name])),
      ...unfit.map(([name, text]) => slip(place(name), text)),
    );
  }
  const hopsOf = (part: WrittenHop['part']) =>
    written.flatMap((one) => (one.part === part ? toHop(one, generator) : []));
  const [[entryHop], [own]] = [hopsOf('entry'), hopsOf('own')];
  return {
    chain: { ...defined({ entry: entryHop, own }), via: hopsOf('via') },
    after: [],
    sessionNames: written.flatMap(({ values, sessionName: usual }) =>
      values.sessionName === undefined || values.sessionName === usual ? [] : [values.sessionName],
    ),
    findings: [...checkGivenTwice(wanted), ...references, ...limits],
  };
}

/** The hops to roles in order: that of the identity, those of `via`, and that of the generator. */
function writtenHops(wanted: WantedChain, hasOwn: boolean): WrittenHop[] {
  const { generator, target, scalars, exchange, entry } = wanted;
  const written = (entry?.via ?? []).map((hop, index) => writtenBefore('via', hop, `via[${index}]`, wanted));
  if (exchange?.role) written.unshift(writtenBefore('entry', { role: exchange.role }, 'identity', wanted));
  if (hasOwn) {
    const { region, role, sessionDuration, externalID } = scalars;
    const own = defined({ region, role, sessionDuration, externalID });
    written.push({
      part: 'own',
      operation: 'AssumeRole',
      sessionName: sessionName(target),
      values: { ...entry?.last, ...own },
      place: (name) => (name in own ? inSpec(name, generator) : { field: `${entry?.field}.last.${name}` }),
    });
  }
  return written.map((one, index) =>
    index === 0 && exchange !== undefined ? { ...one, operation: exchange.operation } : one,
  );
}

/** A hop that the entry has at `path`, before that to the generator's role. */
function writtenBefore(part: WrittenHop['part'], hop: HopSpec, path: string, wanted: WantedChain): WrittenHop {
  const { generator, scalars, entry } = wanted;
  const isRegionOfSpec = hop.region === undefined;
  return {
    part,
    operation: 'AssumeRole',
    sessionName: VIA_SESSION_NAME,
    values: { ...hop, ...defined({ region: hop.region ?? scalars.region }) },
    place: (name) =>
      name === 'region' && isRegionOfSpec ? inSpec(name, generator) : { field: `${entry?.field}.${path}.${name}` },
  };
}

function inSpec(name: keyof HopSpec, object: ObjectRef) {
  return { object, field: SPEC_FIELDS[name] ?? 'spec' };
}

/** The call: `role` is `roleArn` from here on. None while role or region is lacking: that is a finding already. */
function toHop(written: WrittenHop, { namespace }: ObjectRef): RoleHop[] {
  const { operation, values, place } = written;
  const {
    role,
    region,
    sessionName = written.sessionName,
    sessionDuration,
    policy,
    externalIDFrom,
    ...others
  } = values;
  if (role === undefined || region === undefined) return [];
  const request = defined({
    ...others,
    roleArn: role,
    sessionName,
    durationSeconds: sessionDuration ?? SESSION_DEFAULT_SECONDS,
    policy: policy && JSON.stringify(policy),
    externalIDFrom: externalIDFrom && {
      ...defined({ name: externalIDFrom.name, key: externalIDFrom.key, namespace }),
      field: place('externalIDFrom').field,
    },
  });
  return [{ operation, region, request }];
}

/** Refuses a value that is in two places: whoever reads only one would be misled. */
function checkGivenTwice({ generator, scalars, entry }: WantedChain): Finding[] {
  const names = ['sessionDuration', 'externalID'] as const;
  return names.flatMap((name) => {
    if (scalars[name] === undefined || entry?.last[name] === undefined) return [];
    const text = say`is given by ${theField(SPEC_FIELDS[name] ?? '')} of ${theObject(generator)} too; remove one`;
    return configFinding(`${entry.field}.last.${name}`, text);
  });
}

/** Refuses a second source of an external ID, and a Secret outside the generator's namespace. */
function checkReference({ values, place }: WrittenHop, generator: ObjectRef): Finding[] {
  const { externalIDFrom } = values;
  if (externalIDFrom === undefined) return [];
  const { namespace } = externalIDFrom;
  const texts: Sayable[] = [];
  if (values.externalID !== undefined)
    texts.push(say`must not stand beside ${theField(place('externalID').field)}; remove one`);
  if (namespace !== undefined && namespace !== generator.namespace)
    texts.push(say`must be in the generator's own namespace, got ${quoted(namespace)}`);
  return texts.map((text) => slip(place('externalIDFrom'), text));
}

/** A fault of whoever wrote a field that goes beyond no limit of AWS. */
function slip(at: ReturnType<WrittenHop['place']>, text: Sayable): Finding {
  return fieldFinding(at.object === undefined ? 'FUNCTION_CONFIG_INVALID' : 'SPEC_INVALID', at, text);
}

/** Refuses what a call with a token cannot send: IAM takes tags and source identity from the token's claims. */
function checkExchange(hop: HopSpec): HopFault[] {
  const names = ['externalID', 'externalIDFrom', 'tags', 'transitiveTagKeys', 'sourceIdentity'] as const;
  const text = 'cannot be sent with a token; give the identity a `role` of its own, or remove it';
  return names.filter((name) => hop[name] !== undefined).map((name) => [name, text]);
}

/** Session name of every hop but the last: constant, so that generators share those hops. */
export const VIA_SESSION_NAME = 'function-sts-assume-role';

const CUT_LENGTH = 55;
const HASH_LENGTH = 8;

/**
 * Session name of the last hop: it says in the target account's CloudTrail who asked. `<namespace>.<name>`, or `<name>`;
 * one character gets a trailing `-` (AWS wants two); a longer one than 64 is cut to 55 + `-` + 8 hex of its SHA-256.
 */
export function sessionName({ namespace, name }: NamedRef): string {
  const full = namespace === undefined ? name : `${namespace}.${name}`;
  if (full.length === 1) return `${full}-`;
  if (full.length <= SESSION_NAME_MAX) return full;
  return `${full.slice(0, CUT_LENGTH)}-${createHash('sha256').update(full).digest('hex').slice(0, HASH_LENGTH)}`;
}

/**
 * Warns of a first hop whose duration a role session cannot ask for. Only a warning: keys with a session token may be a
 * user's, and AWS does not count the role of an EC2 instance as chaining (IAM User Guide,
 * "Roles terms and concepts", role chaining).
 */
export function warnOfChaining(
  { generator: object, scalars }: Pick<WantedChain, 'generator' | 'scalars'>,
  calls: Calls<Chain>,
  environment: Environment,
): Finding[] {
  const [first] = callsOf(calls);
  const seconds = first !== undefined && isRoleHop(first) ? first.request.durationSeconds : 0;
  if (seconds <= CHAINED_SESSION_MAX_SECONDS || !calls.chain.identity.mayBeSession(environment)) return [];
  const isItsOwn = scalars.sessionDuration === seconds; // else the Input has it
  const cause = say`the caller may be a role session, which can ask for at most ${CHAINED_SESSION_MAX_SECONDS} seconds`;
  const message = say`cannot promise ${seconds} seconds to ${theObject(object)}: ${cause}. Lower the duration, or use long-term keys.`;
  return [finding('CHAINED_DURATION', message, { object, ...(isItsOwn && { field: SPEC_FIELDS.sessionDuration }) })];
}
