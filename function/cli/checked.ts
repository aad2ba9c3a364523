import { Argument, Option } from 'commander';
import { quote } from '../findings/quote.ts';

/** Wrong usage, in our words. */
export class UsageError extends Error {}

/** Files or folders. An empty path, as of a variable that is not set, must not mean the current folder. */
export function path(name: string, text: string): Argument {
  return new Argument(name, text).argParser((given) => {
    if (given === '') throw new UsageError('cannot use an empty path: name a file or folder, or see --help.');
  });
}

/** An option with a value. The next option is none: somebody forgot the value. */
export function optionWithValue(flags: string, text: string): Option {
  const option = new Option(flags, text);
  return option.argParser((given) => {
    if (given.startsWith('-')) throw new UsageError(withoutValue(`--${option.name()}`));
    return given;
  });
}

/** Takes one of these words, which help names and completion offers. */
export function oneOf<T extends Argument | Option>(taker: T, name: string, words: readonly string[]): T {
  taker.choices(words).argParser((written: string) => {
    const given = written.replace(/^=/, ''); // `-o=json`
    if (words.includes(given)) return given;
    const known = words.map((word) => `\`${word}\``).join(', ');
    throw new UsageError(`cannot use ${quote(given)} as \`${name}\`: it must be one of ${known}.`);
  });
  return taker;
}

export function withoutValue(option: string): string {
  return `cannot use argument ${quote(option)}: it needs a value. See --help.`;
}
