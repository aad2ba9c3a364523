import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../listen.ts';
import { isAnswered, type RunningProcess, startProcess } from '../start-process.ts';
import { realProgram, requirePrograms } from './real-programs.ts';

/** A Prometheus that runs, and its HTTP API. */
export interface Prometheus extends RunningProcess {
  /** The `data` of an answer. @throws Error with the answer, when it is no success. */
  get(path: string): Promise<unknown>;
}

/** Starts it in a folder. It scrapes a port of this machine, and evaluates rules, each second. */
export async function startPrometheus(folder: string, target: number, rules: object): Promise<Prometheus> {
  requirePrograms([realProgram('prometheus')]);
  const port = await freePort();
  const labels = { namespace: 'crossplane-system' }; // as the operator writes them for a PodMonitor
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: [{ job_name: 'function', static_configs: [{ targets: [`127.0.0.1:${target}`], labels }] }],
  };
  await writeFile(join(folder, 'rules.yaml'), stringify(rules));
  await writeFile(join(folder, 'prometheus.yaml'), stringify(config));
  const argv = ['--config.file=prometheus.yaml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`];
  const isReady = () => isAnswered(port, '/-/ready');
  const started = await startProcess(realProgram('prometheus'), argv, { cwd: folder, isReady });
  return {
    ...started,
    get: async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, { signal: AbortSignal.timeout(10_000) });
      const text = await response.text();
      const { status, data } = JSON.parse(text) as { status: string; data: unknown };
      if (status !== 'success') throw new Error(text);
      return data;
    },
  };
}
