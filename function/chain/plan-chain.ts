import { type Finding, fieldFinding } from '../api/finding.ts';
import type { Hop, RoleHop } from '../api/hop.ts';
import type { HopSpec, SpecScalars } from '../api/hop-spec.ts';
import { ASSUME_ROLE_KIND, describeObject, type ObjectRef } from '../api/kinds.ts';
import { quote } from '../api/quote.ts';
import { checkHop } from './check-hop.ts';
import { checkInChain } from './check-in-chain.ts';
import { SESSION_DEFAULT_SECONDS } from './limits.ts';
import { planRegistryToken } from './plan-registry-token.ts';
import { planSessionToken } from './plan-session-token.ts';
import { sessionName, VIA_SESSION_NAME } from './session-name.ts';
import type { WantedChain } from './wanted-chain.ts';

/** A hop and where each of its values was written. */
interface Draft {
  readonly operation: RoleHop['operation'];
  /** RoleSessionName, unless somebody wrote another. */
  readonly sessionName: string;
  readonly hop: HopSpec;
  readonly place: (name: keyof HopSpec) => { readonly object?: ObjectRef; readonly field: string };
}

/** The hops in order, and everything that AWS would refuse in them. `hops` is whole only when there are no findings. */
export function planChain(
  wanted: WantedChain,
  options: { customEndpoint: boolean },
): { readonly hops: readonly Hop[]; readonly findings: readonly Finding[] } {
  if (wanted.kind === 'STSSessionToken') return planSessionToken(wanted);
  const drafts = draftChain(wanted);
  const before = (index: number) => drafts.slice(0, index).map(({ hop }) => hop);
  const faults = drafts.flatMap((draft, index) => [
    ...checkHop(draft.hop, options).map(([name, text]) => explain(draft, name, text)),
    ...checkWebIdentity(draft).map(([name, text]) => explain(draft, name, text)),
    ...checkInChain(draft.hop, before(index), wanted.behindServiceAccount).map(([name, text]) =>
      explain(draft, name, text),
    ),
  ]);
  const roles = drafts.flatMap((draft) => toHop(draft, wanted.generator));
  const references = drafts.flatMap((draft) => checkReference(draft, wanted.generator));
  const findings = [...givenTwice(wanted), ...references, ...faults];
  if (wanted.kind === ASSUME_ROLE_KIND) return { hops: roles, findings };
  const token = planRegistryToken(wanted);
  return { hops: [...roles, ...token.hops], findings: [...findings, ...token.findings] };
}

const SPEC_FIELDS: Readonly<Partial<Record<keyof HopSpec, string>>> = {
  region: 'spec.region',
  role: 'spec.role',
  sessionDuration: 'spec.requestParameters.sessionDuration',
  externalID: 'spec.requestParameters.externalID',
};

function draftChain({ kind, generator, target, spec, entry }: WantedChain): Draft[] {
  const inSpec = (name: keyof HopSpec) => ({ object: generator, field: SPEC_FIELDS[name] ?? 'spec' });
  const ambient = spec.region === undefined ? {} : { region: spec.region };
  const first: Draft[] = entry?.identity?.role
    ? [
        {
          operation: 'AssumeRole',
          sessionName: VIA_SESSION_NAME,
          hop: { role: entry.identity.role, ...ambient },
          place: (name) => (name === 'region' ? inSpec(name) : { field: `${entry.field}.identity.${name}` }),
        },
      ]
    : [];
  const via = (entry?.via ?? []).map((hop, index): Draft => {
    const region = hop.region ?? spec.region;
    return {
      operation: 'AssumeRole',
      sessionName: VIA_SESSION_NAME,
      hop: { ...hop, ...(region === undefined ? {} : { region }) },
      place: (name) =>
        name === 'region' && hop.region === undefined
          ? inSpec(name)
          : { field: `${entry?.field}.via[${index}].${name}` },
    };
  });
  const last: Draft = {
    operation: 'AssumeRole',
    sessionName: sessionName(target),
    hop: { ...entry?.last, ...ownRole(spec) },
    place: (name) =>
      name in SPEC_FIELDS && spec[name as keyof typeof spec] !== undefined
        ? inSpec(name)
        : { field: `${entry?.field}.last.${name}` },
  };
  const isRoleWanted = kind === ASSUME_ROLE_KIND || spec.role !== undefined;
  const [opening, ...others] = [...first, ...via, ...(isRoleWanted ? [last] : [])];
  if (opening === undefined || entry?.identity === undefined) return opening === undefined ? [] : [opening, ...others];
  return [{ ...opening, operation: 'AssumeRoleWithWebIdentity' }, ...others];
}

/** The scalars of a spec that are parameters of the hop to its role. */
function ownRole({ region, role, sessionDuration, externalID }: SpecScalars): HopSpec {
  const own = { region, role, sessionDuration, externalID };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}

/** One value, one place: whoever reads either must not be wrong. */
function givenTwice({ generator, spec, entry }: WantedChain): Finding[] {
  const names = ['sessionDuration', 'externalID'] as const;
  return names.flatMap((name) => {
    if (spec[name] === undefined || entry?.last[name] === undefined) return [];
    const field = `${entry.field}.last.${name}`;
    const text = `is given by \`${SPEC_FIELDS[name]}\` of ${describeObject(generator)} too; remove one`;
    return fieldFinding('FUNCTION_CONFIG_INVALID', { field }, text);
  });
}

/** An external ID has one source, and a Secret is looked up in the generator's namespace only. */
function checkReference(draft: Draft, { namespace }: ObjectRef): Finding[] {
  const { externalID, externalIDFrom } = draft.hop;
  if (externalIDFrom === undefined) return [];
  const twice =
    externalID !== undefined
      ? [explain(draft, 'externalIDFrom', `must not stand beside \`${draft.place('externalID').field}\`; remove one`)]
      : [];
  const own = externalIDFrom.namespace === undefined || externalIDFrom.namespace === namespace;
  const text = `must be in the generator's own namespace, got ${quote(externalIDFrom.namespace ?? '')}`;
  return own ? twice : [...twice, explain(draft, 'externalIDFrom', text)];
}

/** What AssumeRoleWithWebIdentity has no parameter for: IAM takes tags and source identity from the token's claims. */
function checkWebIdentity({ operation, hop }: Draft): [keyof HopSpec, string][] {
  if (operation !== 'AssumeRoleWithWebIdentity') return [];
  const names = ['externalID', 'externalIDFrom', 'tags', 'transitiveTagKeys', 'sourceIdentity'] as const;
  const given = names.filter((name) => hop[name] !== undefined);
  return given.map((name) => [
    name,
    'cannot be sent with a token; give the identity a `role` of its own, or remove it',
  ]);
}

function explain({ place }: Draft, name: keyof HopSpec, text: string): Finding {
  return fieldFinding('LIMIT_EXCEEDED', place(name), text);
}

function toHop(draft: Draft, generator: ObjectRef): RoleHop[] {
  const { role, region, ...hop } = draft.hop;
  if (role === undefined || region === undefined) return [];
  const {
    sessionName: name = draft.sessionName,
    sessionDuration = SESSION_DEFAULT_SECONDS,
    policy,
    externalIDFrom,
    ...others
  } = hop;
  const optional = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  const document = policy === undefined ? {} : { policy: JSON.stringify(policy) };
  const { apiVersion: _, kind: __, name: ___, ...namespace } = generator;
  const from = externalIDFrom && {
    externalIDFrom: {
      name: externalIDFrom.name,
      key: externalIDFrom.key,
      ...namespace,
      field: draft.place('externalIDFrom').field,
    },
  };
  return [
    {
      operation: draft.operation,
      region,
      request: {
        roleArn: role,
        sessionName: name,
        durationSeconds: sessionDuration,
        ...optional,
        ...document,
        ...from,
      },
    },
  ];
}
