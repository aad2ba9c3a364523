import { AssumeRoleCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import pLimit from 'p-limit';

/** The least that a program with AWS's SDK takes: the roles of `SHARED`, one after the other, then `CALLS` roles behind them. */
const { SHARED = '', ROLE = '', CALLS = '0', CONCURRENCY = '1' } = process.env;
type Credentials = NonNullable<STSClientConfig['credentials']>;
const clientOf = (credentials?: Credentials) =>
  new STSClient({ region: 'eu-west-1', maxAttempts: 1, ...(credentials === undefined ? {} : { credentials }) });

async function assume(client: STSClient, RoleArn: string): Promise<Credentials> {
  const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'bench', DurationSeconds: 3600 });
  const { AccessKeyId, SecretAccessKey, SessionToken } = (await client.send(command)).Credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error(`no session of ${RoleArn}`);
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

let client = clientOf();
for (const role of SHARED.split(' ')) client = clientOf(await assume(client, role));
await pLimit(Number(CONCURRENCY)).map(Array(Number(CALLS)).keys(), (index) => assume(client, `${ROLE}${index}`));
process.exit(0);
