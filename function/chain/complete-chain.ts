import { type Finding, finding } from '../findings/finding.ts';
import { named, type ObjectRef, say, theObject } from '../findings/say.ts';
import { isRoleHop, type RoleHop } from '../model/hop.ts';
import type { IdentityRole } from '../model/identity.ts';
import type { Chain } from '../model/job.ts';
import { secretObject } from '../model/kinds.ts';
import { defined } from '../model/plain-data.ts';
import type { SecretKeyRef } from '../model/schema-parts.ts';
import { Sensitive } from '../model/sensitive.ts';
import { limitFinding } from './explain-limit.ts';
import { checkHop, EXTERNAL_ID_MAX, EXTERNAL_ID_MIN, externalIDFault, SESSION_DEFAULT_SECONDS } from './limits.ts';
import { VIA_SESSION_NAME } from './operations/assume-role.ts';

/** The chain with its external IDs as read, and findings about them, which hold no byte of one. */
export function withExternalIDs(
  chain: Chain,
  generator: ObjectRef,
  read: (reference: SecretKeyRef) => Sensitive | Finding,
): { readonly chain: Chain; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const { via, generatorHop } = chain;
  const complete = (hop: RoleHop): RoleHop => {
    const { externalIDFrom, ...request } = hop.request;
    if (externalIDFrom === undefined) return hop;
    const value = read(externalIDFrom);
    if (!(value instanceof Sensitive)) findings.push(value);
    else if (externalIDFault(value.reveal()) === undefined)
      return { ...hop, request: { ...request, externalID: value.reveal() } };
    else findings.push(noExternalID(generator, externalIDFrom));
    return hop;
  };
  const whole = generatorHop !== undefined && isRoleHop(generatorHop) ? complete(generatorHop) : generatorHop;
  return { chain: { ...chain, via: via.map(complete), ...defined({ generatorHop: whole }) }, findings };
}

function noExternalID(generator: ObjectRef, reference: SecretKeyRef): Finding {
  const start = say`cannot read ${theObject(secretObject(reference))} for ${theObject(generator)}`;
  const cause = say`the value of its key ${named(reference.key)} is not an external ID, which has ${EXTERNAL_ID_MIN} to ${EXTERNAL_ID_MAX} letters, digits and "_+=,.@:/-"`;
  return finding('CREDENTIAL_MALFORMED', say`${start}: ${cause}. Correct the value.`, { object: generator });
}

/** The chain with the hop to the identity's own role in front, and what AWS would refuse in that hop. */
export function withIdentityHop(
  chain: Chain,
  { identity, role, object, field }: IdentityRole,
  options: { hasCustomEndpoint: boolean },
): { readonly chain: Chain; readonly findings: readonly Finding[] } {
  const { region } = chain;
  const request = { roleArn: role, sessionName: VIA_SESSION_NAME, durationSeconds: SESSION_DEFAULT_SECONDS };
  const operation = identity.token?.operation ?? 'AssumeRole';
  return {
    chain: { ...chain, identity, identityHop: { operation, region, request } },
    findings: checkHop({ role, region }, options).map(([, text]) => limitFinding({ object, field }, text)),
  };
}
