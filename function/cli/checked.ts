import { resolve } from 'node:path';
import { Argument, Option } from 'commander';
import { quote } from '../findings/quote.ts';
import type { Environment } from '../model/world.ts';

/** Wrong usage, in our words. */
export class UsageError extends Error {}

/** Files or folders. An empty path, as of a variable that is not set, must not mean the current folder. */
export function path(name: string, text: string): Argument {
  return new Argument(name, text).argParser((value) => {
    if (value === '') throw new UsageError('cannot use an empty path: name a file or folder, or see --help.');
  });
}

/** An option with a value. The next option is none: somebody forgot the value. `-` is standard input. */
export function optionWithValue(flags: string, text: string): Option {
  const option = new Option(flags, text);
  return option.argParser((value) => {
    if (/^$|^-./.test(value)) throw new UsageError(withoutValue(`--${option.name()}`));
    return value;
  });
}

/** The file of `--policy`, wherever the program looks for it. @throws UsageError where the environment names one too. */
export function policyPath(file: string | undefined, environment: Environment): { readonly policy?: string } {
  if (file === undefined) return {};
  if (environment.STS_FUNCTION_POLICY === undefined) return { policy: resolve(file) };
  throw new UsageError('cannot use --policy: STS_FUNCTION_POLICY is set too. Set one of them.');
}

/** Takes one of these words, which help names and completion offers. */
export function oneOf<T extends Argument | Option>(taker: T, name: string, words: readonly string[]): T {
  taker.choices(words).argParser((text: string) => {
    const value = text.replace(/^=/, ''); // `-o=json`
    if (words.includes(value)) return value;
    const choices = words.map((word) => `\`${word}\``).join(', ');
    throw new UsageError(`cannot use ${quote(value)} as \`${name}\`: it must be one of ${choices}.`);
  });
  return taker;
}

export function withoutValue(option: string): string {
  return `cannot use argument ${quote(option)}: it needs a value. See --help.`;
}
