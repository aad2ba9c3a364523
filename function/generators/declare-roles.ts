import canonicalize from 'canonicalize';
import { SESSION_DEFAULT_SECONDS } from '../chain/limits.ts';
import { defaultSessionName, VIA_SESSION_NAME } from '../chain/operations/assume-role.ts';
import { configFinding, type Finding, writtenFinding } from '../findings/finding.ts';
import { type ObjectRef, quoted, type Sayable, say, theField, theObject } from '../findings/say.ts';
import type { RoleHop } from '../model/hop.ts';
import { defined } from '../model/plain-data.ts';
import type { HopSpec, WrittenAt } from '../model/written-hop.ts';
import type { Declaration, DeclarationContext } from './kind.ts';

/** What a generator itself can say of the hop to its role. */
type OwnSpec = Pick<HopSpec, 'sessionDuration' | 'externalID'> & { readonly role?: string | undefined };

/** A hop to a role as it was written, and the field of each value. */
interface WrittenRoleHop {
  readonly operation: RoleHop['operation'];
  /** RoleSessionName, unless somebody wrote another. */
  readonly defaultName: string;
  readonly parameters: HopSpec;
  at(name: string): WrittenAt;
}

/** Where a generator has the values of the hop to its role. */
const SPEC_FIELDS: Readonly<Record<string, string>> = {
  region: 'spec.region',
  role: 'spec.role',
  sessionDuration: 'spec.requestParameters.sessionDuration',
  externalID: 'spec.requestParameters.externalID',
};

/**
 * The hops to roles: that of the entry's `identity`, those of `via`, and that of the generator, if it has a role. A ServiceAccount's own role
 * is none of them: it is read later (`withIdentityHop`).
 */
export function declareRoles(context: DeclarationContext, spec: OwnSpec | undefined): Declaration {
  const { generator, entry, exchange } = context;
  const writtenIdentity = exchange?.role ? [frontHop({ role: exchange.role }, 'identity', context)] : [];
  const writtenVia = (entry?.via ?? []).map((hop, index) => frontHop(hop, `via[${index}]`, context));
  const writtenOwn = spec === undefined ? [] : [hopOfGenerator(spec, context)];
  // the first hop of all exchanges the token, whichever it is; each keeps its place
  const writtenHops = [...writtenIdentity, ...writtenVia, ...writtenOwn].map((hop, index) =>
    index === 0 && exchange !== undefined ? { ...hop, operation: exchange.operation } : hop,
  );
  const hops = writtenHops.map((hop) => toHop(hop, generator));
  const identityHop = writtenIdentity.length > 0 ? hops[0] : undefined;
  const generatorHop = writtenOwn.length > 0 ? hops.at(-1) : undefined;
  const via = hops
    .slice(writtenIdentity.length, writtenIdentity.length + writtenVia.length)
    .flatMap((hop) => hop ?? []);
  return {
    chain: { ...defined({ identityHop, generatorHop }), via },
    after: [],
    writtenHops,
    sessionNames: writtenHops.flatMap(({ parameters: { sessionName: name }, defaultName }) =>
      name === undefined || name === defaultName ? [] : [name],
    ),
    findings: [
      ...(spec === undefined ? checkWithoutRole(context) : entry ? checkGivenTwice(spec, entry, generator) : []),
      ...writtenHops.flatMap((hop) => (hop.parameters.externalIDFrom ? checkReference(hop, generator) : [])),
    ],
  };
}

/** The hop to the generator's role. */
function hopOfGenerator(
  spec: OwnSpec,
  { generator: object, defaultTarget, region, entry }: DeclarationContext,
): WrittenRoleHop {
  const ownSpec = defined({ ...spec, region });
  return {
    operation: 'AssumeRole',
    defaultName: defaultSessionName(defaultTarget),
    parameters: { ...entry?.last, ...ownSpec },
    at: (name) =>
      name in ownSpec ? { object, field: SPEC_FIELDS[name] ?? 'spec' } : { field: `${entry?.field}.last.${name}` },
  };
}

/** A hop that the entry has at `path`, before that to the generator's role. */
function frontHop(
  hop: HopSpec,
  path: string,
  { generator: object, region, entry }: DeclarationContext,
): WrittenRoleHop {
  return {
    operation: 'AssumeRole',
    defaultName: VIA_SESSION_NAME,
    parameters: { ...hop, ...defined({ region: hop.region ?? region }) },
    at(name) {
      if (name === 'region' && hop.region === undefined) return { object, field: 'spec.region' };
      if (entry?.isSupplied) return { object, field: 'spec.region', isSupplied: true }; // all that an author can have wrong: its partition
      return { field: `${entry?.field}.${path}.${name}` };
    },
  };
}

/** The hop: `role` is `roleArn` from here on. None while role or region is lacking: that is a finding already. */
function toHop(hop: WrittenRoleHop, { namespace }: ObjectRef): RoleHop | undefined {
  const { operation, parameters, at, defaultName } = hop;
  const { role, region, sessionName = defaultName, sessionDuration, policy, externalIDFrom, ...rest } = parameters;
  if (role === undefined || region === undefined) return undefined;
  const request = defined({
    ...rest,
    roleArn: role,
    sessionName,
    durationSeconds: sessionDuration ?? SESSION_DEFAULT_SECONDS,
    policy: policy && canonicalize(policy),
    externalIDFrom: externalIDFrom && {
      ...defined({ name: externalIDFrom.name, key: externalIDFrom.key, namespace }),
      field: at('externalIDFrom').field,
    },
  });
  return { operation, region, request };
}

/** Refuses a value that is in two places: an author who reads only one of them would be misled. */
function checkGivenTwice(
  spec: OwnSpec,
  { field, last }: NonNullable<DeclarationContext['entry']>,
  generator: ObjectRef,
): Finding[] {
  const names = ['sessionDuration', 'externalID'] as const;
  return names.flatMap((name) => {
    if (spec[name] === undefined || last[name] === undefined) return [];
    const text = say`is also set by ${theField(SPEC_FIELDS[name] ?? '')} of ${theObject(generator)}; remove one of the two`;
    return configFinding(`${field}.last.${name}`, text);
  });
}

/** Refuses a second source of an external ID, and a Secret outside the generator's namespace. */
function checkReference({ parameters, at }: WrittenRoleHop, generator: ObjectRef): Finding[] {
  const namespace = parameters.externalIDFrom?.namespace;
  const texts: Sayable[] = [];
  if (parameters.externalID !== undefined)
    texts.push(say`is set together with ${theField(at('externalID').field)}; remove one of the two`);
  if (namespace !== undefined && namespace !== generator.namespace)
    texts.push(say`must be in the generator's own namespace, got ${quoted(namespace)}`);
  return texts.map((text) => writtenFinding(at('externalIDFrom'), text));
}

/** Refuses fields of an entry that need a role of the generator, where it has none. */
function checkWithoutRole({ generator, entry, exchange, isRoleReadLater }: DeclarationContext): Finding[] {
  if (entry === undefined) return [];
  const { field, via, last } = entry;
  const hasRole = exchange === undefined || exchange.role !== undefined || via.length > 0 || isRoleReadLater;
  const noRole = say`the ${generator.kind} of this entry names no role`;
  const refuse = (name: string, text: Sayable) => configFinding(`${field}.${name}`, text);
  return [
    ...(hasRole
      ? []
      : [refuse('identity', say`must have \`role\`: AWS exchanges a token only for a role's session, and ${noRole}`)]),
    ...(Object.keys(last).length === 0
      ? []
      : [refuse('last', say`must be absent: ${noRole}. Move these fields to the last hop of \`via\``)]),
  ];
}
