import { defined } from '../api/defined.ts';
import type { RoleHop } from '../api/hop.ts';
import type { HopSpec } from '../api/hop-spec.ts';
import { ASSUME_ROLE_KIND, type ObjectRef } from '../api/kinds.ts';
import { sessionName, VIA_SESSION_NAME } from './session-name.ts';
import type { WantedChain } from './wanted-chain.ts';

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
