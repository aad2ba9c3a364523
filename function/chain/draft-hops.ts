import { createHash } from 'node:crypto';
import type { Finding } from '../findings/finding.ts';
import type { ObjectRef } from '../findings/say.ts';
import type { ExchangedHop, Hop, RoleHop } from '../model/hop.ts';
import type { HopSpec, SpecScalars } from '../model/hop-spec.ts';
import { ASSUME_ROLE_KIND, type GeneratorKind, type NamedRef } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import { SESSION_NAME_MAX } from './limits.ts';

/** What is to be walked for one generator, as far as it could be read. */
export interface WantedChain {
  /** What the generator's manifest means, whatever it wrote. */
  readonly kind: GeneratorKind;
  readonly generator: ObjectRef;
  /** What the last session's name says: who asks. */
  readonly target: NamedRef;
  /** From the generator; `region` is the one that will be asked, never empty. */
  readonly spec: SpecScalars;
  /** The identity's own role is taken first, which is not read yet. */
  readonly behindOwnRole?: boolean;
  /** A token is exchanged first, by this call, for that role or for the first of the others. */
  readonly exchange?: { readonly operation: ExchangedHop['operation']; readonly role: string | undefined };
  /** From the Input's entry that the generator matches; `field` is that entry's path. */
  readonly entry?: {
    readonly field: string;
    readonly via: readonly HopSpec[];
    readonly last: HopSpec;
  };
}

/** The calls that are planned for it, and what is wrong about them. */
export interface PlannedHops {
  readonly hops: readonly Hop[];
  /** Session names that somebody wrote instead of the default ones. */
  readonly sessionNames?: readonly string[];
  readonly findings: readonly Finding[];
}

/** A hop to a role, and where each of its values was written. */
export interface Draft {
  readonly operation: RoleHop['operation'];
  /** RoleSessionName, unless somebody wrote another. */
  readonly sessionName: string;
  readonly hop: HopSpec;
  readonly place: (name: keyof HopSpec) => { readonly object?: ObjectRef; readonly field: string };
}

/** Where a generator has the values of the hop to its role. */
export const SPEC_FIELDS: Readonly<Partial<Record<keyof HopSpec, string>>> = {
  region: 'spec.region',
  role: 'spec.role',
  sessionDuration: 'spec.requestParameters.sessionDuration',
  externalID: 'spec.requestParameters.externalID',
};

/** The hops to roles in order: that of the identity, those of `via`, and that of the generator. */
export function draftHops(wanted: WantedChain): Draft[] {
  const { kind, spec, exchange, entry: { via } = { via: [] } } = wanted;
  const isRoleWanted = kind === ASSUME_ROLE_KIND || spec.role !== undefined;
  const drafts = [
    ...(exchange?.role ? [draftBefore({ role: exchange.role }, 'identity', wanted)] : []),
    ...via.map((hop, index) => draftBefore(hop, `via[${index}]`, wanted)),
    ...(isRoleWanted ? [draftLast(wanted)] : []),
  ];
  return drafts.map((draft, index) => ({
    ...draft,
    operation: (index === 0 ? exchange?.operation : undefined) ?? 'AssumeRole',
  }));
}

type Written = Omit<Draft, 'operation'>;

/** A hop that the entry has at `path`, before that to the generator's role. */
function draftBefore(hop: HopSpec, path: string, { generator, spec, entry }: WantedChain): Written {
  const isRegionOfSpec = hop.region === undefined;
  return {
    sessionName: VIA_SESSION_NAME,
    hop: { ...hop, ...defined({ region: hop.region ?? spec.region }) },
    place: (name) =>
      name === 'region' && isRegionOfSpec ? inSpec(name, generator) : { field: `${entry?.field}.${path}.${name}` },
  };
}

function draftLast({ generator, target, spec, entry }: WantedChain): Written {
  const { region, role, sessionDuration, externalID } = spec;
  const own = defined({ region, role, sessionDuration, externalID });
  return {
    sessionName: sessionName(target),
    hop: { ...entry?.last, ...own },
    place: (name) => (name in own ? inSpec(name, generator) : { field: `${entry?.field}.last.${name}` }),
  };
}

function inSpec(name: keyof HopSpec, object: ObjectRef) {
  return { object, field: SPEC_FIELDS[name] ?? 'spec' };
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
