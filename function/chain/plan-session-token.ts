import { defined } from '../api/defined.ts';
import { configFinding, type Finding, specFinding } from '../api/finding.ts';
import { say } from '../api/say.ts';
import {
  type Fault,
  limitFindings,
  regionFault,
  SESSION_TOKEN_DEFAULT_SECONDS,
  serialNumberFault,
  sessionTokenDurationFault,
  tokenCodeFault,
} from './limits.ts';
import type { PlannedHops, WantedChain } from './wanted-chain.ts';

/** The one call of an STSSessionToken, and everything that AWS would refuse in it. */
export function planSessionToken(wanted: WantedChain): PlannedHops {
  const findings = [...refuseRoles(wanted), ...checkParameters(wanted)];
  const { region, sessionDuration, serialNumber, tokenCode } = wanted.spec;
  if (region === undefined) return { hops: [], findings };
  const durationSeconds = sessionDuration ?? SESSION_TOKEN_DEFAULT_SECONDS;
  const request = defined({ durationSeconds, serialNumber, tokenCode });
  return { hops: [{ operation: 'GetSessionToken', region, request }], findings };
}

const ADVICE = "AWS denies GetSessionToken to a role's session. Remove it, or use STSAssumeRoleToken";

/** Wherever a role is written, it would be assumed first. */
function refuseRoles({ generator, spec, entry }: WantedChain): Finding[] {
  const own = spec.role === undefined ? [] : [specFinding(generator, 'spec.role', say`must be absent: ${ADVICE}`)];
  const given = (['via', 'last'] as const).filter((name) => Object.keys(entry?.[name] ?? {}).length > 0);
  const text = say`must be absent for an STSSessionToken: ${ADVICE}`;
  return [...own, ...given.map((name) => configFinding(`${entry?.field}.${name}`, text))];
}

function checkParameters({ generator, spec }: WantedChain): Finding[] {
  const { region, sessionDuration, serialNumber, tokenCode } = spec;
  const serialFault = serialNumber === undefined ? without(tokenCode, 'tokenCode') : serialNumberFault(serialNumber);
  const codeFault = tokenCode === undefined ? without(serialNumber, 'serialNumber') : tokenCodeFault(tokenCode);
  return limitFindings(generator, [
    ['spec.region', region && regionFault(region)],
    [
      'spec.requestParameters.sessionDuration',
      sessionDuration === undefined ? undefined : sessionTokenDurationFault(sessionDuration),
    ],
    ['spec.requestParameters.serialNumber', serialFault],
    ['spec.requestParameters.tokenCode', codeFault],
  ]);
}

/** AWS takes device and code together, or neither. */
function without(other: string | undefined, name: string): Fault {
  return other === undefined ? undefined : say`is required with \`${name}\`: AWS takes both, or neither`;
}
