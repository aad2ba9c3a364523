import { checkLimits } from '../../function/chain/operations/operations.ts';
import type { Finding } from '../../function/findings/finding.ts';
import type { CommonSpec, DeclarationContext } from '../../function/generators/kind.ts';
import { GENERATORS } from '../../function/generators/kinds.ts';
import type { Route } from '../../function/model/hop.ts';
import type { GeneratorKind } from '../../function/model/kinds.ts';

/** A spec of any kind, its parameters beside the other fields. */
export interface FlatSpec extends CommonSpec {
  readonly sessionDuration?: number | undefined;
  readonly externalID?: string | undefined;
  readonly serialNumber?: string;
  readonly tokenCode?: string;
}

/** The calls of a generator of a kind, and all that is wrong with them. */
export function declareCalls(
  kind: GeneratorKind,
  { region, role, ...requestParameters }: FlatSpec,
  wanted: Partial<DeclarationContext> = {},
): Route & { readonly sessionNames?: readonly string[]; readonly findings: readonly Finding[] } {
  const generator = {
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind,
    name: 'deployer',
    namespace: 'team-a',
  };
  const given = { region, role, requestParameters };
  const {
    writtenHops: written,
    findings,
    ...calls
  } = GENERATORS[kind].declare(given, {
    generator,
    defaultTarget: generator,
    isRoleReadLater: false,
    ...(region === undefined ? {} : { region }),
    ...wanted,
  });
  const limits = checkLimits(written, { hasCustomEndpoint: false, isChained: wanted.isRoleReadLater ?? false });
  return { ...calls, findings: [...findings, ...limits] };
}
