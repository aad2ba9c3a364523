import { AwsError } from '../aws-error.ts';
import type { StsRequest } from '../http/request.ts';
import { base64Text, type Caller } from '../sessions.ts';

/** "Authorization tokens are valid for 12 hours." */
const LIFETIME_SECONDS = 43_200;

/** The region in which public registries give logins. */
const PUBLIC_REGION = 'us-east-1';

/** What a registry answers: its password depends on who asks and when. `region` is that of the signature. */
export function getAuthorizationToken(
  { service, operation }: StsRequest,
  caller: Caller,
  { now, region }: { now: Date; region: string },
): object {
  if (operation !== 'GetAuthorizationToken') throw new AwsError('InvalidAction', `Could not find ${operation}`);
  if (service === 'ecr-public' && region !== PUBLIC_REGION)
    throw new AwsError('InvalidAction', `There are no public registries in ${region}`);
  const issuedAt = Math.floor(now.getTime() / 1000);
  const password = base64Text(120, 'registry password', service, caller.arn, region, issuedAt);
  const data = {
    authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
    expiresAt: issuedAt + LIFETIME_SECONDS,
  };
  if (service === 'ecr-public') return { authorizationData: data };
  const proxyEndpoint = `https://${caller.account}.dkr.ecr.${region}.amazonaws.com`;
  return { authorizationData: [{ ...data, proxyEndpoint }] };
}
