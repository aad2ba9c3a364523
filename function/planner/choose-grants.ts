import { choose } from '../chain/guard.ts';
import { traitsOf } from '../chain/impose.ts';
import type { PermissionRequest } from '../chain/permissions.ts';
import { specFinding } from '../findings/finding.ts';
import { say, THE_POLICY } from '../findings/say.ts';
import { sessionFor } from '../manifests/grant-session.ts';
import type { GeneratorWithSecrets } from '../manifests/match-entries.ts';
import type { ChosenGrants, Grant, Guards } from '../model/grant.ts';
import type { SecretPart } from '../model/job.ts';
import { cached, defined } from '../model/plain-data.ts';
import { type DraftContext, type DraftedGenerator, draftGenerator, SUPPLIED } from './draft-generator.ts';

/** A part with the grants that the guards choose for it, and with what the Policy's imposes; or why they refuse. */
export async function chooseGrants(
  part: SecretPart,
  { target, form }: Pick<PermissionRequest, 'target' | 'form'>,
  generator: GeneratorWithSecrets,
  context: DraftContext & { readonly guards: Guards },
): Promise<PartWithGrants> {
  const { chosenGrants, findings } = choose({ ...part, target, ...defined({ form }) }, context.guards);
  return chosenGrants ? imposeSession({ ...part, chosenGrants }, chosenGrants, generator, context) : { part, findings };
}

type PartWithGrants = Required<Pick<DraftedGenerator, 'part' | 'findings'>>;

/**
 * A part with what the Policy's grant for it imposes and supplies: limited and hashed as if its manifests had it. The generator is drafted
 * once more with that, and only its chain counts, identity and hops: what a Policy supplies reads no object, and its session names need no
 * grant.
 */
async function imposeSession(
  part: SecretPart,
  { policy: [grant] = [], indexes }: ChosenGrants,
  generator: GeneratorWithSecrets,
  context: DraftContext & { readonly guards: Guards },
): Promise<PartWithGrants> {
  const isPreviewed = !context.purpose.acts && imposesAny(context.guards.policy ?? []);
  const preview = isPreviewed ? { grant: `grants[${indexes?.policy}]` } : undefined;
  if (grant?.session === undefined) return { part: { ...part, ...defined({ grantPreview: preview }) }, findings: [] };
  const imposition = sessionFor(generator.object, grant.session, context.ambient.environment);
  const { part: imposed = part, findings } = await draftGenerator(generator, context, imposition);
  const { chain, after } = imposed;
  const errors = findings.flatMap((finding) => {
    if (finding.severity !== 'error') return []; // the others are said of what is declared
    if (!finding.field?.startsWith(`${SUPPLIED}.`)) return [finding];
    return [specFinding(generator.object, 'spec.region', PARTITION_DIFFERS)]; // all else was checked with the Policy
  });
  const { via, identity, ...imposes } = { ...imposition.withEnvNames, ...traitsOf(imposition.withEnvNames) };
  const supplies = Object.keys(defined({ via, identity }));
  const grantPreview = preview && { ...preview, ...imposes, ...(supplies.length > 0 && { supplies }) };
  return {
    part: { ...part, chain, after, chainOfManifests: part.chain, ...defined({ grantPreview }) },
    findings: errors,
  };
}

const PARTITION_DIFFERS = say`is of another partition than what ${THE_POLICY} supplies`;

/** True for a Policy that imposes or supplies anything: each part of a preview asks. */
function imposesAny(grants: readonly Grant[]): boolean {
  return cached(IMPOSING, grants, () => grants.some(({ session }) => session !== undefined));
}
const IMPOSING = new WeakMap<readonly Grant[], boolean>();
