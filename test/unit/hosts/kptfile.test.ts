import { describe, expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import { readRepository } from '../../../function/repository/repository.ts';
import { specDocument } from '../../support/manifests.ts';
import { runsIn } from '../../support/runs-in.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HEAD = 'apiVersion: kpt.dev/v1\nmetadata: {name: a}\n';
const PIPELINE = 'pipeline: {mutators: [{exec: function-sts-assume-role}]}\n';
const JSON_TEXT =
  '{"apiVersion": "kpt.dev/v1", "kind": "Kptfile", "metadata": {"name": "a"}, "pipeline": {"mutators": [{"exec": "function-sts-assume-role"}]}}';
const withSteps = (steps: string) => `kind: Kptfile\n${HEAD}pipeline: {mutators: ${steps}}\n`;
const OURS = 'exec: function-sts-assume-role';

/** The run of one package with this Kptfile, and what is said. */
const read = (Kptfile: string) => runsIn({ Kptfile, 'spec.yaml': specDocument('deployer') });

describe('kpt starts', () => {
  test.each([
    ['a quoted kind', `kind: "Kptfile"\n${HEAD}${PIPELINE}`],
    ['a kind with escapes', `"k\\u0069nd": "\\x4bptfile"\n${HEAD}${PIPELINE}`],
    ['a comment', `kind: Kptfile # of kpt\n${HEAD}${PIPELINE}`],
    ['a blank', `kind: Kptfile \n${HEAD}${PIPELINE}`],
    ['flow style', `{${`kind: Kptfile\n${HEAD}${PIPELINE}`.trim().replaceAll('\n', ', ')}}\n`],
    ['JSON', JSON_TEXT],
    [
      'an alias',
      `kind: Kptfile\n${HEAD}info: {site: &a function-sts-assume-role}\npipeline: {mutators: [{exec: *a}]}\n`,
    ],
    ['blanks around the program', withSteps(`[{exec: " function-sts-assume-role\\t"}]`)],
    [
      'what is empty',
      `kind: Kptfile\n${HEAD}pipeline:\n  validators:\n  mutators:\n  - ${OURS}\n    configMap:\n    name:\n`,
    ],
  ])('%s', (_, text) => {
    expect(read(text)).toEqual({ runs: ['DIR | kpt | - | deployer'], findings: [] });
  });

  test('with the texts that stand in `configMap`', () => {
    const text = withSteps(`[{${OURS}, configMap: {a: 0x10, b: 1.0, c: 07020, d: yes, e: , f: "~"}}]`);
    using folder = temporaryFolder({ Kptfile: text, 'spec.yaml': specDocument('deployer') });
    const [run] = readRepository([folder.path]).runs;
    expect(run?.functionConfig?.toJS()).toMatchObject({
      data: { a: '0x10', b: '1.0', c: '07020', d: 'yes', e: '', f: '~' },
    });
  });
});

describe('kpt refuses, and so does its package', () => {
  test.each([
    ['another kind', `kind: Foo\n${HEAD}${PIPELINE}`, '`kind` must be "Kptfile". Correct it.'],
    [
      'an old version',
      `kind: Kptfile\n${HEAD.replace('v1', 'v1alpha2')}${PIPELINE}`,
      '`apiVersion` must be "kpt.dev/v1". Correct it.',
    ],
    ['no name', `kind: Kptfile\napiVersion: kpt.dev/v1\n${PIPELINE}`, '`metadata.name` is missing. Add it.'],
    [
      'another field',
      `kind: Kptfile\n${HEAD}Pipeline: {}\n${PIPELINE}`,
      'there is no field "Pipeline"; did you mean `pipeline`? Correct it.',
    ],
    [
      'another field inside',
      withSteps(`[{${OURS}, selector: []}]`),
      'there is no field "selector" in `pipeline.mutators[0]`; did you mean `selectors`? Correct it.',
    ],
    ['a list for a map', `kind: Kptfile\n${HEAD}pipeline: []\n`, '`pipeline` must be a map. Correct it.'],
    ['a map for a list', withSteps(`{${OURS}}`), '`pipeline.mutators` must be a list. Correct it.'],
    ['an empty text for a map', `kind: Kptfile\n${HEAD}pipeline: ""\n`, '`pipeline` must be a map. Correct it.'],
    [
      'a null for a text',
      withSteps(`[{${OURS}, configMap: {a: ~}}]`),
      '`pipeline.mutators[0].configMap` must be a text. Correct it.',
    ],
    ['a map for a text', withSteps('[{exec: {path: a}}]'), '`pipeline.mutators[0].exec` must be a text. Correct it.'],
    [
      'two programs',
      withSteps(`[{${OURS}, image: a}]`),
      '`pipeline.mutators[0]` must have one of `image` and `exec`. Correct it.',
    ],
    ['no program', withSteps('[{name: a}]'), '`pipeline.mutators[0]` must have one of `image` and `exec`. Correct it.'],
    ['no step', withSteps(`[null, {${OURS}}]`), '`pipeline.mutators[0]` must be a map. Correct it.'],
    [
      'a wrong image',
      withSteps('[{image: a/function-sts-assume-role:b c}]'),
      '`pipeline.mutators[0].image` is no name of an image',
    ],
    [
      'two sorts of options',
      withSteps(`[{${OURS}, configMap: {a: b}, configPath: a.yaml}]`),
      '`pipeline.mutators[0]` has both',
    ],
    ['no map', 'a\n', 'it must be a map. Correct it.'],
    ['nothing', '# nothing\n', 'it must be a map. Correct it.'],
  ])('%s', (_, text, cause) => {
    const { runs, findings } = read(text);
    expect(runs).toEqual([]);
    expect(findings).toEqual([
      expect.stringContaining(`cannot read this Kptfile as kpt v1.0.0-beta.61 does: ${cause}`),
    ]);
  });

  test.each([
    ['a key that is repeated', withSteps(`[{${OURS}, exec: a}]`), 'a key is repeated'],
    ['a second document', `kind: Kptfile\n${HEAD}${PIPELINE}---\nkind: A\n`, 'a second YAML document begins'],
    ['an empty document before it', `---\n---\nkind: Kptfile\n${HEAD}${PIPELINE}`, 'a second YAML document begins'],
    ['a tag', withSteps('[{exec: !!binary ZnVuY3Rpb24tc3RzLWFzc3VtZS1yb2xl}]'), 'it has a tag'],
    ['a merge key', withSteps(`[{<<: {${OURS}}}]`), 'a merge key (`<<`) stands in it'],
  ])('%s', (_, text, cause) => {
    const { runs, findings } = read(text);
    expect(runs).toEqual([]);
    expect(findings).toEqual([expect.stringContaining(cause)]);
  });

  test('UTF-16, in which kpt would find it', () => {
    using folder = temporaryFolder({ 'spec.yaml': specDocument('deployer') });
    folder.write('Kptfile', Buffer.from(`\ufeffkind: "Kptf\\x69le"\n${HEAD}${PIPELINE}`, 'utf16le'));
    const { runs, findings } = readRepository([folder.path]);
    expect([runs, findings.map((fault) => messageOf(fault))]).toEqual([
      [],
      [expect.stringContaining('it is not UTF-8')],
    ]);
  });

  test('a package around it too, and no neighbour', () => {
    const { runs } = runsIn({
      'a/Kptfile': withSteps(`[{${OURS}}]`),
      'a/spec.yaml': specDocument('a'),
      'a/inner/Kptfile': withSteps('{}'),
      'b/Kptfile': withSteps(`[{${OURS}}]`),
      'b/spec.yaml': specDocument('b'),
    });
    expect(runs).toEqual([
      expect.stringMatching(/^DIR\/a \| kpt .* cannot read this Kptfile as /),
      'DIR/b | kpt | - | b',
    ]);
  });
});
