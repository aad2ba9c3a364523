import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { CLEAN_ENVIRONMENT, EXECUTABLE } from './run-function.ts';

/** What a terminal of so many columns gets from the function, its own line ends as `\n`; `script` of util-linux is the terminal. */
export async function atTerminal(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { columns = 80, cwd }: { readonly columns?: number; readonly cwd?: string } = {},
): Promise<string> {
  const command = [EXECUTABLE, ...argv].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--command', `stty cols ${columns}; ${command}`, '/dev/null'], {
    env: { ...CLEAN_ENVIRONMENT, TERM: 'xterm', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
    cwd,
  });
  return (await text(child.stdout)).replaceAll('\r\n', '\n');
}
