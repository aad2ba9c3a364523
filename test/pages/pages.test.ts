import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryFiles } from '../support/hosts/copy-repository.ts';
import { ROOT } from '../support/run-function.ts';
import { readProse, wordsOf } from './prose.ts';

/** Pages are read once: each has a bound for its words, its sentences are short, and its links lead somewhere. */

/** Words by hand that a page may have; what is generated does not count. */
const MOST_WORDS: Readonly<Record<string, number>> = {
  'README.md': 620,
  'CHANGELOG.md': 410,
  'CONTRIBUTING.md': 760,
  'docs/README.md': 110,
  // Start and hosts
  'docs/install.md': 250,
  'docs/kpt.md': 420,
  'docs/kustomize.md': 470,
  'docs/crossplane.md': 840,
  'docs/ci.md': 540,
  'docs/files.md': 480,
  // Tasks
  'docs/chains.md': 450,
  'docs/cluster.md': 350,
  'docs/generators.md': 350,
  'docs/formats.md': 270,
  'docs/external-secrets.md': 500,
  'docs/templates.md': 320,
  'docs/sops.md': 270,
  'docs/policy.md': 800,
  'docs/renewal.md': 400,
  'docs/production.md': 380,
  'docs/alerts.md': 240,
  // When it fails, and reference
  'docs/troubleshooting.md': 500,
  'docs/doctor.md': 300,
  'docs/errors.md': 0,
  'docs/input.md': 60,
  'docs/reference.md': 80,
  // Inside
  'docs/security.md': 840,
  'docs/supply-chain.md': 320,
  'docs/image.md': 220,
  'docs/benchmarks.md': 280,
  'docs/architecture.md': 690,
};

/** Folders of pages, with the words of each page and of all together, and the words of a cell. */
const FOLDERS = [
  { pages: /^examples\/.+\.md$/, each: 35, together: 950, cell: 40 },
  { pages: /^docs\/contributing\/.+\.md$/, each: 1200, together: 1315, cell: 100 },
];

const MOST_TOGETHER = 13_000;
const UNCOUNTED = /^docs\/contributing\//;

const LONGEST_SENTENCE = 32;
const LONG_SENTENCE = 25;
const MOST_LONG_SENTENCES = 40;
const LONGEST_CELL = 40;
const REFUSED = /\bwhoever\b|\basks nobody\b|\bgoes on by itself\b|\bof others\b/gi;

const files = repositoryFiles();
const pages = new Map(
  files
    .filter((file) => file.endsWith('.md') && !file.startsWith('test/golden/'))
    .map((page) => [page, readProse(readFileSync(join(ROOT, page), 'utf8'))]),
);
const READ = /^(?:README|CHANGELOG|CONTRIBUTING|docs\/(?!decisions\/).+|examples\/.+)\.md$/;
const written = [...pages].filter(([page]) => READ.test(page));

const longerThan = (most: number, texts: readonly string[]) => texts.filter((text) => wordsOf(text).length > most);
const folderOf = (page: string) => FOLDERS.find(({ pages }) => pages.test(page));
const sum = (of: typeof written) => of.reduce((total, [, { words }]) => total + words, 0);

test('each page that is to be there is there', () => {
  expect(Object.keys(MOST_WORDS).filter((page) => !pages.has(page))).toEqual([]);
});

describe('words', () => {
  test('each page has no more than it may', () => {
    const over = written.flatMap(([page, { words }]) => {
      const most = MOST_WORDS[page] ?? folderOf(page)?.each ?? 0;
      return words > most ? [`${page} has ${words} words and may have ${most}: shorten it`] : [];
    });
    expect(over).toEqual([]);
  });

  test.each(FOLDERS)('nor have all of $pages together', ({ pages, together }) => {
    expect(sum(written.filter(([page]) => pages.test(page)))).toBeLessThanOrEqual(together);
  });

  test('nor has everything together', () => {
    expect(sum(written.filter(([page]) => !UNCOUNTED.test(page)))).toBeLessThanOrEqual(MOST_TOGETHER);
    const bounds = Object.values(MOST_WORDS).reduce((total, words) => total + words, 0);
    expect(bounds).toBeLessThanOrEqual(MOST_TOGETHER);
  });
});

describe('sentences', () => {
  test(`none has more than ${LONGEST_SENTENCE} words`, () => {
    expect(written.flatMap(([, { sentences }]) => longerThan(LONGEST_SENTENCE, sentences))).toEqual([]);
  });

  test(`no more than ${MOST_LONG_SENTENCES} have more than ${LONG_SENTENCE}`, () => {
    const long = written.flatMap(([, { sentences }]) => longerThan(LONG_SENTENCE, sentences));
    expect(long.slice(MOST_LONG_SENTENCES)).toEqual([]);
  });

  test('no cell of a table is a paragraph', () => {
    const cells = written.flatMap(([page, { cells }]) => longerThan(folderOf(page)?.cell ?? LONGEST_CELL, cells));
    expect(cells).toEqual([]);
  });

  test('none has words that readers had to take twice', () => {
    const refused = written.flatMap(([page, { sentences }]) =>
      [...sentences.join(' ').matchAll(REFUSED)].map(([words]) => `${page}: ${words}`),
    );
    expect(refused).toEqual([]);
  });
});

/** The file and the anchor that a link means; undefined where it leads out of the repository. */
function targetOf(page: string, link: string): { file: string; anchor: string | undefined } | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  return { file: path === '' ? page : normalize(join(dirname(page), path)).replace(/\/$/, ''), anchor };
}

function isThere({ file, anchor }: { file: string; anchor: string | undefined }): boolean {
  return existsSync(join(ROOT, file)) && (anchor === undefined || (pages.get(file)?.anchors.includes(anchor) ?? false));
}

describe('links', () => {
  test('each leads to a file that is there, and to a heading of it', () => {
    const lost = [...pages].flatMap(([page, { links }]) =>
      links
        .filter((link) => {
          const target = targetOf(page, link);
          return target !== undefined && !isThere(target);
        })
        .map((link) => `${page}: ${link}`),
    );
    expect(lost).toEqual([]);
  });

  test('so does each page that the program names', () => {
    const sources = files.filter((file) => /^(?:function|package|examples)\/.+\.(?:ts|cjs|yaml|json)$/.test(file));
    const lost = sources.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?<![\w/.-])(docs\/[\w/-]+\.md)(?:#([\w-]+))?/g)]
        .map(([, page = '', anchor]) => ({ file: page, anchor }))
        .filter((target) => !isThere(target))
        .map((target) => `${file}: ${target.file}#${target.anchor ?? ''}`),
    );
    expect(lost).toEqual([]);
  });
});

describe('the reader of pages', () => {
  test.each([
    ['words, not the target of a link', 'Read [the page](docs/a-page.md) now.', { words: 4 }],
    ['no code', 'One.\n\n```sh\ntwo three\n```\n\nfour', { words: 2 }],
    ['no code in a longer fence', 'One.\n\n````md\n```sh\ntwo\n```\n````\n', { words: 1 }],
    ['no comment', 'One <!-- two\nthree --> four', { words: 2 }],
    ['no generated word', 'One\n<!-- generated: x -->\ntwo\n<!-- end of generated: x -->\n', { words: 1 }],
    [
      'but the sentences of generated parts',
      '<!-- generated: x -->\nA b.\n<!-- end of generated: x -->',
      { sentences: ['A b.'] },
    ],
    ['sentences', 'One 2.5. **Two!** Three?\nFour', { sentences: ['One 2.5.', '**Two!', 'Three?', 'Four'] }],
    ['items as sentences', '- one\n- two\n  three', { sentences: ['- one', '- two   three'] }],
    ['cells', '| a | `b|c` |\n|---|---|\n| d. e | \\| |', { cells: [' a ', ' `b/c` ', ' d. e ', ' \\| '] }],
    ['links and no code that looks like one', '[a](b.md#c) `[d](e)`', { links: ['b.md#c'] }],
    ['anchors', '# A `b-c`: d\n## [E](f) g\n## E g', { anchors: ['a-b-c-d', 'e-g', 'e-g-1'] }],
    ['no heading in code', '```sh\n# a\n```\n', { anchors: [] }],
  ])('finds %s', (_, page, want) => {
    const { sentences, ...prose } = readProse(page);
    expect({ ...prose, sentences: sentences.filter((sentence) => sentence !== '') }).toMatchObject(want);
  });
});
