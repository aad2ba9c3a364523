import { HUB_ROLE, PRODUCTION_ROLE } from './cluster-roles.ts';
import { generator } from './manifests.ts';

/** A generator `team-a/production` with the token of the ServiceAccount `deployer`. */
export function production(choice: Parameters<typeof generator>[0] = {}): string {
  return generator({
    name: 'production',
    namespace: 'team-a',
    roleArn: PRODUCTION_ROLE,
    serviceAccountRef: { name: 'deployer' },
    ...choice,
  });
}

/** `sessions` of an Input that put the hub in front of it, with the external ID that is in a Secret. */
export const VIA_HUB = [{ via: [{ role: HUB_ROLE, externalIDFrom: { name: 'external-id', key: 'id' } }] }];
