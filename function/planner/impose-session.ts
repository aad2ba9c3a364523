import { type Imposition, marksOf } from '../chain/impose.ts';
import { checkHop } from '../chain/limits.ts';
import type { Finding } from '../findings/finding.ts';
import { say } from '../findings/say.ts';
import type { GeneratorWithSecrets } from '../manifests/match-entries.ts';
import { policyFinding } from '../manifests/read-policy.ts';
import { substitute } from '../manifests/substitute.ts';
import type { RunRequest } from '../model/flow.ts';
import type { Grant, Guards, ImposedSession } from '../model/grant.ts';
import type { SecretPart } from '../model/job.ts';
import type { NamedRef } from '../model/kinds.ts';
import { cached, defined, textAt } from '../model/plain-data.ts';
import type { Environment } from '../model/world.ts';
import { type DraftContext, draftGenerator } from './draft-generator.ts';

/**
 * A part with what the Policy's grant for it imposes: declared, limited and hashed as if its manifests had it. Grants are asked for what is
 * `declared` without it.
 */
export async function imposeSession(
  part: SecretPart,
  generator: GeneratorWithSecrets,
  context: DraftContext & { readonly guards: Guards },
): Promise<{ readonly part: SecretPart; readonly findings: readonly Finding[] }> {
  const [grant] = part.chosenGrants?.policy ?? [];
  const { policy: grants = [] } = context.guards;
  if (grant === undefined || !cached(IMPOSING, grants, hasSession)) return { part, findings: [] };
  const place = context.purpose.acts ? {} : { policy: { grant: `grants[${grants.indexOf(grant)}]` } };
  const { session } = grant;
  if (session === undefined) return { part: { ...part, ...place }, findings: [] };
  const imposition = resolve(session, generator.object, context.ambient.environment);
  const { part: whole = part, findings } = await draftGenerator(generator, context, imposition);
  const { chain, after } = whole;
  const errors = findings.filter(({ severity }) => severity === 'error'); // the others are said of what is declared
  const policy = place.policy && { ...place.policy, ...imposition.byName };
  return { part: { ...part, chain, after, declared: part.chain, ...defined({ policy }) }, findings: errors };
}

/** Whether a Policy imposes anything: it is asked for each part. */
const IMPOSING = new WeakMap<readonly Grant[], boolean>();
const hasSession = (grants: readonly Grant[]) => grants.some(({ session }) => session !== undefined);

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
  return { session: value, byName: byName.value, unknown } satisfies Imposition & {
    readonly unknown: readonly string[];
  };
}

const OF_ENVIRONMENT = 'env.';

/** Refuses a Policy that imposes what AWS does not take, or a variable that is not set. No value of one is said. */
export function checkSessions(
  grants: readonly Grant[],
  { ambient, locationInPolicy }: Pick<RunRequest, 'ambient' | 'locationInPolicy'>,
): Finding[] {
  return grants.flatMap(({ session: written }, index) => {
    if (written === undefined) return [];
    const { session, unknown } = resolve(written, { name: 'name', namespace: 'namespace' }, ambient.environment);
    const { transitiveTagKeys = [] } = session;
    const faults = checkHop({ ...marksOf(session), transitiveTagKeys }, { customEndpoint: false });
    const refuse = (field: string, text: Parameters<typeof policyFinding>[1]) =>
      policyFinding(`grants[${index}].session${field}`, text, locationInPolicy);
    if (unknown.length > 0)
      return unknown.map((name) => refuse('', `uses \`\${${name}}\`, which is not set, or empty`));
    return faults.map(([name, text]) =>
      refuse(
        `.${name}`,
        name === 'transitiveTagKeys' ? text : say`must be what AWS takes, with its variables replaced`,
      ),
    );
  });
}
