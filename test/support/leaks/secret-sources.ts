import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AssumeRoleCommand, type Credentials, STSClient } from '@aws-sdk/client-sts';
import { type Identity, makeIdentity } from '../make-identity.ts';
import { type StandInApiServer, startStandInApiServer } from '../stand-in-cluster.ts';
import { createIssuer } from '../sts/issuer.ts';
import { type EmbeddedSts, startSts, type User } from '../sts/start-sts.ts';
import { type TemporaryFolder, temporaryFolder } from '../temporary-folder.ts';
import type { Canaries } from './find-leaks.ts';

/** A value that is nowhere else in the world, so that finding it means that it leaked; with a digit, as all secrets have. */
export const newCanary = () => `c7${randomBytes(24).toString('base64')}`;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** One with the shape of a long-term access key's ID. */
export function newAccessKeyId(): string {
  return `AKIA${Array.from(randomBytes(16), (byte) => BASE32[byte % BASE32.length]).join('')}`;
}

/** The lines of a private key in PEM, each as a canary. */
export function linesOfKey(name: string, pem: string): Record<string, string> {
  const lines = pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'));
  return Object.fromEntries(lines.map((line, index) => [`${name}, line ${index + 1}`, line]));
}

/** A server on loopback that hands out canaries: GitHub's tokens, a container's credentials, an instance's. */
interface CanaryServer {
  readonly url: string;
  close(): Promise<void>;
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a request gets; undefined refuses it. */
type CanaryAnswer = (request: IncomingMessage) => HttpAnswer | undefined;

async function startCanaryServer(answer: CanaryAnswer): Promise<CanaryServer> {
  const server = createServer((request, response) => {
    const { status, body } = answer(request) ?? { status: 403, body: '' };
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

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

/** One way in for a secret: a package that uses it, what is around the package, and the values that nobody may see. */
export interface Position {
  readonly documents: readonly string[];
  /** `sessions` of the package's Input, as flow YAML. */
  readonly sessions?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly canaries: Canaries;
  /** A server opens nothing that SOPS encrypted. */
  readonly isRefusedByServe?: true;
  /** How it goes wrong by itself, by what is wrong. */
  readonly spoilt?: Readonly<Record<string, Spoilt>>;
}

/** What is changed, so that nothing can be minted. */
export interface Spoilt {
  readonly documents?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What all servers but STS answer. */
  readonly answer?: HttpAnswer;
}

export type MakePosition = (bench: AuditBench) => Position | Promise<Position>;

/** A generator of `role`; `more`: fields of its spec as flow YAML, with a comma before each. */
export function generatorDocument(role: string, more = '', kind = 'STSAssumeRoleToken'): string {
  const spec = role === '' ? '' : `, role: "${role}"`;
  return `apiVersion: generators.external-secrets.io/v1alpha1
kind: ${kind}
metadata: {name: deployer, namespace: team-a}
spec: {region: eu-west-1${spec}${more}}
`;
}

/** A Secret; values as they are. */
export function secretDocument(name: string, values: Readonly<Record<string, string>>): string {
  const data = Object.entries(values).map(([key, value]) => `  ${key}: ${Buffer.from(value).toString('base64')}\n`);
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: team-a}\ndata:\n${data.join('')}`;
}

/** A ServiceAccount of that role. */
export function serviceAccountDocument(name: string, role: string): string {
  const annotations = `{eks.amazonaws.com/role-arn: "${role}"}`;
  return `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ${name}, namespace: team-a, annotations: ${annotations}}\n`;
}
