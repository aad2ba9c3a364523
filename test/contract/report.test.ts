import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { resultsOf } from '../support/emitted.ts';
import { GOOD_SPEC, generator, list, specDocument } from '../support/resource-list.ts';
import { CLEAN_ENVIRONMENT, EXECUTABLE, runFunction } from '../support/run-function.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NAMES = Array.from({ length: 8 }, (_, index) => `a${index}`);
const MORE = 'error: 3 more like these (SPEC_INVALID).';

describe('of eight errors that are alike', () => {
  test('a ResourceList gets five and a count on standard error, and all as results', async () => {
    const items = NAMES.map((name) => generator(`${GOOD_SPEC}, nope: 1`, { name })).join('');
    const { exit, stdout, stderr } = await runFunction(list(items));
    expect({ exit, results: resultsOf(stdout).length }).toEqual({ exit: 1, results: 8 });
    expect(stderr.split('\n').slice(5)).toEqual([`${MORE} The results have all.`, '']);
  });

  test.each(['render', 'plan', 'doctor'])('%s shows all with --debug', async (command) => {
    const documents = NAMES.map((name) => specDocument(name).replace('spec: {', 'spec: {nope: 1, '));
    const script = NAMES.map(() => "echo 'kpt fn render'\n").join('');
    using folder = temporaryFolder({ 'a.yaml': documents.join('---\n'), 'a.sh': `cat <<X\n${script}X\n` });
    const short = await runFunction('', { arguments: [command, folder.path] });
    const whole = await runFunction('', { arguments: [command, '--debug', folder.path] });
    expect(whole.exit).toBe(short.exit);
    expect(whole.stderr).not.toContain('more like these');
    const first = short.stderr.split('\n').filter((line) => !line.includes('more like these'));
    const all = whole.stderr.split('\n');
    expect(all.filter((line) => first.includes(line))).toEqual(first);
    const counts = [...short.stderr.matchAll(/: (\d+) more like these \(\w+\)\. `--debug` shows all\.$/gm)];
    expect(counts.length).toBeGreaterThan(0);
    expect(all.length - first.length).toBe(counts.reduce((sum, [, count]) => sum + Number(count), 0));
  });
});

describe('at a terminal', () => {
  const RED = '\x1b[31merror:\x1b[39m cannot';
  const YELLOW = '\x1b[33mwarning:\x1b[39m cannot';

  test('errors are red and warnings yellow', async () => {
    using folder = temporaryFolder({ 'a.yaml': `${specDocument()}---\nkind: [\n---\napiVersion: v1\n` });
    expect(await atTerminal(['render', `${folder.path}/nowhere`])).toContain(RED);
    using other = temporaryFolder({});
    expect(await atTerminal(['plan', other.path])).toContain(YELLOW);
  });

  test('wrong usage is red too', async () => {
    expect(await atTerminal(['render'])).toContain('\x1b[31merror:\x1b[39m ');
  });

  test('NO_COLOR keeps them away', async () => {
    const shown = await atTerminal(['render', '/nowhere'], { NO_COLOR: '1' });
    expect(shown).toContain('error: cannot');
    expect(shown).not.toContain('\x1b');
  });

  test('a pipe gets none', async () => {
    const { stderr } = await runFunction('', { arguments: ['render', '/nowhere'], environment: { TERM: 'xterm' } });
    expect(stderr).toMatch(/^error: cannot/);
  });
});

/** What a terminal of its own gets from the function. */
async function atTerminal(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const command = [EXECUTABLE, ...argv].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--command', command, '/dev/null'], {
    env: { ...CLEAN_ENVIRONMENT, TERM: 'xterm', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  return text(child.stdout);
}
