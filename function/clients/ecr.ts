import type { RegistryToken } from '../model/hop.ts';
import { isWebUrl, listAt, textAt, valueAt } from '../model/plain-data.ts';
import { Sensitive } from '../model/sensitive.ts';
import { AwsError, type Ecr, type EcrClient } from '../model/world.ts';
import { type AwsClients, requestIDOf } from './aws-clients.ts';

type ClientOptions = Parameters<Ecr['client']>[0];

/**
 * A client of ECR through the AWS SDK. Each of its two services is imported when its first client is made. The SDK reads the endpoints from
 * AWS_ENDPOINT_URL_ECR and AWS_ENDPOINT_URL_ECR_PUBLIC.
 */
export async function ecrClient(
  { make, withDeadline }: AwsClients,
  { scope, ...options }: ClientOptions,
): Promise<EcrClient> {
  if (scope === 'public') {
    const sdk = await import('@aws-sdk/client-ecr-public');
    const client = await make(options, (config) => new sdk.ECRPUBLICClient(config));
    return {
      async getAuthorizationToken(signal) {
        const sent = client.send(new sdk.GetAuthorizationTokenCommand({}), { abortSignal: signal });
        const answer = await withDeadline(sent, signal);
        return { ...toToken(valueAt(answer, ['authorizationData'])), ...requestIDOf(answer) };
      },
    };
  }
  const sdk = await import('@aws-sdk/client-ecr');
  const client = await make(options, (config) => new sdk.ECRClient(config));
  return {
    async getAuthorizationToken(signal) {
      const sent = client.send(new sdk.GetAuthorizationTokenCommand({}), { abortSignal: signal });
      const answer = await withDeadline(sent, signal);
      const [data, ...others] = listAt(answer, ['authorizationData']);
      const proxyEndpoint = textAt(data, ['proxyEndpoint']) ?? '';
      if (others.length > 0 || !isWebUrl(proxyEndpoint)) throw new AwsError({ kind: 'malformed' });
      return { ...toToken(data), proxyEndpoint, ...requestIDOf(answer) };
    },
  };
}

/** Decodes a token, which is base64 of `USERNAME:PASSWORD`. What the SDK reads from JSON may have another form than its types say. */
function toToken(data: unknown): RegistryToken {
  const expiresAt = valueAt(data, ['expiresAt']);
  const authorizationToken = textAt(data, ['authorizationToken']) ?? '';
  const [username, password, ...others] = Buffer.from(authorizationToken, 'base64').toString('latin1').split(':');
  if (!username || !password || others.length > 0) throw new AwsError({ kind: 'malformed' });
  return {
    username: new Sensitive(username),
    password: new Sensitive(password),
    ...(expiresAt instanceof Date && !Number.isNaN(expiresAt.getTime()) ? { expiration: expiresAt } : {}),
  };
}
