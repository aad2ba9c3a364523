import type { STSClient, STSClientConfig } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { onceMade } from './promises.ts';

/** Where requests to AWS go, those of the default chain too, and through what. */
export interface Connection {
  readonly region: string;
  readonly requestHandler: NonNullable<STSClientConfig['requestHandler']>;
  readonly streamCollector: NonNullable<STSClientConfig['streamCollector']>;
}

/** Where a client takes credentials from, each time that it needs some. */
type CredentialProvider = Exclude<NonNullable<STSClientConfig['credentials']>, { readonly accessKeyId: string }>;

type Handler = STSClient['config']['requestHandler'];

/** The SDK would write to the console. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The SDK's default chain, whose own calls go to the STS of this region, whoever asks. Left to itself the SDK takes the region of
 * the client that asks first, and keeps it (`callerClientConfig` in packages-internal/credential-provider-web-identity and its
 * neighbours of aws/aws-sdk-js-v3), and a profile's before AWS_REGION. Files are read anew each time that credentials are needed:
 * the SDK keeps for good that one was not there (`filePromises` of @smithy/core).
 */
export function defaultChain(connection: Connection): CredentialProvider {
  const assumers = onceMade(async () => {
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
  const requestHandler = connection.requestHandler as Handler; // options do as well: a client makes one of them
  return () => chain({ callerClientConfig: { region, requestHandler } });
}
