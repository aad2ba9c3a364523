/** The audience that IAM's OIDC providers are usually made with. */
export const DEFAULT_AUDIENCE = 'sts.amazonaws.com';

/** Names under which a pod reaches its API server, and what EKS, k3s and rke2 call their own. */
const API_SERVER =
  /^(?:k3s|rke2|(?:https?:\/\/)?kubernetes(?:\.default)?(?:\.svc(?:\.[a-z0-9.-]+)?)?\.?(?::\d+)?\/?)$/i;

/** True for an audience by which the API server itself would take the token: whoever got it could ask the cluster. */
export function isApiServer(audience: string): boolean {
  return API_SERVER.test(audience);
}

/**
 * True when a token is for whoever made it: an API server's own audience is its issuer unless somebody chose another.
 * A token that cannot be read is not for STS either, which will say so.
 */
export function isForItsIssuer(token: string): boolean {
  try {
    const { iss, aud } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      iss?: unknown;
      aud?: unknown;
    };
    return [aud].flat().includes(iss);
  } catch {
    return false;
  }
}
