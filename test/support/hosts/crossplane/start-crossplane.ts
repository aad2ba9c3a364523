import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realProgram, requirePrograms } from '../../process/real-programs.ts';
import { type ApiServer, startApiServer } from '../api-server/start-api-server.ts';
import { FUNCTION, type Installed, installFunction } from './install-function.ts';
import { type Metrics, metricsOf } from './metrics-of.ts';
import { pushPackage } from './push-package.ts';
import { startEngine } from './start-engine.ts';
import { HEALTH_PORT, type Pod } from './start-pod.ts';
import { NAMESPACE } from './write-secret.ts';

/** A Crossplane that runs, with our function installed from a package and called over mTLS. Only the kubelet is a test's. */
export interface Crossplane extends Pick<ApiServer, 'kubectl'> {
  readonly installed: Installed;
  engineMetrics(): Promise<Metrics>;
  /** Of each replica. */
  functionMetrics(): Promise<Metrics[]>;
  /** What the function has logged, over all of its starts. */
  log(): string;
  /** Ends the function and starts it anew, on so many addresses if that is more than one; gives what the former ones ended with. */
  restart(replicas?: number): Promise<(number | NodeJS.Signals | null)[]>;
  close(): Promise<void>;
}

/** Addresses of pods: the engine's round robin finds all of them under the function's name. */
const ADDRESSES = ['127.0.0.1', '127.0.0.2'];

/** Starts all of it; `environmentOf` gives the function's environment beside a cluster's API server. */
export async function startCrossplane(
  environmentOf: (server: ApiServer) => Promise<Readonly<Record<string, string>>>,
): Promise<Crossplane> {
  requirePrograms(['crossplane-core', 'crossplane', 'registry'].map(realProgram));
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
      functionMetrics: () => Promise.all(running.map(({ address }) => metricsOf(HEALTH_PORT, address))),
      log: () => all.map(({ stderr }) => stderr()).join(''),
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
