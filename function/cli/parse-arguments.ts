import { parseArgs } from 'node:util';
import { quote } from '../findings/quote.ts';
import type { ServeOptions } from '../model/serve-options.ts';
import { isServe, parseServeArguments } from './parse-serve-arguments.ts';

/** What to run. */
export type Invocation =
  | { readonly mode: 'krm' }
  | { readonly mode: 'plugin'; readonly configFile: string }
  | { readonly mode: 'serve'; readonly options: ServeOptions }
  | { readonly mode: 'help' }
  | { readonly mode: 'version' }
  | Files
  | { readonly mode: 'install'; readonly folder: string; readonly isPluginHome: boolean }
  | { readonly mode: 'doctor'; readonly folder: string; readonly online: boolean }
  | { readonly mode: 'wrongUsage'; readonly message: string };

/** `render` and `plan`. */
interface Files {
  readonly mode: 'files';
  readonly paths: readonly string[];
  /** Render in place or to standard output, or print the plan. */
  readonly task: { readonly inPlace: boolean } | { readonly plan: (typeof FORMATS)[number] | undefined };
  /** Overrides STS_FUNCTION_MODE. */
  readonly runMode?: 'placeholder' | 'plan';
}

const PLUGIN_HOME = 'kustomize-plugin-home';
const FORMATS = ['tree', 'table', 'yaml', 'json', 'markdown'] as const;

/** What the meaning of the arguments depends on. */
interface ProcessContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdinIsTerminal: boolean;
  readonly isFile: (path: string) => boolean;
}

/** Parses the arguments. Without any, standard input must not be a terminal, where a person would wait for output. */
export function parseArguments(
  argv: readonly string[],
  { environment, stdinIsTerminal, isFile }: ProcessContext,
): Invocation {
  if (isServe(argv, environment)) {
    if (argv.includes('--help')) return { mode: 'help' };
    const options = parseServeArguments(argv, environment);
    return typeof options === 'string' ? wrongUsage(options) : { mode: 'serve', options };
  }
  const [first, ...others] = argv;
  if (first === undefined) {
    return stdinIsTerminal
      ? wrongUsage('cannot read a ResourceList from a terminal: pipe one in, or see --help.')
      : { mode: 'krm' };
  }
  // a subcommand takes precedence over a file of the same name: `./render` names the file
  const subcommand = Object.hasOwn(SUBCOMMANDS, first) ? SUBCOMMANDS[first] : undefined;
  if (subcommand !== undefined) return parseSubcommand(subcommand, others);
  if (isFile(first)) return parsePlugin(first, others);
  if (others[0] !== undefined) return wrongArgument(others[0]);
  if (first === '--help' || first === '-h') return { mode: 'help' };
  if (first === '--version') return { mode: 'version' };
  if (environment.KUSTOMIZE_PLUGIN_CONFIG_ROOT !== undefined) return parsePlugin(first, others);
  return wrongArgument(first);
}

/** kustomize passes a file, then the words of `argsOneLiner` and `argsFromFile`, which this function refuses. */
function parsePlugin(configFile: string, [word]: readonly string[]): Invocation {
  if (word === undefined) return { mode: 'plugin', configFile };
  const start = `cannot use argument ${quote(word)} behind a file`;
  return wrongUsage(`${start}: this function takes no \`argsOneLiner\` and no \`argsFromFile\`. Write an Input.`);
}

/** The arguments of a subcommand. */
interface ParsedArguments {
  /** Values of options by name; empty for an option without one. */
  readonly values: ReadonlyMap<string, string>;
  readonly paths: readonly string[];
}

/** A subcommand: its options beside `--help`, and how its arguments are read. */
interface Subcommand {
  readonly options: Readonly<Record<string, { readonly type: 'boolean' | 'string'; readonly short?: string }>>;
  readonly read: (given: ParsedArguments) => Invocation;
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  render: {
    options: { 'in-place': { type: 'boolean', short: 'i' }, placeholder: { type: 'boolean' } },
    read: readRender,
  },
  plan: { options: { output: { type: 'string', short: 'o' } }, read: readPlan },
  install: { options: { [PLUGIN_HOME]: { type: 'boolean' } }, read: readInstall },
  doctor: { options: { online: { type: 'boolean' } }, read: readDoctor },
};

/** Parses options and paths in any order; after `--` only paths. The first other argument is wrong usage. */
function parseSubcommand({ options: own, read }: Subcommand, argv: readonly string[]): Invocation {
  const options: Subcommand['options'] = { ...own, help: { type: 'boolean', short: 'h' } };
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true });
  const values = new Map<string, string>();
  const paths: string[] = [];
  let wrong: Invocation | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') paths.push(token.value);
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(options, token.name) ? options[token.name]?.type : undefined;
    const isRight = type === 'boolean' ? token.value === undefined : type === 'string' && token.value !== undefined;
    if (isRight) values.set(token.name, token.value ?? '');
    else wrong ??= wrongArgument(token.rawName);
  }
  if (values.has('help')) return { mode: 'help' };
  return wrong ?? read({ values, paths });
}

function readRender({ values, paths }: ParsedArguments): Invocation {
  if (isMissing(paths)) return withoutPath('render', paths);
  const task = { inPlace: values.has('in-place') };
  return { mode: 'files', paths, task, ...(values.has('placeholder') ? { runMode: 'placeholder' } : {}) };
}

function readPlan({ values, paths }: ParsedArguments): Invocation {
  if (isMissing(paths)) return withoutPath('plan', paths);
  const output = values.get('output');
  const plan = FORMATS.find((one) => one === output);
  if (output === undefined || plan !== undefined) return { mode: 'files', paths, task: { plan }, runMode: 'plan' };
  const known = FORMATS.map(quote).join(', ');
  return wrongUsage(`cannot plan as ${quote(output)}: \`--output\` must be ${known}. See --help.`);
}

function readInstall({ values, paths }: ParsedArguments): Invocation {
  const [folder] = paths;
  if (folder && paths.length === 1) return { mode: 'install', folder, isPluginHome: values.has(PLUGIN_HOME) };
  const what = paths.length > 1 ? `${paths.length} folders` : folder === '' ? 'an empty path' : 'no folder';
  return wrongUsage(`cannot install into ${what}: name one, or see --help.`);
}

function readDoctor({ values, paths }: ParsedArguments): Invocation {
  const [folder = '.', second] = paths;
  if (folder !== '' && second === undefined) return { mode: 'doctor', folder, online: values.has('online') };
  const what = folder === '' ? 'an empty path' : `${paths.length} folders`;
  return wrongUsage(`cannot look at ${what}: name one folder or none, or see --help.`);
}

/** True without paths, or with an empty one, as of an unset variable: it must not mean the current folder. */
function isMissing(paths: readonly string[]): boolean {
  return paths.length === 0 || paths.includes('');
}

function withoutPath(command: string, paths: readonly string[]): Invocation {
  const what = paths.length === 0 ? 'nothing' : 'an empty path';
  return wrongUsage(`cannot ${command} ${what}: name files or folders, or see --help.`);
}

function wrongArgument(argument: string): Invocation {
  return wrongUsage(`cannot use argument ${quote(argument)}: it does not fit here. See --help.`);
}

function wrongUsage(message: string): Invocation {
  return { mode: 'wrongUsage', message };
}

/** What `--help` prints: it fits a screen. */
export const HELP = `function-sts-assume-role turns External Secrets' AWS generators into Secrets
with short-lived credentials. kpt and kustomize give it a ResourceList:
  kpt fn render PACKAGE --allow-exec
  kpt fn eval PACKAGE --exec function-sts-assume-role
  kustomize build --enable-alpha-plugins --enable-exec DIR
  kubectl kustomize --enable-alpha-plugins DIR    (docs/kustomize.md: a plugin)
People give it files and folders, in which it reads manifests (docs/files.md):
  function-sts-assume-role render [--placeholder] [-i] PATH…    prints Secrets,
    for a preview without credentials; -i writes each beside its spec
  function-sts-assume-role plan [-o table|yaml|json] PATH…
  function-sts-assume-role install [--kustomize-plugin-home] DIR
  function-sts-assume-role doctor [--online] [DIR]    says why nothing happened
Crossplane calls it as a step of a Composition:
  function-sts-assume-role serve --tls-certs-dir DIR | --insecure [--debug]
    [--address HOST:PORT] [--health-address HOST:PORT] [--ttl 5m]
    [--max-recv-message-size MB] [--policy FILE] [--require-policy]
Exit status: 0 done; 1 an error, said in one line each on standard error and in
results, and then no Secret was emitted; 2 wrong usage. Environment: the AWS
SDK's own, and AWS_STS_ENDPOINT (URL of STS for every hop), HTTPS_PROXY,
NO_PROXY, AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, STS_FUNCTION_POLICY=FILE,
STS_FUNCTION_CLUSTER=in-cluster|context:NAME, STS_FUNCTION_CONCURRENCY (16),
STS_FUNCTION_MODE=plan|placeholder, STS_FUNCTION_OUTPUT=files|stream (where a
host puts the output), STS_FUNCTION_TIMEOUT (seconds for a run, 120, or a call
under serve, 30)
`;
