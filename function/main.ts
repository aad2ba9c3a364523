import { isatty } from 'node:tty';
import { linesOf, plainLine } from './cli/report.ts';
import { asFunction, selectMode, type WrongUsage } from './cli/select-mode.ts';
import { parentProgram } from './clients/parent.ts';
import { readStandardInput, writeStandardError, writeStandardOutput } from './clients/streams.ts';
import { adoptEnvironment, createWorld, endProcess } from './clients/world.ts';
import { hasColours } from './findings/colours.ts';
import { hasErrors } from './findings/finding.ts';
import { answerPlugin, isFile } from './hosts/plugin.ts';
import { toFinding } from './hosts/run.ts';
import { answerResourceList } from './hosts/stdio.ts';
import type { Answer } from './model/flow.ts';
import { attempt, succeeds } from './model/plain-data.ts';
import type { World } from './model/world.ts';

declare const VERSION: string | undefined; // defined by the build; the sources themselves have none

/** Runs what the arguments select. Resolves to the exit code: 0 done, 1 an error, 2 wrong usage. */
async function main(): Promise<number> {
  const context = { environment: process.env, stdinIsTerminal: isatty(0), isFile };
  const argv = process.argv.slice(2);
  const selected = selectMode(argv, context);
  if (selected.mode === 'command' && /^kpt(?:_|$)/.test(parentProgram() ?? '')) return refuse(asFunction(argv));
  switch (selected.mode) {
    case 'wrongUsage':
      return refuse(selected);
    case 'krm':
      return answer((world) => answerResourceList(readStandardInput(), world), IN_RESULTS);
    case 'plugin': {
      const input = isatty(0) ? new Uint8Array() : readStandardInput(); // a person tries it by hand
      return answer((world) => answerPlugin(selected.configFile, input, world), { rest: '' });
    }
    case 'command':
      return runCommand(selected.argv);
  }
}

/** True where all frames of a fault are told that nobody has caught. */
let showsFrames = false;

/** Each command is imported on demand, and so is what reads its arguments: kpt and kustomize do not wait for them. */
async function runCommand(argv: readonly string[]): Promise<number> {
  const { parseArguments } = await import('./cli/parse-arguments.ts');
  const invocation = parseArguments(argv, typeof VERSION === 'string' ? VERSION : 'of the sources', process.env);
  showsFrames = invocation.mode === 'serve' || ('debug' in invocation && invocation.debug);
  switch (invocation.mode) {
    case 'wrongUsage':
      return refuse(invocation);
    case 'print':
      writeStandardOutput(invocation.text);
      return 0;
    case 'explain': {
      const { explainCode } = await import('./cli/explain-code.ts');
      writeStandardOutput(explainCode(invocation.code));
      return 0;
    }
    case 'files': {
      const { answerFiles } = await import('./files/answer-files.ts');
      const { paths, task, runMode } = invocation;
      return answer((world) => watched(world, (seen) => answerFiles(paths, task, seen)), restOf(invocation), runMode);
    }
    case 'install': {
      const { install } = await import('./cli/install/install.ts');
      return report(install(invocation.folder, invocation.isPluginHome), {});
    }
    case 'doctor': {
      const { examine } = await import('./doctor/doctor.ts');
      return answer((world) => examine(invocation, world), restOf(invocation));
    }
    case 'serve': {
      const { serve } = await import('./crossplane/serve.ts'); // gRPC is large
      adoptEnvironment(process.env);
      await serve(invocation.options, { ...process.env });
      return 0;
    }
  }
}

/** Where the rest of a ResourceList's messages is. */
const IN_RESULTS = { rest: 'The results have all.' };

/** Where a command's messages are that are not shown, as of many alike; nothing if all are wanted. */
function restOf({ debug }: { readonly debug: boolean }): Rest {
  return debug ? {} : { rest: '`--debug` shows all.' };
}

type Rest = { readonly rest?: string };

function refuse({ message }: WrongUsage): number {
  writeStandardError(plainLine('error', message, isColoured()));
  return 2;
}

/** Runs in `mode`, by default the environment's, and reports the answer. */
async function answer(run: (world: World) => Promise<Answer>, rest: Rest, mode?: string): Promise<number> {
  const world = createWorld({ ...process.env, ...(mode === undefined ? {} : { STS_FUNCTION_MODE: mode }) });
  adoptEnvironment(process.env);
  return report(await run(world), rest);
}

/**
 * Runs with signs of life: on a terminal a line says what is waited for, and who stops the run is told that nothing was written, until
 * files are (`writeFiles`).
 */
async function watched(world: World, run: (world: World) => Promise<Answer>): Promise<Answer> {
  const { end, ...seen } = isatty(2)
    ? (await import('./clients/progress.ts')).withProgress(world, process.stderr)
    : { world, end: () => {} };
  process.once('SIGINT', () => {
    end();
    const text = 'cannot finish: it was stopped. No file was written, and no Secret was printed.';
    writeStandardError(plainLine('error', text, isColoured()));
    process.kill(process.pid, 'SIGINT'); // there is no handler any more, so this ends the process as it would have
  });
  try {
    return await run(seen.world);
  } finally {
    end();
  }
}

function report({ output, findings, exit = 0 }: Answer, rest: Rest): number {
  if (findings.length > 0)
    for (const line of linesOf(findings, { ...rest, isColoured: isColoured() })) writeStandardError(line);
  writeStandardOutput(output);
  return hasErrors(findings) ? 1 : exit;
}

function isColoured(): boolean {
  return hasColours(process.env, isatty(2));
}

/** Reports what nobody has caught. Whatever is broken, this does not throw: Node.js would print the error, whose text may repeat a key. */
function fail(error: unknown): never {
  const isTold = succeeds(() => report({ output: '', findings: [toFinding(error)] }, showsFrames ? {} : { rest: '' }));
  if (!isTold) attempt(() => writeStandardError('error: cannot finish: this function has a fault.'));
  endProcess(1);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
process.on('beforeExit', () => fail(new Error('a success without a word'))); // nothing is left to wait for, and no answer came
// ends the process at once: all output was written synchronously, and the SDK's timers would keep it for up to a minute
main().then(endProcess, fail);
