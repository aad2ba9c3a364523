import { type Channel, channel } from 'node:diagnostics_channel';
import http from 'node:http';
import https from 'node:https';
import { selectUse } from '../../function/cli/select-use.ts';
import { runProgram } from '../../function/run-program.ts';
import { type Ended, EXECUTABLE, environmentOf, type FunctionOptions, runFunction, SCRIPT } from './run-function.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the function as `runFunction` does, without a process of its own, where the process is not what is tested: launcher, streams and
 * signals are not in it. With another executable, or with TEST_PROCESSES, it starts a process; so it does for what selects `serve`, since
 * nothing ends a server that starts here by mistake. One run at a time, since the AWS SDK reads the variables of the process.
 */
export function runInProcess(input: string | Uint8Array, options: FunctionOptions = {}): Promise<Ended> {
  const surroundings = { environment: environmentOf(options), stdinIsTerminal: false, isFile: () => false };
  const selected = selectUse(options.arguments ?? [], surroundings);
  const isServer = selected.use === 'command' && selected.argv[0] === 'serve';
  if (EXECUTABLE !== SCRIPT || process.env.TEST_PROCESSES === '1' || isServer) return runFunction(input, options);
  const ended = last.then(() => run(input, options));
  last = ended.catch(() => {}); // whoever asked for it learns of it
  return ended;
}

async function run(input: string | Uint8Array, options: FunctionOptions): Promise<Ended> {
  const own = { ...process.env };
  const putBack = watchModules();
  setVariables(environmentOf(options));
  try {
    const { exit, stdout, stderr } = await runProgram({
      argv: options.arguments ?? [],
      environment: process.env,
      readInput: () => Buffer.from(input),
      stdinIsTerminal: false,
      stderrIsTerminal: false,
      programInfo: { program: SCRIPT },
      isStartedByKpt: () => false,
      faultStyle: { showsAllFrames: false },
    });
    return { exit, signal: null, stdout, stderr: stderr.map((line) => `${line}\n`).join('') };
  } finally {
    setVariables(own);
    putBack();
  }
}

/** Node.js's own listeners, which it does not offer. */
type Listened = Channel & { readonly _subscribers?: readonly ((message: unknown, name: string | symbol) => void)[] };

/** What a run changes in Node.js's modules is the process's, and other suites of this worker share them. */
function watchModules(): () => void {
  const [ofHttp, ofHttps] = [http.request, https.request];
  const requests: Listened = channel('http.client.request.start');
  const before = new Set(requests._subscribers);
  return () => {
    Object.assign(http, { request: ofHttp });
    Object.assign(https, { request: ofHttps });
    for (const listener of requests._subscribers ?? []) if (!before.has(listener)) requests.unsubscribe(listener);
  };
}

function setVariables(variables: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
  Object.assign(process.env, variables);
}
