import type { Argument, Command, Option } from 'commander';
import { CODES } from '../findings/codes.ts';

/** Scripts that make a shell complete arguments. They are made of the commands, and start nothing when somebody presses Tab. */

export const SCRIPTS = { bash, zsh, fish };
export type Shell = keyof typeof SCRIPTS;

/** What may stand for a value: one of some words, the path of a file or folder, or something that no shell knows. */
type Values = readonly string[] | 'path' | 'unknown';

function valuesOf(taker: Argument | Option): Values {
  if (nameOf(taker) === 'COMMAND|CODE') return [...(taker.argChoices ?? []), ...Object.keys(CODES)];
  return taker.argChoices ?? (['PATH', 'DIR', 'FILE'].includes(nameOf(taker)) ? 'path' : 'unknown');
}

/** The word that stands for a value: `FILE` of `--policy <FILE>`. */
function nameOf(taker: Argument | Option): string {
  return 'flags' in taker ? (/<(.*)>/.exec(taker.flags)?.[1] ?? '') : taker.name();
}

function optionsOf(command: Command): Option[] {
  return command.createHelp().visibleOptions(command);
}

function flagsOf({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** Where a path may stand there are no words, and bash completes files itself. It takes `--output=json` for three words. */
function bash(program: Command): string {
  const name = `_${program.name().replaceAll('-', '_')}`; // in POSIX mode names have no hyphen
  const offer = (values: Values) =>
    `words='${typeof values === 'string' ? '' : values.join(' ')}' path=${values === 'path' || ''}`;
  const flags = (command: Command) => optionsOf(command).flatMap(flagsOf).join(' ');
  const cases = program.commands.map((command) => {
    const takers = optionsOf(command).filter(({ required }) => required);
    const values = takers.map((option) => `        ${flagsOf(option).join(' | ')}) ${offer(valuesOf(option))} ;;\n`);
    const argumentValues = offer(command.registeredArguments.map(valuesOf)[0] ?? []);
    return `    ${command.name()})
      options='${flags(command)}' ${argumentValues}
${values.length === 0 ? '' : `      case $before in\n${values.join('')}      esac\n`}      ;;
`;
  });
  return `# What completes arguments of ${program.name()} in bash.
${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]}
  local options='${flags(program)}' ${offer(program.commands.map((command) => command.name()))}
  if [[ $before == '=' ]]; then before=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  if [[ $word == '=' ]]; then word=; fi
  if ((COMP_CWORD < 2)); then command=; fi
  case $command in
${cases.join('')}  esac
  if [[ $word == -* ]]; then words=$options path=; fi
  if [[ -z $path ]]; then compopt +o default 2>/dev/null; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F ${name} ${program.name()}
`;
}

function zsh(program: Command): string {
  const name = `_${program.name()}`; // as its file in a folder of fpath, whose first use defines it
  const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = (text: string) => text.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  const offer = (taker: Argument | Option) => {
    const values = valuesOf(taker);
    const action = values === 'path' ? '_files' : values === 'unknown' ? ' ' : `(${values.join(' ')})`;
    return `:${escaped(nameOf(taker))}:${action}`;
  };
  const optionSpecs = (command: Command) =>
    optionsOf(command).flatMap((option) =>
      flagsOf(option).map((flag) => {
        const start = `(${flagsOf(option).join(' ')})${flag}`;
        if (!option.required) return quoted(`${start}[${escaped(option.description)}]`);
        return quoted(`${start}${flag === option.long ? '=' : '+'}[${escaped(option.description)}]${offer(option)}`);
      }),
    );
  const specs = (command: Command) => [
    ...optionSpecs(command),
    ...command.registeredArguments.map((argument) => quoted(`${argument.variadic ? '*' : '1'}${offer(argument)}`)),
  ];
  const names = program.commands.map((command) => quoted(`${command.name()}:${escaped(command.description())}`));
  const cases = program.commands.map((command) => `    ${command.name()}) _arguments ${specs(command).join(' ')} ;;\n`);
  return `#compdef ${program.name()}
# What completes arguments of ${program.name()} in zsh.
${name}() {
  local context state state_descr line curcontext=$curcontext
  local -A opt_args
  local -a commands=(${names.join(' ')})
  _arguments -C ${optionSpecs(program).join(' ')} '1:command:->command' '*::argument:->argument'
  if [[ $state == command ]]; then _describe command commands; fi
  if [[ $state != argument ]]; then return; fi
  case $line[1] in
${cases.join('')}  esac
}
if [[ $funcstack[1] == ${name} ]]; then
  ${name} "$@"
else
  compdef ${name} ${program.name()}
fi
`;
}

function fish(program: Command): string {
  const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
  const offer = (taker: Argument | Option) => {
    const values = valuesOf(taker);
    return values === 'path' ? '--force-files' : values === 'unknown' ? '' : `--arguments ${quoted(values.join(' '))}`;
  };
  const line = (condition: string, ...words: string[]) =>
    [`complete --command ${program.name()} --condition ${quoted(condition)}`, ...words]
      .filter((word) => word !== '')
      .join(' ');
  const optionLine = (condition: string, option: Option) => {
    const flags = flagsOf(option).map((flag) =>
      flag.startsWith('--') ? `--long-option ${flag.slice(2)}` : `--short-option ${flag.slice(1)}`,
    );
    const isPath = valuesOf(option) === 'path';
    const value = option.required ? [isPath ? '--require-parameter' : '--exclusive', offer(option)] : [];
    return line(condition, ...flags, ...value, '--description', quoted(option.description));
  };
  const isFirst = 'test (count (commandline -opc)) -eq 1';
  const lines = program.commands.flatMap((command) => {
    const isBehind = `contains -- ${command.name()} (commandline -opc)[2]`;
    return [
      line(isFirst, '--arguments', command.name(), '--description', quoted(command.description())),
      ...optionsOf(command).map((option) => optionLine(isBehind, option)),
      ...command.registeredArguments.map((argument) => line(isBehind, offer(argument))),
    ];
  });
  return `# What completes arguments of ${program.name()} in fish.
complete --command ${program.name()} --no-files
${[...optionsOf(program).map((option) => optionLine(isFirst, option)), ...lines].join('\n')}
`;
}
