import type { Multiplying } from '../../support/expect-little-work.ts';
import { GOOD_SPEC, generatorItem, list, specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';
import { doctor, EXEC, filesOf, inputDocument, kptfile, plan, times } from './package-work.ts';

/** Work that would be done again for each step, start, item, alias or line, where once is enough. */

const SPEC = { 'k/s.yaml': specDocument('deployer') };
const OBJECT = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: options}\n';
const configMap = (name: string) =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: team-a}\n`;
const configMaps = (count: number) => times(count, (at) => configMap(`c${at}`));
const steps = (text: string, files: Readonly<Record<string, string>> = {}, more = ''): Work =>
  plan({ ...SPEC, 'k/Kptfile': `${kptfile(text)}${more}`, ...files });
const image = (name: string, options: string) => `- {image: "gcr.io/kpt-fn/${name}", ${options}}\n`;
/** Lists of ten aliases of the one before, around an empty list. */
const tens = (levels: number) => `[&a0 [[]], ${times(levels, (at) => `&a${at + 1} [${`*a${at}, `.repeat(10)}], `)}]`;
const listed = (generators: string) => `apiVersion: v1\nkind: List\n${generators}`;
const FOUR = times(4, (at) => `&a${at} a, `).slice(0, -2);
const generator = (name: string, spec: string) =>
  `- {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: ${name}}, spec: {${spec}}}\n`;
/** A base that `count` kustomizations include. */
const included = (count: number, kind: string): Work =>
  plan({
    'k/b/s.yaml': specDocument('deployer'),
    'k/b/i.yaml': inputDocument('i'),
    'k/b/kustomization.yaml': `resources: [s.yaml]\ntransformers: [i.yaml]\nvalidators:\n- |\n  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: ${kind}\n  metadata: {name: v}\n  x:\n${'  - a\n'.repeat(8000)}`,
    ...filesOf(count, (at) => [`k/o${at}/kustomization.yaml`, 'resources: [../b]\n']),
  });
/** A kustomization with so many starts. */
const started = (count: number, fields: string, objects: string): Work =>
  plan({
    ...SPEC,
    'k/c.yaml': objects,
    'k/kustomization.yaml': `resources: [s.yaml, c.yaml]\n${fields}transformers:\n${times(count, (at) => `- t${at}.yaml\n`)}`,
    ...filesOf(count, (at) => [`k/t${at}.yaml`, inputDocument(`i${at}`)]),
  });
const generating = (count: number): Work =>
  plan({
    'k/kustomization.yaml': 'generators: [g]\n',
    'k/g/kustomization.yaml': `resources:\n${times(4000, (at) => `- a${at}.yaml\n`)}`,
    ...filesOf(4000, (at) => [`k/g/a${at}.yaml`, inputDocument(at < count ? 'same' : `i${at}`)]),
  });
const patchedTwice = (inBase: number): Work =>
  plan({
    'k/b/s.yaml': times(10, (at) => `---\n${specDocument(`g${at}`)}`),
    'k/b/i.yaml': inputDocument('i'),
    'k/b/kustomization.yaml': `resources: [s.yaml]\ntransformers: [i.yaml]\npatches:\n${'- {patch: x}\n'.repeat(20_000)}`,
    'k/kustomization.yaml': `resources: [b]\npatches:\n${'- {patch: x}\n'.repeat(inBase)}# ${'a'.repeat(13 * (20_000 - inBase))}\n`,
  });
const letters = (index: number) =>
  Array.from({ length: 7 }, (_, at) => String.fromCharCode(97 + (Math.floor(index / 26 ** at) % 26))).join('');
const json = (index: number) =>
  JSON.stringify({
    ...{ apiVersion: 'generators.external-secrets.io/v1alpha1', kind: 'STSAssumeRoleToken' },
    metadata: { name: `g${index}`, namespace: 'team-a' },
    spec: { region: `aa-${letters(index)}-1`, role: 'arn:aws:iam::123456789012:role/d' },
  });
const inOneList = (between: string): Work =>
  plan({
    'k/l.json': `{"apiVersion":"v1","kind":"List","items":[${Array.from({ length: 4000 }, (_, at) => json(at)).join(between)}]}`,
  });
/** Two Inputs of a megabyte with the same generators. */
const generatorsIn = (folder: string, labels: number) =>
  `${inputDocument('i')}generators:\n${times(40, (at) =>
    generatorItem(GOOD_SPEC, {
      name: `g${at}`,
      metadata: `namespace: team-a, labels: {${times(labels, (label) => `${folder}aaaaaaaaaaaaaaa${at}x${label}: bbbbbbbbbb, `)}}`,
    }),
  )}`;
const twice = (labels: number): Work => ({
  argv: ['render', '.'],
  files: {
    'a/i.yaml': generatorsIn('a', labels),
    'b/i.yaml': generatorsIn('b', labels),
    'theirs/spec.yaml': specDocument('theirs'),
  },
});
const nested = (options: string): Work => {
  const inside = `k/${'a/'.repeat(100)}`;
  return plan({
    ...filesOf(100, (at) => [`k/${'a/'.repeat(at)}Kptfile`, kptfile(EXEC)]),
    [`${inside}Kptfile`]: kptfile(image('other', options).repeat(1000) + EXEC),
    [`${inside}g.yaml`]: specDocument('deployer'),
    [`${inside}c.yaml`]: configMaps(1000),
  });
};
const placed = (folder: string): Work => ({
  input: list(
    `- {apiVersion: kpt.dev/v1, kind: Kptfile, metadata: {name: k, annotations: {internal.config.kubernetes.io/path: b/Kptfile}}}\n${times(
      1000,
      (at) =>
        generatorItem(GOOD_SPEC, {
          name: `g${at}`,
          metadata: `namespace: team-a, annotations: {internal.config.kubernetes.io/path: ${at}/${folder}s.yaml}`,
        }),
    )}`,
  ),
});
const externalSecret = (name: string, dataFrom: string) =>
  `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: ${name}, namespace: team-a}\nspec:\n  dataFrom: ${dataFrom}`;
const consuming = (count: number): Work => {
  const entries = `&d\n${'  - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}\n'.repeat(2400)}`;
  const items = times(
    count,
    (at) => `- ${externalSecret(`e${at}`, at === 0 ? entries : '*d\n').replaceAll(/\n(?=.)/g, '\n  ')}`,
  );
  return plan({ 'k/s.yaml': `${specDocument('deployer')}---\n${listed(`items:\n${items}`)}` });
};
const rewriting = (references: number): Work => {
  const rewrites = times(19, () => `{regexp: {source: "", target: "${'$9'.repeat(references)}"}}, `);
  const entry = `  - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}, rewrite: [{regexp: {source: "^", target: ${'a'.repeat(90)}}}, ${rewrites}]}\n`;
  const comment = `# ${'a'.repeat(160_000 - 304 * references)}\n`;
  return steps(EXEC, {
    'k/s.yaml': `${specDocument('deployer')}---\n${externalSecret('heavy', `\n${entry.repeat(8)}`)}${comment}`,
  });
};
const levels = (depth: number, lines: string): Work =>
  plan({ 'k/s.yaml': `${configMap('deep')}data:\n${'- '.repeat(depth)}a\n${lines}` });
const ofGit = (piece: string): Work =>
  doctor({
    '.git/x': '',
    '.gitignore': `${piece.repeat(100_000)}/b\n`,
    'a.yaml':
      'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/x}}\ndata: {a: YQ==}\n',
  });

const OPTIONS = { 'k/c.yaml': `${OBJECT}data:\n${times(50_000, (at) => `  k${at}: v\n`)}` };
const deep = (folder: string, fields: string): Work =>
  plan({
    [`${folder}kustomization.yaml`]: `resources: [s.yaml]\n${fields}`,
    [`${folder}s.yaml`]: specDocument('deployer'),
  });
const DATA = `configMapGenerator:\n- name: c\n  files:\n${times(1000, (at) => `  - k${at}=s.yaml\n`)}`;
const PATCHES = `patches:\n${'- path: s.yaml\n'.repeat(1000)}`;
/** Kustomizations whose transformer is one of a folder, with a long command. */
const transformed = (transformer: string): Work =>
  doctor({
    't/kustomization.yaml': 'resources: [i.yaml]\n',
    't/i.yaml': inputDocument('i').replace('exec: {', `x: [${'a, '.repeat(10_000)}]\\nexec: {`),
    ...filesOf(150, (at) => [`k${at}/kustomization.yaml`, `resources: [s.yaml]\n${transformer}`]),
    ...filesOf(150, (at) => [`k${at}/s.yaml`, specDocument(`g${at}`)]),
  });

/** Secrets in plain text that stand so many folders deep in a repository of git. */
const committed = (folders: number): Work =>
  doctor({
    '.git/x': '',
    ...filesOf(300, (at) => [
      `${'a/'.repeat(folders)}${at}.yaml`,
      `apiVersion: v1\nkind: Secret\nmetadata: {name: a${at}, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/x}}\ndata: {a: YQ==}\n`,
    ]),
  });
const inCluster = (context: string): Work =>
  plan({
    ...SPEC,
    'k/i.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: i}\ncluster: {context: ${context}}\nsessions:\n- secrets:\n${times(9000, (at) => `  - {name: s${at}}\n`)}`,
  });
const jobs = (variable: string): Work =>
  doctor({
    ...SPEC,
    '.github/workflows/a.yaml': `on: push\njobs:\n${times(30_000, (at) => `  a${at}: {env: {${variable}: p${at}}}\n`)}`,
  });
const ofOthers = (fields: string): Work =>
  plan({
    ...SPEC,
    'k/i.yaml': inputDocument('i'),
    'k/l.yaml': `${listed('items:\n')}${times(20_000, (at) => `- {apiVersion: v1, kind: Secret, metadata: {name: s${at}}}\n`)}# ā${'a'.repeat(400_000)}\n`,
    'k/kustomization.yaml': fields,
  });
const setInLines = (comment: string): Work =>
  steps(image('apply-setters:v0.2', 'configMap: {a: v}').repeat(8000) + EXEC, {
    'k/c.yaml': `${configMap('c')}data:\n${times(100, (at) => `${' '.repeat(14_000)}k${at}: v # ${comment}: \${a}\n`)}`,
  });
/** Kustomizations in each other, around one that is included 256 times and has 500 bases. */
const around = (levels: number): Work => {
  const folder = (name: string, bases: string): [string, string] => [
    `k/${name}/kustomization.yaml`,
    `resources: [${bases}]\nnameSuffix: a\n`,
  ];
  const doubled = (at: number) => [
    folder(`h${at}`, `../x${at}, ../y${at}`),
    ...['x', 'y'].map((name) => folder(`${name}${at}`, at === 7 ? '../end' : `../h${at + 1}`)),
  ];
  return plan({
    ...SPEC,
    'k/i.yaml': inputDocument('i'),
    'k/kustomization.yaml': 'resources: [s.yaml, c0]\ntransformers: [i.yaml]\n',
    ...filesOf(481, (at) => folder(`c${at}`, at < levels ? `../c${at + 1}` : '../h0')),
    ...Object.fromEntries(Array.from({ length: 8 }, (_, at) => doubled(at)).flat()),
    ...Object.fromEntries([
      folder(
        'end',
        times(500, (at) => `../e${at}, `),
      ),
    ]),
    ...filesOf(500, (at) => [`k/e${at}/kustomization.yaml`, 'nameSuffix: a\n']),
  });
};
/** Secrets of one generator, each of which is written into a file, or printed. */
const written = (...options: readonly string[]): Work => ({
  argv: ['render', '--placeholder', ...options, '.'],
  files: {
    ...SPEC,
    'k/i.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: i}\nsessions:\n- secrets:\n${times(9000, (at) => `  - {name: s${at}}\n`)}`,
  },
});
/** Kustomizations of 1,000 words each that do not parse. */
const broken = (folder: string): Work =>
  plan({
    ...SPEC,
    ...filesOf(300, (at) => [
      `${folder}${at}/kustomization.yaml`,
      `resources: [\n${times(1000, (word) => `${word} `)}\n`,
    ]),
  });
/** A former plan that is none. */
const comparedWith = (hops: string): Work => ({
  argv: ['plan', '--since', 'former.json', '.'],
  files: {
    ...SPEC,
    'former.json': JSON.stringify({
      version: 1,
      secrets: [{ package: 'k', host: 'none', hops: [] }],
      incomplete: [],
    }).replace('[]', `[${hops}]`),
  },
});
/** A plan beside one of 10,000 Secrets that are gone, of which one was behind a call of that name. */
const goneBehind = (operation: string): Work => {
  const generator = { kind: 'STSAssumeRoleToken', name: 'g' };
  const session = { identity: { source: '', description: 'a' }, lifetime: 3600 };
  const gone = (at: number) => ({
    ...{ package: '.', host: 'none', generator, target: { name: `g${at}` }, ...session },
    hops: at === 0 ? [{ operation, region: '' }] : [],
    ...{ format: '', recipients: [], specHash: '', digest: '' },
  });
  const secrets = Array.from({ length: 10_000 }, (_, at) => gone(at));
  return {
    argv: ['plan', '--since', 'former.json', '-o', 'table', 'k'],
    files: {
      'k/theirs.yaml': specDocument('theirs'),
      'former.json': JSON.stringify({ version: 1, secrets, incomplete: [] }),
    },
  };
};
/** Packages with a `.krmignore` of one line each. */
const ignoring = (between: string): Work =>
  plan({
    ...SPEC,
    ...filesOf(30, (at) => [`k${at}/Kptfile`, kptfile(EXEC)]),
    ...filesOf(30, (at) => [`k${at}/.krmignore`, `a${between.repeat(65_000)}b\n`]),
    ...filesOf(30, (at) => [`k${at}/s.yaml`, specDocument(`g${at}`)]),
  });
/** A step whose program has nearly the name of this one. */
const misspelt = (folder: string): Work =>
  doctor({
    ...SPEC,
    'k/Kptfile': kptfile(EXEC.replace('function-sts-assume-role', `${folder}function-sts-asume-role`)),
  });
const inTemplate = (number: string): Work =>
  plan({
    'k/s.yaml': `${specDocument('deployer')}---\n${externalSecret('heavy', `\n  - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}\n  target: {template: {data: {k: "{{ ${number} }}"}}}\n`)}`,
  });
const encryptedFor = (recipient: string): Work => ({
  input: list(
    generatorItem(),
    `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, metadata: {name: i}, sessions: [{secrets: [{name: s, encrypt: {sops: {age: ["${recipient}"]}}}]}]}\n`,
  ),
});
/** Functions of Crossplane, beside a configuration with many words. */
const installed = (field: string): Work =>
  doctor({
    'f.yaml': `${times(5000, (at) => `---\napiVersion: pkg.crossplane.io/v1\nkind: Function\nmetadata: {name: f${at}}\nspec: {package: "x/function-sts-assume-role:v1", ${field}: {name: c}}\n`)}---\napiVersion: pkg.crossplane.io/v1beta1\nkind: DeploymentRuntimeConfig\nmetadata: {name: c}\nspec: {deploymentTemplate: {spec: {template: {spec: {containers: [{args: [${'a, '.repeat(75_000)}a]}]}}}}}\n`,
  });
const behind = (roles: string): Work => ({
  argv: ['plan', '-o', 'yaml', '.'],
  files: {
    'k/s.yaml': specDocument('deployer'),
    'k/i.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: i}\nsessions:\n- ${roles}\n  secrets:\n${times(9900, (at) => `  - {name: s${at}}\n`)}`,
  },
});
const ROLES = times(20, (at) => `"arn:aws:iam::123456789012:role/${'a'.repeat(480)}/r${at}", `);

/** A generator with 5,000 Secrets and a long annotation. */
const forcedFor = (annotation: string): Work =>
  plan({
    'k/s.yaml': specDocument('deployer').replace(
      'namespace: team-a',
      `namespace: team-a, annotations: {${annotation}: ${'a'.repeat(4e6)}}`,
    ),
    'k/i.yaml': inputDocument('i', `sessions: [{secrets: [{namespaces: [${times(5000, (at) => `n${at}, `)}]}]}]\n`),
  });

export const REPEATS: Readonly<Record<string, Multiplying>> = {
  'a `force-sync` of four megabytes, for 5,000 Secrets': {
    attack: () => forcedFor('force-sync'),
    harmless: () => forcedFor('other'),
  },
  '400 aliases of an empty list, and that 400 times': {
    attack: () => steps(EXEC, {}, `status: [&a [], &b [${'*a, '.repeat(400)}], [${'*b, '.repeat(400)}]]\n`),
    harmless: () => steps(EXEC, {}, `status: [&a [], &b [${'*a, '.repeat(400)}], [${'bb, '.repeat(400)}]]\n`),
  },
  'nine levels of ten aliases each, where roles stand': {
    attack: () => plan({ 'k/s.yaml': `allow:\n- roles:\n  - ${tens(9)}\n` }),
    harmless: () => plan({ 'k/s.yaml': `allow:\n- roles:\n  - ${tens(1)}\n` }),
  },
  '240 items, each with an alias of 160 aliases': {
    attack: () =>
      plan({
        'k/s.yaml': listed(
          `x: [${FOUR}, &b [${times(160, (at) => `*a${at % 4}, `)}]]\nitems:\n${times(240, (at) => generator(`g${at}`, 'x: *b'))}`,
        ),
      }),
    harmless: () =>
      plan({
        'k/s.yaml': listed(
          `x: [${FOUR}, &b [${times(160, (at) => `*a${at % 4}, `)}]]\nitems:\n${times(240, (at) => generator(`g${at}`, 'x: b'))}`,
        ),
      }),
  },
  '2,400 sessions of an ExternalSecret, again by 40 aliases': {
    attack: () => consuming(40),
    harmless: () => consuming(1),
  },
  'an ordered map of 80,000 keys': {
    attack: () =>
      plan({ 'k/s.yaml': `${configMap('a')}data: !!omap\n${times(80_000, (at) => `- some-long-key-${at}: v\n`)}` }),
    harmless: () =>
      plan({ 'k/s.yaml': `${configMap('a')}data:\n${times(80_000, (at) => `- some-long-key-${at}: v\n`)}` }),
  },
  'empty lines of Windows behind 480 levels': {
    attack: () => levels(480, '\r\n'.repeat(780_000)),
    harmless: () => levels(4, '\r\n'.repeat(780_000)),
  },
  '500 steps with a file that is not there': {
    attack: () => steps(image('other', 'configPath: nope.yaml').repeat(500) + EXEC),
    harmless: () => steps(image('other', 'configMap: {a: nope.yaml}').repeat(500) + EXEC),
  },
  '1,000 steps with one file, in a hundred packages': {
    attack: () => nested('configPath: g.yaml'),
    harmless: () => nested('configMap: {a: g.yaml}'),
  },
  '75 steps that set one line of a long file, for 75 of ours': {
    attack: () =>
      steps(image('apply-setters:v0.2', 'configMap: {a: v}').repeat(75) + EXEC.repeat(75), {
        'k/c.yaml': `${configMap('c')}data:\n  x: v # kpt-set: \${a}\n  y: |\n${'    a\n'.repeat(30_000)}`,
      }),
    harmless: () =>
      steps(image('apply-setters:v0.2', 'configMap: {a: v}').repeat(75) + EXEC.repeat(75), {
        'k/c.yaml': `${configMap('c')}data:\n  x: v # kptset: \${a}\n  y: |\n${'    a\n'.repeat(30_000)}`,
      }),
  },
  '3,000 steps that set the namespace of 3,000 objects, for ten of ours': {
    attack: () =>
      steps(image('set-namespace:v0.4', 'configMap: {namespace: team-a}').repeat(3000) + EXEC.repeat(10), {
        'k/c.yaml': configMaps(3000),
      }),
    harmless: () =>
      steps(image('set-image:v0.1', 'configMap: {name: team-a, newName: a}').repeat(3000) + EXEC.repeat(10), {
        'k/c.yaml': configMaps(3000),
      }),
  },
  '4,000 files of one text that start the function': {
    attack: () => generating(4000),
    harmless: () => generating(2),
  },
  'a prefix of 50,000 characters, for 40 starts': {
    attack: () => started(40, `namePrefix: ${'ā'.repeat(50_000)}\n`, configMaps(250)),
    harmless: () => started(40, `namePrefix: a # ${'ā'.repeat(50_000)}\n`, configMaps(250)),
  },
  '10,000 annotations of 60 objects, for 80 starts': {
    attack: () => started(80, `commonAnnotations:\n${times(10_000, (at) => `  a${at}: b\n`)}`, configMaps(60)),
    harmless: () =>
      started(80, `commonAnnotations:\n  a: b\n${times(10_000, (at) => `# a${at}: b\n`)}`, configMaps(60)),
  },
  '20,000 patches of a base, and as many around it': {
    attack: () => patchedTwice(20_000),
    harmless: () => patchedTwice(1),
  },
  '210 kustomizations with one base that kustomize refuses': {
    attack: () => included(210, 'Input'),
    harmless: () => included(210, 'Other'),
  },
  'a list of 4,000 generators on one line': {
    attack: () => inOneList(','),
    harmless: () => inOneList(',\n'),
  },
  'two Inputs of more than a megabyte with the same generators': {
    attack: () => twice(720),
    harmless: () => twice(650),
  },
  '1,000 paths of 2,000 folders': {
    attack: () => placed('a/'.repeat(2000)),
    harmless: () => placed('aa'.repeat(2000)),
  },
  '495 references for each character of a key': {
    attack: () => rewriting(495),
    harmless: () => rewriting(1),
  },
  '2,000 steps with options of 50,000 keys, for ten of ours': {
    attack: () => steps(image('set-labels:v0.2', 'configPath: c.yaml').repeat(2000) + EXEC.repeat(10), OPTIONS),
    harmless: () => steps(image('set-labels:v0.2', 'configMap: {a: b}').repeat(2000) + EXEC.repeat(10), OPTIONS),
  },
  '1,000 keys of one file, 1,800 folders deep': {
    attack: () => deep(`k/${'a/'.repeat(1800)}`, DATA),
    harmless: () => deep(`k/${'a/'.repeat(18)}`, DATA),
  },
  '1,000 patches in one file, 1,800 folders deep': {
    attack: () => deep(`k/${'a/'.repeat(1800)}`, PATCHES),
    harmless: () => deep(`k/${'a/'.repeat(18)}`, PATCHES),
  },
  '150 kustomizations with one transformer, for doctor': {
    attack: () => transformed('transformers: [../t]\n'),
    harmless: () => transformed('# transformers\n'),
  },
  'a rule of 100,000 brackets in .gitignore, for doctor': {
    attack: () => ofGit('\\['),
    harmless: () => ofGit('\\('),
  },
  '300 Secrets 230 folders deep, for doctor': {
    attack: () => committed(230),
    harmless: () => committed(2),
  },
  'the name of a cluster of 1.8 MB, for 9,000 Secrets': {
    attack: () => inCluster('a'.repeat(1_800_000)),
    harmless: () => inCluster(`a # ${'a'.repeat(1_800_000)}\n  `),
  },
  '30,000 jobs that name a Policy, for doctor': {
    attack: () => jobs('STS_FUNCTION_POLICY'),
    harmless: () => jobs('STS_FUNCTION_POLICI'),
  },
  'a list of 20,000 objects under transformers, in a long file': {
    attack: () => ofOthers('resources: [s.yaml]\ntransformers: [i.yaml, l.yaml]\n'),
    harmless: () => ofOthers('resources: [s.yaml, l.yaml]\ntransformers: [i.yaml]\n'),
  },
  '8,000 steps that set 100 long lines': {
    attack: () => setInLines('kpt-set'),
    harmless: () => setInLines('kptset'),
  },
  '500 bases, 256 times inside of 480 kustomizations': {
    attack: () => around(480),
    harmless: () => around(2),
  },
  '9,000 Secrets that are files each': {
    attack: () => written('-i'),
    harmless: () => written(),
  },
  '300 kustomizations of 1,000 words that do not parse, 3,400 characters deep': {
    attack: () => broken(`k/${`${'a'.repeat(240)}/`.repeat(14)}`),
    harmless: () => broken('k/'),
  },
  'a former plan with 600,000 wrong calls': {
    attack: () => comparedWith(`${'{}, '.repeat(600_000)}{}`),
    harmless: () => comparedWith(`{}${' '.repeat(2_400_000)}`),
  },
  'a call of 4,000 letters that nobody sees, in a column of 10,000 Secrets': {
    attack: () => goneBehind(`a${'\u200b'.repeat(4000)}`),
    harmless: () => goneBehind(`a${'\u3028'.repeat(40)}`),
  },
  'blanks inside of the one line of .krmignore, in each of 30 packages': {
    attack: () => ignoring(' '),
    harmless: () => ignoring('c'),
  },
  'a misspelt program in a folder whose name has 100,000 letters, for doctor': {
    attack: () => misspelt(`${'a'.repeat(100_000)}/`),
    harmless: () => misspelt('a/'.repeat(50_000)),
  },
  'a number of 100,000 digits that is none, in a template': {
    attack: () => inTemplate(`${'0'.repeat(100_000)}e`),
    harmless: () => inTemplate(`${'a'.repeat(100_000)}e`),
  },
  'a recipient of 100,000 digits, each of which may end a name': {
    attack: () => encryptedFor(`age1${'1'.repeat(100_000)}A`),
    harmless: () => encryptedFor(`age1${'2'.repeat(100_000)}A`),
  },
  '100,000 line breaks of Unicode in a text beside setters': {
    attack: () =>
      steps(image('apply-setters:v0.2', 'configMap: {a: v}') + EXEC, {
        'k/c.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: team-a\ndata:\n  x: "kpt-set ${'\u2028'.repeat(100_000)}"\n`,
      }),
    harmless: () =>
      steps(image('apply-setters:v0.2', 'configMap: {a: v}') + EXEC, {
        'k/c.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  namespace: team-a\ndata:\n  x: "kpt-set ${'\u3028'.repeat(100_000)}"\n`,
      }),
  },
  '5,000 Functions with one configuration of 75,000 words, for doctor': {
    attack: () => installed('runtimeConfigRef'),
    harmless: () => installed('others'),
  },
  '9,900 Secrets of one generator behind 20 roles with long names': {
    attack: () => behind(`via: [${ROLES}]`),
    harmless: () => behind(`renew: {before: 5m} # ${ROLES}`),
  },
};
