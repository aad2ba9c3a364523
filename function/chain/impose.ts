import { type Finding, finding } from '../findings/finding.ts';
import { named, type ObjectRef, type Sayable, say, THE_POLICY, theField, theObject } from '../findings/say.ts';
import type { GrantSession } from '../model/grant.ts';
import { type AssumeRoleRequest, type Hop, hopsOf, isRoleHop, type Route } from '../model/hop.ts';
import type { Chain, SecretPart } from '../model/job.ts';
import { defined, secondsOf } from '../model/plain-data.ts';
import type { HopSpec, WrittenAt, WrittenHop } from '../model/written-hop.ts';
import { TAG_VALUE_MAX } from './limits.ts';
import { fitLength } from './operations/assume-role.ts';
import { lifetimeSecondsOf } from './operations/operations.ts';

/** A grant's session with its variables replaced, as hops take it. */
export interface Imposition {
  readonly session: GrantSession;
  /** The same with variables of the environment by their names. */
  readonly withEnvNames: GrantSession;
}

/** Why a grant's session cannot be imposed on hops, which it does not cover then; undefined: it can. */
export function misfit(session: GrantSession, route: Route<Chain>, hasNamespace: boolean): Sayable | undefined {
  const { tags, transitiveTagKeys, sourceIdentity, maxDuration, via = [], identity } = session;
  if (!hasNamespace && JSON.stringify(session).includes('${namespace}'))
    return 'imposes a namespace, and there is none';
  const roles = hopsOf(route).filter(isRoleHop);
  const isToken = route.chain.generatorHop?.operation === 'GetSessionToken';
  const isBare = route.chain.via.length === 0 && route.chain.identity.source === 'default' && !isToken;
  if ((via.length > 0 || identity !== undefined) && !isBare)
    return 'supplies `via` or `identity`, and the generator has its own, or is an STSSessionToken';
  const count = roles.length + via.length + (identity?.role === undefined ? 0 : 1);
  if (identity !== undefined && count === 0) return 'supplies a token, and there is no role to exchange it for';
  // behind a token that is supplied the first role is exchanged for it; behind hops that are supplied all are assumed
  const isSupplied = identity !== undefined || via.length > 0;
  const isLastAssumed = isSupplied ? identity === undefined || count > 1 : roles.at(-1)?.operation === 'AssumeRole';
  if ((tags ?? transitiveTagKeys ?? sourceIdentity) !== undefined && !isLastAssumed)
    return 'imposes tags or a source identity, and the last role is not assumed by AssumeRole';
  if (maxDuration === undefined || route.after.length === 0) return undefined;
  const isOutlived = lifetimeSecondsOf(route) > secondsOf(maxDuration);
  return isOutlived ? say`imposes at most ${maxDuration}, and what comes out lasts longer` : undefined;
}

/**
 * Puts what a grant imposes into the last role of hops, or caps the session token that they end with. `writtenHops` has one for each hop.
 * What manifests say otherwise is refused, and what an earlier hop passes on too: STS refuses to set it again.
 */
export function impose<D extends Route & { readonly writtenHops: readonly WrittenHop[] }>(
  declaration: D,
  { session, withEnvNames }: Imposition,
  generator: Pick<SecretPart, 'isFromCluster'> & { readonly object: ObjectRef },
): D & { readonly findings: readonly Finding[] } {
  const { chain, writtenHops } = declaration;
  const hops = hopsOf(declaration);
  const index = hops.findLastIndex(isSessionHop);
  const lastSession = hops[index];
  if (lastSession === undefined || !isSessionHop(lastSession)) return { ...declaration, findings: [] };
  const most = session.maxDuration === undefined ? Infinity : secondsOf(session.maxDuration);
  const [traits, traitsWithEnvNames] = [traitsOf(session), traitsOf(withEnvNames)];
  const findings = writtenHops
    .slice(0, index + 1)
    .flatMap((hop, position) => conflictsIn(hop, traits, { isLast: position === index, most }))
    .map((conflict) => refuse(conflict, generator));
  if (findings.length > 0) return { ...declaration, findings };
  const { tags, transitiveTagKeys = [] }: Partial<AssumeRoleRequest> = lastSession.request;
  const keys = [...new Set([...transitiveTagKeys, ...(session.transitiveTagKeys ?? [])])];
  const traitsWith = (traits: Traits) => defined({ ...traits, tags: traits.tags && { ...tags, ...traits.tags } });
  const imposed = { ...traitsWith(traits), ...(keys.length > 0 && { transitiveTagKeys: keys }) };
  const usesEnv = JSON.stringify(traits) !== JSON.stringify(traitsWithEnvNames);
  const request = {
    ...lastSession.request,
    ...imposed,
    durationSeconds: Math.min(lastSession.request.durationSeconds, most),
    ...(usesEnv && { withEnvNames: traitsWith(traitsWithEnvNames) }),
  };
  const put = <H extends Hop>(hop: H): H => (hop === (lastSession as Hop) ? { ...hop, request } : hop);
  const { identityHop, via, generatorHop } = chain;
  const hopsWithPut = defined({
    identityHop: identityHop && put(identityHop),
    generatorHop: generatorHop && put(generatorHop),
  });
  return {
    ...declaration,
    chain: { ...chain, ...hopsWithPut, via: via.map(put) },
    writtenHops: writtenHops.map((hop, position) =>
      position === index ? ({ ...hop, parameters: { ...hop.parameters, ...imposed } } as WrittenHop) : hop,
    ),
    findings: [],
  };
}

type SessionHop = Extract<Hop, { readonly request: { readonly durationSeconds: number } }>;

function isSessionHop(hop: Hop): hop is SessionHop {
  return 'durationSeconds' in hop.request;
}

type Traits = Pick<AssumeRoleRequest, 'tags' | 'sourceIdentity'>;

/** A session's tags and source identity, of lengths that AWS takes. */
export function traitsOf({ tags, sourceIdentity }: GrantSession): Traits {
  const values = Object.entries(tags ?? {}).map(([key, value]) => [key, fitLength(value, 0, TAG_VALUE_MAX)]);
  return defined({
    tags: tags && Object.fromEntries(values),
    sourceIdentity: sourceIdentity && fitLength(sourceIdentity),
  });
}

const IMPOSED = say`${THE_POLICY} imposes`;

/** Where manifests say what is imposed, and what they do there. */
type Conflict = readonly [at: WrittenAt, text: Sayable];

/** `most`: seconds, which cap the last hop alone. */
function conflictsIn(
  { parameters, at }: WrittenHop,
  { tags = {}, sourceIdentity }: Traits,
  { isLast, most }: { readonly isLast: boolean; readonly most: number },
): Conflict[] {
  const hop: HopSpec = parameters;
  const byLowerCase = new Map(Object.keys(tags).map((key) => [key.toLowerCase(), key]));
  const tagKeys = isLast ? Object.keys(hop.tags ?? {}) : (hop.transitiveTagKeys ?? []);
  const key = tagKeys.find((name) => {
    const imposedKey = byLowerCase.get(name.toLowerCase());
    return imposedKey !== undefined && !(isLast && imposedKey === name && hop.tags?.[name] === tags[name]);
  });
  const isOther =
    hop.sourceIdentity !== undefined && sourceIdentity !== undefined && hop.sourceIdentity !== sourceIdentity;
  const isTooLong = isLast && (hop.sessionDuration ?? 0) > most;
  const keys = isLast ? 'tags' : 'transitiveTagKeys';
  return [
    ...(key === undefined ? [] : [[at(keys), say`has the tag ${named(key)}, which ${IMPOSED}. Remove it`] as const]),
    ...(isOther ? [[at('sourceIdentity'), say`is another than ${IMPOSED}. Remove it`] as const] : []),
    ...(isTooLong ? [[at('sessionDuration'), say`must be at most ${most}, as ${IMPOSED}. Lower it`] as const] : []),
  ];
}

function refuse([{ object, field }, text]: Conflict, generator: Parameters<typeof impose>[2]): Finding {
  const message = say`cannot use ${theObject(generator.object)}: ${theField(field)} ${text}.`;
  const isOwn = object !== undefined || generator.isFromCluster === true;
  return finding('NOT_GRANTED', message, isOwn ? { object: generator.object, field } : { field });
}
