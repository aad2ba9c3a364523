import { join } from 'node:path';
import { freePort } from '../listen.ts';
import { ROOT, runProcess } from '../run-function.ts';
import { isAnswered, type RunningProcess, startProcess } from '../start-process.ts';
import { realProgram } from './real-programs.ts';

/** A registry that holds our package. */
export interface Registry extends RunningProcess {
  /** Where the package is. */
  readonly reference: string;
}

/** An empty registry on loopback. */
export async function startRegistry(folder: string): Promise<RunningProcess & { readonly address: string }> {
  const port = await freePort();
  const isReady = () => isAnswered(port, '/v2/');
  const started = await startProcess(realProgram('registry'), [`-port=${port}`], { cwd: folder, isReady });
  return { ...started, address: `127.0.0.1:${port}` };
}

/** Starts a registry, and builds and pushes the package with the real CLI: without a runtime image, which nobody would run here. */
export async function pushPackage(folder: string): Promise<Registry> {
  const registry = await startRegistry(folder);
  const reference = `${registry.address}/test/function-sts-assume-role:v0.1.0`;
  try {
    const file = join(folder, 'function.xpkg');
    const roots = [`--package-root=${join(ROOT, 'package')}`, `--examples-root=${join(ROOT, 'examples/crossplane')}`];
    await crossplane(['xpkg', 'build', ...roots, `--package-file=${file}`], folder);
    await crossplane(['xpkg', 'push', `--package-files=${file}`, reference], folder);
    return { ...registry, reference };
  } catch (error) {
    await registry.stop();
    throw error;
  }
}

async function crossplane(argv: readonly string[], folder: string): Promise<void> {
  const ended = await runProcess(realProgram('crossplane'), argv, { environment: { HOME: folder }, cwd: folder });
  if (ended.exit !== 0) throw new Error(`crossplane ${argv[0]} ${argv[1]} ended with ${ended.exit}: ${ended.stderr}`);
}
