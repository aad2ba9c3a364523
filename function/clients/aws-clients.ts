import type { STSClientConfig } from '@aws-sdk/client-sts';
import { type Keys, TEMPORARY_KEY_PREFIX } from '../model/hop.ts';
import { AwsError } from '../model/world.ts';
import type { Connection } from './default-chain.ts';
import { toAwsError } from './failures.ts';
import { onceAsync, rejectOnAbort } from './promises.ts';

const ANSWER_MAX_BYTES = 1 << 20;
/** The region when nothing names one. It serves every account of AWS's standard partition. */
const ANY_REGION = 'us-east-1';

/** The SDK's HTTP handler, or options to make one. */
export type RequestHandler = Connection['requestHandler'];
type Credentials = NonNullable<STSClientConfig['credentials']>;

/** Configuration of a client of any service. */
interface Config extends Connection {
  readonly maxAttempts: number;
  readonly credentials: Credentials;
}

/** A client of the SDK, whatever its service. */
interface SdkClient {
  readonly config: { readonly requestHandler: RequestHandler; readonly credentials: ResolvedCredentials };
}

type ResolvedCredentials = () => Promise<{ readonly accessKeyId: string; readonly sessionToken?: string | undefined }>;

/** Options of a client that are not shared. */
interface Options {
  /** Absent: the operator's region. */
  readonly region?: string;
  /** Absent: the SDK's default chain. */
  readonly credentials?: Keys;
}

/** A client, and the functions that send its requests. */
interface AwsClient<Client> {
  readonly client: Client;
  /** True when its credentials have a session token. */
  readonly isSession: () => Promise<boolean>;
  /** Resolves credentials, then sends one request. @throws AwsError */
  readonly send: <T>(request: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Sends one unsigned request, without resolving credentials. @throws AwsError */
  readonly sendUnsigned: <T>(request: () => Promise<T>, signal: AbortSignal) => Promise<T>;
}

/** Makes clients that share connections and the default chain. The SDK's retries are off: chain/ retries. */
export interface AwsClients {
  make<Client extends SdkClient>(options: Options, create: (config: Config) => Client): Promise<AwsClient<Client>>;
}

/**
 * The clients of a run. `handlerOptions`: options of the SDK's HTTP handler. `ownRegion`: the operator's region. All clients share one
 * default chain, so it must not depend on anything in a manifest.
 */
export function awsClients(
  handlerOptions: () => Promise<RequestHandler>,
  ownRegion: () => Promise<string | undefined>,
): AwsClients {
  const handler = onceAsync(async () => ({ current: await handlerOptions() }));
  const connection = async (region?: string): Promise<Connection> => ({
    region: region ?? (await ownRegion()) ?? ANY_REGION,
    streamCollector: collectAnswer,
    requestHandler: (await handler()).current,
  });
  const chain = onceAsync(async () => {
    const { defaultChain } = await import('./default-chain.ts');
    return defaultChain(await connection());
  });
  return {
    async make({ region, credentials }, create) {
      const shared = await handler();
      const client = create({
        ...(await connection(region)),
        maxAttempts: 1,
        credentials: credentials === undefined ? await chain() : toSdkKeys(credentials),
      });
      shared.current = client.config.requestHandler;
      const resolve = credentials === undefined ? () => resolveCredentials(client) : client.config.credentials;
      return {
        client,
        isSession: async () => Boolean((await resolve()).sessionToken),
        send: (request, signal) => withDeadline(resolve().then(request), signal),
        sendUnsigned: (request, signal) => withDeadline(request(), signal),
      };
    },
  };
}

/** Collects a response of at most 1 MiB: usual ones have some kilobytes, and an endless one would fill the memory. */
async function collectAnswer(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) throw new AwsError({ kind: 'malformed' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toSdkKeys({ accessKeyId, secretAccessKey, sessionToken }: Keys) {
  return {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
  };
}

/** Resolves credentials, with an error of its own: a failure of the default chain is no failure of the hop. */
async function resolveCredentials({ config }: SdkClient): ReturnType<ResolvedCredentials> {
  const found = await config.credentials().catch(() => {
    throw new AwsError({ kind: 'noCredentials' });
  });
  if (!found.sessionToken && found.accessKeyId.startsWith(TEMPORARY_KEY_PREFIX))
    throw new AwsError({ kind: 'noSessionToken' });
  return found;
}

/** Rejects at the deadline. The SDK passes no signal to its credential chain, where a metadata server may never answer. */
async function withDeadline<T>(sent: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await rejectOnAbort(sent, signal, () => new AwsError({ kind: 'deadline' }));
  } catch (error) {
    throw toAwsError(error, signal);
  }
}
