import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { AssumeRoleCommand, type Credentials, STSClient } from '@aws-sdk/client-sts';
import { close, listen } from '../listen.ts';
import { makeIdentity } from '../make-identity.ts';
import { startStandInApiServer } from '../stand-in-cluster.ts';
import { createIssuer } from '../sts/issuer.ts';
import { startSts, type User } from '../sts/start-sts.ts';
import { temporaryFolder } from '../temporary-folder.ts';
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

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export const BASE = 'arn:aws:iam::111111111111:role/base';
const DEPLOYER = 'arn:aws:iam::123456789012:role/deployer';
export const PARTNER = 'arn:aws:iam::123456789012:role/partner';
const SUBJECT = 'system:serviceaccount:team-a:deployer';

/** As AWS sends them. */
type IssuedCredentials = { readonly [Key in keyof Credentials]-?: NonNullable<Credentials[Key]> };

/** {@link startSecretSources} */
export type SecretSources = Awaited<ReturnType<typeof startSecretSources>>;

/** Starts everything that a position needs: servers whose answers are canaries, and a folder for files that have some. */
export async function startSecretSources() {
  const arn = 'arn:aws:iam::111111111111:user/base';
  const user: User = { arn, accessKeyId: newAccessKeyId(), secretAccessKey: newCanary() };
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
  const [githubToken, serviceAccountToken] = [await newToken(), await newToken()];
  const session = await sessionOf(user, sts.url);
  const passwords = { github: newCanary(), container: newCanary(), instance: newCanary() };
  const broken: { answer?: HttpAnswer | undefined } = {};
  const ok = (body: string) => ({ status: 200, body });
  const credentials = ok(JSON.stringify({ ...session, Token: session.SessionToken, Code: 'Success' }));
  const answerTo = ({ method, url = '', headers }: IncomingMessage): HttpAnswer => {
    if (broken.answer !== undefined) return broken.answer;
    if (url.startsWith('/github') && headers.authorization === `Bearer ${passwords.github}`)
      return ok(JSON.stringify({ value: githubToken }));
    if (url === '/container' && headers.authorization === passwords.container) return credentials;
    if (method === 'PUT' && url === '/latest/api/token') return ok(passwords.instance);
    if (headers['x-aws-ec2-metadata-token'] !== passwords.instance) return { status: 403, body: '' };
    return url.endsWith('/security-credentials/') ? ok('base') : credentials;
  };
  const server = createServer((request, response) => {
    const { status, body } = answerTo(request);
    response.writeHead(status).end(body);
  });
  const port = await listen(server);
  const apiServer = await startStandInApiServer(() => ({
    status: broken.answer?.status ?? 201,
    body: broken.answer
      ? { kind: 'Status', message: broken.answer.body }
      : { kind: 'TokenRequest', status: { token: serviceAccountToken } },
  }));
  const files = temporaryFolder();
  return {
    sts,
    user,
    externalID,
    /** A session of {@link BASE}, which may assume {@link DEPLOYER}. */
    session,
    apiServer,
    /** GitHub's tokens, a container's credentials and an instance's. */
    url: `http://127.0.0.1:${port}`,
    /** What is asked for before they are handed out. */
    passwords,
    /** While it has an answer, that is what all servers but STS give. */
    broken,
    files,
    /** Gives a token that {@link BASE} trusts. */
    newToken,
    /** What the API server gives out as a ServiceAccount's token. */
    serviceAccountToken,
    githubToken,
    clientKey: await makeIdentity({ subject: 'CN=ci', serial: '01' }),
    close: async () => {
      await Promise.all([sts.close(), close(server), apiServer.close()]);
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

export type MakePosition = (sources: SecretSources) => Position | Promise<Position>;

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
