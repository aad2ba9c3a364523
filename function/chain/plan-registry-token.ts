import { configFinding, type Finding } from '../api/finding.ts';
import { type Sayable, say } from '../api/say.ts';
import { limitFindings, publicRegistryFault, regionFault } from './limits.ts';
import type { PlannedHops, WantedChain } from './wanted-chain.ts';

/** The one region that gives logins for public.ecr.aws. */
const PUBLIC_REGISTRY_REGION = 'us-east-1';

/** The last call of an ECRAuthorizationToken, and what is wrong about it; the roles before it are planned as for every chain. */
export function planRegistryToken(wanted: WantedChain): PlannedHops {
  const { generator, spec } = wanted;
  const { region, scope = 'private' } = spec;
  if (region === undefined) return { hops: [], findings: checkEntry(wanted) };
  const wrongRegion = regionFault(region);
  const wrongScope = wrongRegion === undefined && scope === 'public' ? publicRegistryFault(region) : undefined;
  const faults = limitFindings(generator, [
    ['spec.region', wrongRegion],
    ['spec.scope', wrongScope],
  ]);
  const asked = scope === 'public' ? PUBLIC_REGISTRY_REGION : region;
  return {
    hops: [{ operation: 'GetAuthorizationToken', region: asked, request: { scope } }],
    findings: [...faults, ...checkEntry(wanted)],
  };
}

/** What an entry asks for that takes a role. */
function checkEntry({ spec, entry, exchange, behindOwnRole }: WantedChain): Finding[] {
  if (entry === undefined || spec.role !== undefined) return [];
  const { field, via, last } = entry;
  const hasRole = exchange === undefined || exchange.role !== undefined || via.length > 0 || behindOwnRole;
  const noRole = 'the ECRAuthorizationToken that it is for names no role';
  const refuse = (name: string, text: Sayable) => configFinding(`${field}.${name}`, text);
  return [
    ...(hasRole
      ? []
      : [refuse('identity', say`must have \`role\`: a token is exchanged for a role's session, and ${noRole}`)]),
    ...(Object.keys(last).length === 0
      ? []
      : [refuse('last', say`must be absent: ${noRole}. Write it to the last of \`via\``)]),
  ];
}
