import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  STSClient,
  STSServiceException,
} from '@aws-sdk/client-sts';

/** Keys as a user has them, or as an answer of the server carries them. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The real SDK, one attempt, signing with these keys; its clock may be off. */
export function clientOf(url: string, credentials: Keys, systemClockOffset = 0): STSClient {
  return new STSClient({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1, systemClockOffset });
}

export function assumeRole(url: string, keys: Keys, input: Partial<AssumeRoleCommandInput>) {
  return clientOf(url, keys).send(new AssumeRoleCommand({ RoleArn: undefined, RoleSessionName: 'me', ...input }));
}

/** The keys inside an answer's `Credentials`. */
export function keysOf(answer: { Credentials?: Credentials | undefined }): Keys {
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error('the answer has no credentials');
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

/** `ok`, or the refusal in one line: `CODE STATUS: MESSAGE`. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (!(error instanceof STSServiceException)) throw error;
    return `${error.name} ${error.$metadata.httpStatusCode}: ${error.message}`;
  }
}
