import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from '@aws-sdk/client-sts';
import type { AssumeRoleRequest, Session } from '../model/hop.ts';
import { defined, valueAt } from '../model/plain-data.ts';
import { Sensitive } from '../model/sensitive.ts';
import { AwsError, type Sts, type StsClient } from '../model/world.ts';
import { type AwsClients, checkAnswer, requestIDOf } from './aws-clients.ts';

/**
 * Imports the SDK at a server's start: at its first call the process may have no file descriptor left. `node:http` is imported too,
 * since the SDK's handler imports it for endpoints without TLS and would keep a failure for good.
 */
export async function loadSts(): Promise<void> {
  await Promise.all([
    import('@aws-sdk/client-sts'),
    import('@aws-sdk/credential-provider-node'),
    import('./profile.ts'),
    import('@smithy/core/client'),
    import('node:http'),
  ]);
}

/** A client of STS through the AWS SDK, which is imported for the first one. The SDK reads the endpoint from AWS_ENDPOINT_URL_STS. */
export async function stsClient(
  { make, withDeadline }: AwsClients,
  options: Parameters<Sts['client']>[0],
): Promise<StsClient> {
  const sdk = await import('@aws-sdk/client-sts');
  const client = await make(options, (config) => new sdk.STSClient(config));
  return {
    async getCallerIdentity(signal) {
      let date: Date | undefined;
      const command = new sdk.GetCallerIdentityCommand({});
      command.middlewareStack.add(
        (next) => async (input) => {
          const result = await next(input);
          date = dateOf(result.response);
          return result;
        },
        { step: 'deserialize', priority: 'low' },
      );
      const { Account, Arn } = await withDeadline(client.send(command, { abortSignal: signal }), signal);
      if (!Account || !Arn) throw new AwsError({ kind: 'malformed' });
      return { account: Account, arn: Arn, ...defined({ date }) };
    },
    async assumeRoleWithWebIdentity(request, token, signal) {
      const input = { ...toInput(request), WebIdentityToken: token.reveal() };
      const command = new sdk.AssumeRoleWithWebIdentityCommand(input);
      return toSession(await withDeadline(client.send(command, { abortSignal: signal }), signal), input);
    },
    async assumeRole(request, signal) {
      const input = toInput(request);
      const command = new sdk.AssumeRoleCommand(input);
      return toSession(await withDeadline(client.send(command, { abortSignal: signal }), signal), input);
    },
    async getSessionToken({ durationSeconds, serialNumber, tokenCode }, signal) {
      const input = { DurationSeconds: durationSeconds, SerialNumber: serialNumber, TokenCode: tokenCode };
      const command = new sdk.GetSessionTokenCommand(defined(input));
      const ask = async () => {
        if ((await client.config.credentials()).sessionToken) throw new AwsError({ kind: 'temporaryKeys' });
        return client.send(command, { abortSignal: signal });
      };
      return toSession(await withDeadline(ask(), signal));
    },
  };
}

/** The time of a response by the server's clock. */
function dateOf(response: unknown): Date | undefined {
  const headers = valueAt(response, ['headers']);
  const date = new Date(String(valueAt(headers, ['date']) ?? valueAt(headers, ['Date'])));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function toInput(request: AssumeRoleRequest): AssumeRoleCommandInput {
  const { tags, transitiveTagKeys, policyARNs } = request;
  return defined({
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    DurationSeconds: request.durationSeconds,
    ExternalId: request.externalID,
    Tags: tags && Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    TransitiveTagKeys: transitiveTagKeys && [...transitiveTagKeys],
    SourceIdentity: request.sourceIdentity,
    PolicyArns: policyARNs?.map((arn) => ({ arn })),
    Policy: request.policy,
  });
}

/** The session of an answer. `input`: the role and the name that were asked for. */
function toSession(answer: Pick<AssumeRoleCommandOutput, 'Credentials' | 'AssumedRoleUser'>, input = {}): Session {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  checkAnswer(answer, input);
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new AwsError({ kind: 'malformed' });
  return {
    accessKeyId: new Sensitive(AccessKeyId),
    secretAccessKey: new Sensitive(SecretAccessKey),
    sessionToken: new Sensitive(SessionToken),
    ...(Expiration instanceof Date && !Number.isNaN(Expiration.getTime()) ? { expiration: Expiration } : {}),
    ...requestIDOf(answer),
  };
}
