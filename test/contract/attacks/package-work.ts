import { newAgeKeys } from '../../support/age-keys.ts';
import type { Multiplying } from '../../support/expect-little-work.ts';
import { GOOD_SPEC, generatorItem, list, specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';

type Files = Record<string, string>;

export const times = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => piece(at)).join('');
export const filesOf = (count: number, entry: (index: number) => readonly [string, string]): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => entry(at)));
const deep = (depth: number, name = 'a/') => name.repeat(depth);
const specs = (count: number, name = 'g') => times(count, (at) => `---\n${specDocument(`${name}${at}`)}`);
const generators = (count: number) => times(count, (at) => generatorItem(GOOD_SPEC, { name: `g${at}` }));
const aliases = (count: number) => Array.from({ length: count }, () => '*a').join(', ');

/** A spec that is somebody else's: its plan has to be there. */
const THEIRS: Files = { 'theirs/spec.yaml': specDocument('theirs') };
export const plan = (files: Files): Work => ({ argv: ['plan', '-o', 'tree', '.'], files: { ...files, ...THEIRS } });
export const doctor = (files: Files): Work => ({ argv: ['doctor', '.'], files: { ...files, ...THEIRS } });
/** Plans the same files with one word of them or another. */
const planning = (filesWith: (word: string) => Files, attack: string, harmless: string): Multiplying => ({
  attack: () => plan(filesWith(attack)),
  harmless: () => plan(filesWith(harmless)),
});

export const EXEC = '- exec: function-sts-assume-role\n';
export const kptfile = (steps: string) =>
  `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: a}\npipeline:\n  mutators:\n${steps.replaceAll(/^/gm, '  ').trimEnd()}\n`;
const START =
  'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata:\n  name: NAME\n  annotations:\n    config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"\n';
export const inputDocument = (name: string, more = '') => `${START.replace('NAME', name)}${more}`;
const functionInput = (body: string) =>
  `functionConfig:\n  apiVersion: sts.fn.crossplane.io/v1beta1\n  kind: Input\n  metadata: {name: i}\n${body}`;

/** `count` kustomizations that include one that includes as many others. */
const throughOne = (count: number, start: string): Files => ({
  ...filesOf(count, (at) => [`k/r${at}/kustomization.yaml`, 'resources: [../hub]\n']),
  'k/hub/kustomization.yaml': `resources:\n${times(count, (at) => `- ../l${at}\n`)}${start}`,
  'k/hub/input.yaml': inputDocument('i'),
  'k/hub/spec.yaml': specDocument('hub'),
  ...filesOf(count, (at) => [`k/l${at}/kustomization.yaml`, 'resources: []\n']),
});
/** The same files: each root includes one, and the one in the middle is there once. */
const besideOne = (count: number, start: string): Files => ({
  ...throughOne(count, start),
  ...filesOf(count, (at) => [`k/r${at}/kustomization.yaml`, `resources: [../l${at}]\n`]),
});

/** Kustomizations of which each includes the next, with a spec each. */
const chained = (count: number, fields: (index: number) => string): Files => ({
  ...filesOf(count, (at) => [`k/b${at}/kustomization.yaml`, `resources: [s.yaml, ../b${at + 1}]\n${fields(at)}`]),
  ...filesOf(count, (at) => [`k/b${at}/s.yaml`, specDocument(`g${at}`)]),
  [`k/b${count}/kustomization.yaml`]: 'resources: []\n',
  'k/kustomization.yaml': 'resources: [b0]\ntransformers: [i.yaml]\n',
  'k/i.yaml': inputDocument('i'),
});
/** Specs of one file, and a change of their metadata. */
const changed = (count: number, fields: string): Files => ({
  'k/kustomization.yaml': `resources: [s.yaml]\ntransformers: [i.yaml]\n${fields}`,
  'k/s.yaml': specs(count),
  'k/i.yaml': inputDocument('i'),
});

const patch = (index: number) =>
  `- {target: {kind: STSAssumeRoleToken, name: ${'a'.repeat(90)}${index}}, patch: "[]"}\n`;
/** Specs whose names begin as that of a patch does, which is long. */
const patchedByName = (letter: string): Files => ({
  ...changed(1, 'patches: [{path: p.yaml}]\n'),
  'k/s.yaml': specs(3000, 'aa'),
  'k/p.yaml': specDocument(letter.repeat(1_000_000)),
});
const replaced = (field: string): Files =>
  changed(
    2000,
    `${field}:\n- source: {kind: ConfigMap}\n  targets: &a\n${times(4000, () => '  - {select: {kind: A}}\n')}${'- {targets: *a}\n'.repeat(20)}`,
  );
const patchedInPlace = (field: string): Files =>
  changed(
    1000,
    `${field}:\n- patch: &a |\n${specs(2000, 'x').replaceAll(/^/gm, '    ').trimEnd()}\n${'- patch: *a\n'.repeat(60)}`,
  );
const SECRETS = times(9000, (at) => `---\napiVersion: v1\nkind: Secret\nmetadata: {name: n${at}}\n`);
const patchedByFile = (field: string, count = 10_000, more = ''): Files => ({
  ...changed(1, `${field}:\n${`- {path: p.yaml${more}}\n`.repeat(count)}`),
  'k/p.yaml': SECRETS,
});
const eachPatched = (field: string): Files => ({
  ...filesOf(1000, (at) => [
    `k/r${at}/kustomization.yaml`,
    `resources: [s.yaml]\ntransformers: [i.yaml]\n${field}: [{path: ../p.yaml}]\n`,
  ]),
  ...filesOf(1000, (at) => [`k/r${at}/i.yaml`, inputDocument('i')]),
  'k/p.yaml': SECRETS,
});
const SETTERS = '- image: gcr.io/kpt-fn/apply-setters:v0.2\n  configMap: {a: b}\n';
const settingOften = (piece: string): Files => ({
  'k/Kptfile': kptfile(`${SETTERS.replace('{a: b}', `{a: "${piece.repeat(3000)}"}`)}${EXEC}`),
  'k/s.yaml': setTo('${a}'),
});
/** A spec with a setter, of 300 kB. */
const setTo = (piece: string) =>
  specDocument().replace('spec: {', `spec: # a # kpt-set: ${piece.repeat(150_000)}\n  {`);

/** Steps of another function, and one of ours behind them. */
const selecting = (prefix: string) =>
  kptfile(
    `- exec: other\n  ${prefix}selectors: &a\n${times(4000, (at) => `  - {kind: A, name: nobody-${at}}\n`)}${`- exec: other\n  ${prefix}selectors: *a\n`.repeat(98)}${EXEC}`,
  );
const settingMuch = (step: string): Files => ({
  ...filesOf(100, (at) => [`k/${deep(at + 1)}Kptfile`, kptfile(step.repeat(100))]),
  'k/Kptfile': kptfile(`${step.repeat(99)}${EXEC}`),
  [`k/${deep(100)}s.yaml`]: `${specDocument().replace('spec: {', `spec: {${IN_SECRET}, `)}---\napiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: team-a}\n${'# a comment\n'.repeat(70_000)}data: {a: YQ==}\n`,
});
const IN_SECRET =
  'auth: {secretRef: {accessKeyIDSecretRef: {name: k, key: a}, secretAccessKeySecretRef: {name: k, key: a}}}';

/** Objects in files of 5,000. */
const inFiles = (name: string, count: number, piece: (index: number) => string): Files =>
  filesOf(count / 5000, (at) => [`${name}${at}.yaml`, times(5000, (index) => `---\n${piece(5000 * at + index)}`)]);
const madeBy = (name: string) => (index: number) =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: some-secret-${index}, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/${name}}}\n`;
const application = (field: string) => (index: number) =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: some-application-${index}}\nspec: {${field}: {drySource: {path: some/path}}}\n`;
const applications = (field: string): Files => ({
  ...inFiles('k/a', 20_000, application(field)),
  ...inFiles('k/x', 20_000, madeBy('x')),
});
/** A package with 10,000 copies of a generator, and beside it the generator again and Secrets of `name`. */
const besideCopies = (name: string): Files => ({
  'k/Kptfile': kptfile(EXEC),
  ...inFiles('k/s', 10_000, () => specDocument('g')),
  'f/s.yaml': specDocument('g'),
  ...inFiles('f/x', 10_000, madeBy(name)),
});
const flux = (kind: string) => (index: number) =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: ${kind}\nmetadata: {name: some-name-${index}}\nspec: {path: some/path}\n`;
const thousands = (count: number): Files => ({
  ...filesOf(count, (at) => [`k/d/k${at}/kustomization.yaml`, 'generators: [s.yaml]\n']),
  ...filesOf(count, (at) => [`k/d/k${at}/s.yaml`, specDocument('g')]),
});

/** Packages in each other, all of which start the function, and Secrets in the innermost. */
const settingInEach = (step: string): Files => ({
  ...filesOf(500, (at) => [`k/${deep(at)}Kptfile`, kptfile(`${step}${EXEC}`)]),
  [`k/${deep(500)}s.yaml`]: times(10_000, (at) => `---\napiVersion: v1\nkind: Secret\nmetadata: {name: s${at}}\n`),
});

const stepped = (path: (index: number) => string, step: string): Files => ({
  ...filesOf(600, (at) => [path(at + 1), kptfile(step.repeat(100))]),
  'k/Kptfile': kptfile(`${step.repeat(100)}${EXEC}`),
  [`k/${deep(600)}s.yaml`]: specs(500),
});

const LONG = 'abcdefghijklmnopqrstuvwxyz'.repeat(2);
const labelled = (count: number, value: string, labels = 64) =>
  times(count, (at) =>
    generatorItem(GOOD_SPEC, {
      name: `g${at}`,
      metadata: `namespace: team-a, labels: {${times(labels, (label) => `${LONG}${label}: ${value}, `)}}`,
    }),
  );
const wantingLabels = (count: number) =>
  `  sessions:\n${times(count, (at) => `  - {match: {labels: {${[...LONG].reverse().join('')}${at}: v}}}\n`)}`;

/** What an Input makes under `generators`, and patches of a kind and of Secrets. */
const patchedLate = (kind: string, count = 200, patches = 400): Files => ({
  'k/kustomization.yaml': `generators: [i.yaml]\npatches:\n${times(patches, (at) => `- {target: {kind: ${at % 2 ? kind : 'Secret'}}, patch: "[]"}\n`)}`,
  'k/i.yaml': inputDocument('i', `generators:\n${generators(count)}`),
});
const patchedAround = (count: number, patches: number): Files => {
  const { 'k/kustomization.yaml': own = '', 'k/i.yaml': input = '' } = patchedLate(
    'STSAssumeRoleToken',
    count,
    patches,
  );
  return {
    'k/kustomization.yaml': own.replace('generators: [i.yaml]', 'resources: [b]'),
    'k/b/kustomization.yaml': 'transformers: [i.yaml]\n',
    'k/b/i.yaml': input,
  };
};
/** Kustomizations of which each includes the next, and one spec. */
const nested = (count: number, fields: string, last: string): Files => ({
  ...filesOf(count, (at) => [`k/b${at}/kustomization.yaml`, `resources: [../b${at + 1}]\n${fields}`]),
  [`k/b${count}/kustomization.yaml`]: last,
  ...changed(1, ''),
  'k/kustomization.yaml': 'resources: [b0, s.yaml]\ntransformers: [i.yaml]\n',
});
const made = (list: string, count: number) =>
  `${list}:\n${times(count, (at) => `- {name: a-name-that-is-long-${at}}\n`)}`;
/** Kustomizations that include one, and start the function 90 times. */
const startedOver = (list: string): Files => ({
  'k/made/kustomization.yaml': `resources: [s.yaml]\n${made(list, 40_000)}`,
  'k/made/s.yaml': specDocument(),
  ...filesOf(8, (at) => [
    `k/r${at}/kustomization.yaml`,
    `resources: [../made]\ntransformers:\n${times(90, (index) => `- i${index}.yaml\n`)}`,
  ]),
  ...filesOf(8 * 90, (at) => [`k/r${at % 8}/i${Math.floor(at / 8)}.yaml`, inputDocument(`i${at}`)]),
});
/** An ExternalSecret whose template is in so many ConfigMaps. */
const reading = (count: number): string =>
  `---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: team-a}\nspec:\n  target:\n    template:\n      templateFrom:\n${times(count, (at) => `      - {configMap: {name: some-config-map-${at}, items: [{key: a}]}}\n`)}  dataFrom:\n  - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: g0}}}\n`;
const readingMany = (fields: string): Files => ({
  ...changed(1, fields),
  'k/s.yaml': `${specs(1)}${reading(9000)}`,
});
/** One generator with 9,999 Secrets. */
const writingMany = (fields: string): Files => ({
  ...changed(1, fields),
  'k/i.yaml': inputDocument(
    'i',
    `sessions: [{match: {names: [g0]}, secrets: [{namespaces: [${times(9999, (at) => `n${at}, `)}]}]}]\n`,
  ),
});
const naming = (count: number) =>
  `- apiVersion: external-secrets.io/v1\n  kind: ExternalSecret\n  metadata: {name: e, namespace: a}\n  spec:\n    dataFrom:\n${times(count, (at) => `    - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: g${at}}}}\n`)}`;
const notOfClusters = (count: number) => `  allow:\n${'  - {cluster: false}\n'.repeat(count)}`;

const placed = (path: string, name = 'deployer') =>
  generatorItem(GOOD_SPEC, {
    name,
    metadata: `namespace: team-a, annotations: {internal.config.kubernetes.io/path: "${path}"}`,
  });
const secretOf = (data: string) => `- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: ${data}\n`;
const keys = (count: number) => times(count, (at) => `k${at}: v, `);
const placedKptfile = (path: string) =>
  `- apiVersion: kpt.dev/v1\n  kind: Kptfile\n  metadata: {name: k, annotations: {internal.config.kubernetes.io/path: "${path}"}}\n  pipeline: {mutators: [{exec: function-sts-assume-role}]}\n`;

const RECIPIENTS = await Promise.all(Array.from({ length: 32 }, async () => (await newAgeKeys()).recipient));

/** The rows of the issue, as they were found. */
export const ROWS: Readonly<Record<string, Multiplying>> = {
  'kustomizations that include one that includes as many': {
    attack: () => plan(throughOne(500, 'generators: [input.yaml]\n')),
    harmless: () => plan(besideOne(500, 'generators: [input.yaml]\n')),
  },
  'four times as many kustomizations that do so': {
    attack: () => plan(throughOne(2000, 'transformers: [input.yaml]\n')),
    harmless: () => plan(besideOne(2000, 'transformers: [input.yaml]\n')),
  },
  'the path of an item that has 100,000 folders': {
    attack: () => ({ input: list(placed(`${deep(100_000)}s.yaml`) + placedKptfile(`${deep(50_000, 'b/')}Kptfile`)) }),
    harmless: () => ({ input: `${list(placed('s.yaml'))}# ${'a'.repeat(300_000)}\n` }),
  },
  'two Kptfiles with paths of 200,000 folders': {
    attack: () => ({
      input: list(
        placed('s.yaml') + placedKptfile(`${deep(200_000)}Kptfile`) + placedKptfile(`${deep(200_000, 'b/')}Kptfile`),
      ),
    }),
    harmless: () => ({ input: `${list(placed('s.yaml'))}# ${'a'.repeat(800_000)}\n` }),
  },
  'folders in each other and a script, for doctor': {
    attack: () =>
      doctor({
        ...filesOf(1800, (at) => [`${deep(at + 1)}kustomization.yaml`, 'resources: []\n']),
        'run.sh': 'kustomize build a/a\n',
      }),
    harmless: () =>
      doctor({
        ...filesOf(1800, (at) => [`a${at}/kustomization.yaml`, 'resources: []\n']),
        'run.sh': 'kustomize build a/a\n',
      }),
  },
  'one list of resources, again by 99 aliases': {
    attack: () =>
      plan({
        'k/kustomization.yaml': `x: &a [${times(30_000, (at) => `r${at}.yaml, `)}]\nresources: [${aliases(99)}]\ngenerators: [${aliases(10)}]\ncomponents: *a\n`,
      }),
    harmless: () => plan({ 'k/kustomization.yaml': `resources: [${times(30_000, (at) => `r${at}.yaml, `)}]\n` }),
  },
  '99 steps over 2,000 generators': {
    attack: () => plan({ 'k/Kptfile': kptfile(EXEC.repeat(99)), 'k/specs.yaml': specs(2000) }),
    harmless: () => plan({ 'k/Kptfile': kptfile(EXEC), 'k/specs.yaml': specs(2000) }),
  },
  '10 steps, one list of 4,000 selectors by alias': {
    attack: () =>
      plan({
        'k/Kptfile': kptfile(
          `- exec: function-sts-assume-role\n  selectors: &a\n${times(4000, (at) => `  - {kind: A, name: nobody-${at}}\n`)}${'- exec: function-sts-assume-role\n  selectors: *a\n'.repeat(9)}`,
        ),
        'k/specs.yaml': specs(1500),
      }),
    harmless: () =>
      plan({
        'k/Kptfile': kptfile(
          `- exec: function-sts-assume-role\n  selectors: &a\n${times(4000, (at) => `  - {kind: A, name: nobody-${at}}\n`)}${'- exec: other\n  selectors: *a\n'.repeat(9)}`.replace(
            'exec: function-sts-assume-role',
            'exec: another',
          ),
        ),
        'k/specs.yaml': specs(1500),
      }),
  },
  '600 lists of 32 recipients by alias': {
    attack: () => ({
      input: list(
        generators(600),
        functionInput(
          `  sessions:\n${times(90, (at) => `  - {match: {names: [g${at}]}, secrets: [{name: s${at}, encrypt: {sops: {age: ${at === 0 ? `&a [${RECIPIENTS.join(', ')}]` : '*a'}}}}]}\n`)}`,
        ),
      ),
    }),
    harmless: () => ({
      input: list(
        generators(600),
        functionInput(
          `  sessions:\n${times(90, (at) => `  - {match: {names: [g${at}]}, secrets: [{name: s${at}, encrypt: {sops: {age: ${at === 0 ? `&a [${RECIPIENTS.join(', ')}]` : `[${RECIPIENTS[0]}]`}}}}]}\n`)}`,
        ),
      ),
    }),
  },
  'one job of a workflow, again by 98 aliases, for doctor': {
    attack: () => doctor(workflow(98)),
    harmless: () => doctor(workflow(1)),
  },
  '3,000 folders, each with a generator, an Input and a broken file': {
    attack: () =>
      plan({
        ...filesOf(3000, (at) => [`f${at}/s.yaml`, specDocument('g')]),
        ...filesOf(3000, (at) => [`f${at}/i.yaml`, 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\n']),
        ...filesOf(3000, (at) => [`f${at}/b.yaml`, 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\na: [\n']),
      }),
    harmless: () =>
      plan({
        ...filesOf(3000, (at) => [`f${at}/s.yaml`, specDocument('g')]),
        ...filesOf(3000, (at) => [`f${at}/i.yaml`, 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\n']),
        ...filesOf(3000, (at) => [`f${at}/b.yaml`, 'apiVersion: example.org/v1beta1\nkind: Input\na: []\n']),
      }),
  },
  '500 long rules of .krmignore over one deep path': {
    attack: () =>
      plan({
        'k/Kptfile': kptfile(EXEC),
        'k/.krmignore': times(500, (at) => `${'a/'.repeat(490)}*b${at}*\n`),
        [`k/${deep(1900)}s.yaml`]: specDocument('deep'),
      }),
    harmless: () =>
      plan({
        'k/Kptfile': kptfile(EXEC),
        'k/.krmignore': times(500, (at) => `# ${'a/'.repeat(490)}*b${at}*\n`),
        [`k/${deep(1900)}s.yaml`]: specDocument('deep'),
      }),
  },
};

function workflow(jobs: number): Files {
  const step = times(30_000, (at) => `        echo kustomize ${at}\n`);
  return {
    'a/s.yaml': specDocument(),
    'a/i.yaml': 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nsessions: [{identity: {github: {}}}]\n',
    '.github/workflows/w.yml': `jobs:\n  a: &a\n    steps:\n    - run: |\n${step}${times(jobs - 1, (at) => `  a${at}: *a\n`)}`,
  };
}

const manyFiles = (count: number, text: (index: number) => string, folder = 'k'): Files =>
  filesOf(count, (at) => [`${folder}/f${at}.yaml`, text(at)]);
const step = (more: string) => `- exec: function-sts-assume-role\n${more.replaceAll(/^(?=.)/gm, '  ')}`;
const RULES = times(400, (at) => `*b${at}*c*d*e\n`);

/** What was thought of beside them. */
export const NEIGHBOURS: Readonly<Record<string, Multiplying>> = {
  'overlays that share components with a transformer each': {
    attack: () =>
      plan({
        ...filesOf(500, (at) => [`k/o${at}/kustomization.yaml`, 'resources: [../base]\n']),
        'k/base/kustomization.yaml': `components:\n${times(200, (at) => `- ../c${at}\n`)}`,
        ...filesOf(200, (at) => [
          `k/c${at}/kustomization.yaml`,
          'kind: Component\nresources: [s.yaml]\ntransformers: [i.yaml]\n',
        ]),
        ...filesOf(200, (at) => [`k/c${at}/s.yaml`, specDocument(`g${at}`)]),
        ...filesOf(200, (at) => [`k/c${at}/i.yaml`, inputDocument('i')]),
      }),
    harmless: () =>
      plan({
        ...filesOf(500, (at) => [`k/o${at}/kustomization.yaml`, `resources: [../c${at % 200}]\n`]),
        'k/base/kustomization.yaml': `resources: []\n${times(200, (at) => `# - ../c${at}\n`)}`,
        ...filesOf(200, (at) => [`k/c${at}/kustomization.yaml`, 'resources: [s.yaml]\ntransformers: [i.yaml]\n']),
        ...filesOf(200, (at) => [`k/c${at}/s.yaml`, specDocument(`g${at}`)]),
        ...filesOf(200, (at) => [`k/c${at}/i.yaml`, inputDocument('i')]),
      }),
  },
  'one list that is resources, generators and transformers': {
    attack: () =>
      plan({
        'k/kustomization.yaml': `resources: &a\n${times(90, (at) => `- f${at}.yaml\n`)}generators: *a\ntransformers: *a\n`,
        ...manyFiles(90, (at) => `${inputDocument(`i${at}`)}${specs(20, `g${at}x`)}`),
      }),
    harmless: () =>
      plan({
        'k/kustomization.yaml': `resources: &a\n${times(90, (at) => `- f${at}.yaml\n`)}`,
        ...manyFiles(90, (at) => `${inputDocument(`i${at}`)}${specs(20, `g${at}x`)}`),
      }),
  },
  'an Input of 600 kB for each of 99 steps': {
    attack: () =>
      plan({
        'k/Kptfile': kptfile(step('configPath: i.yaml\n').repeat(99)),
        'k/i.yaml': inputDocument(
          'i',
          `sessions:\n${times(9000, (at) => `- {match: {names: [generator-of-a-long-name-${at}]}, renew: {before: 5m}}\n`)}`,
        ),
        'k/s.yaml': specDocument(),
      }),
    harmless: () =>
      plan({
        'k/Kptfile': kptfile(step('configPath: i.yaml\n')),
        'k/i.yaml': inputDocument(
          'i',
          `sessions:\n${times(9000, (at) => `- {match: {names: [generator-of-a-long-name-${at}]}, renew: {before: 5m}}\n`)}`,
        ),
        'k/s.yaml': specDocument(),
      }),
  },
  'one map of options for 99 steps': {
    attack: () =>
      plan({
        'k/Kptfile': kptfile(
          `${step(`configMap: &a\n${times(9000, (at) => `  k${at}: v\n`)}`)}${step('configMap: *a\n').repeat(98)}`,
        ),
        'k/s.yaml': specDocument(),
      }),
    harmless: () =>
      plan({
        'k/Kptfile': kptfile(step(`configMap: &a\n${times(9000, (at) => `  k${at}: v\n`)}`)),
        'k/s.yaml': specDocument(),
      }),
  },
  'a map of options with one text many times': {
    attack: () =>
      plan({
        'k/Kptfile': kptfile(
          step(`configMap:\n  a: &a "${'a'.repeat(800_000)}"\n${times(90, (at) => `  k${at}: *a\n`)}`),
        ),
        'k/s.yaml': specDocument(),
      }),
    harmless: () =>
      plan({
        'k/Kptfile': kptfile(step(`configMap:\n  a: &a "${'a'.repeat(800_000)}"\n`)),
        'k/s.yaml': specDocument(),
      }),
  },
  '90 steps with selectors of labels': {
    attack: () =>
      plan({
        'k/Kptfile': kptfile(
          `${step(`selectors: &a\n${times(900, (at) => `- {labels: {a: b, c${at}: d}}\n`)}`)}${step('exclude: *a\n').repeat(89)}`,
        ),
        'k/s.yaml': specs(900),
      }),
    harmless: () =>
      plan({
        'k/Kptfile': kptfile(step(`configMap: {}\nx: &a\n${times(900, (at) => `- {labels: {a: b, c${at}: d}}\n`)}`)),
        'k/s.yaml': specs(900),
      }),
  },
  'selectors for steps of a package, for doctor': {
    attack: () =>
      doctor({
        'k/Kptfile': kptfile(
          `${step(`exclude: &a\n${times(4000, (at) => `- {kind: Secret, name: nobody-${at}}\n`)}`)}${step('exclude: *a\n').repeat(9)}`,
        ),
        'k/s.yaml': specs(1500),
      }),
    harmless: () =>
      doctor({
        'k/Kptfile': kptfile(step(`x: &a\n${times(4000, (at) => `- {kind: Secret, name: nobody-${at}}\n`)}`)),
        'k/s.yaml': specs(1500),
      }),
  },
  '900 packages in each other that all start the function': {
    attack: () =>
      plan({
        ...filesOf(900, (at) => [`k/${deep(at)}Kptfile`, kptfile(EXEC)]),
        ...filesOf(900, (at) => [`k/${deep(at)}s.yaml`, specDocument(`g${at}`)]),
      }),
    harmless: () =>
      plan({
        ...filesOf(900, (at) => [`k${at}/Kptfile`, kptfile(EXEC)]),
        ...filesOf(900, (at) => [`k${at}/s.yaml`, specDocument(`g${at}`)]),
      }),
  },
  '800 kustomizations, each of which includes the next, with a transformer each': {
    attack: () =>
      plan({
        ...filesOf(800, (at) => [
          `k/b${at}/kustomization.yaml`,
          `resources: [s.yaml, ../b${at + 1}]\ntransformers: [i.yaml]\n`,
        ]),
        ...filesOf(800, (at) => [`k/b${at}/s.yaml`, specDocument(`g${at}`)]),
        ...filesOf(800, (at) => [`k/b${at}/i.yaml`, inputDocument('i')]),
        'k/b800/kustomization.yaml': 'resources: []\n',
      }),
    harmless: () =>
      plan({
        ...filesOf(800, (at) => [`k/b${at}/kustomization.yaml`, `resources: [s.yaml]\ntransformers: [i.yaml]\n`]),
        ...filesOf(800, (at) => [`k/b${at}/s.yaml`, specDocument(`g${at}`)]),
        ...filesOf(800, (at) => [`k/b${at}/i.yaml`, inputDocument('i')]),
        'k/b800/kustomization.yaml': 'resources: []\n',
      }),
  },
  'patterns of an Input, again for each of 60 steps': {
    attack: () =>
      plan({
        'k/Kptfile': kptfile(step('configPath: i.yaml\n').repeat(60)),
        'k/i.yaml': inputDocument('i', `sessions:\n${times(3000, (at) => `- {match: {names: ["*x${at}*"]}}\n`)}`),
        'k/s.yaml': specs(300),
      }),
    harmless: () =>
      plan({
        'k/Kptfile': kptfile(step('configPath: i.yaml\n')),
        'k/i.yaml': inputDocument('i', `sessions:\n${times(3000, (at) => `- {match: {names: ["*x${at}*"]}}\n`)}`),
        'k/s.yaml': specs(300),
      }),
  },
  'broken files beside 2,000 packages': {
    attack: () =>
      plan({
        ...manyFiles(2000, () => 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\na: [\n'),
        ...filesOf(2000, (at) => [`k/p${at}/s.yaml`, specDocument('g')]),
        ...filesOf(2000, (at) => [`k/p${at}/i.yaml`, inputDocument('i')]),
      }),
    harmless: () =>
      plan({
        ...manyFiles(2000, () => 'apiVersion: example.org/v1beta1\nkind: Input\na: []\n'),
        ...filesOf(2000, (at) => [`k/p${at}/s.yaml`, specDocument('g')]),
        ...filesOf(2000, (at) => [`k/p${at}/i.yaml`, inputDocument('i')]),
      }),
  },
  'broken Kptfiles in each other, and generators': {
    attack: () =>
      plan({
        ...filesOf(1800, (at) => [`k/${deep(at)}Kptfile`, 'kind: Kptfile\na: [\n']),
        [`k/${deep(1800)}s.yaml`]: specs(1000),
      }),
    harmless: () =>
      plan({
        ...filesOf(1800, (at) => [`k/p${at}/Kptfile`, 'kind: Kptfile\na: []\n']),
        [`k/${deep(1800)}s.yaml`]: specs(1000),
      }),
  },
  'a Kptfile with 20,000 steps of other functions': {
    attack: () => plan({ 'k/Kptfile': kptfile(`${'- image: a\n'.repeat(20_000)}${EXEC}`), 'k/s.yaml': specDocument() }),
    harmless: () =>
      plan({ 'k/Kptfile': kptfile(`${'- mage: a\n'.repeat(20_000)}${EXEC}`), 'k/s.yaml': specDocument() }),
  },
  'generators in a folder that is named in 2,000 ways': {
    attack: () =>
      plan({
        'k/kustomization.yaml': `generators:\n${times(2000, (at) => `- ${'./'.repeat(at % 100)}d/${'x/../'.repeat(at / 100)}\n`)}`,
        'k/d/kustomization.yaml': 'resources: [s.yaml]\n',
        'k/d/s.yaml': specs(1000),
      }),
    harmless: () =>
      plan({
        'k/kustomization.yaml': `generators:\n- d\n${times(2000, (at) => `# ${'./'.repeat(at % 100)}d/${'x/../'.repeat(at / 100)}\n`)}`,
        'k/d/kustomization.yaml': 'resources: [s.yaml]\n',
        'k/d/s.yaml': specs(1000),
      }),
  },
  '1,500 kustomizations with the generators of one folder': {
    attack: () =>
      plan({
        ...filesOf(1500, (at) => [`k/r${at}/kustomization.yaml`, 'generators: [../common]\n']),
        'k/common/kustomization.yaml': 'resources: [s.yaml]\n',
        'k/common/s.yaml': specs(1000),
      }),
    harmless: () =>
      plan({
        ...filesOf(1500, (at) => [`k/r${at}/kustomization.yaml`, 'resources: [../common]\n']),
        'k/common/kustomization.yaml': 'resources: [s.yaml]\n',
        'k/common/s.yaml': specs(1000),
      }),
  },
  'rules of .krmignore in each of 300 packages': {
    attack: () =>
      plan({
        ...filesOf(300, (at) => [`k/p${at}/Kptfile`, kptfile(EXEC)]),
        ...filesOf(300, (at) => [`k/p${at}/.krmignore`, RULES.slice(0, 3000)]),
        ...filesOf(300, (at) => [`k/p${at}/${deep(20, 'long-name-of-a-folder/')}s.yaml`, specDocument()]),
      }),
    harmless: () =>
      plan({
        ...filesOf(300, (at) => [`k/p${at}/Kptfile`, kptfile(EXEC)]),
        ...filesOf(300, (at) => [`k/p${at}/.krmignore`, `#${RULES.slice(0, 3000).replaceAll('\n', ' ')}`]),
        ...filesOf(300, (at) => [`k/p${at}/${deep(20, 'long-name-of-a-folder/')}s.yaml`, specDocument()]),
      }),
  },
  '30,000 paths in a script, and 3,000 folders of like names, for doctor': {
    attack: () =>
      doctor({
        ...filesOf(3000, (at) => [`p${at}/a/a/kustomization.yaml`, 'resources: []\n']),
        'run.sh': times(30_000, (at) => `kustomize build ${'a/'.repeat(at % 3)}x${at}/a\n`),
      }),
    harmless: () =>
      doctor({
        ...filesOf(3000, (at) => [`p${at}/a/a/kustomization.yaml`, 'resources: []\n']),
        'run.sh': times(30_000, (at) => `kustomize buil ${'a/'.repeat(at % 3)}x${at}/a\n`),
      }),
  },
  'a Composition with one large Input in 99 steps, for doctor': {
    attack: () =>
      doctor({
        'c.yaml': `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: c}\nspec:\n  pipeline:\n  - {step: a, input: &a {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [${times(9000, (at) => `{match: {names: [g${at}]}}, `)}]}}\n${times(98, (at) => `  - {step: a${at}, input: *a}\n`)}`,
      }),
    harmless: () =>
      doctor({
        'c.yaml': `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: c}\nspec:\n  pipeline:\n  - {step: a, input: &a {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [${times(9000, (at) => `{match: {names: [g${at}]}}, `)}]}}\n`,
      }),
  },
  '10,000 Secrets of a generator with a long path': {
    attack: () => ({
      input: list(
        placed(`${deep(2000)}s.yaml`),
        functionInput(`  sessions: [{secrets: [{namespaces: [${times(9999, (at) => `n${at}, `)}]}]}]\n`),
      ),
    }),
    harmless: () => ({
      input: list(
        placed(`s.yaml`),
        functionInput(`  sessions: [{secrets: [{namespaces: [${times(9999, (at) => `n${at}, `)}]}]}]\n`),
      ),
    }),
  },
  'Kptfiles and generators with paths of 4,000 characters': {
    attack: () => ({
      input: list(
        times(
          120,
          (at) => placedKptfile(`x${at}/${deep(1900)}Kptfile`) + placed(`x${at}/${deep(1900)}s.yaml`, `g${at}`),
        ),
      ),
    }),
    harmless: () => ({
      input: list(
        times(
          120,
          (at) =>
            placedKptfile(`x${at}/${'a'.repeat(3800)}/Kptfile`) + placed(`x${at}/${'a'.repeat(3800)}/s.yaml`, `g${at}`),
        ),
      ),
    }),
  },
  'a broken file in each of 1,500 folders in each other': {
    attack: () =>
      plan({
        ...filesOf(1500, (at) => [
          `k/${deep(at)}b.yaml`,
          'kind: Input\napiVersion: sts.fn.crossplane.io/v1beta1\na: [\n',
        ]),
        ...filesOf(1500, (at) => [`k/${deep(at)}s.yaml`, specDocument(`g${at}`)]),
      }),
    harmless: () =>
      plan({
        ...filesOf(1500, (at) => [`k/p${at}/b.yaml`, 'kind: Input\napiVersion: sts.fn.crossplane.io/v1beta1\na: [\n']),
        ...filesOf(1500, (at) => [`k/p${at}/s.yaml`, specDocument(`g${at}`)]),
      }),
  },
  'labels of 1,000 kustomizations in each other': {
    attack: () => plan(chained(1000, (at) => `commonLabels: {l${at}: v}\n`)),
    harmless: () => plan(chained(1000, (at) => `# Labels: {l${at}: v}\n`)),
  },
  'patches of 2,000 kustomizations in each other': {
    attack: () => plan(chained(2000, () => 'patches: [{patch: "[]"}]\n')),
    harmless: () => plan(chained(2000, () => '# tches: [{patch: "[]"}]\n')),
  },
  'a prefix of three megabytes for 1,000 specs': {
    attack: () => plan(changed(1000, `namePrefix: ${'a'.repeat(3_000_000)}\n`)),
    harmless: () => plan(changed(1000, `# amePrefix: ${'a'.repeat(3_000_000)}\n`)),
  },
  '9,000 patches for 1,000 specs': {
    attack: () => plan(changed(1000, `patches:\n${times(9000, patch)}`)),
    harmless: () => plan(changed(1000, `patch:\n${times(9000, patch)}`)),
  },
  'a file of 1,000 patches, 1,000 times, for 1,000 specs': {
    attack: () =>
      plan({ ...changed(1000, `patches:\n${'- path: p.yaml\n'.repeat(1000)}`), 'k/p.yaml': specs(1000, 'x') }),
    harmless: () =>
      plan({ ...changed(1000, `patch:\n${'- path: p.yaml\n'.repeat(1000)}`), 'k/p.yaml': specs(1000, 'x') }),
  },
  'a patch of 2,000 objects, written in its kustomization, 61 times by alias, for 1,000 specs': planning(
    patchedInPlace,
    'patches',
    'patch',
  ),
  'a file of 9,000 patches, 10,000 times, for one spec': planning(patchedByFile, 'patches', 'patch'),
  'a file of 9,000 patches, 8,000 times for objects of another kind': planning(
    (word) => patchedByFile(word, 8000, ', target: {kind: ConfigMap}'),
    'patches',
    'patch',
  ),
  'a file of 9,000 patches, for each of 1,000 kustomizations': planning(eachPatched, 'patches', 'patch'),
  'a patch whose object has a name of a megabyte, for 3,000 specs whose names begin like it': planning(
    patchedByName,
    'a',
    'b',
  ),
  '21 replacements with one list of 4,000 targets by alias, for 2,000 specs': planning(
    replaced,
    'replacements',
    'replacement',
  ),
};

/** Crowds of objects that are compared with crowds of others. */
export const CROWDS: Readonly<Record<string, Multiplying>> = {
  '8 kustomizations that start the function 90 times each, over 40,000 Secrets that kustomize makes': planning(
    startedOver,
    'secretGenerator',
    'secretGenerators',
  ),
  '100 steps of other functions in each of 600 packages, and 500 specs': {
    attack: () => plan(stepped((at) => `k/p${at}/Kptfile`, SETTERS)),
    harmless: () => plan(stepped((at) => `k/p${at}/Kptfile`, SETTERS.replace('apply', 'list'))),
  },
  '100 steps of other functions in each of 600 packages in each other, and 500 specs': {
    attack: () => plan(stepped((at) => `k/${deep(at)}Kptfile`, SETTERS)),
    harmless: () => plan(stepped((at) => `k/p${at}/Kptfile`, SETTERS.replace('apply', 'list'))),
  },
  '1,000 generators with 64 labels, each nearly one of 1,000 entries': {
    attack: () => ({ input: list(labelled(1000, 'v'), functionInput(wantingLabels(1000))) }),
    harmless: () => ({ input: list(labelled(1000, 'w'), functionInput(wantingLabels(1000))) }),
  },
  '10 generators with 5,000 labels, none of the value that one of 5,000 entries wants': {
    attack: () => ({ input: list(labelled(10, 'w', 5000), functionInput(wantingLabels(5000))) }),
    harmless: () => ({
      input: list(
        labelled(10, 'w', 5000),
        functionInput(wantingLabels(5000).replace(/\{labels/g, '{names: [x], labels')),
      ),
    }),
  },
  'an ExternalSecret that names 9,999 generators of the cluster, under 9,000 grants': {
    attack: () => ({ input: list(naming(9999), functionInput(`  cluster: {context: ci}\n${notOfClusters(9000)}`)) }),
    harmless: () => ({ input: list(naming(9999), functionInput(`  # cluster: none\n${notOfClusters(9000)}`)) }),
  },
  '200 generators in an Input, and 400 patches that come too late for them': planning(
    patchedLate,
    'STSAssumeRoleToken',
    'OfAnotherProgram',
  ),
  '5,000 generators in an Input, and 5,000 patches that come after them': {
    attack: () => plan(patchedLate('STSAssumeRoleToken', 5000, 5000)),
    harmless: () =>
      plan({ ...patchedLate('STSAssumeRoleToken', 5000, 5000), 'k/kustomization.yaml': 'resources: []\n' }),
  },
  '… and 5,000 patches around them': {
    attack: () => plan(patchedAround(5000, 5000)),
    harmless: () => plan({ ...patchedAround(5000, 5000), 'k/kustomization.yaml': 'resources: []\n' }),
  },
  'patches of 500 kustomizations in each other, of 20,000 Secrets that kustomize makes': {
    attack: () => plan(nested(500, 'patches: [{patch: "[]"}]\n', made('secretGenerator', 20_000))),
    harmless: () => plan(nested(500, '# atch: [{patch: "[]"}]\n', made('secretGenerator', 20_000))),
  },
  '8,000 ConfigMaps that kustomize makes, and 9,000 of one template': {
    attack: () => plan(readingMany(made('configMapGenerator', 8000))),
    harmless: () => plan(readingMany(made('configMapGenerators', 8000))),
  },
  '16,000 patches, and 9,000 ConfigMaps of one template': {
    attack: () => plan(readingMany(`patches:\n${times(16_000, patch)}`)),
    harmless: () => plan(readingMany(`patch:\n${times(16_000, patch)}`)),
  },
  '16,000 patches, and 9,999 Secrets of one generator': {
    attack: () => plan(writingMany(`patches:\n${times(16_000, patch)}`)),
    harmless: () => plan(writingMany(`patch:\n${times(16_000, patch)}`)),
  },
  '99 steps of another function with one list of 4,000 selectors by alias, and 1,500 specs': {
    attack: () => plan({ 'k/Kptfile': selecting(''), 'k/specs.yaml': specs(1500) }),
    harmless: () => plan({ 'k/Kptfile': selecting('not'), 'k/specs.yaml': specs(1500) }),
  },
  'setters in 100 steps of each of 100 packages in each other, and a Secret of a megabyte': planning(
    settingMuch,
    SETTERS,
    SETTERS.replace('apply', 'list'),
  ),
  'setters in each of 500 packages in each other, and 10,000 Secrets': planning(
    settingInEach,
    SETTERS,
    SETTERS.replace('apply', 'list'),
  ),
  '10,000 Secrets in no pipeline, whose generator is 10,000 times in one': planning(besideCopies, 'g', 'x'),
  '20,000 Applications of Argo CD with a hydrator, beside 20,000 Secrets, for doctor': {
    attack: () => doctor(applications('sourceHydrator')),
    harmless: () => doctor(applications('hydrator')),
  },
  '50,000 Kustomizations of Flux beside 3,000 that start the function, for doctor': {
    attack: () => doctor({ ...inFiles('k/f', 50_000, flux('Kustomization')), ...thousands(3000) }),
    harmless: () => doctor({ ...inFiles('k/f', 50_000, flux('Other')), ...thousands(3000) }),
  },
  'a setter that never ends': {
    attack: () => plan({ 'k/Kptfile': kptfile(`${SETTERS}${EXEC}`), 'k/s.yaml': setTo('${') }),
    harmless: () => plan({ 'k/Kptfile': kptfile(`${SETTERS}${EXEC}`), 'k/s.yaml': setTo('$-') }),
  },
  'a setter of 3 kB, 150,000 times in one line': planning(settingOften, 'x', ''),
  'a map of 150,000 keys': {
    attack: () => ({ input: list(placed('s.yaml', 'theirs') + secretOf(`{${keys(150_000)}}`)) }),
    harmless: () => ({ input: list(placed('s.yaml', 'theirs') + secretOf(`[${keys(150_000)}]`)) }),
  },
  '5,000 labels for 1,000 specs': {
    attack: () => plan(changed(1000, `commonLabels: {${times(5000, (at) => `l${at}: v, `)}}\n`)),
    harmless: () => plan(changed(1000, `# mmonLabels: {${times(5000, (at) => `l${at}: v, `)}}\n`)),
  },
};

/** A megabyte of specs: 5,000. */
export const ORDINARY: Work = plan({ 'k/Kptfile': kptfile(EXEC), 'k/s.yaml': specs(5000) });

/** What is large and usual: nobody may be refused. */
export const USUAL: Readonly<Record<string, () => Work>> = {
  '1,000 overlays over one base': () =>
    plan({
      ...filesOf(1000, (at) => [`k/o${at}/kustomization.yaml`, 'resources: [../base]\nnamePrefix: a-\n']),
      'k/base/kustomization.yaml': 'resources: [s.yaml]\ntransformers: [i.yaml]\n',
      'k/base/s.yaml': specs(5),
      'k/base/i.yaml': inputDocument('i', `sessions:\n${times(5, (at) => `- {match: {names: [g${at}]}}\n`)}`),
    }),
  '600 overlays over bases three levels deep': () =>
    plan({
      ...filesOf(600, (at) => [`k/o${at}/kustomization.yaml`, `resources: [../m${at % 20}]\n`]),
      ...filesOf(20, (at) => [`k/m${at}/kustomization.yaml`, `resources: [../l${at % 4}]\ncomponents: [../c]\n`]),
      ...filesOf(4, (at) => [`k/l${at}/kustomization.yaml`, 'resources: [s.yaml]\ntransformers: [i.yaml]\n']),
      ...filesOf(4, (at) => [`k/l${at}/s.yaml`, specs(3, `l${at}-`)]),
      ...filesOf(4, (at) => [`k/l${at}/i.yaml`, inputDocument('i')]),
      'k/c/kustomization.yaml': 'kind: Component\nresources: []\n',
    }),
  '1,000 packages with three specs each': () =>
    plan({
      'kustomization.yaml': `resources:\n${times(1000, (at) => `- app-${at}\n`)}`,
      ...filesOf(1000, (at) => [`app-${at}/Kptfile`, kptfile(EXEC)]),
      ...filesOf(1000, (at) => [`app-${at}/kustomization.yaml`, 'resources: [s.yaml]\n']),
      ...filesOf(1000, (at) => [`app-${at}/s.yaml`, specs(3)]),
    }),
  '20,000 files': () =>
    plan({
      ...filesOf(20_000, (at) => [
        `k/d${at % 500}/f${at}.yaml`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
      ]),
      'k/Kptfile': kptfile(EXEC),
      'k/.krmignore': times(50, (at) => `/nothing-${at}/*.yaml\n`),
      'k/s.yaml': specs(100),
    }),
};
