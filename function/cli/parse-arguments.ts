import { type Command, CommanderError } from 'commander';
import { quote } from '../findings/quote.ts';
import { UsageError, withoutValue } from './checked.ts';
import { createProgram, type Invocation } from './commands.ts';
import { HELP_COLUMNS } from './help-texts.ts';
import { type CommandName, isCommand, type WrongUsage, wrongUsage } from './select-use.ts';

/** Options that are commands by another name. */
const BY_OPTION: ReadonlyMap<string, CommandName> = new Map([
  ['-h', 'help'],
  ['--help', 'help'],
  ['--version', 'version'],
]);

/** Parses the arguments of a command, and refuses those of none. */
export function parseArguments(
  argv: readonly string[],
  version: string,
  environment: Readonly<Record<string, string | undefined>>,
): Invocation | WrongUsage {
  let text = '';
  let selected: Invocation | undefined;
  const program = createProgram({ version, environment, select: (invocation) => (selected = invocation) });
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({
      writeOut: (part) => (text += part),
      writeErr: () => undefined, // it is said in our words
      getOutHelpWidth: () => HELP_COLUMNS,
      getOutHasColors: () => false,
    });
  const words = argv.map((word, index) => (index === 0 ? (BY_OPTION.get(word) ?? word) : word));
  try {
    program.parse(parsed(words), { from: 'user' });
  } catch (error) {
    if (error instanceof UsageError) return wrongUsage(error.message);
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) return wrongUsage(explain(error, words, program));
  }
  return selected ?? { use: 'print', text };
}

/**
 * Without a command the first word is refused, even before `--help`. An option is looked up among those of `serve`, the command that needs
 * no name, so the message can name the one that was meant.
 */
function parsed([first = '', ...others]: readonly string[]): string[] {
  if (isCommand(first)) return [first, ...others];
  return /^--?\w/.test(first) ? ['serve', first] : [first];
}

/** One line on what commander refused: its codes are documented, and what it names is between quotes. */
function explain({ code, message }: CommanderError, [first = '']: readonly string[], program: Command): string {
  const [, argument = '', meant] = /'(.*)'(?:\n\(Did you mean (?:one of )?(.*)\?\))?$/s.exec(message) ?? [];
  const hint = `${meant === undefined ? '' : `Did you mean \`${meant.replaceAll(', ', '` or `')}\`? `}See --help.`;
  const command = program.commands.find((candidate) => candidate.name() === first);
  const name = command === undefined ? '' : `\`${command.name()}\``;
  switch (code) {
    case 'commander.unknownCommand':
      return `cannot use argument ${quote(argument)}: there is no such command. ${hint}`;
    case 'commander.unknownOption': {
      const [option] = argument.split('=', 1);
      if (command?.options.some(({ long }) => long === option))
        return `cannot use argument ${quote(argument)}: \`${option}\` takes no value. See --help.`;
      const cause = command === undefined ? 'there is no such option' : `${name} has no such option`;
      return `cannot use argument ${quote(argument)}: ${cause}. ${hint}`;
    }
    case 'commander.missingArgument':
      return `cannot run ${name}: it needs ${argument}. See --help.`;
    case 'commander.optionMissingArgument':
      return withoutValue(/--[\w-]+/.exec(message)?.[0] ?? '');
    case 'commander.excessArguments': {
      const number = command?.registeredArguments.length ?? 0;
      const excess = quote(command?.args[number] ?? '');
      return `cannot use argument ${excess}: ${name} takes ${number === 0 ? 'no argument' : 'only one'}. See --help.`;
    }
    default:
      return `cannot use argument ${quote(first)}: it does not fit here. See --help.`;
  }
}
