import type { getDefaultRoleAssumer, STSClient, STSClientConfig } from '@aws-sdk/client-sts';
import type { Keys } from '../model/hop.ts';
import { TEMPORARY_KEY_PREFIX } from '../model/long-term-keys.ts';
import { defined, onceAsync, textAt } from '../model/plain-data.ts';
import { AwsError, type Environment, type Sts } from '../model/world.ts';
import { agentOptions } from './agent-options.ts';
import { boundRequests, collectAnswer, rejectOnAbort } from './bounded-answers.ts';
import { toAwsError, withEndpoint } from './failures.ts';

const CONNECTION_TIMEOUT_MILLISECONDS = 10_000;
/** The most sockets: no fewer than STS_FUNCTION_CONCURRENCY may ask for. The SDK's default is 50. */
const MAX_SOCKETS = 1000;
const REQUEST_TIMEOUT_MILLISECONDS = 30_000;
/** The step of the SDK's middleware at which the HTTP request is there. */
const WITH_REQUEST = { step: 'finalizeRequest', priority: 'low' } as const;
/** The region when nothing names one. It serves every account of AWS's standard partition. */
const ANY_REGION = 'us-east-1';

/** Region and HTTP handler of requests to AWS, those of the default chain included. */
interface Connection {
  /** Asked for where it is needed: the operator's may be in a file. */
  readonly region: () => Promise<string>;
  /** The SDK's HTTP handler, or options to make one. */
  readonly requestHandler: NonNullable<STSClientConfig['requestHandler']>;
  readonly streamCollector: NonNullable<STSClientConfig['streamCollector']>;
  /** Absent: what AWS_SDK_UA_APP_ID or the profile says. */
  readonly userAgentAppId?: () => Promise<string | undefined>;
}

/** Configuration of a client of any service. */
interface Config extends Omit<Connection, 'region'> {
  readonly region: string | Connection['region'];
  readonly maxAttempts: number;
  readonly credentials: NonNullable<STSClientConfig['credentials']>;
}

/** A client of the SDK, of any service. */
interface SdkClient {
  readonly config: Pick<Connection, 'requestHandler'>;
  readonly middlewareStack: STSClient['middlewareStack'];
}

/** Options of a client that are not shared. Absent: the operator's region, and the SDK's default chain. */
type Options = Parameters<Sts['client']>[0];

/** Makes clients. The SDK's retries are off: chain/ retries. */
export interface AwsClients {
  readonly make: <Client extends SdkClient>(options: Options, create: (config: Config) => Client) => Promise<Client>;
  /**
   * What `sent` gives. Rejects at the deadline: the SDK passes no signal to its credential chain, where a metadata server may never answer.
   * @throws AwsError
   */
  readonly withDeadline: <T>(sent: Promise<T>, signal: AbortSignal) => Promise<T>;
}

/**
 * Makes the clients of a process, which share connections and one default chain; therefore the chain must not depend on anything in a
 * manifest.
 * `operatorRegion`: the operator's region.
 */
export function awsClients(environment: Environment, operatorRegion: () => Promise<string | undefined>): AwsClients {
  // CloudTrail's user agent says which CI run asks, where the operator has set nothing else
  const { AWS_SDK_UA_APP_ID, GITHUB_RUN_ID, CI_JOB_ID } = environment;
  const run = GITHUB_RUN_ID || CI_JOB_ID || '';
  const isRun = !AWS_SDK_UA_APP_ID && /^[A-Za-z0-9-]{1,40}$/.test(run);
  const userAgent = isRun ? { userAgentAppId: async () => run } : {};
  const connect = onceAsync(async () => ({
    region: async () => (await operatorRegion()) ?? ANY_REGION,
    streamCollector: collectAnswer,
    ...userAgent,
    requestHandler: await handlerOptions(environment),
  }));
  const provider = onceAsync(async () => defaultProviderOf(await connect(), environment));
  return {
    async make({ region, credentials }, create) {
      const connection = await connect();
      const keys = credentials === undefined ? await provider() : toSdkKeys(credentials);
      const client = create({
        ...connection,
        ...(region !== undefined && { region }),
        maxAttempts: 1,
        credentials: keys,
      });
      connection.requestHandler = client.config.requestHandler; // the first client has made a handler from the options: all others get it
      client.middlewareStack.add(
        (next) => (sent) =>
          next(sent).catch((error) => {
            throw withEndpoint(error, sent.request as URL); // its parts have the names of a URL's
          }),
        WITH_REQUEST,
      );
      return client;
    },
    async withDeadline(sent, signal) {
      try {
        return await rejectOnAbort(sent, signal);
      } catch (error) {
        throw await toAwsError(error, signal, environment);
      }
    },
  };
}

/**
 * Options of the HTTP handler that all clients share: proxies (HTTPS_PROXY, NO_PROXY) through Node's agent, and authorities
 * (AWS_CA_BUNDLE). The SDK for JavaScript reads none of these variables.
 * @throws FindingError when a setting cannot be used.
 */
async function handlerOptions(environment: Environment): Promise<Connection['requestHandler']> {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const { HTTPS_PROXY, https_proxy, AWS_CA_BUNDLE } = environment;
  const isPlain = !HTTPS_PROXY && !https_proxy && !AWS_CA_BUNDLE;
  return {
    connectionTimeout: CONNECTION_TIMEOUT_MILLISECONDS,
    requestTimeout: REQUEST_TIMEOUT_MILLISECONDS,
    throwOnRequestTimeout: true,
    httpAgent: agent,
    httpsAgent: isPlain ? agent : { ...agent, ...(await agentOptions(environment)) },
  };
}

function toSdkKeys({ accessKeyId, secretAccessKey, sessionToken }: Keys) {
  return {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
  };
}

/** Called by a client whenever it needs credentials. */
type CredentialProvider = Exclude<Config['credentials'], { readonly accessKeyId: string }>;

/**
 * The SDK's default chain. Files are read each time that credentials are needed, since an operator may replace them. A failure has an error of
 * its own, since it is no failure of the hop.
 */
async function defaultProviderOf(connection: Connection, environment: Environment): Promise<CredentialProvider> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const { NoOpLogger } = await import('@smithy/core/client'); // keeps the SDK from writing to the console
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = environment;
  // without keys in the environment it reads profiles, then asks containers and instances
  const looksFurther = AWS_PROFILE || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY;
  const logger = new NoOpLogger();
  console.warn = logger.warn; // some of its requests have no logger
  if (looksFurther) await boundRequests(environment);
  const guard = looksFurther ? (await import('./profile.ts')).guardProfile : undefined;
  const assumers = onceAsync(async () => {
    const sdk = await import('@aws-sdk/client-sts');
    return {
      role: sdk.getDefaultRoleAssumer(connection, [refuseOtherSession]),
      webIdentity: sdk.getDefaultRoleAssumerWithWebIdentity(connection, [refuseOtherSession]),
    };
  });
  const options: Parameters<typeof defaultProvider>[0] = {
    ignoreCache: true, // of files: the SDK keeps for good what stood in one, or that it was missing (`filePromises` of @smithy/core)
    logger,
    parentClientConfig: { ...connection }, // of its own clients; its type takes a literal alone
    roleAssumer: async (...parameters) => (await assumers()).role(...parameters),
    roleAssumerWithWebIdentity: async (...parameters) => (await assumers()).webIdentity(...parameters),
  };
  let provider = defaultProvider(options);
  // Its own requests go to the STS of this region. By itself the SDK would take the region of the first client, and a profile's before
  // AWS_REGION (aws/aws-sdk-js-v3, packages-internal/credential-provider-web-identity and its neighbours).
  const { region } = connection;
  const requestHandler = connection.requestHandler as STSClient['config']['requestHandler']; // or the options for one, which a client takes too
  return async () => {
    const profile = await guard?.(environment);
    const credentials = await provider({ callerClientConfig: { region, requestHandler } }).catch((error: unknown) => {
      throw error instanceof AwsError ? error : new AwsError({ kind: 'noCredentials', ...defined({ profile }) });
    });
    // it would keep these for good (`memoizeChain` of @aws-sdk/credential-provider-node)
    if (credentials.expiration === undefined) provider = defaultProvider(options);
    if (!credentials.sessionToken && credentials.accessKeyId.startsWith(TEMPORARY_KEY_PREFIX))
      throw new AwsError({ kind: 'noSessionToken' });
    return credentials;
  };
}

/** What the SDK adds to a client of STS. */
type Plugin = NonNullable<Parameters<typeof getDefaultRoleAssumer>[1]>[number];

/** Refuses an answer for another role or session than was asked for where the SDK's default chain asks. */
const refuseOtherSession: Plugin = {
  applyToStack: (stack) =>
    stack.add(
      (next) => async (request) => {
        const answer = await next(request);
        checkAnswer(answer.output, request.input);
        return answer;
      },
      { step: 'initialize' },
    ),
};

/** The UUID by which AWS and CloudTrail know a call; nothing else that an answer may have in its place is shown to anybody. */
export function requestIDOf(answer: unknown): { readonly requestID?: string } {
  const requestID = textAt(answer, ['$metadata', 'requestId']) ?? '';
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(requestID) ? { requestID } : {};
}

/**
 * Refuses an answer for another role or session than was asked for. The ARN of a session has the role's name without its path, though some
 * servers write it with the path (IAM user guide, "IAM ARNs").
 * @throws AwsError
 */
export function checkAnswer(answer: object, input: object): void {
  const arn = textAt(answer, ['AssumedRoleUser', 'Arn']);
  if (!arn) return;
  const [, partition, , , account, role = ''] = (textAt(input, ['RoleArn']) ?? '').split(':');
  const [, arnPartition, service, , arnAccount, session = ''] = arn.split(':');
  const [kind, ...names] = session.split('/');
  const isAsked =
    arnPartition === partition &&
    service === 'sts' &&
    kind === 'assumed-role' &&
    (account === '' || arnAccount === account) && // a server that knows no accounts may write one of its own
    names.at(-1) === textAt(input, ['RoleSessionName']) &&
    names.at(-2)?.toLowerCase() === role.split('/').at(-1)?.toLowerCase(); // names of roles differ in more than case
  if (!isAsked) throw new AwsError({ kind: 'otherSession' });
}
