import { configFinding, type Finding, fieldFinding, finding } from '../findings/finding.ts';
import { type ObjectRef, quoted, type Sayable, say, theField, theObject } from '../findings/say.ts';
import { isRoleHop, type RoleHop } from '../model/hop.ts';
import type { HopSpec } from '../model/hop-spec.ts';
import type { Chain } from '../model/job.ts';
import { ASSUME_ROLE_KIND } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import type { Environment } from '../model/world.ts';
import { checkHop, checkInChain, type HopFault } from './check-hop.ts';
import { type Draft, draftHops, type PlannedHops, SPEC_FIELDS, type WantedChain } from './draft-hops.ts';
import { CHAINED_SESSION_MAX_SECONDS, SESSION_DEFAULT_SECONDS } from './limits.ts';
import { planRegistryToken, planSessionToken } from './plan-last-call.ts';

/** The hops in order, and everything that AWS would refuse in them. `hops` is whole only when there are no findings. */
export function planChain(wanted: WantedChain, options: { customEndpoint: boolean }): PlannedHops {
  if (wanted.kind === 'STSSessionToken') return planSessionToken(wanted);
  const drafts = draftHops(wanted);
  const written = drafts.map(({ hop }) => hop);
  const faults = drafts.flatMap((draft, index) =>
    [
      ...checkHop(draft.hop, options),
      ...checkExchange(draft),
      ...checkInChain(draft.hop, written.slice(0, index), wanted.behindOwnRole),
    ].map(([name, text]) => explain(draft, name, text)),
  );
  const roles = drafts.flatMap((draft) => toHop(draft, wanted.generator));
  const references = drafts.flatMap((draft) => checkReference(draft, wanted.generator));
  const findings = [...givenTwice(wanted), ...references, ...faults];
  const sessionNames = drafts.flatMap(({ hop, sessionName }) =>
    hop.sessionName === undefined || hop.sessionName === sessionName ? [] : [hop.sessionName],
  );
  if (wanted.kind === ASSUME_ROLE_KIND) return { hops: roles, sessionNames, findings };
  const token = planRegistryToken(wanted);
  return { hops: [...roles, ...token.hops], sessionNames, findings: [...findings, ...token.findings] };
}

/** One value, one place: whoever reads either must not be wrong. */
function givenTwice({ generator, spec, entry }: WantedChain): Finding[] {
  const names = ['sessionDuration', 'externalID'] as const;
  return names.flatMap((name) => {
    if (spec[name] === undefined || entry?.last[name] === undefined) return [];
    const text = say`is given by ${theField(SPEC_FIELDS[name] ?? '')} of ${theObject(generator)} too; remove one`;
    return configFinding(`${entry.field}.last.${name}`, text);
  });
}

/** An external ID has one source, and a Secret is looked up in the generator's namespace only. */
function checkReference(draft: Draft, { namespace }: ObjectRef): Finding[] {
  const { externalID, externalIDFrom } = draft.hop;
  if (externalIDFrom === undefined) return [];
  const twice =
    externalID !== undefined
      ? [
          explain(
            draft,
            'externalIDFrom',
            say`must not stand beside ${theField(draft.place('externalID').field)}; remove one`,
          ),
        ]
      : [];
  const own = externalIDFrom.namespace === undefined || externalIDFrom.namespace === namespace;
  const text = say`must be in the generator's own namespace, got ${quoted(externalIDFrom.namespace ?? '')}`;
  return own ? twice : [...twice, explain(draft, 'externalIDFrom', text)];
}

/** What a call with a token has no parameter for: IAM takes tags and source identity from the token's claims. */
function checkExchange({ operation, hop }: Draft): HopFault[] {
  if (operation === 'AssumeRole') return [];
  const names = ['externalID', 'externalIDFrom', 'tags', 'transitiveTagKeys', 'sourceIdentity'] as const;
  const text = 'cannot be sent with a token; give the identity a `role` of its own, or remove it';
  return names.filter((name) => hop[name] !== undefined).map((name) => [name, text]);
}

function explain({ place }: Draft, name: keyof HopSpec, text: Sayable): Finding {
  return fieldFinding('LIMIT_EXCEEDED', place(name), text);
}

function toHop(draft: Draft, { namespace }: ObjectRef): RoleHop[] {
  const { operation, hop, place } = draft;
  const { role, region, sessionName = draft.sessionName, sessionDuration, policy, externalIDFrom, ...others } = hop;
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

/**
 * Warns of a first hop whose duration a role session cannot ask for. Only a warning: keys with a session token may be a
 * user's, and AWS does not count the role of an EC2 instance as chaining (IAM User Guide,
 * "Roles terms and concepts", role chaining).
 */
export function warnOfChaining(
  { generator: object, spec }: Pick<WantedChain, 'generator' | 'spec'>,
  { hops, identity }: Chain,
  environment: Environment,
): Finding[] {
  const [first] = hops;
  const seconds = first !== undefined && isRoleHop(first) ? first.request.durationSeconds : 0;
  if (seconds <= CHAINED_SESSION_MAX_SECONDS || !identity.mayBeSession(environment)) return [];
  const isItsOwn = spec.sessionDuration === seconds; // else the Input has it
  const cause = say`the caller may be a role session, which can ask for at most ${CHAINED_SESSION_MAX_SECONDS} seconds`;
  const message = say`cannot promise ${seconds} seconds to ${theObject(object)}: ${cause}. Lower the duration, or use long-term keys.`;
  return [finding('CHAINED_DURATION', message, { object, ...(isItsOwn && { field: SPEC_FIELDS.sessionDuration }) })];
}
