import type { STSClient, STSClientConfig } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { onceAsync } from './promises.ts';

/** Region and HTTP handler of requests to AWS, those of the default chain included. */
export interface Connection {
  readonly region: string;
  readonly requestHandler: NonNullable<STSClientConfig['requestHandler']>;
  readonly streamCollector: NonNullable<STSClientConfig['streamCollector']>;
}

/** Called by a client whenever it needs credentials. */
type CredentialProvider = Exclude<NonNullable<STSClientConfig['credentials']>, { readonly accessKeyId: string }>;

type Handler = STSClient['config']['requestHandler'];

/** Keeps the SDK from writing to the console. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The SDK's default chain. Its own calls go to the STS of `connection`'s region. By itself the SDK would use the region of the first
 * client (`callerClientConfig` in aws/aws-sdk-js-v3, packages-internal/credential-provider-web-identity and its neighbours), and a
 * profile's region before AWS_REGION. Files are read each time that credentials are needed, since the SDK caches for good that a file
 * is missing (`filePromises` of @smithy/core).
 */
export function defaultChain(connection: Connection): CredentialProvider {
  const assumers = onceAsync(async () => {
    const sdk = await import('@aws-sdk/client-sts');
    return {
      role: sdk.getDefaultRoleAssumer(connection),
      webIdentity: sdk.getDefaultRoleAssumerWithWebIdentity(connection),
    };
  });
  const chain = defaultProvider({
    ignoreCache: true,
    logger: SILENT,
    parentClientConfig: { ...connection },
    roleAssumer: async (...asked) => (await assumers()).role(...asked),
    roleAssumerWithWebIdentity: async (...asked) => (await assumers()).webIdentity(...asked),
  });
  const region = async () => connection.region;
  const requestHandler = connection.requestHandler as Handler; // a client accepts options in its place
  return () => chain({ callerClientConfig: { region, requestHandler } });
}
