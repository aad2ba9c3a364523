import { isatty } from 'node:tty';
import { HELP, parseArguments } from './cli/parse-arguments.ts';
import { endProcess } from './clients/end-process.ts';
import { adoptEnvironment, createWorld } from './clients/world.ts';
import { type Finding, FindingError, hasErrors } from './findings/finding.ts';
import { visible } from './findings/quote.ts';
import { answerPlugin, isFile } from './hosts/plugin.ts';
import { answerResourceList } from './hosts/stdio.ts';
import { readStandardInput, writeStandardError, writeStandardOutput } from './hosts/streams.ts';
import type { Answer } from './model/flow.ts';
import type { World } from './model/world.ts';

declare const VERSION: string; // defined by the build

/** Runs what the arguments select. Resolves to the exit code: 0 done, 1 an error, 2 wrong usage. */
async function main(): Promise<number> {
  const context = { environment: process.env, stdinIsTerminal: isatty(0), isFile };
  const invocation = parseArguments(process.argv.slice(2), context);
  switch (invocation.mode) {
    case 'help':
      writeStandardOutput(HELP);
      return 0;
    case 'version':
      writeStandardOutput(`${VERSION}\n`);
      return 0;
    case 'wrongUsage':
      writeStandardError(`error: ${invocation.message}`);
      return 2;
    case 'krm':
      return answer((world) => answerResourceList(readStandardInput(), world));
    case 'plugin': {
      const input = isatty(0) ? new Uint8Array() : readStandardInput(); // a person tries it by hand
      return answer((world) => answerPlugin(invocation.configFile, input, world));
    }
    case 'files': {
      // imported on demand, as the other commands for people: kpt and kustomize do not wait for them
      const { answerFiles } = await import('./hosts/files/answer-files.ts');
      const { paths, task, runMode } = invocation;
      return answer((world) => answerFiles(paths, task, world), runMode);
    }
    case 'install': {
      const { install } = await import('./cli/install/install.ts');
      return report(install(invocation.folder, invocation.isPluginHome));
    }
    case 'doctor': {
      const { examine } = await import('./doctor/doctor.ts');
      return answer((world) => examine(invocation.folder, invocation.online, world));
    }
    case 'serve': {
      const { serve } = await import('./hosts/crossplane/serve.ts'); // gRPC is large
      adoptEnvironment(process.env);
      await serve(invocation.options, { ...process.env });
      return 0;
    }
  }
}

/** Runs in `mode`, by default the environment's, and reports the answer. */
async function answer(run: (world: World) => Promise<Answer>, mode?: string): Promise<number> {
  const world = createWorld({ ...process.env, ...(mode === undefined ? {} : { STS_FUNCTION_MODE: mode }) });
  adoptEnvironment(process.env);
  return report(await run(world));
}

function report({ output, findings }: Answer): number {
  for (const one of findings) writeStandardError(`${one.severity}: ${placed(one)}`);
  writeStandardOutput(output);
  return hasErrors(findings) ? 1 : 0;
}

/** A finding's message behind the file and line that it is about. */
function placed({ message, place }: Finding): string {
  if (place === undefined) return message;
  return `${visible([place.file, ...(place.line === undefined ? [] : [place.line])].join(':'))}: ${message}`;
}

/** Reports a fault without the error's own text, which may repeat a password or a key. */
function fail(error: unknown): never {
  const fault = 'cannot finish: this function has a fault. Please report it.';
  writeStandardError(`error: ${error instanceof FindingError ? error.finding.message : fault}`);
  endProcess(1);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// ends the process at once: all output was written synchronously, and the SDK's timers would keep it for up to a minute
main().then(endProcess, fail);
