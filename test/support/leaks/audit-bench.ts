import { AssumeRoleCommand, type Credentials, STSClient } from '@aws-sdk/client-sts';
import { type Identity, makeIdentity } from '../certificates/make-identity.ts';
import { type StandInApiServer, startStandInApiServer } from '../cluster/stand-in-api-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../files/temporary-folder.ts';
import { createIssuer } from '../sts/issuer.ts';
import { type EmbeddedSts, startSts, type User } from '../sts/start-sts.ts';
import { newAccessKeyId, newCanary } from './canaries.ts';
import { type CanaryServer, type HttpAnswer, startCanaryServer } from './canary-server.ts';

export const BASE = 'arn:aws:iam::111111111111:role/base';
export const DEPLOYER = 'arn:aws:iam::123456789012:role/deployer';
export const PARTNER = 'arn:aws:iam::123456789012:role/partner';
const SUBJECT = 'system:serviceaccount:team-a:deployer';

/** As AWS sends them. */
type IssuedCredentials = { readonly [Key in keyof Credentials]-?: NonNullable<Credentials[Key]> };

/** Everything that a position needs: servers whose answers are canaries, and a folder for files that have some. */
export interface AuditBench {
  readonly sts: EmbeddedSts;
  readonly user: User;
  readonly externalID: string;
  /** A session of {@link BASE}, which may assume {@link DEPLOYER}. */
  readonly session: IssuedCredentials;
  readonly apiServer: StandInApiServer;
  readonly clientKey: Identity;
  readonly servers: CanaryServer;
  /** What the servers ask for before they hand anything out. */
  readonly passwords: { readonly github: string; readonly container: string; readonly instance: string };
  /** While it has an answer, that is what all servers but STS give. */
  readonly broken: { answer?: HttpAnswer | undefined };
  readonly files: TemporaryFolder;
  /** A token that {@link BASE} trusts. */
  newToken(): Promise<string>;
  /** What the API server gives out as a ServiceAccount's token. */
  readonly serviceAccountToken: string;
  readonly githubToken: string;
  close(): Promise<void>;
}

export async function openAuditBench(): Promise<AuditBench> {
  const user = {
    arn: 'arn:aws:iam::111111111111:user/base',
    accessKeyId: newAccessKeyId(),
    secretAccessKey: newCanary(),
  };
  const externalID = newCanary();
  const issuer = await createIssuer();
  const trust = [{ principals: [user.arn] }, { federated: issuer.issuer, subject: SUBJECT }];
  const roles = [
    { arn: BASE, trust },
    { arn: DEPLOYER, trust: [{ principals: [BASE, user.arn] }] },
    { arn: PARTNER, trust: [{ principals: [user.arn], externalID }] },
  ];
  const sts = await startSts({ users: [user], identityProviders: [issuer], roles });
  const newToken = () => issuer.serviceAccountToken({ namespace: 'team-a', name: 'deployer' });
  const [session, githubToken, serviceAccountToken] = await Promise.all([
    sessionOf(user, sts.url),
    newToken(),
    newToken(),
  ]);
  const passwords = { github: newCanary(), container: newCanary(), instance: newCanary() };
  const credentials = JSON.stringify({ ...session, Token: session.SessionToken, Code: 'Success' });
  const broken: AuditBench['broken'] = {};
  const ok = (body: string) => ({ status: 200, body });
  const servers = await startCanaryServer(({ method, url = '', headers }) => {
    if (broken.answer !== undefined) return broken.answer;
    if (url.startsWith('/github') && headers.authorization === `Bearer ${passwords.github}`)
      return ok(JSON.stringify({ value: githubToken }));
    if (url === '/container' && headers.authorization === passwords.container) return ok(credentials);
    if (method === 'PUT' && url === '/latest/api/token') return ok(passwords.instance);
    if (headers['x-aws-ec2-metadata-token'] !== passwords.instance) return undefined;
    return ok(url.endsWith('/security-credentials/') ? 'base' : credentials);
  });
  const apiServer = await startStandInApiServer(() => ({
    status: broken.answer?.status ?? 201,
    body: broken.answer ? { kind: 'Status', message: broken.answer.body } : { status: { token: serviceAccountToken } },
  }));
  const files = temporaryFolder();
  return {
    ...{
      sts,
      user,
      externalID,
      session,
      apiServer,
      servers,
      broken,
      passwords,
      files,
      newToken,
      serviceAccountToken,
      githubToken,
    },
    clientKey: await makeIdentity({ subject: 'CN=ci', serial: '01' }),
    close: async () => {
      await Promise.all([sts.close(), servers.close(), apiServer.close()]);
      files.close();
    },
  };
}

async function sessionOf({ accessKeyId, secretAccessKey }: User, endpoint: string): Promise<IssuedCredentials> {
  const client = new STSClient({ region: 'eu-west-1', endpoint, credentials: { accessKeyId, secretAccessKey } });
  const { Credentials } = await client.send(new AssumeRoleCommand({ RoleArn: BASE, RoleSessionName: 'node' }));
  return Credentials as IssuedCredentials; // AWS always sends all four
}
