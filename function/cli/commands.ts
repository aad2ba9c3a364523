import { Argument, Command, Option } from 'commander';
import { isCode } from '../findings/codes.ts';
import { PROGRAM } from '../model/kinds.ts';
import { defined, typedKeys } from '../model/plain-data.ts';
import {
  type FilesTask,
  PREVIEW_FORMATS,
  type PreviewFormat,
  type ServeOptions,
  type StatusTask,
} from '../model/tasks.ts';
import { oneOf, optionWithValue, path, policyPath, UsageError } from './checked.ts';
import { SCRIPTS, type Shell } from './completion.ts';
import { ASKING, notes, OVERVIEW, RUNNING } from './help-texts.ts';
import { COMMANDS, type CommandName, isCommand } from './select-use.ts';
import { readServeOptions, type ServeValues, serveOptions } from './serve-options.ts';

/** What a command selects. */
export type Invocation =
  | { readonly use: 'print'; readonly text: string }
  /** `code` may be none. */
  | { readonly use: 'explain'; readonly code: string }
  | Files
  | { readonly use: 'install'; readonly folder: string; readonly isPluginHome: boolean }
  | ({ readonly use: 'doctor'; readonly folder: string; readonly policy?: string } & Readonly<
      Record<'online' | 'strict' | 'isJson' | 'debug', boolean>
    >)
  | ({ readonly use: 'status' } & StatusTask)
  | { readonly use: 'serve'; readonly options: ServeOptions };

/** `render` and `plan`. */
interface Files {
  readonly use: 'files';
  readonly paths: readonly string[];
  readonly task: FilesTask;
  /** Overrides STS_FUNCTION_MODE. */
  readonly mode?: 'placeholder' | 'plan';
  /** Stands for STS_FUNCTION_POLICY. */
  readonly policy?: string;
  readonly debug: boolean;
}

/** The options without a value that were given. */
type Flag = 'inPlace' | 'placeholder' | 'debug' | 'online' | 'strict' | 'kustomizePluginHome' | 'detailedExitcode';
type FlagValues = { readonly [flag in Flag]?: boolean } & { readonly policy?: string };

/** An option of `render`, `plan` and `doctor`. */
const DEBUG = ['--debug', 'show every message, even if many are alike'] as const;
const POLICY = ['--policy <FILE>', "file of the operator's Policy"] as const;

type DoctorFlags = FlagValues & { readonly output?: 'text' | 'json' };
type StatusFlags = FlagValues & { readonly output?: 'table' | 'json' };
type PlanFlags = FlagValues & { readonly output?: PreviewFormat; readonly since?: string };

/** What commands are made with. */
interface Context {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Is called with what the arguments select. */
  readonly select: (selected: Invocation) => void;
}

/** All commands with their options and help: what is parsed, shown and completed follows from it. */
export function createProgram(context: Context): Command {
  const program = new Command(PROGRAM)
    .description("Turn External Secrets' AWS generators into Secrets with short-lived credentials.")
    .usage('COMMAND')
    .helpOption('-h, --help', 'show this help, or that of a command')
    .version(context.version, '--version', 'show the version')
    .helpCommand(false)
    .addHelpText('after', OVERVIEW)
    .exitOverride();
  const commands = [addRender, addPlan, addStatus, addInstall, addDoctor, addServe, addCompletion, addHelp];
  for (const addTo of commands) addTo(program, context);
  add(program, 'version', 'Show the version')
    .addHelpText('after', notes([], `${PROGRAM} version`))
    .action(() => context.select({ use: 'print', text: `${context.version}\n` }));
  return program;
}

function add(program: Command, name: CommandName, text: string): Command {
  return program.command(name).description(text).helpOption('-h, --help', 'show this help');
}

function addRender(program: Command, { select, environment }: Context): void {
  add(program, 'render', 'Print the Secrets of files and folders')
    .addHelpText('after', notes([...ASKING, ...RUNNING], `${PROGRAM} render --placeholder my-package`))
    .addArgument(path('[PATH...]', 'files and folders with manifests (default: this folder; -: standard input)'))
    .option('-i, --in-place', 'write each Secret beside its spec, and print nothing')
    .option('--placeholder', 'preview: print Secrets without credentials')
    .addOption(optionWithValue(...POLICY))
    .option('--detailed-exitcode', 'exit with 2 if a renewal failed, and the old Secret is good')
    .option(...DEBUG)
    .action((_, { inPlace = false, placeholder, policy, ...flags }: FlagValues, { args }: Command) => {
      const { debug = false, detailedExitcode: tellsFailed = false } = flags;
      const more = { ...(placeholder ? { mode: 'placeholder' as const } : {}), ...policyPath(policy, environment) };
      select({ use: 'files', paths: pathsOf(args, { inPlace }), task: { inPlace, tellsFailed }, debug, ...more });
    });
}

function addPlan(program: Command, { select, environment }: Context): void {
  const variables = ['STS_FUNCTION_POLICY', 'STS_FUNCTION_TIMEOUT', 'SOPS_AGE_KEY'] as const;
  const output = new Option('-o, --output <FORMAT>', 'default: tree on a terminal, else table');
  add(program, 'plan', 'Show what `render` would do, and why')
    .addHelpText('after', notes(variables, `${PROGRAM} plan -o json my-package`))
    .addArgument(path('[PATH...]', 'files and folders with manifests (default: this folder; -: standard input)'))
    .addOption(oneOf(output, '--output', PREVIEW_FORMATS))
    .addOption(optionWithValue('--since <FILE>', 'compare with an earlier `plan -o json`; - is standard input'))
    .addOption(optionWithValue(...POLICY))
    .option('--detailed-exitcode', 'exit with 2 if a Secret is due, with --since if one differs')
    .option(...DEBUG)
    .action((_, { output, since, policy, debug = false, ...flags }: PlanFlags, { args }: Command) => {
      const task = { preview: output, tellsDue: flags.detailedExitcode ?? false, ...defined({ since }) };
      const paths = pathsOf(args, defined({ since }));
      select({ use: 'files', paths, task, mode: 'plan', debug, ...policyPath(policy, environment) });
    });
}

function addStatus(program: Command, { select }: Context): void {
  add(program, 'status', 'Show which Secrets end when, which are late, and why')
    .addHelpText('after', notes(['STS_FUNCTION_TIMEOUT'], `kubectl get secrets -A -o json | ${PROGRAM} status -`))
    .addArgument(path('[PATH...]', 'files and folders with Secrets (default: this folder; -: standard input)'))
    .addOption(oneOf(new Option('-o, --output <FORMAT>', 'default: table'), '--output', ['table', 'json']))
    .option('--detailed-exitcode', 'exit with 2 if a Secret is late, over, or nobody knows')
    .action((_, { output, detailedExitcode: tellsLate = false }: StatusFlags, { args }: Command) =>
      select({ use: 'status', paths: pathsOf(args), isJson: output === 'json', tellsLate }),
    );
}

/** Paths, or the folder that a command runs in. Standard input is read once, and no Secret is written beside it. */
function pathsOf(paths: readonly string[], { inPlace = false, since }: PlanFlags = {}): readonly string[] {
  if (paths.includes('-') && (paths.length > 1 || inPlace || since === '-'))
    throw new UsageError('cannot use `-` here: it is standard input, and stands alone. See --help.');
  return paths.length === 0 ? ['.'] : paths;
}

function addInstall(program: Command, { select }: Context): void {
  add(program, 'install', 'Copy this program to where hosts find it')
    .addHelpText('after', notes([], `${PROGRAM} install ~/.local/bin`))
    .addArgument(path('<DIR>', "a folder on PATH, or kustomize's plugin home"))
    .option('--kustomize-plugin-home', 'add a link for each kind that can be a plugin')
    .action((_, { kustomizePluginHome: isPluginHome = false }: FlagValues, { args: [folder = ''] }: Command) =>
      select({ use: 'install', folder, isPluginHome }),
    );
}

function addDoctor(program: Command, { select, environment }: Context): void {
  add(program, 'doctor', 'Find out why nothing happened')
    .addHelpText('after', notes([...ASKING, 'STS_FUNCTION_POLICY'], `${PROGRAM} doctor my-repository`))
    .addArgument(path('[DIR]', 'where to look (default: this folder)'))
    .addOption(oneOf(new Option('-o, --output <FORMAT>', 'default: text'), '--output', ['text', 'json']))
    .option('--online', 'also ask STS who the caller is')
    .option('--strict', 'exit with 1 where a manifest makes no Secret')
    .addOption(optionWithValue(...POLICY))
    .option(...DEBUG)
    .action(
      (
        _,
        { output, online = false, strict = false, policy, debug = false }: DoctorFlags,
        { args: [folder = '.'] }: Command,
      ) => {
        const isJson = output === 'json';
        select({ use: 'doctor', folder, online, strict, isJson, debug, ...policyPath(policy, environment) });
      },
    );
}

function addServe(program: Command, { select, environment }: Context): void {
  const variables = ['TLS_SERVER_CERTS_DIR', ...ASKING, ...RUNNING] as const;
  const example = `${PROGRAM} serve --insecure --address 127.0.0.1:9443`;
  const serve = add(program, 'serve', 'Run the server that Crossplane calls');
  serve.addHelpText('after', notes(variables, example));
  for (const option of serveOptions()) serve.addOption(option);
  serve.action((values: ServeValues) => select({ use: 'serve', options: readServeOptions(values, environment) }));
}

function addCompletion(program: Command, { select }: Context): void {
  add(program, 'completion', 'Print the completion script for a shell')
    .addHelpText('after', notes([], `source <(${PROGRAM} completion bash)`))
    .addArgument(oneOf(new Argument('<SHELL>', 'the shell'), 'SHELL', typedKeys(SCRIPTS)))
    .action((shell: Shell) => select({ use: 'print', text: SCRIPTS[shell](program) }));
}

/** Its choices are not checked here: of a misspelt command the program says which one was meant. */
function addHelp(program: Command, { select }: Context): void {
  const name = new Argument('[COMMAND|CODE]', 'a command, or the code of a message').choices(COMMANDS);
  add(program, 'help', 'Show how to use a command, or what a code means')
    .addHelpText('after', notes([], `${PROGRAM} help HOP_DENIED`))
    .addArgument(name.argParser((topic) => topic))
    .action((topic: string = '') => {
      const code = topic.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(); // `HopDenied` too
      const isMeant = /^[A-Z]+_[A-Z_]+$/.test(code) || /^[A-Z]{3,}$/.test(topic);
      if (!isCommand(topic) && (isMeant || isCode(code))) select({ use: 'explain', code });
      else program.parse(isCommand(topic) ? [topic, '--help'] : [topic || '--help'], { from: 'user' });
    });
}
