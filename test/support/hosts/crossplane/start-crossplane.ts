import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, startApiServer } from '../api-server/start-api-server.ts';
import { realProgram, requirePrograms } from '../real-programs.ts';
import { FUNCTION, type Installed, installFunction } from './install-function.ts';
import { type Metrics, metricsOf } from './metrics-of.ts';
import { pushPackage } from './push-package.ts';
import { startEngine } from './start-engine.ts';
import { HEALTH_PORT, type Pod } from './start-pod.ts';
import { NAMESPACE } from './write-secret.ts';

/** A Crossplane that runs, with our function installed from a package and called over mTLS. Only the kubelet is a test's. */
export interface Crossplane extends Pick<ApiServer, 'kubectl'> {
  readonly container: Installed['container'];
  engineMetrics(): Promise<Metrics>;
  functionMetrics(): Promise<Metrics>;
  /** What the function has logged, over all of its starts. */
  log(): string;
  /** Ends the function and starts it anew; gives the exit code of the former one. */
  restart(): Promise<number | NodeJS.Signals | null>;
  close(): Promise<void>;
}

/** Starts all of it; `environment` is the function's. */
export async function startCrossplane(environment: Readonly<Record<string, string>>): Promise<Crossplane> {
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
    const engine = await startEngine(server, folder, `${FUNCTION}.${NAMESPACE}`);
    ends.push(engine.stop);
    const { installed, pod } = await installFunction(server, { reference: registry.reference, folder, environment });
    const pods: Pod[] = [pod];
    ends.push(async () => pods.at(-1)?.stop());
    return {
      kubectl: server.kubectl,
      container: installed.container,
      engineMetrics: () => metricsOf(engine.metricsPort),
      functionMetrics: () => metricsOf(HEALTH_PORT),
      log: () => pods.map(({ stderr }) => stderr()).join(''),
      restart: async () => {
        const exit = await pods.at(-1)?.stop();
        pods.push(await installed.start());
        return exit ?? null;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
