/** What the command line asks for. */
export type Invocation =
  | { readonly mode: 'krm' }
  | { readonly mode: 'help' }
  | { readonly mode: 'version' }
  | { readonly mode: 'wrongUsage'; readonly message: string };

/** Reads the arguments; without any, a terminal on standard input is a person who does not know what comes next. */
export function parseArguments(argv: readonly string[], stdinIsTerminal: boolean): Invocation {
  const [first, second] = argv;
  if (first === undefined) {
    return stdinIsTerminal
      ? { mode: 'wrongUsage', message: 'cannot read a ResourceList from a terminal: pipe one in, or see --help.' }
      : { mode: 'krm' };
  }
  if (second !== undefined)
    return { mode: 'wrongUsage', message: `cannot use argument ${JSON.stringify(second)}: see --help.` };
  if (first === '--help' || first === '-h') return { mode: 'help' };
  if (first === '--version') return { mode: 'version' };
  return { mode: 'wrongUsage', message: `cannot use argument ${JSON.stringify(first)}: see --help.` };
}
