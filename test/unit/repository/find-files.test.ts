import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import { readRepository } from '../../../function/repository/repository.ts';
import { specDocument } from '../../support/manifests.ts';
import { kptfile, runsIn } from '../../support/runs-in.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KPTFILE = 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n';

test('manifests are files that end in .yaml, .yml or .json, in any case', () => {
  const names = ['a.yaml', 'b.yml', 'c.json', 'd.YML', 'e.yamls', 'f.txt'];
  const files = Object.fromEntries(names.map((name, at) => [name, specDocument(`s${at}`)]));
  expect(runsIn(files)).toEqual({ runs: ['DIR | none | - | s0 s1 s2 s3'], findings: [] });
});

test.each([
  ['p', 'p/out'],
  ['p/out', 'p'],
  ['p/out/b.yaml', 'p'],
  ['p', 'p/.out'],
  ['p/.out/b.yaml', 'p'],
])('of several paths the outermost says what kpt leaves out: %s %s', (...paths) => {
  const files = { 'p/Kptfile': kptfile(''), 'p/.krmignore': 'out\n.out\n', 'p/a.yaml': specDocument('a') };
  const { runs } = runsIn(
    { ...files, 'p/out/b.yaml': specDocument('b'), 'p/.out/b.yaml': specDocument('c') },
    ...paths,
  );
  expect(runs.filter((run) => run.includes('kpt'))).toEqual(['DIR/p | kpt | - | a']);
});

test('a package of kpt has hidden files, hidden folders and node_modules; .git has no packages', () => {
  const names = ['.a.yaml', '.yaml', '.dir/b.yaml', 'node_modules/c/d.json', '.git/e.yaml'];
  const files = {
    ...Object.fromEntries(names.map((name, at) => [name, specDocument(`s${at}`)])),
    '.hidden/Kptfile': KPTFILE,
    '.hidden/f.yaml': specDocument('of-hidden'),
    '.git/x/Kptfile': kptfile(''),
    '.git/x/g.yaml': specDocument('of-git'),
    'kustomize/.k/kustomization.yaml': 'generators: [h.yaml]\n',
    'kustomize/.k/h.yaml': specDocument('h'),
  };
  expect(runsIn({ ...files, Kptfile: kptfile('') })).toEqual({
    runs: ['DIR | kpt | - | s0 s2 s4 of-hidden s1 h s3'],
    findings: [],
  });
  expect(runsIn(files)).toEqual({ runs: [], findings: [] });
  expect(runsIn({ ...files, Kptfile: KPTFILE })).toEqual({ runs: [], findings: [] });
});

test('what is hidden and broken refuses the package alone', () => {
  const broken = 'kind: STSSessionToken\na: [\n';
  expect(runsIn({ '.a.yaml': broken, 'b.yaml': specDocument('b') }).findings).toEqual([]);
  const { runs, findings } = runsIn({
    'a/Kptfile': kptfile(''),
    'a/.a.yaml': broken,
    'b/Kptfile': kptfile(''),
    'b/b.yaml': specDocument('b'),
  });
  expect(runs).toEqual([
    expect.stringMatching(/^DIR\/a \| kpt \| - \| {2}\| DIR\/a\/\.a\.yaml:3: /),
    'DIR/b | kpt | - | b',
  ]);
  expect(findings).toEqual([]);
});

test.each<[string, string, string]>([
  ['a link', 'a/x.yaml', '../spec.yaml'],
  ['a link to a folder', 'a/x.yaml', '../other'],
  ['a hidden link', 'a/.x/y.json', '../../spec.yaml'],
  ['a link to nothing', 'a/x.yml', 'nowhere'],
])('%s that is named like a manifest makes the package incomplete', (_, name, target) => {
  using folder = temporaryFolder({
    'a/Kptfile': kptfile(''),
    'a/spec.yaml': specDocument('a'),
    'b/Kptfile': kptfile(''),
    'b/spec.yaml': specDocument('b'),
    'spec.yaml': specDocument('loose'),
    'other/spec.yaml': specDocument('other'),
  });
  mkdirSync(dirname(join(folder.path, name)), { recursive: true });
  symlinkSync(target, join(folder.path, name));
  symlinkSync('../other', join(folder.path, 'b/folder'));
  symlinkSync('../spec.yaml', join(folder.path, 'b/text.txt'));
  symlinkSync('../spec.yaml', join(folder.path, 'other/l.yaml'));
  const { runs } = readRepository([folder.path]);
  expect(runs.map(({ host, doubts }) => [host, doubts?.length])).toEqual([
    ['none', 0],
    ['kpt', 1],
    ['kpt', 0],
  ]);
});

test.each(['../Kptfile', 'nowhere', '..'])('a Kptfile that is a link to %s refuses its package', (target) => {
  using folder = temporaryFolder({ Kptfile: kptfile(''), 'a/spec.yaml': specDocument('a') });
  symlinkSync(target, join(folder.path, 'a/Kptfile'));
  const { runs, findings } = readRepository([join(folder.path, 'a')]);
  expect(runs).toEqual([]);
  expect(findings.map(({ code }) => code)).toEqual(['INPUT_UNREADABLE']);
  expect(readRepository([folder.path]).runs.map((run) => run.findings.map(({ code }) => code))).toEqual([
    ['INPUT_UNREADABLE'],
  ]);
});

test.each(['a..b.yaml', 'a..b/c.yaml', '.../c.yaml', '..a/Kptfile', 'a\u2028b/c.yaml', 'a\n/c.yaml'])(
  'the path %j refuses the package, since kpt writes none or another one',
  (name) => {
    const other = name.endsWith('Kptfile') ? KPTFILE : 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n';
    const files = { Kptfile: kptfile(''), 'spec.yaml': specDocument('a'), [name]: other };
    expect(runsIn(files).runs).toEqual([expect.stringContaining('kpt may read or write another file')]);
    const ignored = { ...files, '.krmignore': `${name.split('/')[0]}\n`.replace('\n\n', '\n') };
    if (/^[\w./]+yaml$/.test(name)) expect(runsIn(ignored).runs).toEqual(['DIR | kpt | - | a']);
  },
);

test('such a path of what kpt does not read, or above a package, refuses nothing', () => {
  const files = {
    'a..b/Kptfile': kptfile(''),
    'a..b/spec.yaml': specDocument('a'),
    'a..b/c..d/e.txt': '',
    'x..y.yaml': '',
  };
  expect(runsIn(files).runs).toEqual(['DIR/a..b | kpt | - | a']);
});

test('a name that is no UTF-8 refuses the package, where kpt may read another file', () => {
  using folder = temporaryFolder({
    Kptfile: kptfile(''),
    'spec.yaml': specDocument('a'),
    'b/\ufffd.yaml': specDocument('decoy'),
  });
  mkdirSync(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from([0xff])]));
  const [run] = readRepository([folder.path]).runs;
  expect(run?.findings.map((finding) => messageOf(finding))).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('no UTF-8')),
  );
});
