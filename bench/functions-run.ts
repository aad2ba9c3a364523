import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ci, ciEnvironment, roles } from '../test/support/accounts.ts';
import { reconcile, request } from '../test/support/crossplane/request.ts';
import { startServer } from '../test/support/crossplane/start-server.ts';
import { generatorItem, list } from '../test/support/manifests.ts';
import { type Ended, runProcess } from '../test/support/run-function.ts';
import { until } from '../test/support/start-process.ts';
import { startSts } from '../test/support/sts/start-sts.ts';
import { temporaryFolder } from '../test/support/temporary-folder.ts';

/** A function of ours that ran: named, or without a name and longer than three lines. */
export interface FunctionRun {
  /** In `function/`. */
  readonly file: string;
  readonly isNamed: boolean;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
    }[];
  }[];
}

const SHORT_LINES = 3;
const WAIT_SECONDS = 30;

/** What one spec runs, from standard input to its Secret: the sources themselves of the checkout `root`, with one AssumeRole. */
export async function runByOneSpec(root: string): Promise<FunctionRun[]> {
  const sts = await startSts({ users: [ci], roles });
  const folder = temporaryFolder();
  const run = (argv: readonly string[], name: string) =>
    runProcess(process.execPath, argv, {
      input: list(generatorItem()),
      environment: { ...ciEnvironment(sts.url), NODE_V8_COVERAGE: join(folder.path, name) },
    });
  try {
    const main = join(root, 'function/main.ts');
    succeeded(await run([main], 'run'), 'generator:');
    const counts = countsOf(root, join(folder.path, 'run'));
    // what modules do when they are loaded is no part of the run
    const files = new Set([...counts.values()].map(({ file }) => join(root, 'function', file)));
    files.delete(main);
    const script = `await Promise.all(${JSON.stringify([...files].map((file) => pathToFileURL(file)))}.map((one) => import(one)));`;
    succeeded(await run(['--input-type=module', '--eval', script], 'load'));
    const loaded = countsOf(root, join(folder.path, 'load'));
    return [...counts].filter(([key, { count }]) => count > (loaded.get(key)?.count ?? 0)).map(([, one]) => one);
  } finally {
    folder.close();
    await sts.close();
  }
}

/** What one reconcile runs that issues a session: the calls of the engine, once the server has started. */
export async function runByOneReconcile(root: string): Promise<FunctionRun[]> {
  const sts = await startSts({ users: [ci], roles });
  const folder = temporaryFolder();
  const server = await startServer({
    command: [
      process.execPath,
      '--import',
      join(import.meta.dirname, 'coverage-on-signal.ts'),
      join(root, 'function/main.ts'),
    ],
    environment: { ...ciEnvironment(sts.url), COVERAGE: folder.path },
  });
  const take = async (name: string) => {
    process.kill(server.pid, 'SIGUSR2');
    await until('its coverage', WAIT_SECONDS, async () => existsSync(join(folder.path, name)) || undefined);
    return countsIn(root, join(folder.path, name));
  };
  try {
    await take('1.json'); // its start
    const { response } = await reconcile(server.call, request());
    if (Object.keys(response.desired?.resources ?? {}).length !== 1) throw new Error('a reconcile made no Secret');
    return [...(await take('2.json')).values()];
  } finally {
    await server.close();
    folder.close();
    await sts.close();
  }
}

function succeeded({ exit, stdout, stderr }: Ended, has = ''): void {
  if (exit !== 0 || !stdout.includes(has)) throw new Error(`a run of the sources ends with ${exit}:\n${stderr}`);
}

type Counts = Map<string, FunctionRun & { readonly count: number }>;

function countsOf(root: string, folder: string): Counts {
  return new Map(readdirSync(folder).flatMap((name) => [...countsIn(root, join(folder, name))]));
}

function countsIn(root: string, path: string): Counts {
  const { result } = JSON.parse(readFileSync(path, 'utf8')) as Coverage;
  const house = join(root, 'function');
  const counts: Counts = new Map();
  for (const { url, functions } of result) {
    const file = url.startsWith('file:') ? relative(house, fileURLToPath(url)) : '..';
    if (file.startsWith('..')) continue;
    const source = readFileSync(join(house, file), 'utf8'); // as V8 has it: Node puts blanks in place of types
    for (const { functionName, ranges } of functions) {
      const [whole] = ranges;
      if (whole === undefined || whole.count === 0 || functionName.startsWith('<')) continue; // of a class: its fields
      const text = source.slice(whole.startOffset, whole.endOffset);
      const isModule = functionName === '' && whole.startOffset === 0;
      const isShort = functionName === '' && text.split('\n').length <= SHORT_LINES;
      if (!isModule && !isShort)
        counts.set(`${file}:${whole.startOffset}`, { file, isNamed: functionName !== '', count: whole.count });
    }
  }
  return counts;
}
