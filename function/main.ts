import { isatty } from 'node:tty';
import { plainLine } from './cli/report.ts';
import { isStartedByKpt } from './clients/started-by-kpt.ts';
import { readStandardInput, writeStandardError, writeStandardOutput } from './clients/streams.ts';
import { endProcess } from './clients/world.ts';
import { hasColours } from './findings/colours.ts';
import type { RunReport } from './model/outcome.ts';
import { attempt, succeeds } from './model/plain-data.ts';
import type { World } from './model/world.ts';
import { type End, reportFault, runProgram } from './run-program.ts';

/** The process around the program: streams, signals, and faults that nobody has caught. */

const isOneFile = process.versions.bun !== undefined; // the executable contains the script
const faultStyle = { showsAllFrames: false };
const START = { environment: process.env, stdinIsTerminal: isatty(0), stderrIsTerminal: isatty(2), faultStyle };

/** Writes what the program leaves. Gives the exit code. */
function write({ exit, stdout, stderr }: End): number {
  for (const line of stderr) writeStandardError(line);
  writeStandardOutput(stdout);
  return exit;
}

/** Runs with signs of life: a terminal is told what is waited for, and at a stop that no file was written yet. */
async function watched(world: World, run: (world: World) => Promise<RunReport>): Promise<RunReport> {
  const { end, world: watchedWorld } = START.stderrIsTerminal
    ? (await import('./clients/progress.ts')).withProgress(world, process.stderr)
    : { world, end: () => {} };
  process.once('SIGINT', () => {
    end();
    const text = 'cannot finish: it was stopped. No file was written, and no Secret was printed.';
    writeStandardError(plainLine('error', text, hasColours(process.env, START.stderrIsTerminal)));
    process.kill(process.pid, 'SIGINT'); // there is no handler any more, so this ends the process as it would have
  });
  try {
    return await run(watchedWorld);
  } finally {
    end();
  }
}

/** Reports what nobody has caught. Whatever is broken, this does not throw: Node.js would print the error, whose text may repeat a key. */
function fail(error: unknown): never {
  const isTold = succeeds(() => write(reportFault(error, START)));
  if (!isTold) attempt(() => writeStandardError('error: cannot finish: this function has a fault.'));
  endProcess(1);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
process.on('beforeExit', () => fail(new Error('a success without a word'))); // nothing is left to wait for, and no answer came

const program = (isOneFile ? undefined : process.argv[1]) ?? process.execPath;
runProgram({
  ...START,
  argv: process.argv.slice(2),
  readInput: readStandardInput,
  programInfo: { program, ...(isatty(1) && { terminal: { columns: () => process.stdout.columns } }) },
  isStartedByKpt,
  watch: watched,
})
  .then((end) => endProcess(write(end))) // at once: all is written, and timers of the SDK would keep it for a minute
  .catch(fail);
