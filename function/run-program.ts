import { linesOf, type ReportStyle } from './cli/report.ts';
import { commandUnderKpt, selectUse } from './cli/select-use.ts';
import { adoptEnvironment, createWorld, type ProgramInfo } from './clients/world.ts';
import { isCode } from './findings/codes.ts';
import { hasColours } from './findings/colours.ts';
import { finding, hasErrors } from './findings/finding.ts';
import { isFile, runPlugin } from './hosts/plugin.ts';
import { toFinding } from './hosts/run.ts';
import { runResourceList } from './hosts/stdio.ts';
import type { RunReport } from './model/outcome.ts';
import { defined } from './model/plain-data.ts';
import type { World } from './model/world.ts';

declare const VERSION: string | undefined; // defined by the build; the sources themselves have none

/** What the program was started with. Of the process it has nothing else but the working directory and the clock. */
export interface Start {
  readonly argv: readonly string[];
  /** The variables of the process itself: the SDK reads them, so `adoptEnvironment` sets some of the SDK's in them. */
  readonly environment: Record<string, string | undefined>;
  /**
   * Standard input to its end.
   * @throws FindingError when it cannot be read.
   */
  readonly readInput: () => Uint8Array;
  readonly stdinIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** The path of the program, and the terminal that standard output is. */
  readonly programInfo: ProgramInfo;
  /** True where what a command prints would replace a package. */
  readonly isStartedByKpt: () => boolean;
  /** Runs with signs of life; absent: nobody looks. */
  readonly watch?: (world: World, run: (world: World) => Promise<RunReport>) => Promise<RunReport>;
  /** How a fault is told that nobody has caught, also one that comes later. */
  readonly faultStyle: { showsAllFrames: boolean };
}

/** What the program leaves. */
export interface End {
  /** 0 done, 1 an error, 2 wrong usage. */
  readonly exit: number;
  readonly stdout: string;
  /** Lines, without their ends. */
  readonly stderr: readonly string[];
}

/** The program, but for its streams and signals: runs what the arguments select. Never throws. */
export async function runProgram(start: Start): Promise<End> {
  const { argv, stdinIsTerminal } = start;
  try {
    const selected = selectUse(argv, { ...start, isFile });
    if (selected.use === 'command' && start.isStartedByKpt()) return refuse(start, commandUnderKpt(argv));
    switch (selected.use) {
      case 'wrongUsage':
        return refuse(start, selected);
      case 'krm':
        return await answer(start, (world) => runResourceList(start.readInput(), world), IN_RESULTS);
      case 'plugin': {
        const input = stdinIsTerminal ? new Uint8Array() : start.readInput(); // a person tries it by hand
        return await answer(start, (world) => runPlugin(selected.configFile, input, world), SHORT);
      }
      case 'command':
        return await runCommand(start, selected.argv);
    }
  } catch (error) {
    return reportFault(error, start);
  }
}

/** Each command is imported on demand, and so is what reads its arguments: kpt and kustomize do not wait for them. */
async function runCommand(start: Start, argv: readonly string[]): Promise<End> {
  const { parseArguments } = await import('./cli/parse-arguments.ts');
  const { environment, watch = (world, run) => run(world) } = start;
  const version = typeof VERSION === 'string' ? VERSION : 'of the sources';
  const invocation = parseArguments(argv, version, environment);
  if (invocation.use === 'serve' || ('debug' in invocation && invocation.debug)) start.faultStyle.showsAllFrames = true;
  switch (invocation.use) {
    case 'wrongUsage':
      return refuse(start, invocation);
    case 'print':
      return printed(invocation.text);
    case 'explain': {
      const { explainCode, listCodes, noSuchCode } = await import('./cli/explain-code.ts');
      const { code } = invocation;
      if (isCode(code)) return printed(explainCode(code));
      return { ...refuse(start, { message: noSuchCode(code) }), stdout: listCodes() };
    }
    case 'files': {
      const { runOnFiles } = await import('./files/answer-files.ts');
      const { paths, task } = invocation;
      return answer(
        start,
        (world) => watch(world, (seen) => runOnFiles(paths, task, seen, start.readInput)),
        brevityFor(invocation),
        invocation,
      );
    }
    case 'status': {
      const { showStatus } = await import('./files/status.ts');
      return answer(start, async (world) => showStatus(invocation, world, start.readInput), SHORT);
    }
    case 'install': {
      const { install } = await import('./cli/install/install.ts');
      return report(start, install(invocation.folder, invocation.isPluginHome), ALL);
    }
    case 'doctor': {
      const { examine } = await import('./doctor/doctor.ts');
      const readArguments: Parameters<typeof examine>[2] = (words, around) => {
        const selected = selectUse(words, { environment: around, stdinIsTerminal: false, isFile: () => false });
        return selected.use === 'command' ? parseArguments(selected.argv, version, around) : selected;
      };
      const looks = { ...start, stderrIsTerminal: start.programInfo.terminal !== undefined };
      const run = (world: World) => examine(invocation, world, readArguments);
      return asOutput(await answer(looks, run, brevityFor(invocation), invocation), invocation.isJson);
    }
    case 'serve': {
      const { serve } = await import('./crossplane/serve.ts'); // gRPC is large
      await serve(invocation.options, adoptEnvironment(environment));
      return printed('');
    }
  }
}

/** What is shown of many messages that are alike. */
type Brevity = Omit<ReportStyle, 'isColoured'>;
const ALL: Brevity = { isShort: false };
const SHORT: Brevity = { isShort: true };
const IN_RESULTS: Brevity = { isShort: true, hint: 'The results have all.' };

/** A command shows all of them with `--debug`. */
function brevityFor({ debug }: { readonly debug: boolean }): Brevity {
  return debug ? ALL : { isShort: true, hint: '`--debug` shows all.' };
}

/** Decides whether messages are coloured. */
type ColourContext = Pick<Start, 'environment' | 'stderrIsTerminal'>;

function printed(stdout: string): End {
  return { exit: 0, stdout, stderr: [] };
}

/** What a command found is its output, before what it counted; JSON has it. A command that did not finish has none. */
function asOutput({ exit, stdout, stderr }: End, isJson: boolean): End {
  if (stdout === '') return { exit, stdout, stderr };
  return { exit, stdout: isJson ? stdout : `${stderr.map((line) => `${line}\n`).join('')}${stdout}`, stderr: [] };
}

function refuse(start: ColourContext, { message }: { readonly message: string }): End {
  return { ...report(start, { output: '', findings: [finding('USAGE_INVALID', message)] }, ALL), exit: 2 };
}

/** Runs in `mode` and with `policy`, by default the environment's, and reports the answer. */
async function answer(
  start: Start,
  run: (world: World) => Promise<RunReport>,
  brevity: Brevity,
  { mode, policy }: { readonly mode?: string; readonly policy?: string } = {},
): Promise<End> {
  const { environment, programInfo } = start;
  const choice = defined({ STS_FUNCTION_MODE: mode, STS_FUNCTION_POLICY: policy });
  const world = createWorld({ ...adoptEnvironment(environment), ...choice }, programInfo);
  return report(start, await run(world), brevity);
}

function report(start: ColourContext, { output, findings, exit = 0 }: RunReport, brevity: Brevity): End {
  if (findings.length === 0) return { exit, stdout: output, stderr: [] };
  const isColoured = hasColours(start.environment, start.stderrIsTerminal);
  const lines = linesOf(findings, { ...brevity, isColoured });
  return { exit: hasErrors(findings) ? 1 : exit, stdout: output, stderr: [...lines] };
}

/** What is told of a fault that nobody has caught: all frames of its stack, otherwise the first. */
export function reportFault(error: unknown, start: ColourContext & Pick<Start, 'faultStyle'>): End {
  return report(start, { output: '', findings: [toFinding(error)] }, start.faultStyle.showsAllFrames ? ALL : SHORT);
}
