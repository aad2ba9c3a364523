import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../support/for-each-test.ts';
import { copyRepository, repositoryFiles } from '../support/hosts/copy-repository.ts';
import { type Block, pageBlocks } from '../support/hosts/pages.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { ROOT } from '../support/run-function.ts';

/** Pages whose commands people copy. Those of the examples run in their own folder, the others in the repository's. */
const PAGES =
  /^(?:README\.md|CONTRIBUTING\.md|bench\/README\.md|(?:docs|test\/evidence)\/.+\.md|examples\/(?:.+\/)?README\.md)$/;
const PAGE_TIMEOUT_MILLISECONDS = 500_000;

const pages = repositoryFiles()
  .filter((file) => PAGES.test(file))
  .map((page) => ({ page, text: readFileSync(join(ROOT, page), 'utf8') }));

const hosts = forAllTests(startHosts);

describe('every command of every page', () => {
  test('there are pages', () => {
    expect(pages.map(({ page }) => page)).toContain('examples/kpt/static-keys/README.md');
  });

  test.each(pages)('$page', async ({ page, text }) => {
    const blocks = pageBlocks(text);
    for (const { line, notRun } of blocks)
      if (notRun !== undefined) process.stderr.write(`not run: ${page}:${line}: ${notRun}\n`);
    const run = blocks.filter(({ notRun }) => notRun === undefined);
    if (run.length === 0) return;
    const { exit, signal, last } = await runPage(page, run);
    if (exit !== 0) throw new Error(`ended with ${exit ?? signal} in ${last}`);
  });
});

/** Runs the blocks of a page in one shell, as who copies them does; `last` is standard error since the last block began. */
async function runPage(page: string, blocks: readonly Block[]) {
  const copy = await hosts.folder();
  await copyRepository(copy);
  const marked = blocks.map(({ line, script }) => `printf '%s\\n' '${page}:${line}' >&2\n${script}`);
  const argv = ['-euo', 'pipefail', '-c', marked.join('')];
  const cwd = page.startsWith('examples/') ? join(copy, dirname(page)) : copy;
  const { exit, signal, stderr } = await hosts.run('bash', argv, {
    cwd,
    environment: { PATH: pathWith(copy) },
    timeoutMilliseconds: PAGE_TIMEOUT_MILLISECONDS,
  });
  return { exit, signal, last: stderr.slice(stderr.lastIndexOf(`${page}:`)) };
}

/** The copy's own links come first, so that a page may build anew without touching this repository. */
function pathWith(copy: string): string {
  const own = ['dist', 'node_modules/.bin', '.hosts/bin'].map((folder) => join(copy, folder));
  return [...own, hosts.environment.PATH].join(':');
}

describe('the reader of pages', () => {
  test.each([
    ['a block', 'a\n```sh\nx\ny\n```\n', [{ line: 2, script: 'x\ny\n' }]],
    ['an indented block', '- a\n  ```sh\n  x\n    y\n  ```\n', [{ line: 2, script: 'x\n  y\n' }]],
    [
      'a block with a reason',
      '<!-- not run: because -->\n```sh\nx\n```\n',
      [{ line: 2, script: 'x\n', notRun: 'because' }],
    ],
    [
      'only the block below a reason',
      '<!-- not run: a -->\n```sh\nx\n```\n```sh\ny\n```\n',
      [
        { line: 2, script: 'x\n', notRun: 'a' },
        { line: 5, script: 'y\n' },
      ],
    ],
    ['no block of another language', '```yaml\nx\n```\n```\ny\n```\n', []],
    ['no fence inside a longer one', '````md\n```sh\nx\n```\n````\n', []],
  ])('finds %s', (_, page, want) => {
    expect(pageBlocks(page)).toEqual(want);
  });

  test.each([
    ['a fence without an end', '```sh\nx\n', 'line 1: this fence has no end'],
    ['another label of a shell', '\n```bash\nx\n```\n', 'line 2: a shell block must be labelled `sh`'],
    [
      'a reason without its block',
      '<!-- not run: a -->\n\n```sh\nx\n```\n',
      'line 1: `not run: REASON` must be right above',
    ],
    [
      'a reason above another block',
      '<!-- not run: a -->\n```yaml\nx\n```\n',
      'line 1: `not run: REASON` must be right above',
    ],
  ])('refuses %s', (_, page, message) => {
    expect(() => pageBlocks(page)).toThrow(message);
  });
});
