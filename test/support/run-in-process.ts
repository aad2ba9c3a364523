import { runProgram } from '../../function/run-program.ts';
import { type Ended, EXECUTABLE, environmentOf, type FunctionOptions, runFunction, SCRIPT } from './run-function.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the function as `runFunction` does, without a process of its own, where the process is not what is tested: launcher, streams and
 * signals are not in it. Where another executable is tested, or TEST_PROCESSES is set, that one runs. One run at a time, since the AWS SDK reads the variables of the
 * process.
 */
export function runInProcess(input: string | Uint8Array, options: FunctionOptions = {}): Promise<Ended> {
  if (EXECUTABLE !== SCRIPT || process.env.TEST_PROCESSES === '1') return runFunction(input, options);
  const ended = last.then(() => run(input, options));
  last = ended.catch(() => {}); // whoever asked for it learns of it
  return ended;
}

async function run(input: string | Uint8Array, options: FunctionOptions): Promise<Ended> {
  const own = { ...process.env };
  setVariables(environmentOf(options));
  try {
    const { exit, stdout, stderr } = await runProgram({
      argv: options.arguments ?? [],
      environment: process.env,
      readInput: () => Buffer.from(input),
      stdinIsTerminal: false,
      stderrIsTerminal: false,
      surroundings: { program: SCRIPT },
      parent: () => undefined,
    });
    return { exit, signal: null, stdout, stderr: stderr.map((line) => `${line}\n`).join('') };
  } finally {
    setVariables(own);
  }
}

function setVariables(variables: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
  Object.assign(process.env, variables);
}
