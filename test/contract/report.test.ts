import { describe, expect, test } from '@jest/globals';
import { ciEnvironment } from '../support/accounts.ts';
import { atTerminal } from '../support/at-terminal.ts';
import { resultsOf } from '../support/emitted.ts';
import { GOOD_SPEC, generatorItem, list, specDocument } from '../support/manifests.ts';
import { messagesOf, runFunction } from '../support/run-function.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NAMES = Array.from({ length: 8 }, (_, index) => `a${index}`);
const MORE = 'error: 3 more like these (SPEC_INVALID).';

describe('of eight errors that are alike', () => {
  test('a ResourceList gets five and a count on standard error, and all as results', async () => {
    const items = NAMES.map((name) => generatorItem(`${GOOD_SPEC}, nope: 1`, { name })).join('');
    const { exit, stdout, stderr } = await runFunction(list(items));
    expect({ exit, results: resultsOf(stdout).length }).toEqual({ exit: 1, results: 8 });
    expect(stderr.split('\n').slice(5)).toEqual([`${MORE} The results have all.`, '']);
  });

  test.each(['render', 'plan', 'doctor'])('%s shows all with --debug', async (command) => {
    const documents = NAMES.map((name) => specDocument(name).replace('spec: {', 'spec: {nope: 1, '));
    const script = NAMES.map(() => "echo 'kpt fn render'\n").join('');
    using folder = temporaryFolder({ 'a.yaml': documents.join('---\n'), 'a.sh': `cat <<X\n${script}X\n` });
    const run = async (...flags: readonly string[]) => {
      const { exit, stdout, stderr } = await runFunction('', { arguments: [command, ...flags, folder.path] });
      return { exit, messages: messagesOf(command, { stdout, stderr }) };
    };
    const [short, whole] = [await run(), await run('--debug')];
    expect(whole.exit).toBe(short.exit);
    expect(whole.messages).not.toContain('more like these');
    const first = short.messages.split('\n').filter((line) => !line.includes('more like these'));
    const all = whole.messages.split('\n');
    expect(all.filter((line) => first.includes(line))).toEqual(first);
    const counts = [...short.messages.matchAll(/: (\d+) more like these \(\w+\)\. `--debug` shows all\.$/gm)];
    expect(counts.length).toBeGreaterThan(0);
    expect(all.length - first.length).toBe(counts.reduce((sum, [, count]) => sum + Number(count), 0));
  });
});

describe('at a terminal', () => {
  const RED = '\x1b[31merror:\x1b[39m cannot';
  const YELLOW = '\x1b[33mwarning:\x1b[39m nothing';

  test('errors are red and warnings yellow', async () => {
    using folder = temporaryFolder({ 'a.yaml': `${specDocument()}---\nkind: [\n---\napiVersion: v1\n` });
    expect(await atTerminal(['render', `${folder.path}/nowhere`])).toContain(RED);
    using other = temporaryFolder({});
    expect(await atTerminal(['plan', other.path])).toContain(YELLOW);
  });

  test('wrong usage is red too', async () => {
    expect(await atTerminal(['render', '--nope'])).toContain('\x1b[31merror:\x1b[39m ');
  });

  test('NO_COLOR keeps them away', async () => {
    const shown = await atTerminal(['render', '/nowhere'], { NO_COLOR: '1' });
    expect(shown).toContain('error: cannot');
    expect(shown).not.toContain('\x1b');
  });

  test('what a plan does about a Secret has its colour, and no name has', async () => {
    using folder = temporaryFolder({ 'a.yaml': specDocument('issue', { namespace: 'keep' }) });
    for (const format of ['tree', 'table']) {
      const shown = await atTerminal(['plan', '-o', format, folder.path]);
      const [, coloured, ...more] = shown.split('\x1b[36m');
      expect([coloured?.split('\x1b[39m')[0]?.trim(), ...more]).toEqual(['issue']);
      const plain = await atTerminal(['plan', '-o', format, folder.path], { NO_COLOR: '1' });
      expect(plain).toBe(shown.replace('\x1b[36m', '').replace('\x1b[39m', ''));
    }
    for (const format of ['markdown', 'json', 'yaml'])
      expect(await atTerminal(['plan', '-o', format, folder.path])).not.toContain('\x1b');
    const forced = { arguments: ['plan', folder.path], environment: { FORCE_COLOR: '1' } };
    expect((await runFunction('', forced)).stdout).toContain('\x1b[36missue');
    expect((await runFunction('', { arguments: ['plan', folder.path] })).stdout).not.toContain('\x1b');
  });

  test('a plan is as wide as the terminal; elsewhere nothing is cut, and COLUMNS is not read', async () => {
    using folder = temporaryFolder({ [`${'long-'.repeat(40)}/a.yaml`]: specDocument() });
    const widest = (shown: string) => Math.max(...shown.split('\n').map((line) => line.length));
    for (const format of ['tree', 'table']) {
      const argv = ['plan', '-o', format, folder.path];
      expect(widest(await atTerminal(argv, { NO_COLOR: '1' }, { columns: 60 }))).toBe(60);
      expect(widest(await atTerminal(argv, { NO_COLOR: '1', COLUMNS: '40' }, { columns: 60 }))).toBe(40);
    }
    for (const format of ['tree', 'table', 'markdown']) {
      const { stdout } = await runFunction('', {
        arguments: ['plan', '-o', format, folder.path],
        environment: { COLUMNS: '40' },
      });
      expect(stdout).not.toContain('…');
      expect(stdout).toContain('long-'.repeat(40));
    }
  });

  test('a narrow tree has whole roles, and their Secrets below', async () => {
    using folder = temporaryFolder({ 'a.yaml': specDocument() });
    const narrow = await atTerminal(['plan', folder.path], { NO_COLOR: '1' }, { columns: 40 });
    expect(narrow).toMatch(/^ {2}└ 123456789012 deployer\r?\n {6}team-a\/d… {2}issue /m);
    const wide = await atTerminal(['plan', folder.path], { NO_COLOR: '1' }, { columns: 70 });
    expect(wide).toMatch(/ {2}└ 123456789012 deployer {2}team-a\/deployer {2}issue /);
  });

  test('render says that it prints live keys, and not of placeholders', async () => {
    await using sts = await startExampleSts();
    using folder = temporaryFolder({ 'a.yaml': specDocument() });
    const shown = (...argv: string[]) =>
      atTerminal(['render', ...argv, folder.path], { NO_COLOR: '1', ...ciEnvironment(sts.url) });
    const warning = /warning: this terminal gets live keys in plain text, .*\[PLAINTEXT\]/;
    expect(await shown()).toMatch(warning);
    expect(await shown('--placeholder')).not.toContain('PLAINTEXT');
    await runFunction('', { sts, arguments: ['render', '-i', folder.path] });
    expect(await shown()).toMatch(warning); // of one that is kept too
    const { stderr } = await runFunction('', { sts, arguments: ['render', folder.path] });
    expect(stderr).toBe('');
  });

  test('a pipe gets none', async () => {
    const { stderr } = await runFunction('', { arguments: ['render', '/nowhere'], environment: { TERM: 'xterm' } });
    expect(stderr).toMatch(/^error: cannot/);
  });
});
