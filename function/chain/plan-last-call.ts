import { configFinding, type Finding, specFinding } from '../findings/finding.ts';
import { type Sayable, say } from '../findings/say.ts';
import { defined } from '../model/plain-data.ts';
import {
  limitFindings,
  publicRegistryFault,
  regionFault,
  SESSION_TOKEN_DEFAULT_SECONDS,
  serialNumberFault,
  sessionTokenDurationFault,
  tokenCodeFault,
} from './limits.ts';
import type { DraftedCalls, WantedChain } from './wanted-chain.ts';

/** The one region that gives logins for public.ecr.aws. */
const PUBLIC_REGISTRY_REGION = 'us-east-1';

/** The call of an ECRAuthorizationToken that follows its roles, and what is wrong about it. */
export function draftRegistryToken(wanted: WantedChain): Pick<DraftedCalls, 'after' | 'findings'> {
  const { generator, scalars } = wanted;
  const { region, scope = 'private' } = scalars;
  if (region === undefined) return { after: [], findings: checkEntry(wanted) };
  const wrongRegion = regionFault(region);
  const wrongScope = wrongRegion === undefined && scope === 'public' ? publicRegistryFault(region) : undefined;
  const faults = limitFindings(generator, [
    ['spec.region', wrongRegion],
    ['spec.scope', wrongScope],
  ]);
  const asked = scope === 'public' ? PUBLIC_REGISTRY_REGION : region;
  return {
    after: [{ operation: 'GetAuthorizationToken', region: asked, request: { scope } }],
    findings: [...faults, ...checkEntry(wanted)],
  };
}

/** Refuses fields of an entry that need a role, if there is no role. */
function checkEntry({ scalars, entry, exchange, behindOwnRole }: WantedChain): Finding[] {
  if (entry === undefined || scalars.role !== undefined) return [];
  const { field, via, last } = entry;
  const hasRole = exchange === undefined || exchange.role !== undefined || via.length > 0 || behindOwnRole;
  const noRole = 'its ECRAuthorizationToken names no role';
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

/** The one call of an STSSessionToken, and everything that AWS would refuse in it. */
export function draftSessionToken(wanted: WantedChain): DraftedCalls {
  const findings = [...refuseRoles(wanted), ...checkParameters(wanted)];
  const { region, sessionDuration, serialNumber, tokenCode } = wanted.scalars;
  if (region === undefined) return { chain: { via: [] }, after: [], findings };
  const durationSeconds = sessionDuration ?? SESSION_TOKEN_DEFAULT_SECONDS;
  const request = defined({ durationSeconds, serialNumber, tokenCode });
  return { chain: { via: [], own: { operation: 'GetSessionToken', region, request } }, after: [], findings };
}

const ADVICE = "AWS denies GetSessionToken to a role's session. Remove it, or use STSAssumeRoleToken";

/** Refuses a role wherever one is written: it would be assumed first. */
function refuseRoles({ generator, scalars, entry }: WantedChain): Finding[] {
  const own = scalars.role === undefined ? [] : [specFinding(generator, 'spec.role', say`must be absent: ${ADVICE}`)];
  const given = (['via', 'last'] as const).filter((name) => Object.keys(entry?.[name] ?? {}).length > 0);
  const text = say`must be absent for an STSSessionToken: ${ADVICE}`;
  return [...own, ...given.map((name) => configFinding(`${entry?.field}.${name}`, text))];
}

function checkParameters({ generator, scalars }: WantedChain): Finding[] {
  const { region, sessionDuration, serialNumber, tokenCode } = scalars;
  const [lacking, given] = serialNumber === undefined ? ['serialNumber', 'tokenCode'] : ['tokenCode', 'serialNumber'];
  const isAlone = (serialNumber === undefined) !== (tokenCode === undefined);
  const text = say`is required with \`${given}\`: AWS takes both, or neither`;
  const limits = limitFindings(generator, [
    ['spec.region', region && regionFault(region)],
    [
      'spec.requestParameters.sessionDuration',
      sessionDuration === undefined ? undefined : sessionTokenDurationFault(sessionDuration),
    ],
    ['spec.requestParameters.serialNumber', serialNumber === undefined ? undefined : serialNumberFault(serialNumber)],
    ['spec.requestParameters.tokenCode', tokenCode === undefined ? undefined : tokenCodeFault(tokenCode)],
  ]);
  return isAlone ? [...limits, specFinding(generator, `spec.requestParameters.${lacking}`, text)] : limits;
}
