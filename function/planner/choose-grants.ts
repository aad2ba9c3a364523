import { choose } from '../chain/guard.ts';
import { traitsOf } from '../chain/impose.ts';
import type { PermissionRequest } from '../chain/permissions.ts';
import type { IdentitySpec } from '../identity/sources.ts';
import { sessionFor } from '../manifests/grant-session.ts';
import type { GeneratorWithSecrets } from '../manifests/match-entries.ts';
import type { ChosenGrants, Grant, GrantSession, Guards } from '../model/grant.ts';
import type { SecretPart } from '../model/job.ts';
import { cached, defined } from '../model/plain-data.ts';
import { type DraftContext, type DraftedGenerator, draftGenerator } from './draft-generator.ts';

/** A part with the grants that the guards choose for it, and with what the Policy's imposes; or why they refuse. */
export async function chooseGrants(
  part: SecretPart,
  { target, form }: Pick<PermissionRequest, 'target' | 'form'>,
  generator: GeneratorWithSecrets,
  context: DraftContext & { readonly guards: Guards },
): Promise<PartWithGrants> {
  const { chosenGrants, findings } = choose({ ...part, target, ...defined({ form }) }, context.guards);
  return chosenGrants ? redraft({ ...part, chosenGrants }, chosenGrants, generator, context) : { part, findings };
}

type PartWithGrants = Required<Pick<DraftedGenerator, 'part' | 'findings'>>;

/**
 * A part with what the Policy's grant for it imposes and supplies: limited and hashed as if its manifests had it. The generator is drafted
 * once more with that, and only its chain counts, identity and hops: what a Policy supplies reads no object, and its session names need no
 * grant.
 */
async function redraft(
  part: SecretPart,
  { policy: [grant] = [], indexes }: ChosenGrants,
  generator: GeneratorWithSecrets,
  context: DraftContext & { readonly guards: Guards },
): Promise<PartWithGrants> {
  const isPreviewed = !context.purpose.acts && imposesAny(context.guards.policy ?? []);
  const preview = isPreviewed ? { grant: `grants[${indexes?.policy}]` } : undefined;
  if (grant?.session === undefined) return { part: { ...part, ...defined({ grantPreview: preview }) }, findings: [] };
  const imposition = sessionFor(generator.object, grant.session, context.ambient.environment);
  const whole = withSupplied(generator, grant.session);
  const { part: imposed = part, findings } = await draftGenerator(whole, context, imposition);
  const { chain, after } = imposed;
  const { via, identity, ...imposes } = { ...imposition.withEnvNames, ...traitsOf(imposition.withEnvNames) };
  const supplies = Object.keys(defined({ via, identity }));
  const grantPreview = preview && { ...preview, ...imposes, ...(supplies.length > 0 && { supplies }) };
  return {
    part: { ...part, chain, after, chainOfManifests: part.chain, ...defined({ grantPreview }) },
    findings: findings.filter(({ severity }) => severity === 'error'), // warnings came with the first draft
  };
}

/** The generator with what a grant supplies in its entry, which has neither. */
function withSupplied(generator: GeneratorWithSecrets, { via = [], identity }: GrantSession): GeneratorWithSecrets {
  if (via.length === 0 && identity === undefined) return generator;
  const entry = generator.entry ?? { field: '', renew: {}, last: {} };
  const supplied = { via, isSupplied: true, ...defined({ identity: identity as IdentitySpec | undefined }) } as const; // its schema is that
  return { ...generator, entry: { ...entry, ...supplied } };
}

/** True for a Policy that imposes or supplies anything: each part of a preview asks. */
function imposesAny(grants: readonly Grant[]): boolean {
  return cached(IMPOSING, grants, () => grants.some(({ session }) => session !== undefined));
}
const IMPOSING = new WeakMap<readonly Grant[], boolean>();
