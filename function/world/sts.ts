import type { AssumeRoleCommandInput, AssumeRoleCommandOutput, STSClient, STSClientConfig } from '@aws-sdk/client-sts';
import type { AssumeRoleRequest } from '../api/plan.ts';
import { Sensitive } from '../api/sensitive.ts';
import type { Keys, Session } from '../api/session.ts';
import { AwsError, type Sts, type StsClient } from '../api/world.ts';
import { toAwsError } from './aws-failure.ts';
import { orAborted } from './or-aborted.ts';

const ANSWER_MAX_BYTES = 1 << 20;

/** The SDK's HTTP handler, or options to make one. */
export type RequestHandler = NonNullable<STSClientConfig['requestHandler']>;

/** What all clients of a run share: connections, and what the default chain found. */
interface Shared {
  requestHandler: RequestHandler;
  defaultChain?: STSClient['config']['credentials'];
}

/**
 * STS through the AWS SDK, loaded when the first client is made. Retries are off: the one loop is in chain/. The endpoint
 * is the SDK's own business (AWS_ENDPOINT_URL_STS). `handlerOptions` are those of the SDK's HTTP handler.
 */
export function awsSts(handlerOptions: () => Promise<RequestHandler>): Sts {
  let shared: Promise<Shared> | undefined;
  return {
    async client({ region, credentials }) {
      shared ??= handlerOptions().then((requestHandler) => ({ requestHandler }));
      const [{ STSClient, AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand }, common] =
        await Promise.all([import('@aws-sdk/client-sts'), shared]);
      const signer = credentials === undefined ? common.defaultChain : revealed(credentials);
      const client = new STSClient({
        region,
        maxAttempts: 1,
        streamCollector: collectAnswer,
        requestHandler: common.requestHandler,
        ...(signer === undefined ? {} : { credentials: signer }),
      });
      common.requestHandler = client.config.requestHandler;
      if (credentials === undefined) common.defaultChain ??= client.config.credentials;
      const ready = credentials === undefined ? () => resolveCredentials(client) : async () => {};
      return {
        async callerAccount(signal) {
          const command = new GetCallerIdentityCommand({});
          const { Account } = await orDeadline(
            ready().then(() => client.send(command, { abortSignal: signal })),
            signal,
          );
          if (!Account) throw new AwsError({ kind: 'malformed' });
          return Account;
        },
        async assumeRoleWithWebIdentity(request, token, signal) {
          const command = new AssumeRoleWithWebIdentityCommand({
            ...toInput(request),
            WebIdentityToken: token.reveal(),
          });
          return toSession(await orDeadline(client.send(command, { abortSignal: signal }), signal));
        },
        async assumeRole(request, signal) {
          const command = new AssumeRoleCommand(toInput(request));
          const sent = ready().then(() => client.send(command, { abortSignal: signal }));
          return toSession(await orDeadline(sent, signal));
        },
      } satisfies StsClient;
    },
  };
}

/** An answer of STS has some kilobytes; a server that never ends one would fill the memory. */
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

function toInput(request: AssumeRoleRequest): AssumeRoleCommandInput {
  const {
    roleArn,
    sessionName,
    durationSeconds,
    externalID,
    tags,
    transitiveTagKeys,
    sourceIdentity,
    policyARNs,
    policy,
  } = request;
  return {
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    DurationSeconds: durationSeconds,
    ...(externalID === undefined ? {} : { ExternalId: externalID }),
    ...(tags === undefined ? {} : { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
    ...(transitiveTagKeys === undefined ? {} : { TransitiveTagKeys: [...transitiveTagKeys] }),
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
    ...(policyARNs === undefined ? {} : { PolicyArns: policyARNs.map((arn) => ({ arn })) }),
    ...(policy === undefined ? {} : { Policy: policy }),
  };
}

/** What the default chain cannot give is said as such: it is not the hop that failed, and its roles are not the hop's. */
async function resolveCredentials(client: STSClient): Promise<void> {
  try {
    await client.config.credentials();
  } catch {
    throw new AwsError({ kind: 'noCredentials' });
  }
}

/** The SDK passes no signal to its credential chain, so a metadata server that never answers needs this race. */
async function orDeadline<T>(sent: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await orAborted(sent, signal, () => new AwsError({ kind: 'deadline' }));
  } catch (error) {
    throw toAwsError(error, signal);
  }
}

function toSession({ Credentials: credentials }: Pick<AssumeRoleCommandOutput, 'Credentials'>): Session {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new AwsError({ kind: 'malformed' });
  return {
    accessKeyId: new Sensitive(AccessKeyId),
    secretAccessKey: new Sensitive(SecretAccessKey),
    sessionToken: new Sensitive(SessionToken),
    ...(Expiration instanceof Date && !Number.isNaN(Expiration.getTime()) ? { expiration: Expiration } : {}),
  };
}
