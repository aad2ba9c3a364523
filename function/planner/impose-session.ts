import { choose } from '../chain/guard.ts';
import { marksOf } from '../chain/impose.ts';
import { operationOf } from '../chain/operations/operations.ts';
import type { PermissionRequest } from '../chain/permissions.ts';
import { type Finding, specFinding } from '../findings/finding.ts';
import { say, THE_POLICY } from '../findings/say.ts';
import type { GeneratorWithSecrets } from '../manifests/match-entries.ts';
import { policyFinding } from '../manifests/read-policy.ts';
import { substitute } from '../manifests/substitute.ts';
import type { RunRequest, Settings } from '../model/flow.ts';
import type { Grant, Guards, ImposedSession } from '../model/grant.ts';
import type { SecretPart } from '../model/job.ts';
import type { NamedRef } from '../model/kinds.ts';
import { cached, defined, textAt } from '../model/plain-data.ts';
import type { Environment } from '../model/world.ts';
import type { HopSpec } from '../model/written-call.ts';
import { type DraftContext, draftGenerator, SUPPLIED } from './draft-generator.ts';

/** A part with the grants that the guards choose for it, and with what the Policy's imposes; or why they refuse. */
export async function grantPart(
  part: SecretPart,
  { target, form }: Pick<PermissionRequest, 'target' | 'form'>,
  generator: GeneratorWithSecrets,
  context: DraftContext & { readonly guards: Guards },
): Promise<GrantedPart> {
  const { chosenGrants, findings } = choose({ ...part, target, ...defined({ form }) }, context.guards);
  if (chosenGrants === undefined) return { part, findings };
  const imposed = await imposeSession({ ...part, chosenGrants }, generator, context);
  return { part: imposed.part, findings: [...findings, ...imposed.findings] };
}

interface GrantedPart {
  readonly part: SecretPart;
  readonly findings: readonly Finding[];
}

/**
 * A part with what the Policy's grant for it imposes: declared, limited and hashed as if its manifests had it. Grants are asked for what is
 * `declared` without it.
 */
async function imposeSession(
  part: SecretPart,
  generator: GeneratorWithSecrets,
  context: DraftContext & { readonly guards: Guards },
): Promise<GrantedPart> {
  const { policy: [grant] = [], places } = part.chosenGrants ?? {};
  if (grant === undefined || !hasSession(context.guards.policy ?? [])) return { part, findings: [] };
  const place = context.purpose.acts ? {} : { policy: { grant: `grants[${places?.policy}]` } };
  const { session } = grant;
  if (session === undefined) return { part: { ...part, ...place }, findings: [] };
  const imposition = resolve(session, generator.object, context.ambient.environment);
  const { part: whole = part, findings } = await draftGenerator(generator, context, imposition);
  const { chain, after } = whole;
  const errors = findings.flatMap((finding) => {
    if (finding.severity !== 'error') return []; // the others are said of what is declared
    if (!finding.field?.startsWith(`${SUPPLIED}.`)) return [finding];
    return [specFinding(generator.object, 'spec.region', OF_OTHERS)];
  });
  const { via, identity, ...marks } = { ...imposition.byName, ...marksOf(imposition.byName) };
  const supplies = Object.keys(defined({ via, identity }));
  const policy = place.policy && { ...place.policy, ...marks, ...(supplies.length > 0 && { supplies }) };
  return { part: { ...part, chain, after, declared: part.chain, ...defined({ policy }) }, findings: errors };
}

const OF_OTHERS = say`is of another partition than what ${THE_POLICY} supplies`;

/** Whether a Policy imposes anything: it is asked for each part. */
function hasSession(grants: readonly Grant[]): boolean {
  return cached(IMPOSING, grants, () => grants.some(({ session }) => session !== undefined));
}
const IMPOSING = new WeakMap<readonly Grant[], boolean>();

/** What is wrong with Policies that were read: a server has the same one in each call. */
const FAULTS = new WeakMap<readonly Grant[], readonly Finding[]>();

/** A session with its variables replaced. `unknown`: variables of the environment that are not set, or empty. */
function resolve(session: ImposedSession, { name, namespace }: NamedRef, environment: Environment) {
  const own = new Map(Object.entries({ name, namespace }));
  const replaced = (read: (variable: string) => string | undefined) =>
    substitute(session, {
      get: (variable) => (variable.startsWith(OF_ENVIRONMENT) ? read(variable) : own.get(variable)),
    });
  const { value, unknown } = replaced(
    (variable) => textAt(environment, [variable.slice(OF_ENVIRONMENT.length)]) || undefined,
  );
  const byName = replaced((variable) => `\${${variable}}`);
  return { session: value, byName: byName.value, unknown };
}

const OF_ENVIRONMENT = 'env.';

/** Refuses a Policy that imposes or supplies what AWS does not take, or uses a variable that is not set. No value of one is said. */
export function checkSessions(
  grants: readonly Grant[],
  { ambient, locationInPolicy }: Pick<RunRequest, 'ambient' | 'locationInPolicy'>,
  { stsEndpoint }: Pick<Settings, 'stsEndpoint'>,
): readonly Finding[] {
  const check = ({ session: written }: Grant, index: number) => {
    if (written === undefined) return [];
    const refuse = (field: string, text: Parameters<typeof policyFinding>[1]) =>
      policyFinding(`grants[${index}].session${field}`, text, locationInPolicy);
    const { session, unknown } = resolve(written, { name: 'name', namespace: 'namespace' }, ambient.environment);
    const { via = [], identity, transitiveTagKeys = [] } = session;
    if (unknown.length > 0)
      return unknown.map((name) => refuse('', `uses \`\${${name}}\`, which is not set, or empty`));
    if (JSON.stringify([written.via, written.identity]).includes('${'))
      return [refuse('', 'must have no variables in `via` and `identity`: authors choose names')];
    const hops: (readonly [field: string, hop: HopSpec])[] = [
      ...(identity?.role === undefined ? [] : [['.identity', { role: identity.role }] as const]),
      ...via.map((hop, at) => [`.via[${at}]`, hop] as const),
      ['', { ...marksOf(session), ...(transitiveTagKeys.length > 0 && { transitiveTagKeys }) }],
    ];
    return hops.flatMap(([field, hop], at) => {
      const before = hops.slice(0, at).map(([, earlier]) => earlier);
      const operation = at === 0 && identity !== undefined ? 'AssumeRoleWithWebIdentity' : 'AssumeRole';
      const context = { customEndpoint: stsEndpoint !== undefined, isChained: at > 0, before };
      return operationOf({ operation })
        .limits(hop, context)
        .map(([name, text]) => refuse(`${field}.${name}`, name === 'sourceIdentity' ? NOT_TAKEN : text));
    });
  };
  return cached(FAULTS, grants, () => grants.flatMap(check));
}

/** In place of a fault's own text, which has the value, and with it what is in a variable. */
const NOT_TAKEN = 'must be what AWS takes, with its variables replaced';
