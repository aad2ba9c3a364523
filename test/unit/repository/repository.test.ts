import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Deadline } from '../../../function/model/run-limits.ts';
import { readRepository } from '../../../function/repository/repository.ts';
import { specDocument } from '../../support/manifests.ts';
import { exec, input, kptfile, runsIn } from '../../support/runs-in.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('reading looks at the clock before each file', () => {
  using folder = temporaryFolder({
    'a.yaml': specDocument('a'),
    'b.yaml': specDocument('b'),
    'c.yaml': specDocument('c'),
  });
  let [now, looks] = [0, 0];
  const deadline = new Deadline({ STS_FUNCTION_TIMEOUT: '2' }, { now: () => now });
  const throwIfExpired = () => {
    looks += 1;
    now += 1000;
    deadline.throwIfExpired();
  };
  expect(() => readRepository([folder.path], throwIfExpired)).toThrow('STS_FUNCTION_TIMEOUT was over');
  expect(looks).toBe(2);
});

describe('kpt', () => {
  test.each([
    [
      '../b/options.yaml',
      'names "../b/options.yaml", and kpt reads none outside of the package. Put the Input into it.',
    ],
    ['/options.yaml', 'names "/options.yaml", and kpt reads none outside of the package. Put the Input into it.'],
    ['..', 'names "..", and kpt reads none outside of the package. Put the Input into it.'],
    ['a..yaml', 'names "a..yaml", and kpt reads none outside of the package. Put the Input into it.'],
    ['two.yaml', 'names "two.yaml", and kpt wants a file with one object. Put the Input into a file of its own.'],
    ['sub/options.yaml', 'names "sub/options.yaml", which is another package\'s. Put the Input into this one.'],
  ])('configPath: %s takes no Input from whom it belongs to', (path, cause) => {
    expect(
      runsIn({
        'a/Kptfile': kptfile(`, configPath: ${path}`),
        'a/spec.yaml': specDocument('a'),
        'a/two.yaml': `${input('a')}---\napiVersion: v1\nkind: A\nmetadata: {name: a}\n`,
        'a/sub/Kptfile': 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: sub}\n',
        'a/sub/options.yaml': input('of-sub'),
        'b/options.yaml': input('of-b'),
        'b/spec.yaml': specDocument('b'),
      }).runs,
    ).toEqual([
      `DIR/a | kpt | - | a of-sub a | DIR/a/Kptfile:4: cannot read the functionConfig of \`pipeline.mutators[0]\`: \`configPath\` ${cause}`,
      'DIR/b | none | of-b | b',
    ]);
  });

  test('each package has the options that configPath names, and its own names', () => {
    expect(
      runsIn({
        'a/Kptfile': kptfile(', configPath: options.yaml'),
        'a/options.yaml': input('of-a'),
        'a/spec.yaml': specDocument('deployer'),
        'b/Kptfile': kptfile(', configPath: options.yaml'),
        'b/options.yaml': input('of-b'),
        'b/spec.yaml': specDocument('deployer'),
      }),
    ).toEqual({ runs: ['DIR/a | kpt | of-a | deployer', 'DIR/b | kpt | of-b | deployer'], findings: [] });
  });

  test('a step gets the subpackages too, and not what its selectors leave out', () => {
    expect(
      runsIn({
        Kptfile: kptfile(', configMap: {region: eu-west-1}, exclude: [{name: left-out}]'),
        'spec.yaml': specDocument('deployer'),
        'other.yaml': specDocument('left-out'),
        'sub/Kptfile': 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: sub}\n',
        'sub/spec.yaml': specDocument('inner'),
      }),
    ).toEqual({ runs: ['DIR | kpt | function-input | deployer inner'], findings: [] });
  });

  test.each<[string, Record<string, string>, string[]]>([
    ['selectors that select none', { Kptfile: kptfile(', selectors: [{kind: STSSessionToken}]') }, ['DIR/Kptfile:4']],
    ['exclude of all', { Kptfile: kptfile(', exclude: [{kind: STSAssumeRoleToken}]') }, ['DIR/Kptfile:4']],
    ['a package without a generator', { Kptfile: kptfile(', exclude: [{name: a}]'), 'spec.yaml': input('a') }, []],
    [
      'generators of its own',
      {
        Kptfile: kptfile(', configPath: options.yaml, exclude: [{name: deployer}]'),
        'options.yaml': `${input('options')}generators: [{kind: STSSessionToken}]\n`,
      },
      [],
    ],
  ])('a step that gets no generator: %s', (_, files, places) => {
    const { runs } = runsIn({ 'spec.yaml': specDocument('deployer'), ...files });
    const warned = / \| ([^|]*): `pipeline\.mutators\[0\]` gets no generator: /;
    expect(runs.flatMap((one) => warned.exec(one)?.[1] ?? [])).toEqual(places);
  });

  test('a configPath that leads nowhere refuses its own package', () => {
    const { runs } = runsIn({
      'a/Kptfile': kptfile(', configPath: gone.yaml'),
      'a/spec.yaml': specDocument('deployer'),
      'b/Kptfile': kptfile(''),
      'b/spec.yaml': specDocument('deployer'),
    });
    expect(runs).toEqual([
      'DIR/a | kpt | - | deployer | DIR/a/Kptfile:4: cannot read the functionConfig of `pipeline.mutators[0]`: `configPath` names "DIR/a/gone.yaml", which has no Input. Correct the path, or add the file.',
      'DIR/b | kpt | - | deployer',
    ]);
  });

  test('a package in one that starts the function too is nested, at any depth', () => {
    const { findings } = runsIn({
      'a/Kptfile': kptfile(''),
      'a/x/y/Kptfile': kptfile(''),
      'a/x/y/spec.yaml': specDocument('deployer'),
      'ab/Kptfile': kptfile(''),
    });
    expect(findings).toEqual([
      expect.stringMatching(
        /^PIPELINES_NESTED: DIR\/a\/x\/y\/Kptfile:4: `pipeline\.\S+ reuses no session: .* of "DIR\/a\/Kptfile" /,
      ),
    ]);
  });

  test('a Kptfile in a list of resources is no package', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: kpt.dev/v1, kind: Kptfile, metadata: {name: p}, pipeline: {mutators: [{exec: function-sts-assume-role}]}}\n`;
    expect(runsIn({ 'list.yaml': list, 'spec.yaml': specDocument('deployer') }).runs).toEqual([
      'DIR | none | - | deployer',
    ]);
  });
});

describe('kustomize', () => {
  const generators = {
    'base/kustomization.yaml': 'generators: [deployer.yaml]\n',
    'base/deployer.yaml': specDocument('deployer'),
  };

  test('a generator gets no resources; what a kustomization does not name is in no pipeline', () => {
    expect(runsIn({ ...generators, 'base/loose.yaml': specDocument('loose') })).toEqual({
      runs: ['DIR/base | kustomize | deployer | ', 'DIR/base | none | - | loose'],
      findings: [],
    });
  });

  test('one that overlays include is built through each of them, not by itself', () => {
    const overlay = 'resources: [../base]\n';
    expect(
      runsIn({ ...generators, 'one/kustomization.yaml': overlay, 'two/kustomization.yaml': overlay }).runs,
    ).toEqual(['DIR/one | kustomize | deployer | ', 'DIR/two | kustomize | deployer | ']);
  });

  test('a transformer gets the resources, of bases too', () => {
    expect(
      runsIn({
        'base/kustomization.yaml': 'resources: [spec.yaml]\n',
        'base/spec.yaml': specDocument('of-base'),
        'top/kustomization.yaml': 'resources: [../base, spec.yaml]\ntransformers: [options.yaml]\n',
        'top/spec.yaml': specDocument('of-top'),
        'top/options.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata:\n${exec('options')}`,
      }).runs,
    ).toEqual(['DIR/top | kustomize | options | of-base of-top']);
  });

  test('an entry that stands in the kustomization', () => {
    expect(
      runsIn({
        'a/kustomization.yaml': `generators:\n- |-\n${indented(specDocument('written'))}`,
      }).runs,
    ).toEqual(['DIR/a | kustomize | written | ']);
  });

  test('kustomizations that include each other are refused, with what they include', () => {
    const endless = (name: string, entry: string) =>
      `INPUT_UNREADABLE: DIR/${name}/kustomization.yaml:1: cannot build this kustomization: \`resources\` names "${entry}", which is this folder, one around it, or one from which this one is included. Leave it out.`;
    expect(
      runsIn({
        ...generators,
        'x/kustomization.yaml': 'resources: [../y, ../base]\ngenerators: [spec.yaml]\n',
        'x/spec.yaml': specDocument('x'),
        'y/kustomization.yaml': 'resources: [../x]\n',
        'z/kustomization.yaml': 'resources: [.]\ngenerators: [spec.yaml]\n',
        'z/spec.yaml': specDocument('z'),
      }),
    ).toEqual({ runs: [], findings: [endless('y', '../x'), endless('z', '.')] });
  });

  test.each([
    ['../b/spec.yaml', 'is outside of this folder. Name a folder with a kustomization of its own.'],
    ['../b', 'has no kustomization. Name its files.'],
  ])('does not take %s from whom it belongs to', (path, cause) => {
    const stray = (field: string) =>
      `INPUT_UNREADABLE: DIR/a/kustomization.yaml:1: cannot read this kustomization as kustomize 5.8.1 does: \`${field}[0]\` names "${path}", which ${cause}`;
    const theirs = { 'b/options.yaml': input('of-b'), 'b/spec.yaml': `${specDocument('b')}` };
    const options = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata:\n${exec('of-a')}`;
    expect(
      runsIn({
        ...theirs,
        'a/kustomization.yaml': `resources: ["${path}"]\ntransformers: [options.yaml]\n`,
        'a/options.yaml': options,
      }),
    ).toEqual({ runs: ['DIR/b | none | of-b | b'], findings: [stray('resources')] });
    expect(runsIn({ ...theirs, 'a/kustomization.yaml': `generators: ["${path}"]\n` })).toEqual({
      runs: ['DIR/b | none | of-b | b'],
      findings: [stray('generators')],
    });
  });
});

describe('what is in no pipeline', () => {
  const cluster = (name: string, ...more: string[]) => ({
    [`${name}/kustomization.yaml`]: `resources: [${['spec.yaml', ...more].join(', ')}]\n`,
    [`${name}/spec.yaml`]: specDocument(),
  });

  test('generators of one name in kustomizations that never meet are runs of their own, with all that others have', () => {
    const keys = 'apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n';
    const own = keys.replace('keys', 'own');
    const files = {
      ...cluster('dev', '../base-dev'),
      'base-dev/kustomization.yaml': 'resources: [own.yaml]\n',
      'base-dev/own.yaml': own,
      ...cluster('prod'),
      'prod/own.yaml': own,
      'keys.yaml': keys,
      'loose.yaml': specDocument('loose'),
    };
    expect(runsIn(files).runs).toEqual([
      'DIR | none | - | own keys loose own',
      'DIR/dev | none | - | own deployer keys',
      'DIR/prod | none | - | keys own deployer',
    ]);
  });

  test('what cannot be read beside their Input refuses all of them', () => {
    const files = {
      ...cluster('a/dev'),
      ...cluster('a/prod'),
      'a/options.yaml': input('all'),
      'a/x.yaml': 'kind: Input\n- [\n',
    };
    const { runs } = runsIn(files);
    expect(runs).toEqual([
      expect.stringMatching(/^DIR\/a \| none \| all \| deployer \| DIR\/a\/x.yaml/),
      expect.stringMatching(/^DIR\/a \| none \| all \| deployer \| DIR\/a\/x.yaml/),
    ]);
  });

  test('those that meet are one run', () => {
    const top = { 'top/kustomization.yaml': 'resources: [../dev, ../prod]\n' };
    expect(runsIn({ ...cluster('dev'), ...cluster('prod'), ...top }).runs).toEqual([
      'DIR | none | - | deployer deployer',
    ]);
    expect(runsIn({ 'a/spec.yaml': specDocument(), 'b/spec.yaml': specDocument() }).runs).toEqual([
      'DIR | none | - | deployer deployer',
    ]);
  });
});

const LEVELS = [...'bcdefg'].map((key, index) => `${key}: &${key} [${`*${'abcdef'[index]},`.repeat(9)}]\n`);
const ALIASES = `a: &a [x]\n${LEVELS.join('')}`;

const indented = (text: string) => text.replaceAll(/^(?=.)/gm, '  ');

test('aliases without end in what selectors look at refuse its package alone', () => {
  const { runs } = runsIn({
    'a/Kptfile': kptfile(', selectors: [{labels: {a: b}}]'),
    'a/keys.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n${ALIASES}`,
    'b/spec.yaml': specDocument('deployer'),
  });
  expect(runs).toEqual([expect.stringMatching(/^DIR\/a \| kpt \| .*alias/), 'DIR/b | none | - | deployer']);
});

const OBJECT = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: *nowhere\n';
const START = `${input('i').trimEnd().replace('metadata: {', 'metadata: {annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}, ')}\n`;

test.each([
  [
    "options of another's step",
    {
      'a/Kptfile':
        'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline:\n  mutators:\n  - {image: gcr.io/kpt-fn/set-labels:v0.2, configPath: c.yaml}\n  - {exec: function-sts-assume-role}\n',
      'a/c.yaml': OBJECT,
    },
  ],
  [
    'a transformer of kustomize',
    {
      'a/kustomization.yaml': 'resources: [spec.yaml]\ntransformers: [t.yaml, i.yaml]\n',
      'a/t.yaml': 'apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: t}\nlabels: *nowhere\n',
      'a/i.yaml': START,
    },
  ],
  [
    'a patch',
    {
      'a/kustomization.yaml': 'resources: [spec.yaml]\ntransformers: [i.yaml]\npatches: [{path: c.yaml}]\n',
      'a/c.yaml': OBJECT,
      'a/i.yaml': START,
    },
  ],
])('an alias without an anchor in %s ends no other package', (_, files) => {
  const { runs, findings } = runsIn({
    ...files,
    'a/spec.yaml': specDocument('a'),
    'b/spec.yaml': specDocument('deployer'),
  });
  expect(runs).toContain('DIR/b | none | - | deployer');
  expect(findings.join()).not.toContain('INTERNAL');
});

test('aliases without end in an Input without generators refuse what it may be meant for', () => {
  const { runs } = runsIn({
    'a/options.yaml': `${input('options')}${ALIASES}`,
    'b/options.yaml': input('of-b'),
    'b/spec.yaml': specDocument('b'),
    'c/spec.yaml': specDocument('c'),
  });
  expect(runs).toEqual([
    'DIR/b | none | of-b | b',
    expect.stringMatching(/^DIR\/c \| none \| - \| c \| DIR\/a\/options\.yaml:\d+: .*alias/),
  ]);
});

test.each(['Kptfile', 'kustomization.yaml'])('aliases without end in a %s refuse it alone', (name) => {
  const head = 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n';
  const endless =
    name === 'Kptfile' ? `${head}${ALIASES}` : `helmCharts:\n- valuesInline:\n${indented(indented(ALIASES))}`;
  const { runs, findings } = runsIn({ [`a/${name}`]: endless, 'b/spec.yaml': specDocument('deployer') });
  expect(runs).toEqual(['DIR/b | none | - | deployer']);
  expect(findings).toEqual([expect.stringMatching(/^LIMIT_EXCEEDED: DIR\/a\/.*:\d+: cannot read .*alias/)]);
});

test('aliases without end in an Input refuse no package that it is not for', () => {
  const { runs, findings } = runsIn({
    'a/options.yaml': `${input('a')}${ALIASES}`,
    'b/Kptfile': kptfile(''),
    'b/spec.yaml': specDocument('deployer'),
  });
  expect(runs).toEqual(['DIR/b | kpt | - | deployer']);
  expect(findings).toEqual([expect.stringMatching(/^LIMIT_EXCEEDED: DIR\/a\/options\.yaml:\d+: .*alias/)]);
});

describe('in no pipeline', () => {
  test("a Secret is not hidden by another package's generator of the same name", () => {
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: keys, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer}}\n`;
    expect(
      runsIn({
        'a/spec.yaml': specDocument(),
        'a/keys.yaml': secret,
        'b/Kptfile': kptfile(''),
        'b/spec.yaml': specDocument(),
      }).runs,
    ).toEqual(['DIR/a | none | - | keys deployer', 'DIR/b | kpt | - | deployer']);
  });

  test("an Input is not for another folder's generators, unless it is named", () => {
    const files = { 'a/spec.yaml': specDocument('a'), 'b/options.yaml': input('options') };
    expect(runsIn(files).runs).toEqual([
      'DIR/a | none | - | a | DIR/b/options.yaml:1: cannot choose an Input: this one is for its own folder, which has no generator. Move it to a folder around the generators, or name its file beside theirs.',
      'DIR/b | none | options | ',
    ]);
    expect(runsIn(files, 'a', 'b/options.yaml').runs).toEqual(['DIR/b | none | options | a']);
  });

  test('of several, the nearest around a generator; one that has none around it runs without', () => {
    expect(
      runsIn({
        'a/options.yaml': input('of-a'),
        'a/x/spec.yaml': specDocument('deployer'),
        'a/b/options.yaml': input('of-b'),
        'a/b/spec.yaml': specDocument('deployer'),
        'c/spec.yaml': specDocument('deployer'),
      }).runs,
    ).toEqual(['DIR/a | none | of-a | deployer', 'DIR/a/b | none | of-b | deployer', 'DIR/c | none | - | deployer']);
  });
});

describe('what cannot be read refuses the runs that it may belong to', () => {
  const broken = (kind: string) => `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: ${kind}\nmetadata: {name: [\n`;
  const brokenSpec =
    'apiVersion: generators.external-secrets.io/v1alpha1\nkind: STSAssumeRoleToken\nmetadata: {name: [\n';
  const other = { 'b/options.yaml': input('of-b'), 'b/spec.yaml': specDocument('b'), 'c/spec.yaml': specDocument('c') };
  const GO_ON = ['DIR/b | none | of-b | b', 'DIR/c | none | - | c'];
  const at = (file: string) =>
    `DIR/${file}:4: cannot read this document: column 1: the indentation is wrong, or a bracket is not closed.`;

  test.each<[string, Record<string, string>, string[]]>([
    [
      'the Input beside it',
      { 'a/broken.yaml': brokenSpec, 'a/options.yaml': input('of-a'), 'a/spec.yaml': specDocument('a') },
      ['DIR/a | none | of-a | a | BROKEN'],
    ],
    [
      'the Input above it',
      { 'a/x/broken.yaml': brokenSpec, 'a/options.yaml': input('of-a'), 'a/spec.yaml': specDocument('a') },
      ['DIR/a | none | of-a | a | BROKEN'],
    ],
    [
      'an Input below it',
      { 'a/broken.yaml': broken('Input'), 'a/x/options.yaml': input('of-a'), 'a/x/spec.yaml': specDocument('a') },
      ['DIR/a/x | none | of-a | a | BROKEN'],
    ],
    [
      'a generator of a kustomization',
      {
        'a/broken.yaml': brokenSpec,
        'a/spec.yaml': specDocument('a'),
        'a/kustomization.yaml': 'generators: [spec.yaml, broken.yaml]\n',
      },
      ['DIR/a | kustomize | a |  | BROKEN'],
    ],
    [
      'a base',
      {
        'a/base/broken.yaml': brokenSpec,
        'a/base/kustomization.yaml': 'resources: [broken.yaml]\n',
        'a/top/kustomization.yaml': 'resources: [../base]\ngenerators: [spec.yaml]\n',
        'a/top/spec.yaml': specDocument('a'),
      },
      ['DIR/a/top | kustomize | a |  | BROKEN'],
    ],
    [
      'a kustomization that is a base',
      {
        'a/base/kustomization.yaml': 'a: b\n#\n#\nresources: [',
        'a/top/kustomization.yaml': 'resources: [../base]\ngenerators: [spec.yaml]\n',
        'a/top/spec.yaml': specDocument('a'),
      },
      [],
    ],
    [
      'a package of kpt',
      { 'a/x/broken.yaml': brokenSpec, 'a/Kptfile': kptfile(''), 'a/spec.yaml': specDocument('a') },
      ['DIR/a | kpt | - | a | BROKEN'],
    ],
  ])('%s', (_, files, runs) => {
    const seen = runsIn({ ...files, ...other });
    expect(seen.findings).toHaveLength(1);
    const [fault = ''] = seen.findings.map((one) => one.replace(/^\w+: /, ''));
    expect(seen.runs).toEqual([...runs.map((one) => one.replace('BROKEN', fault)), ...GO_ON]);
  });

  test('not an Input above the package of kpt that has it', () => {
    const { runs } = runsIn({
      'options.yaml': input('of-all'),
      'spec.yaml': specDocument('all'),
      'a/Kptfile': kptfile(''),
      'a/broken.yaml': brokenSpec,
    });
    expect(runs).toEqual([
      'DIR | none | of-all | all',
      expect.stringMatching(/^DIR\/a \| kpt \| - \| {2}\| DIR\/a\/broken/),
    ]);
  });

  test('an Input that has no generator may be meant for those that have none', () => {
    const { runs } = runsIn({ ...other, 'd/broken.yaml': broken('Input') });
    expect(runs).toEqual([GO_ON[0], `${GO_ON[1]} | ${at('d/broken.yaml')}`]);
    expect(runsIn({ ...other, 'd/broken.yaml': brokenSpec }).runs).toEqual(GO_ON);
  });

  test('a file that is named may be the Input for all', () => {
    const files = { ...other, 'd/broken.yaml': brokenSpec };
    expect(runsIn(files, 'b', 'c', 'd').runs).toEqual(GO_ON);
    expect(runsIn(files, 'b', 'c', 'd/broken.yaml').runs).toEqual(
      GO_ON.map((one) => `${one} | ${at('d/broken.yaml')}`),
    );
    expect(runsIn(files, 'c', 'nowhere').runs).toEqual([expect.stringMatching(/^DIR\/c .*"DIR\/nowhere": /)]);
  });

  test('a loose Input in the folder of a kustomization', () => {
    const files = {
      'a/kustomization.yaml': 'generators: [spec.yaml]\n',
      'a/spec.yaml': specDocument('a'),
      'a/loose.yaml': specDocument('loose'),
      'a/options.yaml': broken('Input'),
    };
    const fault = at('a/options.yaml');
    expect(runsIn(files).runs).toEqual([`DIR/a | kustomize | a |  | ${fault}`, `DIR/a | none | - | loose | ${fault}`]);
  });
});

describe('.krmignore', () => {
  const spec = specDocument('deployer');

  const ODD = ['a dash.yaml', "it's.yaml", 'a@b+c=d,(e){f}:%~.yaml', '\u00e9.yaml', '$^|;&"<>.yaml'];

  test('keeps files from kpt, and they are in no other run', () => {
    expect(
      runsIn({
        Kptfile: kptfile(''),
        '.krmignore': '# old\n  old.yaml  \nlocal\n/top.yaml\nx/y.yaml\nno/\n/no/dir/\n_a-1.yaml\r\n'.concat(
          ODD.join('\n'),
        ),
        'a.yaml': specDocument('a'),
        'b/old.yaml': specDocument('old'),
        'b/very.old.yaml': specDocument('very-old'),
        'b/local/b.yaml': specDocument('b'),
        'b/localb.yaml': specDocument('local-b'),
        'top.yaml': specDocument('top'),
        'x/top.yaml': specDocument('x-top'),
        'x/x/y.yaml': specDocument('y'),
        'no/z.yaml': specDocument('z'),
        'no.yaml/n.yaml': specDocument('in-no'),
        '_a-1.yaml': specDocument('a-1'),
        'O.YAML': specDocument('upper-case'),
        ...Object.fromEntries(ODD.map((name, index) => [name, specDocument(`odd-${index}`)])),
      }),
    ).toEqual({ runs: ['DIR | kpt | - | a local-b very-old in-no x-top'], findings: [] });
  });

  test.each<[string, string | undefined, string]>([
    ['a wildcard from the top', '/*.yaml', 'a b in'],
    ['a question mark', '?.yaml', 'a b in'],
    ['a wildcard for others', '*.md\nx?z\ntests/*\ncharts/**\n*/sub/a\n', ''],
    ['a folder with a wildcard', 'sub/*/in*', 'in'],
    ['all in a folder', 'sub/**', 'in'],
    ['a folder behind a wildcard', '*/d/', 'in'],
    ['what wins over a plain path', 'b.yaml\n!c.yaml', 'a b in'],
    ['a backslash', '\\b.md', 'a b in'],
    ['a class', 'x[a/b]y', 'a b in'],
    ['a path of many parts', `${'sub/'.repeat(8)}d`, 'in'],
    ['a blank that kpt may take away', 'b.yaml\u00a0', 'a b in'],
    ['a tab', 'b.yaml\t', 'a b in'],
    ['what kpt breaks at', '/', 'a b in'],
    ['more than kpt reads', `# ${'a'.repeat(2 ** 16)}\nb.yaml\n`, 'a b in'],
    ['a link', undefined, 'a b in'],
  ])('%s leaves its files in, perhaps', (_, rules, names) => {
    const files = {
      Kptfile: kptfile(''),
      'a.yaml': specDocument('a'),
      'b.yaml': specDocument('b'),
      'sub/d/in.yaml': specDocument('in'),
    };
    using folder = temporaryFolder({ ...files, ...(rules === undefined ? {} : { '.krmignore': rules }) });
    if (rules === undefined) symlinkSync('nowhere', join(folder.path, '.krmignore'));
    const { all, runs } = readRepository([folder.path]);
    expect(runs.map(({ items }) => items.length)).toEqual([4]); // with the Kptfile
    const perhaps = all.filter(({ file }) => file.isIgnored === 'perhaps');
    expect(perhaps.map(({ item }) => item.object?.name).join(' ')).toBe(names);
    expect(runs[0]?.doubts?.length).toBe(names === '' ? 0 : 1);
  });

  test.each([
    ['*.yaml', ''],
    ['*', ''],
    ['b*.yaml\ni*', 'a'],
    ['s*', 'a b'],
    ['**', ''],
  ])('a name with stars is found at any depth: %j', (rules, names) => {
    const files = { 'a.yaml': specDocument('a'), 'b.yaml': specDocument('b'), 'sub/d/in.yaml': specDocument('in') };
    const { runs } = runsIn({ Kptfile: kptfile(''), '.krmignore': rules, ...files });
    expect(runs).toEqual([`DIR | kpt | - | ${names}`]);
  });

  test('is for its own package alone, beside a Kptfile', () => {
    expect(
      runsIn({
        Kptfile: kptfile(''),
        '.krmignore': 'sub\nspec.yaml\n',
        'spec.yaml': spec,
        'sub/Kptfile': 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: sub}\n',
        'sub/spec.yaml': specDocument('of-sub'),
        'plain/.krmignore': '*\n',
        'plain/other.yaml': specDocument('of-plain'),
      }).runs,
    ).toEqual(['DIR | kpt | - | of-plain of-sub']);
  });

  test('keeps nothing from kustomize, nor a file that is named', () => {
    const files = {
      Kptfile: kptfile(''),
      '.krmignore': 'overlay\n',
      'overlay/kustomization.yaml': 'generators: [spec.yaml]\n',
      'overlay/spec.yaml': spec,
      'overlay/broken.yaml': 'kind: STSSessionToken\na: [\n',
    };
    expect(runsIn(files).runs).toEqual([
      'DIR | kpt | - | ',
      expect.stringMatching(/^DIR\/overlay \| kustomize \| deployer \| {2}\| DIR\/overlay\/broken\.yaml:3: /),
    ]);
    expect(runsIn(files, 'overlay/spec.yaml').runs).toEqual(['DIR/overlay | none | - | deployer']);
    const named = runsIn({ Kptfile: kptfile(''), '.krmignore': 'a\n', 'a/spec.yaml': spec }, '', 'a/spec.yaml').runs;
    expect(named).toEqual(['DIR | kpt | - | ', 'DIR/a | none | - | deployer']);
  });

  test('what it names may be broken, and is no options', () => {
    const files = {
      '.krmignore': 'options.yaml\n',
      'options.yaml': 'kind: Input\n# sts.fn.crossplane.io\na: [\n',
      'spec.yaml': spec,
    };
    expect(runsIn({ ...files, Kptfile: kptfile('') })).toEqual({ runs: ['DIR | kpt | - | deployer'], findings: [] });
    expect(
      runsIn({ ...files, 'options.yaml': input('a'), Kptfile: kptfile(', configPath: options.yaml') }).runs,
    ).toEqual([expect.stringMatching(/`configPath` names "DIR\/options.yaml", which has no Input/)]);
  });
});

test('what does not parse is said, and the rest is there', () => {
  expect(
    runsIn({
      'a/kustomization.yaml': 'generators: [\n',
      'b/spec.yaml': specDocument('deployer'),
      'c/Kptfile': `${kptfile('')}pipeline: {}\n`,
    }),
  ).toEqual({
    runs: ['DIR/b | none | - | deployer'],
    findings: [
      expect.stringMatching(
        /^INPUT_UNREADABLE: DIR\/a\/kustomization.yaml:2: cannot read this kustomization as kustomize 5.8.1 does: column 1: /,
      ),
      expect.stringMatching(/^INPUT_UNREADABLE: DIR\/c\/Kptfile:5: cannot read this document: column 1: /),
    ],
  });
});
