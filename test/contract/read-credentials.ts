import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** A program with nothing but its environment to find credentials by, as a container has: prints whose they are. */
const client = new STSClient({});
const { Arn } = await client.send(new GetCallerIdentityCommand({}));
process.stdout.write(`${Arn} in ${await client.config.region()}\n`);
