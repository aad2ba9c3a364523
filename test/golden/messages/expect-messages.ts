import { expect } from '@jest/globals';
import pLimit from 'p-limit';
import { lineOf, resultsOf } from '../../support/emitted.ts';
import { type Ended, runFunction } from '../../support/run-function.ts';
import { runInProcess } from '../../support/run-in-process.ts';
import { expectGolden } from '../expect-golden.ts';

/** What a run is given on standard input, or how it is started. */
type Run =
  | string
  | Uint8Array
  | {
      readonly input: string | Uint8Array;
      readonly environment?: Readonly<Record<string, string>>;
      readonly arguments?: readonly string[];
      /** True where the SDK's default chain is asked: it reads the variables of a process. */
      readonly asksAws?: true;
    };

/** Compares the messages of an area with the golden file beside its test: `grants.golden` of `grants.test.ts`. */
export function expectMessages(testFile: string, shown: readonly string[]): void {
  const text = shown.join('\n').replace(/(?<="127\.0\.0\.1:)\d{4,5}/g, 'PORT');
  expect(text).not.toMatch(/CANARY/);
  expectGolden(testFile.replace(/\.test\.ts$/, '.golden'), text);
}

/** Runs the function once for each, by the name of what is wrong, and shows what it says. */
export function showEach(runs: Readonly<Record<string, Run>>): Promise<string[]> {
  return pLimit(2).map(Object.entries(runs), showRun);
}

async function showRun([name, run]: [string, Run]): Promise<string> {
  const { input, asksAws, ...options } = typeof run === 'string' || run instanceof Uint8Array ? { input: run } : run;
  return show(name, String(input), await (asksAws ? runFunction : runInProcess)(input, options));
}

/** One run as text, after what holds for all of them was checked. */
export function show(name: string, input: string, ended: Ended): string {
  const { exit, signal, stdout, stderr } = ended;
  const lines = stderr.split('\n').slice(0, -1);
  const ends = lines.filter((line) => !/\. \[[A-Z_]+\]$|more like these \(.*\.$/.test(line));
  expect({ name, signal, ends }).toEqual({ name, signal: null, ends: [] });
  let told = stderr;
  if (stdout !== '' && exit !== 2) {
    const messages = resultsOf(stdout).map(lineOf);
    const [shown, counts] = [
      lines.filter((line) => !MORE.test(line)),
      lines.flatMap((line) => MORE.exec(line)?.slice(1) ?? []),
    ];
    const isShown = (message: string) => shown.includes(message);
    expect({ name, shown: messages.filter(isShown) }).toEqual({ name, shown });
    const left = counts.reduce((sum, count) => sum + Number(count), 0);
    expect({ name, left: messages.length - shown.length }).toEqual({ name, left });
    told = messages.map((message) => `${message}\n`).join('');
    expect({ name, stdout: stdout.slice(0, input.length) }).toEqual({ name, stdout: input });
  }
  return `## ${name}\nexit ${exit}, standard output ${stdout === '' ? 'empty' : exit === 2 ? 'has the codes' : 'is the input with results'}\n${told}`;
}

/** What stands on standard error for those that only the results have. */
const MORE = /^\w+: (\d+) more like these \([\w, ]+\)\. The results have all\.$/;
