import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../free-port.ts';
import { realProgram, requirePrograms } from '../../process/real-programs.ts';
import { type RunningProcess, startProcess } from '../../process/start-process.ts';
import { type Ended, runProcess } from '../../run-function.ts';
import type { IdentityProvider } from '../../sts/start-sts.ts';
import { AUDIT_POLICY, type AuditedRequest, readAuditLog } from './audit-log.ts';
import { type Access, kubeconfig } from './kubeconfig.ts';
import { CLUSTER_ISSUER, ETCD_ARGUMENTS, ETCD_SOCKET, serverArguments } from './server-arguments.ts';

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
  return runProcess(realProgram('kubectl'), [...options, ...argv], { input, cwd: folder, timeoutMilliseconds: 20_000 });
}
