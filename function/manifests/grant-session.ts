import { type Imposition, traitsOf } from '../chain/impose.ts';
import { operationOf } from '../chain/operations/operations.ts';
import type { Grant, GrantSession } from '../model/grant.ts';
import type { NamedRef } from '../model/kinds.ts';
import { defined, textAt } from '../model/plain-data.ts';
import type { Environment } from '../model/world.ts';
import type { HopSpec } from '../model/written-hop.ts';
import type { FieldFault } from './read-manifest.ts';
import { substitute } from './substitute.ts';

/** What the operator has set beside his Policy. */
export interface OperatorSettings {
  readonly environment: Environment;
  /** True where a test server is asked, not AWS. */
  readonly hasCustomEndpoint: boolean;
}

const OF_ENVIRONMENT = 'env.';

/**
 * A grant's session for a generator: what it imposes with variables replaced, `via` and `identity` as they stand. `unknown`: variables of
 * the environment that are not set, or empty.
 */
export function sessionFor(
  { name, namespace }: NamedRef,
  session: GrantSession,
  environment: Environment,
): Imposition & { readonly unknown: readonly string[] } {
  const { tags, sourceIdentity } = session;
  const builtIns = new Map(Object.entries({ name, namespace }));
  const replaced = (read: (variable: string) => string | undefined) =>
    substitute(defined({ tags, sourceIdentity }), {
      get: (variable) => (variable.startsWith(OF_ENVIRONMENT) ? read(variable) : builtIns.get(variable)),
    });
  const { value, unknown } = replaced(
    (variable) => textAt(environment, [variable.slice(OF_ENVIRONMENT.length)]) || undefined,
  );
  const withEnvNames = replaced((variable) => `\${${variable}}`);
  return { session: { ...session, ...value }, withEnvNames: { ...session, ...withEnvNames.value }, unknown };
}

/** Names that AWS takes and no object has: what `via` sets does not equal one of them by chance. */
const ANY_GENERATOR = { name: '=name=', namespace: '=namespace=' };

/** What a Policy imposes or supplies that AWS does not take, and variables that are not set. No value of one is said. */
export function checkSessions(
  grants: readonly Grant[],
  { environment, hasCustomEndpoint }: OperatorSettings,
): readonly FieldFault[] {
  return grants.flatMap(({ session: grantSession }, index): FieldFault[] => {
    if (grantSession === undefined) return [];
    const field = `grants[${index}].session`;
    const { session, unknown } = sessionFor(ANY_GENERATOR, grantSession, environment);
    const { via = [], identity, transitiveTagKeys = [] } = session;
    if (unknown.length > 0)
      return unknown.map((name) => ({ field, text: `uses \`\${${name}}\`, which is not set, or empty` }));
    if (JSON.stringify([via, identity]).includes('${'))
      return [{ field, text: 'must have no variables in `via` and `identity`: authors choose names' }];
    const hops: (readonly [path: string, hop: HopSpec])[] = [
      ...(identity?.role === undefined ? [] : [['.identity', { role: identity.role }] as const]),
      ...via.map((hop, at) => [`.via[${at}]`, hop] as const),
      // the generator's own role, which is not known here
      ['', { ...traitsOf(session), ...(transitiveTagKeys.length > 0 && { transitiveTagKeys }) }],
    ];
    return hops.flatMap(([path, hop], at) => {
      const earlierHops = hops.slice(0, at).map(([, earlier]) => earlier);
      const operation = at === 0 && identity !== undefined ? 'AssumeRoleWithWebIdentity' : 'AssumeRole';
      return operationOf({ operation })
        .limits(hop, { hasCustomEndpoint, isChained: at > 0, earlierHops })
        .map(([name, text]) => ({
          field: `${field}${path}.${name}`,
          text: name === 'sourceIdentity' ? NOT_TAKEN : text,
        }));
    });
  });
}

/** In place of a fault's own text, which has the value, and with it what is in a variable. */
const NOT_TAKEN = 'must be what AWS takes, with its variables replaced';
