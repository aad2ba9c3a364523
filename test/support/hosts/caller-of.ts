import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { type EmittedSecret, reveal } from '../emitted.ts';
import { clientOf } from '../sts/testing/ask.ts';

/** Who an STS says one is with the session in a Secret: it can be used. */
export async function callerOf(url: string, secret: EmittedSecret): Promise<string | undefined> {
  const client = clientOf(url, {
    accessKeyId: reveal(secret, 'access_key_id'),
    secretAccessKey: reveal(secret, 'secret_access_key'),
    sessionToken: reveal(secret, 'session_token'),
  });
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  return Arn;
}
