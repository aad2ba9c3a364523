import { type Finding, fieldFinding } from '../api/finding.ts';
import type { RegistryTokenHop } from '../api/hop.ts';
import { publicRegistryFault, regionFault } from './limits.ts';
import type { WantedChain } from './wanted-chain.ts';

/** The one region that gives logins for public.ecr.aws. */
const PUBLIC_REGISTRY_REGION = 'us-east-1';

/** The last call of an ECRAuthorizationToken, and what is wrong about it; the roles before it are planned as for every chain. */
export function planRegistryToken(wanted: WantedChain): {
  readonly hops: readonly RegistryTokenHop[];
  readonly findings: readonly Finding[];
} {
  const { region, scope = 'private' } = wanted.spec;
  const findings = [...checkRegion(wanted), ...checkEntry(wanted)];
  if (region === undefined) return { hops: [], findings };
  const asked = scope === 'public' ? PUBLIC_REGISTRY_REGION : region;
  return { hops: [{ operation: 'GetAuthorizationToken', region: asked, request: { scope } }], findings };
}

function checkRegion({ generator, spec: { region, scope } }: WantedChain): Finding[] {
  if (region === undefined) return [];
  const wrong = regionFault(region);
  if (wrong !== undefined) return [fieldFinding('LIMIT_EXCEEDED', { object: generator, field: 'spec.region' }, wrong)];
  const unknown = scope === 'public' ? publicRegistryFault(region) : undefined;
  return unknown === undefined
    ? []
    : [fieldFinding('LIMIT_EXCEEDED', { object: generator, field: 'spec.scope' }, unknown)];
}

/** What an entry asks for that takes a role. */
function checkEntry({ spec, entry, behindServiceAccount }: WantedChain): Finding[] {
  if (entry === undefined || spec.role !== undefined) return [];
  const { field, identity, via, last } = entry;
  const isExchanged = identity === undefined || identity.role !== undefined || via.length > 0 || behindServiceAccount;
  const noRole = 'the ECRAuthorizationToken that it is for names no role';
  return [
    ...(isExchanged
      ? []
      : [
          fieldFinding(
            'FUNCTION_CONFIG_INVALID',
            { field: `${field}.identity` },
            `must have \`role\`: a token is exchanged for a role's session, and ${noRole}`,
          ),
        ]),
    ...(Object.keys(last).length === 0
      ? []
      : [
          fieldFinding(
            'FUNCTION_CONFIG_INVALID',
            { field: `${field}.last` },
            `must be absent: ${noRole}. Write it to the last of \`via\``,
          ),
        ]),
  ];
}
