import type { IdentityProvider } from '../../sts/start-sts.ts';
import { CLUSTER_ISSUER } from './server-arguments.ts';
import type { ApiServer } from './start-api-server.ts';

/** A cluster as IAM's OpenID Connect provider: the keys come from the API server, anew for each token. */
export function identityProviderOf({ kubectl }: Pick<ApiServer, 'kubectl'>): IdentityProvider {
  return { issuer: CLUSTER_ISSUER, jwks: async () => JSON.parse(await kubectl(['get', '--raw', '/openid/v1/jwks'])) };
}
