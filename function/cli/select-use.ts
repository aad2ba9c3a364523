import { quote } from '../findings/quote.ts';
import { matchesGlob } from '../model/plain-data.ts';

/** The commands, which take precedence over files of the same names: `./render` names the file. */
export const COMMANDS = [
  'render',
  'plan',
  'status',
  'install',
  'doctor',
  'serve',
  'completion',
  'help',
  'version',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** The options of `serve`: one as first argument selects the server without its name. */
export const SERVE_OPTIONS = [
  'insecure',
  'debug',
  'tls-certs-dir',
  'address',
  'health-address',
  'ttl',
  'max-recv-message-size',
  'policy',
  'require-policy',
] as const;

/** What to run. A command has its name in front; its other arguments are not read yet. */
type Use =
  | { readonly use: 'krm' }
  | { readonly use: 'plugin'; readonly configFile: string }
  | { readonly use: 'command'; readonly argv: readonly string[] }
  | WrongUsage;

export interface WrongUsage {
  readonly use: 'wrongUsage';
  readonly message: string;
}

/** What the meaning of the arguments depends on. */
interface ProcessContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdinIsTerminal: boolean;
  readonly isFile: (path: string) => boolean;
}

/** Parts of Node.js that print requests, headers and private keys among them, when NODE_DEBUG names them. */
const TALKING = ['http', 'https', 'http2', 'net', 'tls', 'stream'];

/**
 * Distinguishes a start by kpt or kustomize from a command, before any code for commands is loaded. Without arguments, standard input must not be
 * a terminal, where a person would wait for output.
 */
export function selectUse(argv: readonly string[], { environment, stdinIsTerminal, isFile }: ProcessContext): Use {
  const [first, ...others] = argv;
  const named = environment.NODE_DEBUG?.toLowerCase().split(',') ?? []; // as lib/internal/util/debuglog.js of Node.js reads it
  if (TALKING.some((part) => named.some((pattern) => matchesGlob(pattern, part))))
    return wrongUsage('cannot keep tokens secret: NODE_DEBUG makes Node.js print what is sent. Unset it.');
  if (first === undefined) {
    if (environment.TLS_SERVER_CERTS_DIR) return { use: 'command', argv: ['serve'] };
    if (!stdinIsTerminal) return { use: 'krm' };
    return wrongUsage('cannot read a ResourceList from a terminal: pipe one in, or see --help.');
  }
  if (isCommand(first)) return { use: 'command', argv };
  if (isServeOption(first)) return { use: 'command', argv: ['serve', ...argv] };
  if (isFile(first)) return selectPlugin(first, others);
  const isPlugin =
    environment.KUSTOMIZE_PLUGIN_CONFIG_ROOT !== undefined && !['-h', '--help', '--version'].includes(first);
  return isPlugin ? selectPlugin(first, others) : { use: 'command', argv };
}

/** kustomize passes a file, then the words of `argsOneLiner` and `argsFromFile`, which this function refuses. */
function selectPlugin(configFile: string, [word]: readonly string[]): Use {
  if (word === undefined) return { use: 'plugin', configFile };
  const start = `cannot use argument ${quote(word)} behind a file`;
  return wrongUsage(`${start}: this function takes no \`argsOneLiner\` and no \`argsFromFile\`. Use an Input instead.`);
}

export function isCommand(word: string): word is CommandName {
  return COMMANDS.some((name) => name === word);
}

function isServeOption(argument: string): boolean {
  const [option] = argument.split('=', 1);
  return argument === '-d' || SERVE_OPTIONS.some((name) => option === `--${name}`);
}

/** kpt would take what a command prints for the package, and delete what is not in it. */
export function commandUnderKpt(argv: readonly string[]): WrongUsage {
  const cause = 'with arguments it is a command, and kpt would take its output for the package';
  return wrongUsage(
    `cannot run ${quote(argv.join(' '))} as a step of kpt: ${cause}. Remove the arguments from \`exec\`.`,
  );
}

export function wrongUsage(message: string): WrongUsage {
  return { use: 'wrongUsage', message };
}
