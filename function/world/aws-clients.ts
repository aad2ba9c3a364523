import type { STSClientConfig } from '@aws-sdk/client-sts';
import { isTemporary, type Keys } from '../api/session.ts';
import { AwsError } from '../api/world.ts';
import type { Connection } from './default-chain.ts';
import { toAwsError } from './failures.ts';
import { onceMade, orAborted } from './promises.ts';

const ANSWER_MAX_BYTES = 1 << 20;
/** Static keys need no region: only who is in another partition has to name one. */
const ANY_REGION = 'us-east-1';

/** The SDK's HTTP handler, or options to make one. */
export type RequestHandler = Connection['requestHandler'];
type Credentials = NonNullable<STSClientConfig['credentials']>;

/** What a client of any service is made with. */
interface ClientConfig extends Connection {
  readonly maxAttempts: number;
  readonly credentials: Credentials;
}

/** A client of the SDK, as far as all services are alike. */
interface Made {
  readonly config: { readonly requestHandler: RequestHandler; readonly credentials: ResolvedCredentials };
}

type ResolvedCredentials = () => Promise<{ readonly accessKeyId: string; readonly sessionToken?: string | undefined }>;

/** Who asks AWS, and where. */
interface Caller {
  /** Absent: where the default chain asks, too. */
  readonly region?: string;
  /** Absent: the SDK's default chain. */
  readonly credentials?: Keys;
}

/** A client, and how its requests are sent. */
interface AwsClient<Client> {
  readonly client: Client;
  /** True when the keys that sign belong to a session. */
  readonly isSession: () => Promise<boolean>;
  /** Sends one request, once the keys are there. Throws {@link AwsError}. */
  readonly send: <T>(request: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Sends one that nobody signs: no keys are looked for. Throws {@link AwsError}. */
  readonly sendUnsigned: <T>(request: () => Promise<T>, signal: AbortSignal) => Promise<T>;
}

/** Makes clients that share connections, and what the default chain found. Retries are off: the one loop is in chain/. */
export interface AwsClients {
  make<Client extends Made>(options: Caller, create: (config: ClientConfig) => Client): Promise<AwsClient<Client>>;
}

/**
 * The clients of a run. `handlerOptions` are those of the SDK's HTTP handler, `ownRegion` is the operator's. The default chain is
 * made once, for all who ask: nothing that one of them wrote may be part of it.
 */
export function awsClients(
  handlerOptions: () => Promise<RequestHandler>,
  ownRegion: () => Promise<string | undefined>,
): AwsClients {
  const handler = onceMade(async () => ({ current: await handlerOptions() }));
  const connection = async (region?: string): Promise<Connection> => ({
    region: region ?? (await ownRegion()) ?? ANY_REGION,
    streamCollector: collectAnswer,
    requestHandler: (await handler()).current,
  });
  const chain = onceMade(async () => {
    const { defaultChain } = await import('./default-chain.ts');
    return defaultChain(await connection());
  });
  return {
    async make({ region, credentials }, create) {
      const shared = await handler();
      const client = create({
        ...(await connection(region)),
        maxAttempts: 1,
        credentials: credentials === undefined ? await chain() : revealed(credentials),
      });
      shared.current = client.config.requestHandler;
      const resolve = credentials === undefined ? () => resolveCredentials(client) : client.config.credentials;
      return {
        client,
        isSession: async () => Boolean((await resolve()).sessionToken),
        send: (request, signal) => orDeadline(resolve().then(request), signal),
        sendUnsigned: (request, signal) => orDeadline(request(), signal),
      };
    },
  };
}

/** An answer has some kilobytes; a server that never ends one would fill the memory. */
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

function revealed({ accessKeyId, secretAccessKey, sessionToken }: Keys) {
  return {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
  };
}

/** What the default chain cannot give is said as such: it is not the hop that failed, and its roles are not the hop's. */
async function resolveCredentials({ config }: Made): ReturnType<ResolvedCredentials> {
  const found = await config.credentials().catch(() => {
    throw new AwsError({ kind: 'noCredentials' });
  });
  if (!found.sessionToken && isTemporary(found.accessKeyId)) throw new AwsError({ kind: 'noSessionToken' });
  return found;
}

/** The SDK passes no signal to its credential chain, so a metadata server that never answers needs this race. */
async function orDeadline<T>(sent: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await orAborted(sent, signal, () => new AwsError({ kind: 'deadline' }));
  } catch (error) {
    throw toAwsError(error, signal);
  }
}
