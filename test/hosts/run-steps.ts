import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from '../support/read-workflows.ts';
import { runProcess } from '../support/run-function.ts';

const TIMEOUT_MILLISECONDS = 300_000;

/** A job as GitHub's runner gets it. */
interface JobOnRunner {
  readonly steps: readonly Step[];
  /** Where the repository is checked out. */
  readonly workspace: string;
  /** The environment that the workflow and the runner give. */
  readonly environment: Readonly<Record<string, string>>;
  /** What stands for `${{ … }}`, by what is between the braces. */
  readonly expressions: Readonly<Record<string, string>>;
  /** `shell` of the workflow's defaults; default: as where it says none. */
  readonly shell?: string | undefined;
  /** A new folder for the runner's own files. */
  readonly temporary: string;
  /** More options of bash. */
  readonly options?: readonly string[];
}

/**
 * Plays GitHub's runner for the `run` steps of a job, one after another until one fails: shells, the files behind GITHUB_ENV and
 * GITHUB_PATH, and masks, as docs.github.com has it (Workflow syntax, `shell`; Workflow commands). Steps with `uses` were done before.
 */
export async function runSteps(job: JobOnRunner) {
  const { workspace, temporary, expressions, shell, options = [] } = job;
  const files = await mkdtemp(join(temporary, '..', 'runner-'));
  const file = (name: string) => join(files, name);
  for (const name of ['env', 'path', 'summary']) await writeFile(file(name), '');
  const log = new Log();
  let failed: string | undefined;
  for (const { name = '', run, env = {} } of job.steps) {
    if (run === undefined || failed !== undefined) continue;
    const resolve = (text: string) => text.replaceAll(/\$\{\{ *(.*?) *\}\}/g, (_, key) => known(expressions, key));
    await writeFile(file('script.sh'), resolve(run));
    const added = Object.fromEntries((await linesOf(file('env'))).map((line) => line.split(/=(.*)/s, 2)));
    const given = { ...job.environment, ...env };
    const environment = {
      ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, resolve(value)])),
      ...added,
      PATH: [...(await linesOf(file('path'))).toReversed(), job.environment.PATH].join(':'),
      GITHUB_WORKSPACE: workspace,
      GITHUB_ENV: file('env'),
      GITHUB_PATH: file('path'),
      GITHUB_STEP_SUMMARY: file('summary'),
      RUNNER_TEMP: temporary,
    };
    const argv = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
    const bash = [...argv, ...options, file('script.sh')];
    const ended = await runProcess('bash', bash, {
      cwd: workspace,
      environment,
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    });
    log.add(ended.stdout);
    log.add(ended.stderr);
    if (ended.exit !== 0) failed = name;
  }
  return {
    /** The step that failed. */
    failed,
    /** What everybody can read. */
    log: log.shown,
    summary: await readFile(file('summary'), 'utf8'),
    /** What was given to later steps. */
    env: await readFile(file('env'), 'utf8'),
  };
}

function known(expressions: Readonly<Record<string, string>>, key: string): string {
  const value = expressions[key];
  if (value === undefined) throw new Error(`the test gives no value for the expression "${key}"`);
  return value;
}

async function linesOf(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
}

/** A log in which a value is hidden from its `::add-mask::` on. */
class Log {
  readonly #masks: string[] = [];
  shown = '';

  add(text: string): void {
    for (const line of text.split('\n')) {
      const [, mask] = /^::add-mask::(.+)$/.exec(line) ?? [];
      if (mask !== undefined) this.#masks.push(mask);
      else this.shown += `${this.#masks.reduce((shown, secret) => shown.replaceAll(secret, '***'), line)}\n`;
    }
  }
}
