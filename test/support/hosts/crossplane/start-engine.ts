import { realpathSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { freePort } from '../../free-port.ts';
import { realProgram } from '../../process/real-programs.ts';
import { isAnswered, type RunningProcess, startProcess } from '../../process/start-process.ts';
import { until } from '../../process/until.ts';
import { runProcess } from '../../run-function.ts';
import type { ApiServer } from '../api-server/start-api-server.ts';
import { NAMESPACE, writeSecret } from './write-secret.ts';

const CLIENT_SECRET = 'crossplane-tls-client';
const SERVER_SECRET = 'crossplane-tls-server';
const SECRETS = [`--tls-client-secret-name=${CLIENT_SECRET}`, `--tls-server-secret-name=${SERVER_SECRET}`];

/** Crossplane's engine, outside of a pod. */
export interface Engine extends RunningProcess {
  readonly metricsPort: number;
}

/**
 * Sets Crossplane up in an API server and starts its controllers. For them `service` is on this machine: they run in a mount
 * namespace with a hosts file of their own, for there is no cluster's DNS.
 */
export async function startEngine(
  server: Pick<ApiServer, 'kubectl' | 'kubeconfig'>,
  folder: string,
  service: { readonly name: string; readonly addresses: readonly string[] },
): Promise<Engine> {
  const environment = { KUBECONFIG: server.kubeconfig };
  await setUp(server, folder, environment);
  const [metricsPort, healthPort] = [await freePort(), await freePort()];
  const pods = service.addresses.map((address) => `${address} ${service.name}\n`);
  await writeFile(join(folder, 'hosts'), `127.0.0.1 localhost\n${pods.join('')}`);
  await mkdir(join(folder, 'packages'));
  const argv = [
    ...['core', 'start', `--namespace=${NAMESPACE}`, '--enable-webhooks=false', '--package-runtime=Deployment'],
    ...['--xpkg-cache-dir=packages', '--tls-client-certs-dir=client', ...SECRETS],
    ...[`--metrics-port=${metricsPort}`, `--health-probe-port=${healthPort}`],
  ];
  const script = 'mount --bind hosts /etc/hosts && exec "$@"';
  const isReady = () => isAnswered(healthPort, '/readyz');
  const program = ['-m', 'sh', '-c', script, 'sh', realProgram('crossplane-core')];
  const started = await startProcess('unshare', [...program, ...argv], { cwd: folder, isReady, environment });
  return { ...started, metricsPort };
}

/** What the init container of Crossplane's pod does, and the kubelet with the certificate that this makes. */
async function setUp(
  { kubectl }: Pick<ApiServer, 'kubectl'>,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  await kubectl(['create', 'namespace', NAMESPACE]);
  await kubectl(['create', 'serviceaccount', 'crossplane', `--namespace=${NAMESPACE}`]);
  await mkdir(join(folder, 'no-webhooks'));
  const kinds = join(dirname(realpathSync(realProgram('crossplane-core'))), 'crds');
  const argv = [
    ...['core', 'init', `--namespace=${NAMESPACE}`, `--cr-ds-path=${kinds}`],
    ...['--webhook-configurations-path=no-webhooks', '--tlsca-secret-name=crossplane-root-ca', ...SECRETS],
  ];
  // Its own kinds may not be served yet when it needs them: a kubelet starts it again.
  await until('crossplane core init', 60, async () => {
    const ended = await runProcess(realProgram('crossplane-core'), argv, { cwd: folder, environment });
    if (ended.exit !== 0) throw new Error(`it ended with ${ended.exit}: ${ended.stderr}`);
    return true;
  });
  await writeSecret(kubectl, CLIENT_SECRET, join(folder, 'client'));
}
