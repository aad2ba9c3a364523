import { type Finding, fieldFinding } from '../api/finding.ts';
import type { SessionTokenHop } from '../api/hop.ts';
import {
  type Fault,
  regionFault,
  SESSION_TOKEN_DEFAULT_SECONDS,
  serialNumberFault,
  sessionTokenDurationFault,
  tokenCodeFault,
} from './limits.ts';
import type { WantedChain } from './wanted-chain.ts';

/** The one call of an STSSessionToken, and everything that AWS would refuse in it. */
export function planSessionToken(wanted: WantedChain): {
  readonly hops: readonly SessionTokenHop[];
  readonly findings: readonly Finding[];
} {
  const findings = [...refuseRoles(wanted), ...checkParameters(wanted)];
  const { region, sessionDuration, serialNumber, tokenCode } = wanted.spec;
  if (region === undefined) return { hops: [], findings };
  const request = {
    durationSeconds: sessionDuration ?? SESSION_TOKEN_DEFAULT_SECONDS,
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(tokenCode === undefined ? {} : { tokenCode }),
  };
  return { hops: [{ operation: 'GetSessionToken', region, request }], findings };
}

const ADVICE = "AWS denies GetSessionToken to a role's session. Remove it, or use STSAssumeRoleToken";

/** Wherever a role is written, it would be assumed first. */
function refuseRoles({ generator, spec, entry }: WantedChain): Finding[] {
  const own =
    spec.role === undefined
      ? []
      : [fieldFinding('SPEC_INVALID', { object: generator, field: 'spec.role' }, `must be absent: ${ADVICE}`)];
  const given = [
    ...(entry !== undefined && entry.via.length > 0 ? ['via'] : []),
    ...(entry !== undefined && Object.keys(entry.last).length > 0 ? ['last'] : []),
  ];
  const others = given.map((name) =>
    fieldFinding(
      'FUNCTION_CONFIG_INVALID',
      { field: `${entry?.field}.${name}` },
      `must be absent for an STSSessionToken: ${ADVICE}`,
    ),
  );
  return [...own, ...others];
}

function checkParameters({ generator, spec }: WantedChain): Finding[] {
  const { region, sessionDuration, serialNumber, tokenCode } = spec;
  const faults: readonly (readonly [field: string, Fault])[] = [
    ['spec.region', region && regionFault(region)],
    [
      'spec.requestParameters.sessionDuration',
      sessionDuration === undefined ? undefined : sessionTokenDurationFault(sessionDuration),
    ],
    [
      'spec.requestParameters.serialNumber',
      serialNumber === undefined ? without(tokenCode, 'tokenCode') : serialNumberFault(serialNumber),
    ],
    [
      'spec.requestParameters.tokenCode',
      tokenCode === undefined ? without(serialNumber, 'serialNumber') : tokenCodeFault(tokenCode),
    ],
  ];
  return faults.flatMap(([field, text]) =>
    text === undefined || text === '' ? [] : [fieldFinding('LIMIT_EXCEEDED', { object: generator, field }, text)],
  );
}

/** AWS takes device and code together, or neither. */
function without(other: string | undefined, name: string): Fault {
  return other === undefined ? undefined : `is required with \`${name}\`: AWS takes both, or neither`;
}
