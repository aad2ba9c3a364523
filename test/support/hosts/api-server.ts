import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../listen.ts';
import { type Ended, runProcess } from '../run-function.ts';
import { type RunningProcess, startProcess } from '../start-process.ts';
import type { IdentityProvider } from '../sts/start-sts.ts';
import { realProgram, requirePrograms } from './real-programs.ts';

/** Who signs the tokens of ServiceAccounts: the provider that IAM would know. */
export const CLUSTER_ISSUER = 'https://oidc.example.org/id/cluster';

/** Who holds a token for this audience is let in by the API server itself. */
export const API_SERVER_AUDIENCE = 'https://kubernetes.default.svc';

/** A file in the folder that both programs run in; the port means nothing, but etcd wants one. */
const ETCD_SOCKET = 'client:0';

const CLIENTS = `unix://${ETCD_SOCKET}`;
const PEERS = 'unix://peer:0';

const ETCD_ARGUMENTS: readonly string[] = [
  ...['--name=etcd', '--data-dir=etcd', '--unsafe-no-fsync', '--log-level=error'],
  ...[`--listen-client-urls=${CLIENTS}`, `--advertise-client-urls=${CLIENTS}`],
  ...[`--listen-peer-urls=${PEERS}`, `--initial-advertise-peer-urls=${PEERS}`, `--initial-cluster=etcd=${PEERS}`],
];

/** Arguments of kube-apiserver. The files that they name are in the folder that it runs in. */
function serverArguments(port: number): string[] {
  return [
    `--etcd-servers=${CLIENTS}`,
    ...['--bind-address=127.0.0.1', `--secure-port=${port}`, '--cert-dir=certificates'],
    // For other machines, of which there are none: a loopback address is refused.
    ...['--advertise-address=192.0.2.1', '--endpoint-reconciler-type=none', '--service-cluster-ip-range=10.0.0.0/24'],
    ...['--authorization-mode=RBAC', '--token-auth-file=tokens.csv'],
    ...[`--service-account-issuer=${CLUSTER_ISSUER}`, `--api-audiences=${API_SERVER_AUDIENCE}`],
    '--service-account-key-file=service-accounts.key',
    '--service-account-signing-key-file=service-accounts.key',
    ...['--audit-policy-file=audit-policy.yaml', '--audit-log-path=audit.log'],
  ];
}

/** Where an API server is, and with which token each of its users comes. */
export interface Access {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** Path of the certificates that the server's is checked with. */
  readonly certificateAuthority: string;
  readonly tokens: Readonly<Record<string, string>>;
}

/** A kubeconfig with a context for each user, named as the user. */
export function kubeconfig({ url, certificateAuthority, tokens }: Access, currentContext: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server: url, 'certificate-authority': certificateAuthority } }],
    users: Object.entries(tokens).map(([name, token]) => ({ name, user: { token } })),
    contexts: Object.keys(tokens).map((name) => ({ name, context: { cluster: 'cluster', user: name } })),
    'current-context': currentContext,
  });
}

/** A request that the API server answered. */
export interface AuditedRequest {
  readonly user: string;
  readonly verb: string;
  /** `secrets`, `serviceaccounts/token`; a path where no resource was asked for. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly status: number;
  /** What was sent. */
  readonly body: unknown;
}

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: { resource: string; subresource?: string; namespace?: string; name?: string };
  readonly responseStatus?: { readonly code: number };
  readonly requestObject?: unknown;
}

/** Every request with its body, except the server's own. */
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: ["system:apiserver"]
- level: Request
`;

/** The requests of an audit log, in the order of their answers. */
async function readAuditLog(file: string): Promise<AuditedRequest[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => toRequest(JSON.parse(line)));
}

function toRequest({ user, verb, requestURI, objectRef, responseStatus, requestObject }: AuditEvent): AuditedRequest {
  const { resource, subresource, namespace, name } = objectRef ?? { resource: requestURI };
  return {
    user: user.username,
    verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    status: responseStatus?.code ?? 0,
    body: requestObject,
  };
}

/** Who may do everything: `admin` sets up; what `current` does by a kubeconfig's current context would succeed, and is on record. */
const MASTERS = ['admin', 'current'];

/** Nothing is lost when they are killed. */
const STOP_MILLISECONDS = 2000;

/** A real API server with an empty cluster, RBAC, and tokens for ServiceAccounts. */
export interface ApiServer extends Access {
  /** The token of each user. */
  readonly tokens: Readonly<Record<'admin' | 'current' | 'ci' | 'nobody', string>>;
  /** Path of a kubeconfig with a context for each user. `ci` and `nobody` may do nothing until a Role says so. */
  readonly kubeconfig: string;
  /** Runs kubectl as the administrator and returns what it prints. @throws Error with its message when it fails. */
  kubectl(argv: readonly string[], input?: string): Promise<string>;
  /** The cluster as IAM's OpenID Connect provider: its keys come from the API server, anew for each token. */
  readonly identityProvider: IdentityProvider;
  /** What users other than the administrator asked during `action`. */
  requestsOf(action: () => Promise<unknown>): Promise<AuditedRequest[]>;
  /** Ends the server and deletes what it kept. */
  close(): Promise<void>;
}

/** Starts etcd and kube-apiserver on a free port of 127.0.0.1. */
export async function startApiServer(): Promise<ApiServer> {
  requirePrograms(['etcd', 'kube-apiserver', 'kubectl'].map(realProgram));
  const folder = await mkdtemp(join(tmpdir(), 'sts-api-server-'));
  const servers: RunningProcess[] = [];
  const close = async () => {
    for (const server of servers.toReversed()) await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const port = await freePort();
    const access = {
      url: `https://127.0.0.1:${port}`,
      certificateAuthority: join(folder, 'certificates/apiserver.crt'),
      tokens: { admin: randomUUID(), current: randomUUID(), ci: randomUUID(), nobody: randomUUID() },
    };
    await writeFiles(folder, access);
    const here = { cwd: folder, stopMilliseconds: STOP_MILLISECONDS };
    const isListening = async () => existsSync(join(folder, ETCD_SOCKET));
    servers.push(await startProcess(realProgram('etcd'), ETCD_ARGUMENTS, { ...here, isReady: isListening }));
    const isReady = async () => (await runKubectl(folder, ['get', '--raw', '/readyz'])).exit === 0;
    servers.push(await startProcess(realProgram('kube-apiserver'), serverArguments(port), { ...here, isReady }));
    const requests = async () => (await readAuditLog(join(folder, 'audit.log'))).filter(({ user }) => user !== 'admin');
    const kubectl: ApiServer['kubectl'] = async (argv, input) => {
      const { exit, signal, stdout, stderr } = await runKubectl(folder, argv, input);
      if (exit !== 0) throw new Error(`kubectl ${argv[0]} ended with ${exit ?? signal}: ${stderr}`);
      return stdout;
    };
    const jwks = async () => JSON.parse(await kubectl(['get', '--raw', '/openid/v1/jwks']));
    return {
      ...access,
      kubeconfig: join(folder, 'kubeconfig'),
      kubectl,
      identityProvider: { issuer: CLUSTER_ISSUER, jwks },
      requestsOf: async (action) => {
        const before = (await requests()).length;
        await action();
        return (await requests()).slice(before);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writeFiles(folder: string, access: Access): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const users = Object.entries(access.tokens).map(([name, token]) => {
    const groups = MASTERS.includes(name) ? ',system:masters' : '';
    return `${token},${name},${name}${groups}\n`;
  });
  await writeFile(join(folder, 'service-accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(join(folder, 'tokens.csv'), users.join(''));
  await writeFile(join(folder, 'audit-policy.yaml'), AUDIT_POLICY);
  await writeFile(join(folder, 'kubeconfig'), kubeconfig(access, 'current'));
}

function runKubectl(folder: string, argv: readonly string[], input = ''): Promise<Ended> {
  const options = ['--kubeconfig=kubeconfig', '--context=admin', '--cache-dir=kubectl', '--request-timeout=10s'];
  return runProcess(realProgram('kubectl'), [...options, ...argv], {
    input,
    cwd: folder,
    timeoutMilliseconds: 300_000,
  });
}
