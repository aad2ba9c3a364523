import { realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ApiServer, startApiServer } from '../../support/hosts/api-server.ts';
import { ENGINE } from '../../support/hosts/engine.ts';
import { realProgram, requirePrograms } from '../../support/hosts/real-programs.ts';
import { pushPackage } from '../../support/hosts/registry.ts';
import { freePort } from '../../support/listen.ts';
import { runProcess } from '../../support/run-function.ts';
import { isAnswered, type RunningProcess, startProcess, until } from '../../support/start-process.ts';
import { FUNCTION, HEALTH_PORT, installFunction, NAMESPACE, type Pod, writeSecret } from './install-function.ts';

/** What a program counts: `name{labels}` and the value. */
type Metrics = readonly (readonly [series: string, value: number])[];

/** Reads it. */
async function metricsOf(port: number, host = '127.0.0.1'): Promise<Metrics> {
  const response = await fetch(`http://${host}:${port}/metrics`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`/metrics answers ${response.status}`);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const at = line.lastIndexOf(' ');
    return [line.slice(0, at), Number(line.slice(at + 1))] as const;
  });
}

/** The sum of a counter over its labels, of those that hold `label` if that is given. */
export function sumOf(metrics: Metrics, name: string, label = ''): number {
  const found = metrics.filter(([series]) => series.split('{')[0] === name && series.includes(label));
  return found.reduce((sum, [, value]) => sum + value, 0);
}

const CLIENT_SECRET = 'crossplane-tls-client';
const SERVER_SECRET = 'crossplane-tls-server';
const SECRETS = [`--tls-client-secret-name=${CLIENT_SECRET}`, `--tls-server-secret-name=${SERVER_SECRET}`];

/** Crossplane's engine, outside of a pod. */
interface Engine extends RunningProcess {
  readonly metricsPort: number;
}

/**
 * Sets Crossplane up in an API server and starts its controllers. For them `service` is on this machine: they run in a mount
 * namespace with a hosts file of their own, for there is no cluster's DNS.
 */
async function startEngine(
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
  const program = ['-m', 'sh', '-c', script, 'sh', realProgram(ENGINE)];
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
  const kinds = join(dirname(realpathSync(realProgram(ENGINE))), 'crds');
  const argv = [
    ...['core', 'init', `--namespace=${NAMESPACE}`, `--cr-ds-path=${kinds}`],
    ...['--webhook-configurations-path=no-webhooks', '--tlsca-secret-name=crossplane-root-ca', ...SECRETS],
  ];
  // Its own kinds may not be served yet when it needs them: a kubelet starts it again.
  await until('crossplane core init', 60, async () => {
    const ended = await runProcess(realProgram(ENGINE), argv, { cwd: folder, environment });
    if (ended.exit !== 0) throw new Error(`it ended with ${ended.exit}: ${ended.stderr}`);
    return true;
  });
  await writeSecret(kubectl, CLIENT_SECRET, join(folder, 'client'));
}

/** {@link startCrossplane} */
export type Crossplane = Awaited<ReturnType<typeof startCrossplane>>;

/** Addresses of pods: the engine's round robin finds all of them under the function's name. */
const ADDRESSES = ['127.0.0.1', '127.0.0.2'];

/**
 * Starts a Crossplane, with our function installed from a package and called over mTLS: only the kubelet is a test's.
 * `environmentOf` gives the function's environment beside a cluster's API server.
 */
export async function startCrossplane(environmentOf: (server: ApiServer) => Promise<Readonly<Record<string, string>>>) {
  requirePrograms([ENGINE, 'crossplane', 'registry'].map(realProgram));
  const folder = await mkdtemp(join(tmpdir(), 'sts-crossplane-'));
  const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const server = await startApiServer();
    ends.push(server.close);
    const registry = await pushPackage(folder);
    ends.push(registry.stop);
    const engine = await startEngine(server, folder, { name: `${FUNCTION}.${NAMESPACE}`, addresses: ADDRESSES });
    ends.push(engine.stop);
    const environment = await environmentOf(server);
    const { installed, pod } = await installFunction(server, { reference: registry.reference, folder, environment });
    const all: Pod[] = [pod];
    let running: readonly Pod[] = all.slice();
    const stop = () => Promise.all(running.map((one) => one.stop()));
    ends.push(stop);
    return {
      kubectl: server.kubectl,
      installed,
      engineMetrics: () => metricsOf(engine.metricsPort),
      /** Of each replica. */
      functionMetrics: () => Promise.all(running.map(({ address }) => metricsOf(HEALTH_PORT, address))),
      /** What the function has logged, over all of its starts. */
      log: () => all.map(({ stderr }) => stderr()).join(''),
      /** Ends the function and starts it anew, on so many addresses if that is more than one; gives what the former ones ended with. */
      restart: async (replicas = 1) => {
        const ended = await stop();
        const addresses = replicas === 1 ? [undefined] : ADDRESSES.slice(0, replicas);
        running = await Promise.all(addresses.map((address) => installed.start(address)));
        all.push(...running);
        return ended;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
