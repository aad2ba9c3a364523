import { describe, expect, test } from '@jest/globals';
import { runOnFiles } from '../../../function/files/answer-files.ts';
import { messageOf } from '../../../function/findings/finding.ts';
import { emittedSecrets } from '../../support/emitted.ts';
import { DECEIVING, HONEST } from '../../support/kustomize-edits.ts';
import { specDocument } from '../../support/manifests.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fakeWorld } from '../../support/world/fake-world.ts';

const EXEC = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
const input = (more = '') =>
  `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options, ${EXEC}}\n${more}`;
const generator = (name = 'made') => specDocument(name).replace('{name:', `{${EXEC}, name:`);

/** `render` over a folder: the Secrets, whose they are, the session names, and what is said. */
async function render(files: Record<string, string>, inPlace = false) {
  using folder = temporaryFolder(files);
  const world = fakeWorld();
  const { output, findings } = await runOnFiles([folder.path], { inPlace }, world);
  const written = Object.entries(folder.read()).filter(([name]) => name.includes('secret_'));
  const texts = inPlace ? written.map(([, text]) => text) : [output];
  return {
    secrets: texts.flatMap(emittedSecrets).map(({ metadata: { name, namespace, labels, annotations } }) => {
      const { 'sts.fn.crossplane.io/generator': mark, 'example.org/note': note } = annotations;
      return [`${namespace}/${name}`, mark, ...Object.entries({ ...labels, ...(note && { note }) }).flat()].join(' ');
    }),
    sessions: world.calls.map(({ request }) => ('sessionName' in request ? request.sessionName : '')),
    said: findings.map((one) => `${one.code}: ${messageOf(one).replaceAll(folder.path, 'DIR')}`),
  };
}

const BASE = { 'base/kustomization.yaml': 'resources: [spec.yaml]\ntransformers: [options.yaml]\n' };
const WITH_BASE = { ...BASE, 'base/spec.yaml': specDocument(), 'base/options.yaml': input() };
/** A kustomization with the generators, where the function is a transformer. */
const transformed = (more: string, options = '') => ({
  'kustomization.yaml': `resources: [spec.yaml]\ntransformers: [options.yaml]\n${more}`,
  'spec.yaml': specDocument(),
  'options.yaml': input(options),
});
/** The same with a Deployment and another Secret. */
const withApp = (more: string) => ({
  ...transformed(''),
  'kustomization.yaml': `resources: [spec.yaml, app.yaml]\ntransformers: [options.yaml]\n${more}`,
  'app.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: deployer}\n---\n${OTHER_SECRET}`,
});
const OTHER_SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: other}\n';
const generated = (more: string) => ({
  'kustomization.yaml': `generators: [made.yaml]\n${more}`,
  'made.yaml': generator(),
});
/** Overlays that make the same Secret. */
const ALIKE = {
  ...WITH_BASE,
  'dev/kustomization.yaml': 'resources: [../base]\n',
  'prod/kustomization.yaml': 'resources: [../base]\n',
};
const patching = (target: string) => ({
  'dev/kustomization.yaml': `resources: [../base]\npatches: [{target: ${target}, patch: ${PATCH}}]\n`,
});
const inFolder = (folder: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
/** A component that starts the function, in two kustomizations. */
const PART = {
  'dev/kustomization.yaml': 'resources: [spec.yaml]\ncomponents: [../part]\n',
  'prod/kustomization.yaml': 'resources: [spec.yaml]\ncomponents: [../part]\n',
  'part/kustomization.yaml': 'kind: Component\ntransformers: [options.yaml]\n',
  'part/options.yaml': input(),
};
const MARK = 'STSAssumeRoleToken/team-a/deployer';
const MADE = 'STSAssumeRoleToken/team-a/made';

test.each<[string, Record<string, string>, string[], string[]]>([
  [
    'two overlays give a base two Secrets, after the function',
    {
      ...WITH_BASE,
      'dev/kustomization.yaml': 'resources: [../base]\nnamespace: dev\n',
      'prod/kustomization.yaml':
        'resources: [../base]\nnamespace: prod\nnameSuffix: -p\nlabels: [{pairs: {a: b}}]\ncommonAnnotations: {example.org/note: c}\n',
    },
    [`dev/deployer ${MARK}`, `prod/deployer-p ${MARK} a b note c`],
    ['team-a.deployer', 'team-a.deployer'],
  ],
  [
    'overlays that only label a Secret give both',
    {
      ...WITH_BASE,
      'a/kustomization.yaml': 'resources: [../base]\n',
      'b/kustomization.yaml': 'resources: [../base]\nlabels: [{pairs: {a: b}}]\n',
    },
    [`team-a/deployer ${MARK}`, `team-a/deployer ${MARK} a b`],
    ['team-a.deployer', 'team-a.deployer'],
  ],
  [
    'overlays that change nothing give one',
    {
      ...WITH_BASE,
      'dev/kustomization.yaml': 'resources: [../base]\n',
      'prod/kustomization.yaml': 'resources: [../base]\nimages: []\n',
    },
    [`team-a/deployer ${MARK}`],
    ['team-a.deployer'],
  ],
  [
    'the kustomization of a transformer names its generators, and its Secrets follow them',
    transformed('namespace: dev\nnamePrefix: p-\nnameSuffix: -s\nlabels: [{pairs: {a: b}}]\n'),
    ['dev/p-deployer-s STSAssumeRoleToken/dev/p-deployer-s'],
    ['dev.p-deployer-s'],
  ],
  [
    'prefixes go outwards, and the outer namespace counts',
    {
      'options.yaml': input(),
      'kustomization.yaml': 'resources: [mid]\ntransformers: [options.yaml]\nnamespace: top\nnamePrefix: t-\n',
      'mid/kustomization.yaml': 'bases: [../in]\nnamespace: mid\nnamePrefix: m-\nnameSuffix: -m\n',
      'in/kustomization.yaml': 'resources: [spec.yaml]\nnameSuffix: -i\n',
      'in/spec.yaml': specDocument(),
    },
    ['top/t-m-deployer-i-m STSAssumeRoleToken/top/t-m-deployer-i-m'],
    ['top.t-m-deployer-i-m'],
  ],
  [
    'labels of a kustomization are matched; a later one counts, and those of commonLabels last',
    transformed(
      'labels: [{pairs: {tier: test}}, {pairs: {tier: dev}}]\ncommonLabels: {tier: prod}\n',
      'sessions: [{match: {labels: {tier: prod}}, secrets: [{name: matched}]}]\n',
    ),
    [`team-a/matched ${MARK}`],
    ['team-a.deployer'],
  ],
  [
    "a generator's Secret gets all, of its own kustomization too",
    generated('namespace: dev\nnamePrefix: p-\ncommonLabels: {a: b}\n'),
    [`dev/p-made ${MADE} a b`],
    ['team-a.made'],
  ],
  [
    'a component changes what stands around it, before the kustomization does',
    {
      ...transformed('components: [part]\nnamePrefix: k-\n'),
      'part/kustomization.yaml': 'kind: Component\nnamePrefix: c-\nnamespace: part\nresources: [own.yaml]\n',
      'part/own.yaml': specDocument('own'),
    },
    ['part/k-c-deployer', 'part/k-c-own'].map((name) => `${name} STSAssumeRoleToken/${name}`),
    ['part.k-c-deployer', 'part.k-c-own'],
  ],
  [
    'a transformer of a component gets what stands around it',
    {
      'kustomization.yaml': 'resources: [spec.yaml]\ncomponents: [part]\nnamePrefix: k-\n',
      'spec.yaml': specDocument(),
      'part/kustomization.yaml': 'kind: Component\ntransformers: [options.yaml]\nnamespace: part\n',
      'part/options.yaml': input(),
    },
    ['part/k-deployer STSAssumeRoleToken/part/deployer'],
    ['part.deployer'],
  ],
  [
    'a transformer of a component gets what stands around it in each that includes it',
    {
      ...PART,
      'dev/spec.yaml': specDocument('dev'),
      'prod/spec.yaml': specDocument('prod'),
    },
    ['dev', 'prod'].map((name) => `team-a/${name} STSAssumeRoleToken/team-a/${name}`),
    ['team-a.dev', 'team-a.prod'],
  ],
  [
    'a transformer of a component gets the same in two',
    {
      ...PART,
      'base/kustomization.yaml': 'resources: [spec.yaml]\n',
      'base/spec.yaml': specDocument(),
      'dev/kustomization.yaml': 'resources: [../base]\ncomponents: [../part]\n',
      'prod/kustomization.yaml': 'resources: [../base]\ncomponents: [../part]\n',
    },
    [`team-a/deployer ${MARK}`],
    ['team-a.deployer'],
  ],
  [
    'a base that one kustomization includes twice is built twice',
    {
      'base/kustomization.yaml': 'generators: [made.yaml]\n',
      'base/made.yaml': generator(),
      'a/kustomization.yaml': 'resources: [../base]\nnamePrefix: a-\n',
      'b/kustomization.yaml': 'resources: [../base]\nnamePrefix: b-\n',
      'kustomization.yaml': 'resources: [a, b]\n',
    },
    [`team-a/a-made ${MADE}`, `team-a/b-made ${MADE}`],
    ['team-a.made', 'team-a.made'],
  ],
  [
    'a Secret that is there is found under its name by then, and keeps its labels',
    {
      ...transformed('namePrefix: p-\nnamespace: dev\n'),
      'kustomization.yaml':
        'resources: [spec.yaml, secret.yaml]\ntransformers: [options.yaml]\nnamePrefix: p-\nnamespace: dev\n',
      'secret.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: {name: deployer, labels: {kept: "yes"}, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/dev/p-deployer}}\n',
    },
    ['dev/p-deployer STSAssumeRoleToken/dev/p-deployer kept yes'],
    ['dev.p-deployer'],
  ],
])('%s', async (_, files, secrets, sessions) => {
  expect(await render(files)).toEqual({ secrets, sessions, said: [] });
});

const SAME_SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: made, namespace: team-a}\n';
const OF_MADE =
  'TARGET_CONFLICT: cannot build "DIR/top": kustomize gives the Secret of STSAssumeRoleToken "team-a/made" the name of another one, Secret "team-a/made". Rename one, or leave it out.';
const over = (files: Record<string, string>, more: string) => ({
  ...inFolder('base', files),
  'top/kustomization.yaml': `resources: [../base]\n${more}`,
});
const inputWith = (name: string, generator = 'made') =>
  input(`generators:\n- ${specDocument(generator).trimEnd().replaceAll('\n', '\n  ')}\n`).replace('options', name);

test('a Secret has the former name of one in another namespace, and another has the name beside', async () => {
  const other = SAME_SECRET.replace('team-a', 'team-b');
  const files = over(
    { 'kustomization.yaml': 'resources: [other.yaml]\nnamePrefix: p-\n', 'other.yaml': other },
    'generators: [made.yaml]\n',
  );
  const beside = inFolder('beside', {
    'kustomization.yaml': 'resources: [other.yaml]\nnamePrefix: b-\n',
    'other.yaml': SAME_SECRET,
  });
  const all = { 'kustomization.yaml': 'resources: [top, beside]\n' };
  expect(await render({ ...files, ...beside, ...all, 'top/made.yaml': generator() })).toMatchObject({
    secrets: [`team-a/made ${MADE}`],
    said: [],
  });
});

const PATCH = `'[{"op": "replace", "path": "/metadata/name", "value": "x"}]'`;
const OF_DATA = `'[{"op": "add", "path": "/data", "value": {}}]'`;
const HOST = '`kustomize build --enable-alpha-plugins --enable-exec DIR`';

test.each<[what: string, files: Record<string, string>, isSaid: boolean]>([
  ['of what a base has run', { ...WITH_BASE, ...patching('{kind: STSAssumeRoleToken, name: deployer}') }, true],
  ['of a kind, perhaps for another one', { ...WITH_BASE, ...patching('{kind: STSAssumeRoleToken}') }, false],
  [
    'of what it generates',
    { ...inFolder('base', generated('')), ...patching('{kind: STSAssumeRoleToken, name: made}') },
    true,
  ],
  ['of another one', { ...WITH_BASE, ...patching('{kind: STSAssumeRoleToken, name: other}') }, false],
  ['of its Secret', { ...WITH_BASE, ...patching('{kind: Secret}') }, false],
  ['of all', { ...WITH_BASE, ...patching('{name: deployer}') }, false],
  ['before the function', transformed(`patches: [{target: {name: deployer}, patch: ${PATCH}}]\n`), false],
  [
    'before the function, by kind and name',
    transformed(`patches: [{target: {kind: STSAssumeRoleToken, name: deployer}, patch: ${PATCH}}]\n`),
    false,
  ],
])('a plan warns of a patch that comes too late: %s', async (_, files, isSaid) => {
  const late = (await plan(files)).filter((line) => line.includes('kustomize has started the function before'));
  expect(late).toHaveLength(isSaid ? 1 : 0);
});

describe('what only kustomize knows', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'a patch of generators',
      transformed(`patches: [{target: {kind: STSAssumeRoleToken}, patch: ${PATCH}}]\n`),
      'patches',
    ],
    ['a patch of all', transformed(`patches: [{target: {labelSelector: a=b}, patch: ${PATCH}}]\n`), 'patches'],
    ['a patch of a pattern', transformed(`patches: [{target: {kind: "STS.*"}, patch: ${PATCH}}]\n`), 'patches'],
    ['a patch of a list', generated(`patches: [{target: {kind: Pod|Secret}, patch: ${PATCH}}]\n`), 'patches'],
    [
      'a patch file of a generator',
      { ...transformed('patches: [{path: patch.yaml}]\n'), 'patch.yaml': specDocument() },
      'patches',
    ],
    [
      'a strategic merge patch of a former name',
      {
        ...inFolder('app', transformed('namePrefix: p-\n')),
        'top/kustomization.yaml': `resources: [../app]\nnamePrefix: t-\npatchesStrategicMerge: [patch.yaml]\n`,
        'top/patch.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: p-deployer}\n',
      },
      'patchesStrategicMerge',
    ],
    [
      'patchesJson6902 of a Secret of a generator',
      generated(`patchesJson6902: [{target: {version: v1, kind: Secret, name: made}, patch: ${PATCH}}]\n`),
      'patchesJson6902',
    ],
    ['replacements', generated('replacements: [{targets: [{select: {kind: Secret}}]}]\n'), 'replacements'],
    [
      'replacements of a file',
      { ...transformed('replacements: [{path: r.yaml}]\n'), 'r.yaml': '[]\n' },
      'replacements',
    ],
    [
      'configurations',
      { ...transformed('configurations: [c.yaml]\n'), 'c.yaml': 'commonLabels: [{path: spec/role, create: true}]\n' },
      'configurations',
    ],
    ['fields of labels', transformed('labels: [{pairs: {a: b}, fields: [{path: metadata/name}]}]\n'), 'labels'],
    [
      'a base elsewhere',
      {
        ...transformed(''),
        'kustomization.yaml': `${transformed('')['kustomization.yaml'].replace('[spec', '[https://example.org/base, spec')}`,
      },
      'resources',
    ],
    [
      'a base elsewhere beside a generator, which may have another start',
      {
        'kustomization.yaml': 'generators: [made.yaml]\nresources: [https://example.org/base]\n',
        'made.yaml': generator('deployer'),
      },
      'resources',
    ],
    ['a component elsewhere', transformed('components: [https://example.org/part]\n'), 'components'],
    [
      'a component elsewhere, which may start it',
      {
        'kustomization.yaml': 'resources: [spec.yaml]\ncomponents: [https://example.org/part]\n',
        'spec.yaml': specDocument(),
      },
      'components',
    ],
    [
      'a value of what the function makes, by its name alone',
      {
        ...generated(
          'resources: [app.yaml]\nreplacements: [{source: {name: deployed}, targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]}]\n',
        ),
        'app.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {replicas: 1}\n',
      },
      'replacements',
    ],
    ['helm charts', transformed('helmCharts: [{name: a}]\n'), 'helmCharts'],
    [
      'a patch file that is not named as manifests are',
      { ...transformed('patches: [{path: patch.txt}]\n'), 'patch.txt': specDocument() },
      'patches',
    ],
    [
      'a patch in a hidden folder',
      { ...transformed('patchesStrategicMerge: [.in/patch.yaml]\n'), '.in/patch.yaml': specDocument() },
      'patchesStrategicMerge',
    ],
    ['a mark of what built it', generated('buildMetadata: [managedByLabel]\n'), 'buildMetadata'],
    [
      'values that kustomize puts into a Secret',
      {
        ...inFolder('app', transformed('')),
        'top/kustomization.yaml':
          'resources: [../app]\nsecretGenerator: [{name: deployer, namespace: team-a, behavior: merge, literals: [a=b]}]\n',
      },
      'secretGenerator',
    ],
    [
      'another transformer',
      {
        ...generated('transformers: [other.yaml]\n'),
        'other.yaml': 'apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: a}\nprefix: a-\n',
      },
      'transformers',
    ],
    [
      'generators of a folder, which may start it',
      {
        'kustomization.yaml': 'generators: [in]\n',
        'in/kustomization.yaml': 'resources: [made.yaml]\nnamePrefix: a-\n',
        'in/made.yaml': generator(),
      },
      'generators',
    ],
    [
      'generators of a folder elsewhere, which may start it',
      {
        'top/kustomization.yaml': 'generators: [../in]\n',
        'in/kustomization.yaml': 'resources: [made.yaml]\n',
        'in/made.yaml': generator(),
      },
      'generators',
    ],
  ])('%s: it is refused, and the plan says so', async (name, files, field) => {
    const { secrets, sessions, said } = await render(files);
    expect({ secrets, sessions }).toEqual({ secrets: [], sessions: [] });
    const folder = 'top/kustomization.yaml' in files ? 'DIR/top' : 'DIR';
    const mayDo = name.endsWith('may start it') ? 'start this function' : 'change what this function reads or makes';
    expect(said).toEqual([
      `HOST_NEEDED: cannot render this package: \`${field}\` of "${folder}/kustomization.yaml" may ${mayDo}. Run ${HOST.replace('DIR', folder)}.`,
    ]);
    expect((await plan(files)).join('')).toContain(`the plan leaves out that \`${field}\` of `);
  });

  test.each<[string, Record<string, string>]>([
    [
      'a ConfigMap whose kind stands behind a text',
      {
        ...withApp('metadata: {}\n'),
        'app.yaml': 'apiVersion: v1\ndata:\n  a: |-\n    {}\nkind: ConfigMap\nmetadata:\n  name: app\n',
      },
    ],
    ['a patch of another kind', transformed(`patches: [{target: {kind: Deployment}, patch: ${OF_DATA}}]\n`)],
    ['a patch of other kinds', transformed(`patches: [{target: {kind: Pod|Deployment}, patch: ${OF_DATA}}]\n`)],
    ['a patch of another group', transformed(`patches: [{target: {group: apps}, patch: ${OF_DATA}}]\n`)],
    ['a patch of another name', transformed(`patches: [{target: {kind: Secret, name: other}, patch: ${OF_DATA}}]\n`)],
    [
      'a patch file of another kind',
      {
        ...withApp('patches: [{path: patch.yaml}]\n'),
        'patch.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: deployer}\n',
      },
    ],
    [
      'a patch that is written',
      withApp('patches:\n- patch: |-\n    apiVersion: v1\n    kind: Secret\n    metadata: {name: other}\n'),
    ],
    [
      'values that kustomize puts into another Secret',
      withApp('secretGenerator: [{name: other, behavior: merge, literals: [a=b]}]\n'),
    ],
    [
      'a resource of another kind',
      {
        ...transformed(''),
        'kustomization.yaml': 'resources: [spec.yaml, app.yaml]\ntransformers: [options.yaml]\n',
        'app.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: app}\n',
      },
    ],
    ...['dev', 'prod'].map((overlay): [string, Record<string, string>] => [
      `a patch of another kind in ${overlay}`,
      {
        ...ALIKE,
        [`${overlay}/kustomization.yaml`]: `resources: [../base]\npatches: [{target: {kind: Pod}, patch: ${OF_DATA}}]\n`,
      },
    ]),
    ['images and replicas', withApp('images: [{name: a}]\nreplicas: [{name: deployer, count: 1}]\n')],
  ])('%s: it passes', async (_, files) => {
    expect(await render(files)).toMatchObject({ secrets: [`team-a/deployer ${MARK}`], said: [] });
  });

  test.each(['dev', 'prod'])("a patch of a Secret in %s is no other overlay's Secret", async (overlay) => {
    const patched = `resources: [../base]\npatches: [{target: {kind: Secret}, patch: ${PATCH}}]\n`;
    const { secrets, said } = await render({ ...ALIKE, [`${overlay}/kustomization.yaml`]: patched });
    expect({ secrets, said }).toEqual({
      secrets: [],
      said: [expect.stringContaining(`\`patches\` of "DIR/${overlay}/`)],
    });
  });
});

test.each(DECEIVING)('%s: what only kustomize knows is refused, and the plan says so', async (_, files) => {
  const { secrets, said } = await render(files);
  expect({ secrets, said }).toMatchObject({
    secrets: [],
    said: expect.arrayContaining([
      expect.stringMatching(/^(?:HOST_NEEDED: cannot render this package: |INPUT_UNREADABLE: )/),
    ]),
  });
  if (!said.some((line) => line.startsWith('INPUT')))
    expect((await plan(files)).join('')).toContain('the plan leaves out that ');
});

const CHANGED = '[{"op": "replace", "path": "/kind", "value": "STSAssumeRoleToken"}]';

test.each<[string, Record<string, string>, string]>([
  ['a base elsewhere', { 'evil/kustomization.yaml': 'resources: [https://example.org/base]\n' }, 'resources'],
  [
    'a generator of a folder, whose kind a patch changes',
    {
      'evil/kustomization.yaml': 'generators: [in]\n',
      'evil/in/kustomization.yaml': `resources: [foo.yaml]\npatches: [{target: {kind: Foo}, options: {allowKindChange: true}, patch: '${CHANGED}'}]\n`,
      'evil/in/foo.yaml': generator('foo').replace('kind: STSAssumeRoleToken', 'kind: Foo'),
    },
    'generators',
  ],
  [
    'a program that may start another one',
    {
      'evil/kustomization.yaml': 'generators: [foo.yaml]\n',
      'evil/foo.yaml': `apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: foo, annotations: {config.kubernetes.io/function: "exec: {path: sh}"}}\n`,
    },
    'generators',
  ],
])('beside another kustomization plan and render say it too: %s', async (_, evil, field) => {
  const said = await plan({ ...inFolder('honest', transformed('')), ...evil });
  const note = `the plan leaves out that \`${field}\` of "DIR/evil/kustomization.yaml" may start this function.`;
  expect(said.join('')).toContain(note);
  const rendered = await render({ ...inFolder('honest', transformed('')), ...evil });
  expect({ ...rendered, secrets: rendered.secrets.length }).toMatchObject({
    secrets: 1,
    said: [expect.stringContaining(note)],
  });
});

test('a generator that a kustomization copies and packs is started by nobody', async () => {
  const files = {
    'kustomization.yaml': 'resources: [spec.yaml]\nconfigMapGenerator: [{name: packed, files: [spec.yaml]}]\n',
  };
  expect((await plan({ ...files, 'spec.yaml': specDocument() })).join('')).toContain(
    'nothing starts the function for ',
  );
  const packed = files['kustomization.yaml'].replace('resources: [spec.yaml]\n', '');
  expect((await plan({ 'kustomization.yaml': packed, 'spec.yaml': specDocument() })).join('')).toBe('');
});

test.each(HONEST)('%s: it passes', async (_, files) => {
  const { secrets, said } = await render(files);
  expect(secrets).not.toEqual([]);
  expect(said.filter((line) => !line.startsWith('SESSION_UNUSED'))).toEqual([]);
  expect((await plan(files)).join('')).not.toContain('the plan leaves out that ');
});

describe('an overlay that is refused keeps what it includes', () => {
  test.each<[string, string]>([
    ['a misspelt field', 'resources: [../base]\nnamespce: dev\n'],
    ['a list in place of a text', 'resources: [../base]\nnamespace: [dev]\n'],
    ['fields in another case', 'Resources: [../base]\nNamespace: dev\n'],
    ['a base that is not there', 'resources: [../base, ../bas]\n'],
    ['escapes', 'Resources: ["\\x2e./base"]\n'],
    ['no YAML', 'resources:\n- ../base\nnamespace: [dev\n'],
    ['a character that YAML does not allow', 'resources:\n- ../base # \u0001\n'],
    ['a circle', 'resources: [../base, ../top]\n'],
  ])('%s', async (_, text) => {
    const files = { ...WITH_BASE, 'top/kustomization.yaml': text };
    expect(await render(files)).toEqual({
      secrets: [],
      sessions: [],
      said: [expect.stringMatching(/^INPUT_UNREADABLE: cannot (?:read|build) this kustomization/)],
    });
    const prod = { 'prod/kustomization.yaml': 'resources: [../base]\nnamespace: prod\n' };
    expect(await render({ ...files, ...prod })).toMatchObject({ secrets: [`prod/deployer ${MARK}`] });
  });

  test('a base whose overlay starts the function is not loose', async () => {
    const files = {
      'base/kustomization.yaml': 'resources: [spec.yaml]\n',
      'base/spec.yaml': specDocument(),
      'top/kustomization.yaml': 'resources: [../base]\ntransformers: [options.yaml]\nnamespce: dev\n',
      'top/options.yaml': input(),
    };
    expect(await render(files)).toMatchObject({ secrets: [], sessions: [] });
    const beside = { 'beside/kustomization.yaml': 'resources: [../base]\n' }; // which can be built, and starts nothing
    expect(await render({ ...files, ...beside })).toMatchObject({ secrets: [], sessions: [] });
  });

  test('one that includes it is refused too, others are not', async () => {
    const files = {
      ...WITH_BASE,
      'dev/kustomization.yaml': 'resources: [../base]\nnamespce: dev\n',
      'top/kustomization.yaml': 'resources: [../dev]\ngenerators: [made.yaml]\n',
      'top/made.yaml': generator(),
      ...inFolder('other', generated('')),
    };
    const { secrets, said } = await render(files);
    expect({ secrets, said }).toEqual({
      secrets: [`team-a/made ${MADE}`],
      said: [expect.stringContaining('namespce')],
    });
  });
});

describe('what starts the function', () => {
  const configFn = input().replace(EXEC, 'configFn: {exec: {path: function-sts-assume-role}}');

  test.each<[string, Record<string, string>, string[]]>([
    [
      'a file whose name has a brace',
      { 'kustomization.yaml': 'generators: ["{made}.yaml", made.yaml]\n', 'made.yaml': generator() },
      [],
    ],
  ])('%s', async (_, files, marks) => {
    expect((await render(files)).secrets).toEqual(marks.map((mark) => expect.stringContaining(mark)));
  });

  test('metadata.configFn says how', async () => {
    const files = { ...transformed(''), 'options.yaml': configFn };
    expect((await plan(files)).join('')).not.toContain('kustomize fails at');
    const plain = { ...files, 'options.yaml': configFn.replace('configFn', 'labels: {}, other') };
    expect((await plan(plain)).join('')).toContain('kustomize fails at Input');
  });

  test('a validator fails the build', async () => {
    const files = { ...transformed(''), 'kustomization.yaml': 'resources: [spec.yaml]\nvalidators: [options.yaml]\n' };
    expect(await render(files)).toEqual({
      secrets: [],
      sessions: [],
      said: [
        'INPUT_UNREADABLE: cannot build this kustomization: a validator starts this function, which asks STS, and then kustomize refuses its Secrets. Move it to `transformers`.',
      ],
    });
  });
});

describe('what a kustomization names is read', () => {
  const both = ['deployer', 'own'].map((name) => `team-a/${name} STSAssumeRoleToken/team-a/${name}`);
  test.each(['.own.yaml', 'own.txt', 'own', 'node_modules/own.yaml', '.in/own.yaml'])('as %s', async (path) => {
    const list = `resources: [spec.yaml, ${path}]\ntransformers: [options.yaml]\n`;
    const files = { ...transformed(''), 'kustomization.yaml': list, [path]: specDocument('own') };
    expect(await render(files)).toMatchObject({ secrets: both, said: [] });
  });

  test('and is nobody’s else', async () => {
    expect((await render({ ...transformed(''), '.own.yaml': specDocument('own') })).secrets).toEqual(both.slice(0, 1));
  });

  test.each([
    ['in a work tree', { '.git/HEAD': '' }, true],
    ['else not', {}, false],
  ])('around the path, %s', async (_, git, isRead) => {
    using folder = temporaryFolder({
      ...git,
      ...WITH_BASE,
      'base/deep/kustomization.yaml': 'resources: [..]\ngenerators: [made.yaml]\n',
      'overlays/dev/kustomization.yaml': 'resources: [../../base]\nnamespace: dev\n',
    });
    const world = fakeWorld();
    const { output, findings } = await runOnFiles([`${folder.path}/overlays/dev`], { inPlace: false }, world);
    expect(emittedSecrets(output).map(({ metadata: { name, namespace } }) => [namespace, name])).toEqual(
      isRead ? [['dev', 'deployer']] : [],
    );
    expect(findings.map(({ code }) => code)).toEqual(isRead ? [] : ['PLAN']);
    const { findings: refused } = await runOnFiles([`${folder.path}/overlays/dev`], { inPlace: true }, world);
    expect(refused.map(({ code }) => code)).toContain(isRead ? 'FILE_UNWRITABLE' : 'PLAN');
    expect(Object.keys(folder.read()).filter((name) => name.includes('secret_'))).toEqual([]);
  });
});

describe('an address is no path, whatever stands there', () => {
  const MAY_BE_BOTH = 'which may be an address or a path. Write `./` before a path';
  const ADDRESSES = [
    ...[
      'https://example.org/base',
      'HTTP://example.org/base',
      'http:base',
      'git::https://example.org/a/b',
      'file://x/base',
    ],
    ...[
      'git@example.org:a/b',
      'user@example.org/a/b',
      'github.com/a/b?ref=c',
      'GitHub.com:a/b',
      'g\u0130thub.com/a/b',
      'ssh://a/b/c',
      'team@prod/',
    ],
  ];
  test.each(ADDRESSES)('%s', async (address) => {
    const { 'kustomization.yaml': _, ...files } = transformed('');
    const decoy = `top/${address.replace(/\/+/g, '/')}`;
    const tree = {
      ...inFolder('top', files),
      'top/kustomization.yaml': `resources: [spec.yaml, "${address}"]\ntransformers: [options.yaml]\n`,
    };
    expect((await render(tree)).said).toEqual([
      expect.stringContaining('this package: `resources` of "DIR/top/kustomization.yaml" may change'),
    ]);
    const there = {
      [`${decoy}/kustomization.yaml`]: 'resources: [spec.yaml]\n',
      [`${decoy}/spec.yaml`]: specDocument('decoy'),
    };
    expect((await render({ ...tree, ...there })).said).toEqual([expect.stringContaining(MAY_BE_BOTH)]);
  });

  test('of a patch', async () => {
    const patch = { 'top/http:/a/patch.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' };
    const files = inFolder('top', transformed('patches: [{path: "http://a/patch.yaml"}]\n'));
    expect((await render(files)).said).toEqual([expect.stringContaining('this package: `patches` of')]);
    expect((await render({ ...files, ...patch })).said).toEqual([expect.stringContaining(MAY_BE_BOTH)]);
  });
});

describe('a line break that Go knows', () => {
  const HIDDEN = `# a\r${specDocument('other').replaceAll('\n', '\r')}`;
  test.each<[string, Record<string, string>]>([
    ['in front of an object', { 'spec.yaml': `${specDocument()}---\n${HIDDEN}` }],
    ['in front of one of a file without', { 'spec.yaml': HIDDEN.replaceAll('\r', '\u2028') }],
    ['in front of a field', { 'spec.yaml': specDocument().replace('# kept', '# kept\rstatus: {a: b}') }],
    [
      'in front of a field of a kustomization',
      { 'kustomization.yaml': `${transformed('')['kustomization.yaml']}# a\u0085namePrefix: a-\n` },
    ],
  ])('%s: the file is refused', async (_, files) => {
    const { secrets, said } = await render({ ...transformed(''), ...files });
    expect({ secrets, said }).toEqual({
      secrets: [],
      said: [
        expect.stringMatching(
          /^INPUT_UNREADABLE: .* behind line breaks of YAML 1\.1 or `\.\.\.`\. Save it with line feeds, and with `---` alone\.$/,
        ),
      ],
    });
  });

  test('in a text of another object, or before a line feed: it passes', async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "b\u2028\rc"}\n';
    const files = { 'app.yaml': text, 'spec.yaml': specDocument().replaceAll('\n', '\r\n') };
    expect(await render({ ...transformed(''), ...files })).toMatchObject({
      secrets: [`team-a/deployer ${MARK}`],
      said: [],
    });
  });
});

test.each([
  ['resources', 'spec.yaml, odd.yaml', 'INPUT_UNREADABLE'],
  ['transformers', 'odd.yaml, options.yaml', 'HOST_NEEDED'],
])('`%s` with a file that is no UTF-8: hosts may find any object in it', async (list, names, code) => {
  using folder = temporaryFolder(transformed(''));
  const all = { resources: 'spec.yaml', transformers: 'options.yaml', [list]: names };
  folder.write('kustomization.yaml', `resources: [${all.resources}]\ntransformers: [${all.transformers}]\n`);
  folder.write(
    'odd.yaml',
    Buffer.from(`\ufeffapiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\n`, 'utf16le'),
  );
  const { output, findings } = await runOnFiles([folder.path], { inPlace: false }, fakeWorld());
  expect([output, findings.map((one) => one.code)]).toEqual(['', [code]]);
});

describe('a folder around its own', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'is included',
      { 'kustomization.yaml': 'resources: [base]\n', 'top/kustomization.yaml': 'resources: [..]\n' },
      '..',
    ],
    [
      'is included by what it includes',
      { 'top/kustomization.yaml': 'resources: [../mid]\n', 'mid/kustomization.yaml': 'resources: [..]\n' },
      '..',
    ],
  ])('%s: kustomize builds nothing', async (_, files, text) => {
    const root = { 'kustomization.yaml': 'resources: [base]\n' };
    const { secrets, said } = await render({ ...WITH_BASE, ...root, ...files });
    expect({ secrets, said }).toEqual({
      secrets: [],
      said: expect.arrayContaining([expect.stringContaining(`names "${text}", which is this folder, one around it`)]),
    });
  });

  test('that nobody includes is no fault', async () => {
    const files = { 'kustomization.yaml': 'resources: [top]\n', 'top/kustomization.yaml': 'resources: [../base]\n' };
    expect(await render({ ...WITH_BASE, ...files })).toMatchObject({ secrets: [`team-a/deployer ${MARK}`], said: [] });
  });
});

test.each([
  ['a hash', 'needs-hash', '"true"'],
  ['a Secret that it changes', 'behavior', 'merge'],
  ['a Secret that it replaces', 'behavior', 'replace'],
])('what a generator asks of kustomize, %s: it is refused, and the plan says so', async (_, option, value) => {
  const name = `kustomize.config.k8s.io/${option}`;
  const files = {
    ...generated(''),
    'made.yaml': generator().replace(EXEC, `${EXEC.slice(0, -1)}, ${name}: ${value}}`),
  };
  const { sessions, said } = await render(files);
  expect(sessions).toEqual([]);
  const what = `\`${name}\` of STSAssumeRoleToken "team-a/made"`;
  expect(said).toEqual([`HOST_NEEDED: cannot render this package: ${what} may change its Secret. Run ${HOST}.`]);
  expect((await plan(files)).join('')).toContain(`the plan leaves out that ${what} may change its Secret.`);
});

async function plan(files: Record<string, string>): Promise<string[]> {
  using folder = temporaryFolder(files);
  const { ambient, ...world } = fakeWorld();
  const environment = { ...ambient.environment, STS_FUNCTION_MODE: 'plan' };
  const { findings } = await runOnFiles(
    [folder.path],
    { preview: 'table' },
    { ...world, ambient: { ...ambient, environment } },
  );
  return findings.map((one) => messageOf(one).replaceAll(folder.path, 'DIR'));
}

describe('render -i', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'a prefix before the function',
      transformed('namePrefix: p-\n'),
      '"team-a/p-p-deployer" of Secret "team-a/p-deployer"',
    ],
    ['a prefix behind it', generated('namePrefix: p-\n'), '"team-a/p-made" of Secret "team-a/made"'],
    ['another namespace behind it', generated('namespace: dev\n'), '"dev/made" of Secret "team-a/made"'],
  ])('%s: it would be changed again', async (_, files, change) => {
    const { secrets, sessions, said } = await render(files, true);
    expect({ secrets, sessions }).toEqual({ secrets: [], sessions: [] });
    expect(said).toEqual([
      expect.stringMatching(
        /^FILE_UNWRITABLE: cannot write "DIR\/secret_.*\.yaml": kustomize would make Secret .* in it\. Render to standard output, or build; nothing was written\.$/,
      ),
    ]);
    expect(said[0]).toContain(change);
  });

  test('the same namespace is no change', async () => {
    expect(await render(transformed('namespace: dev\nlabels: [{pairs: {a: b}}]\n'), true)).toMatchObject({
      secrets: ['dev/deployer STSAssumeRoleToken/dev/deployer'],
    });
  });
});

test.each<[string, Record<string, string>, string]>([
  [
    'two generators get one name',
    {
      'kustomization.yaml': 'resources: [a.yaml, b.yaml]\ntransformers: [options.yaml]\nnamespace: dev\n',
      'a.yaml': specDocument(),
      'b.yaml': specDocument('deployer', { namespace: 'team-b' }),
      'options.yaml': input(),
    },
    'TARGET_CONFLICT: cannot build this kustomization: STSAssumeRoleToken "dev/deployer" is there twice, as kustomize names what it includes. Rename one, or leave it out.',
  ],
  [
    'two objects of one name, and a patch of it',
    {
      ...withApp('patches: [{path: patch.yaml}]\n'),
      'kustomization.yaml':
        'resources: [spec.yaml, app.yaml, in]\ntransformers: [options.yaml]\npatches: [{path: app.yaml}]\n',
      'app.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n',
      'in/app.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n',
      'in/kustomization.yaml': 'resources: [app.yaml]\n',
    },
    'INPUT_UNREADABLE: cannot build this kustomization: `patches` wants Deployment "app", and it is there more than once. Rename one, or leave it out.',
  ],
  ...[
    ['v1', 'Namespace', 'a', 'namePrefix: a-', 'namePrefix: b-'],
    ['apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'a', 'namePrefix: a-', 'nameSuffix: -b'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole', 'b/a', 'namespace: a', 'namespace: b'],
    ['v1', 'Namespace', 'a', '', 'namespace: a'],
  ].map(([apiVersion = '', kind = '', name = '', a = '', b = '']): [string, Record<string, string>, string] => [
    `${kind} by "${a}" and "${b}"`,
    {
      ...transformed(''),
      'kustomization.yaml': 'resources: [spec.yaml, a, b]\ntransformers: [options.yaml]\n',
      'a/kustomization.yaml': `resources: [../base]\n${a}\n`,
      'b/kustomization.yaml': `resources: [../base]\n${b}\n`,
      'base/kustomization.yaml': 'resources: [all.yaml]\n',
      'base/all.yaml': `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`,
    },
    `TARGET_CONFLICT: cannot build this kustomization: ${kind} "${name}" is there twice, as kustomize names what it includes. Rename one, or leave it out.`,
  ]),
  [
    'another object of our group among the items',
    {
      ...transformed(''),
      'spec.yaml': `${specDocument()}---\n${input().replace('kind: Input', 'kind: Inputs').replace('options', 'other')}`,
    },
    'FUNCTION_CONFIG_INVALID: cannot use Inputs "other": `kind` is not a kind of sts.fn.crossplane.io; did you mean `Input`? Correct it.',
  ],
  [
    'two Secrets get one name',
    {
      'kustomization.yaml': 'generators: [a.yaml, b.yaml]\nnamespace: dev\n',
      'a.yaml': generator(),
      'b.yaml': generator().replace('team-a', 'team-b'),
    },
    'TARGET_CONFLICT: cannot build this kustomization: STSAssumeRoleToken "dev/made" is there twice, as kustomize names what it includes. Rename one, or leave it out.',
  ],
  [
    'a Secret in a namespace that kustomize takes for none',
    {
      ...transformed(''),
      'spec.yaml': `${specDocument('other', { namespace: 'default' })}---\n${OTHER_SECRET}`,
    },
    'TARGET_CONFLICT: cannot build "DIR": kustomize gives the Secret of STSAssumeRoleToken "default/other" the name of another one, Secret "default/other". Rename one, or leave it out.',
  ],
  [
    'one base is included twice, under one name',
    {
      'base/kustomization.yaml': 'generators: [made.yaml]\n',
      'base/made.yaml': generator(),
      'a/kustomization.yaml': 'resources: [../base]\n',
      'b/kustomization.yaml': 'resources: [../base]\n',
      'kustomization.yaml': 'resources: [a, b]\n',
    },
    'TARGET_CONFLICT: cannot build this kustomization: STSAssumeRoleToken "team-a/made" is there twice, as kustomize names what it includes. Rename one, or leave it out.',
  ],
  [
    'a component makes one Secret in two kustomizations, of two roles',
    { ...PART, 'dev/spec.yaml': specDocument(), 'prod/spec.yaml': specDocument().replace('role/', 'role/other-') },
    'TARGET_CONFLICT: cannot print Secret "team-a/deployer": "DIR/prod" makes it too, from "DIR/prod/spec.yaml", line 3, and it cannot be known which one is meant. Give them different names or namespaces, or render them one by one.',
  ],
  [
    'a generator of an overlay has the former name of one in the base',
    { ...over(generated('namePrefix: p-\n'), 'generators: [made.yaml]\n'), 'top/made.yaml': generator() },
    'INPUT_UNREADABLE: cannot build this kustomization: it makes STSAssumeRoleToken "made", and includes another one that has or had that name. Rename one.',
  ],
  [
    'kustomize makes what has the former name of another one',
    over(
      { ...generated('namePrefix: p-\nconfigMapGenerator: [{name: app}]\n') },
      'configMapGenerator: [{name: app, literals: [a=b]}]\n',
    ),
    'INPUT_UNREADABLE: cannot build this kustomization: it makes ConfigMap "app", and includes another one that has or had that name. Rename one.',
  ],
  [
    'a Secret has the former name of one in the base',
    {
      ...over(
        { 'kustomization.yaml': 'resources: [other.yaml]\nnamePrefix: p-\n', 'other.yaml': SAME_SECRET },
        'generators: [made.yaml]\n',
      ),
      'top/made.yaml': generator(),
    },
    OF_MADE,
  ],
  [
    'a Secret that is to be new has the former name of one in the base',
    {
      ...over(
        { 'kustomization.yaml': 'resources: [other.yaml]\nnamePrefix: p-\n', 'other.yaml': SAME_SECRET },
        'generators: [made.yaml]\n',
      ),
      'top/made.yaml': generator().replace(EXEC, `${EXEC.slice(0, -1)}, kustomize.config.k8s.io/behavior: create}`),
    },
    OF_MADE,
  ],
  [
    'a Secret of a component has the former name of one in the base',
    {
      ...over(
        { 'kustomization.yaml': 'resources: [other.yaml]\nnamePrefix: p-\n', 'other.yaml': SAME_SECRET },
        'components: [../part]\n',
      ),
      'part/kustomization.yaml': 'kind: Component\ngenerators: [made.yaml]\n',
      'part/made.yaml': generator(),
    },
    OF_MADE,
  ],
  [
    'kustomize makes a Secret that has the former name of ours',
    over(generated('namePrefix: p-\n'), 'secretGenerator: [{name: made, namespace: team-a, literals: [a=b]}]\n'),
    'INPUT_UNREADABLE: cannot build this kustomization: it makes Secret "made", and includes another one that has or had that name. Rename one.',
  ],
  [
    'two Inputs make Secrets, and one has the former name of the other',
    {
      ...over(
        { 'kustomization.yaml': 'generators: [made.yaml]\nnamePrefix: p-\n', 'made.yaml': inputWith('a') },
        'generators: [made.yaml]\n',
      ),
      'top/made.yaml': inputWith('b'),
    },
    OF_MADE,
  ],
  [
    'two Inputs of one name make two Secrets',
    {
      ...over(
        { 'kustomization.yaml': 'generators: [made.yaml]\n', 'made.yaml': inputWith('a') },
        'generators: [made.yaml]\n',
      ),
      'top/made.yaml': inputWith('a', 'other'),
    },
    'TARGET_CONFLICT: cannot build this kustomization: Input "a" is there twice, as kustomize names what it includes. Rename one, or leave it out.',
  ],
  [
    'a name that is no text',
    generated('namePrefix: 5\n'),
    'INPUT_UNREADABLE: cannot read this kustomization as kustomize 5.8.1 does: `namePrefix` must be a string. Put it in quotes.',
  ],
  [
    'a label that is no text',
    generated('labels: [{pairs: {a: 5}}]\n'),
    'INPUT_UNREADABLE: cannot read this kustomization as kustomize 5.8.1 does: `labels[0].pairs` must be a string. Put it in quotes.',
  ],
])('kustomize would refuse it, and so it is: %s', async (_, files, message) => {
  const { secrets, said } = await render(files);
  expect({ secrets, said }).toMatchObject({ secrets: [], said: expect.arrayContaining([message]) });
});

const BETWEEN = [
  `HOST_NEEDED: cannot render this package: several transformers make Secret "team-a/deployer", not alike, or kustomize changes it between them. Run ${HOST}.`,
];
const NAMED = 'sessions: [{last: {sessionName: other}}]\n';

test.each<[string, string, string, string[], string[]]>([
  ['as it was', '', '', [`team-a/deployer ${MARK}`], []],
  ['with a label', 'labels: [{pairs: {a: b}}]\n', '', [], BETWEEN],
  ['with another session', '', NAMED, [], BETWEEN],
  ['in another form', '', 'sessions: [{secrets: [{format: env}]}]\n', [], BETWEEN],
])('a transformer over what another one has made, %s', async (_, fields, options, secrets, said) => {
  const files = {
    'kustomization.yaml': `resources: [base]\ntransformers: [options.yaml]\n${fields}`,
    'options.yaml': input(options),
  };
  expect(await render({ ...WITH_BASE, ...files })).toMatchObject({ secrets, said });
});

const KEYS = 'apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {a: A, b: B}\n';
const withKeys = (more: string, resources = 'spec.yaml') => ({
  ...transformed(''),
  'kustomization.yaml': `resources: [${resources}]\ntransformers: [options.yaml]\nnamespace: dev\n${more}`,
  'spec.yaml': specDocument().replace(
    "'}",
    "', auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: a}, secretAccessKeySecretRef: {name: keys, key: b}}}}",
  ),
  'keys.yaml': KEYS,
});

test.each<[string, Record<string, string>, string[]]>([
  ['has moved with it', withKeys('', 'spec.yaml, keys.yaml'), []],
  [
    'has a prefix',
    withKeys('namePrefix: p-\n', 'spec.yaml, keys.yaml'),
    [
      'REFERENCE_MISSING: cannot read Secret "dev/keys" for STSAssumeRoleToken "dev/p-deployer": kustomize renames it to "p-keys" before the function runs, and does not rename the reference. Write `name: p-keys` in the reference, or move `namePrefix` and `nameSuffix` to an overlay.',
    ],
  ],
  [
    'is made by kustomize',
    withKeys('secretGenerator: [{name: keys}]\n'),
    [
      `HOST_NEEDED: cannot render this package: only kustomize makes Secret "dev/keys" for STSAssumeRoleToken "dev/deployer", during a build. Run ${HOST}.`,
    ],
  ],
])('a Secret that a generator reads: it %s', async (_, files, said) => {
  expect((await render(files)).said).toEqual(said);
  const isUnseen = said.some((line) => line.startsWith('HOST_NEEDED'));
  expect((await plan(files)).join('').includes('the plan leaves out that only kustomize makes ')).toBe(isUnseen);
});
