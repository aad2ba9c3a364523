import { isatty } from 'node:tty';
import { FindingError, hasErrors } from './api/finding.ts';
import { HELP } from './cli/help.ts';
import { parseArguments } from './cli/parse-arguments.ts';
import { answerResourceList } from './hosts/stdio.ts';
import { readStandardInput, writeStandardError, writeStandardOutput } from './hosts/streams.ts';
import { adoptEnvironment, createWorld } from './world/world.ts';

declare const VERSION: string; // set by the build

/** Picks the mode. Resolves to the exit code: 0 done, 1 an error, 2 wrong usage. */
async function main(): Promise<number> {
  const invocation = parseArguments(process.argv.slice(2), isatty(0));
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
      return serveStandardInput();
  }
}

async function serveStandardInput(): Promise<number> {
  const world = createWorld({ ...process.env });
  adoptEnvironment(process.env);
  const { output, findings } = await answerResourceList(readStandardInput(), world);
  for (const { severity, message } of findings) writeStandardError(`${severity}: ${message}`);
  writeStandardOutput(output);
  return hasErrors(findings) ? 1 : 0;
}

/** Ends at once: everything was written synchronously, and timers of the SDK would keep the process for as long as a minute. */
function end(code: number): never {
  process.exit(code);
}

/** Never the error itself: its text may repeat a setting with a password, or a key. */
function fail(error: unknown): never {
  const fault = 'cannot finish: this function has a fault. Please report it.';
  writeStandardError(`error: ${error instanceof FindingError ? error.finding.message : fault}`);
  end(1);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
main().then(end, fail);
