import type { Multiplying } from '../../support/expect-little-work.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';
import { doctor, EXEC, filesOf, inputDocument, kptfile, plan, times } from './package-work.ts';

/** Work for each of many runs, steps, roots or lines, for which what they share would be gone through again. */

const deep = (depth: number) => 'a/'.repeat(depth);
const bare = (name: string) =>
  `---\napiVersion: generators.external-secrets.io/v1alpha1\nkind: STSAssumeRoleToken\nmetadata: {name: ${name}}\n`;
const object = (kind: string) => (index: number) => `---\napiVersion: v1\nkind: ${kind}\nmetadata: {name: o${index}}\n`;
const folder = (index: number) => `b${String(index).padStart(6, '0')}`;

/** A package with so many steps, each with selectors, for 6,000 generators. */
const selecting = (count: number): Work =>
  doctor({
    'k/Kptfile': kptfile(
      times(
        count,
        () => `- exec: function-sts-assume-role\n  selectors: [${times(150, (at) => `{name: n${at}}, `)}]\n`,
      ),
    ),
    'k/other.yaml': `a: [${times(150 * (101 - count), (at) => `{name: n${at}}, `)}]\n`,
    'k/s.yaml': times(6000, (at) => bare(`g${at}`)),
  });
/** Packages in each other with 101 steps each, and objects in the innermost, of which a cluster gets all. */
const applied = (step: string): Work =>
  doctor({
    ...filesOf(100, (at) => [`k/${deep(at)}Kptfile`, kptfile(step.repeat(101))]),
    'run.sh': 'kpt live apply\n',
    [`k/${deep(100)}s.yaml`]: times(10_000, object('Secret')),
  });
/** A job with a name of so many characters, whose steps name Policies, and very many other jobs. */
const named = (length: number): Work =>
  doctor({
    '.github/workflows/w.yml': `jobs: {${'a'.repeat(length)}: {steps: [${times(12_000, (at) => `{env: {STS_FUNCTION_POLICY: a${at}}}, `)}]}, ${times(140_000, (at) => `j${at},`)}}\n`,
  });
/** Kustomizations of which each includes the next, below two that name this one each. */
const belowCircle = (named: string): Work =>
  plan({
    ...filesOf(6000, (at) => [`k/${folder(at)}/kustomization.yaml`, `resources: [../${folder(at + 1)}]\n`]),
    [`k/${folder(6000)}/kustomization.yaml`]: 'resources: []\n',
    'k/z/kustomization.yaml': `resources: [../${folder(0)}, ../${named}]\n`,
    'k/y/kustomization.yaml': 'resources: [../z]\n',
  });
const startedOver = (field: string): Work =>
  plan({
    'k/kustomization.yaml': `generators: [s.yaml]\n${field}:\n${'- {patch: "[]"}\n'.repeat(20_000)}`,
    'k/s.yaml': times(2000, (at) => bare(`g${at}`)),
  });
/** A base that starts the function, through so many others. */
const throughMany = (field: string): Work => ({
  argv: ['render', '--placeholder', '.'],
  files: {
    'k/kustomization.yaml': `resources:\n${times(500, (at) => `- m${at}\n`)}${field}:\n${'- {patch: "[]"}\n'.repeat(500)}`,
    ...filesOf(500, (at) => [`k/m${at}/kustomization.yaml`, 'resources: [../../base]\n']),
    'base/kustomization.yaml': 'generators: [s.yaml]\n',
    'base/s.yaml': specDocument('deployer'),
    'theirs/spec.yaml': specDocument('theirs'),
  },
});
const BROKEN = 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\na: [\n';
const OF_OTHERS = 'apiVersion: pkg.fn.crossplane.io/v1beta1\nkind: Input\na: []\n';
const faultsBelow = (text: string): Work =>
  plan({
    ...filesOf(250, (at) => [`k/${deep(at)}Kptfile`, kptfile(EXEC)]),
    ...filesOf(2000, (at) => [`k/${deep(250)}b${at}.yaml`, text]),
    [`k/${deep(250)}s.yaml`]: specDocument('deployer'),
  });
/** Two lists of so many characters, with Functions that lack what each of the other list lacks too. */
const inTwo = (others: number): Work => {
  const list = (name: string) =>
    `apiVersion: v1\nkind: List\nitems:\n${times(40, (at) => `- {apiVersion: pkg.crossplane.io/v1, kind: Function, metadata: {name: ${name}${at}}, spec: {package: function-sts-assume-role, runtimeConfigRef: {name: r${at}}}}\n`)}${`- {${'a'.repeat(26)}: ${'a'.repeat(26)}}\n`.repeat(others)}`;
  return doctor({ 'a.yaml': list('a'), 'b.yaml': list('b') });
};

/** A template of 600 keys of a ConfigMap, and 3,000 entries that make one of a name. */
const reading = (name: string): Work =>
  plan({
    'k/kustomization.yaml':
      'resources: [s.yaml]\ntransformers: [i.yaml]\nconfigMapGenerator:\n- {name: c, namespace: team-a, literals: [a=b]}\n',
    'k/i.yaml': inputDocument('i'),
    'k/s.yaml': `${specDocument('g')}---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: team-a}\nspec:\n  target: {template: {templateFrom: [{configMap: {name: c, items: [${times(600, (at) => `{key: k${at}}, `)}]}}]}}\n  dataFrom:\n  - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: g}}}\n`,
    'x/f': 'a',
    'x/kustomization.yaml': `configMapGenerator:\n${`- {name: ${name}, files: [f]}\n`.repeat(3000)}`,
  });

/** So many kustomizations that may start the function for each of 500 packages. */
const including = (count: number): Work =>
  plan({
    ...filesOf(count, (at) => [`r${at}/kustomization.yaml`, 'resources: [../hub]\ngenerators: [g.yaml]\n']),
    ...filesOf(count, (at) => [`r${at}/g.yaml`, 'apiVersion: example.org/v1\nkind: Other\nmetadata: {name: o}\n']),
    ...filesOf(400 - count, (at) => [`r${at}/other.yaml`, `a: ${'a'.repeat(100)}\n`]),
    'hub/kustomization.yaml': `resources:\n${times(500, (at) => `- ../m${at}\n`)}`,
    ...filesOf(500, (at) => [`m${at}/kustomization.yaml`, 'resources: []\n']),
    ...filesOf(500, (at) => [`m${at}/i.yaml`, 'apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\n']),
    ...filesOf(500, (at) => [`m${at}/s.yaml`, specDocument(`g${at}`)]),
  });

const SHALLOW = 'k/';
const DEEP = `${SHALLOW}${deep(1900)}`;
const LOOSE = { 'theirs/s.yaml': specDocument('g') };
/** So many ways to write `./`. */
const ways = (count: number) =>
  Array.from({ length: count }, (_, at) => `./1${at.toString(2)}/`.replaceAll('1', './').replaceAll('0', '/'));
const packing = (folder: string, files: readonly string[]): Work =>
  plan({
    ...LOOSE,
    [`${folder}f`]: 'a',
    [`${folder}kustomization.yaml`]: `configMapGenerator:\n- {name: c, files: [${files.map((way) => `${way}f`).join(', ')}]}\n`,
  });
const patchingIn = (folder: string): Work =>
  plan({
    [`${folder}s.yaml`]: specDocument('g'),
    [`${folder}i.yaml`]: inputDocument('i'),
    [`${folder}kustomization.yaml`]: `resources: [s.yaml]\ntransformers: [i.yaml]\npatches:\n${ways(5000)
      .map((way) => `- path: ${way}s.yaml\n`)
      .join('')}`,
  });
/** A template of a ConfigMap, and one of a name that kustomize makes of a file, so many times. */
const madeOf = (name: string): Work =>
  plan({
    ...LOOSE,
    [`${DEEP}f`]: 'a',
    [`${DEEP}kustomization.yaml`]: `configMapGenerator:\n- {name: ${name}, files: [${'f,'.repeat(500)}]}\n`,
    'theirs/e.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: team-a}\ndata: {k: "a: b"}\n---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: team-a}\nspec:\n  target: {template: {templateFrom: [{configMap: {name: c, items: [{key: k}]}}]}}\n  dataFrom:\n  - {sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: g}}}\n`,
  });
const secretsIn = (folder: string): Work =>
  plan({
    [`${folder}s.yaml`]: specDocument('g'),
    [`${folder}i.yaml`]: `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nsessions:\n- secrets:\n${times(9000, (at) => `  - {name: s${at}}\n`)}`,
  });
/** Starts of one kustomization, beside a file with no object. */
const besideFile = (name: string): Work =>
  plan({
    'k/s.yaml': specDocument('g'),
    [`k/${name}.yaml`]: `- Secret\n- [${'a, '.repeat(50_000)}]\n`,
    'k/kustomization.yaml': `resources: [s.yaml]\ntransformers:\n${times(90, (at) => `- i${at}.yaml\n`)}`,
    ...filesOf(90, (at) => [`k/i${at}.yaml`, inputDocument(`i${at}`)]),
  });
/** References that are nearly right, so many levels deep. */
const referring = (levels: number): Work =>
  doctor({
    'a.yaml': `apiVersion: apps/v1\nkind: Foo\nmetadata: {name: f}\nx: ${'{a.b.c.d.e.f.g.h.i.j.k.l: '.repeat(levels)}[${times(200, (at) => `{secretRef: {name: deploxer, namespace: n${at}}}, `)}]${'}'.repeat(levels)}\n`,
    's.yaml': specDocument('deployer').replace('namespace: team-a', 'labels: {}'),
  });
const rendering = (lines: string): Work =>
  doctor({
    '.github/workflows/w.yml': `jobs:\n  a:\n    steps:\n    - run: |\n        function-sts-assume-role render . | cat\n${lines}        echo\n`,
  });
/** Commands of a script that name 20,000 folders, none of which is there. */
const naming = (folder: string): Work =>
  doctor({
    [`${folder}run.sh`]: times(20_000, (at) => `kustomize build x${at}\n`),
    [`${folder}x/kustomization.yaml`]: 'resources: []\n',
  });
/** A runtime with so many mounts and volumes. */
const mounting = (count: number): Work =>
  doctor({
    'f.yaml':
      'apiVersion: pkg.crossplane.io/v1\nkind: Function\nmetadata: {name: c}\nspec: {package: example.org/function-sts-assume-role:v1, runtimeConfigRef: {name: c}}\n',
    'r.yaml': `apiVersion: pkg.crossplane.io/v1beta1\nkind: DeploymentRuntimeConfig\nmetadata: {name: c}\nspec: {deploymentTemplate: {spec: {selector: {}, template: {spec: {containers: [{name: package-runtime, args: [--policy, /p/p.yaml], volumeMounts: [${times(count, (at) => `{name: v${at}, mountPath: /m${at}}, `)}]}], volumes: [${times(count, (at) => `{name: v${count - at}}, `)}]}}}}}\n${`# ${'a'.repeat(58)}\n`.repeat(9000 - count)}`,
  });
/** A Secret of 5,000 keys, and as many variables of a Pod with keys of such a name. */
const readingKeys = (name: string): Work =>
  doctor({
    's.yaml': specDocument('g'),
    'e.yaml': `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e, namespace: team-a}\nspec:\n  dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: g}}}]\n  target:\n    template:\n      data:\n${times(5000, (at) => `        k${at}: "{{ .access_key_id }}"\n`)}`,
    'p.yaml': `apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team-a}\nspec: {containers: [{name: c, env: [${times(5000, (at) => `{name: A${at}, valueFrom: {secretKeyRef: {name: e, key: ${name}${at}}}}, `)}]}]}\n`,
  });
/** Two grants for so many namespaces. */
const grantedTo = (namespaces: number): Work => {
  const grant = `{namespaces: [team-a, ${times(namespaces, (at) => `some-namespace-${at}, `)}]}`;
  const comment = `# ${'a'.repeat(42 * (9900 - namespaces))}\n`;
  return {
    input: list(
      generatorItem(GOOD_SPEC, { name: 'theirs', metadata: 'namespace: team-a' }),
      functionConfig(`  metadata: {name: i}\n  allow: [${grant}, ${grant}]\n${comment}`),
    ),
  };
};

/** Secrets of so many keys, or what is none, whose ExternalSecrets give them as many others. */
const replacing = (kind: string): Work => ({
  argv: ['render', '--placeholder', '.'],
  files: {
    'k/g.yaml': specDocument('g'),
    'theirs/spec.yaml': specDocument('theirs'),
    ...filesOf(4, (at) => [
      `k/e${at}.yaml`,
      `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e${at}, namespace: team-a}\nspec:\n  dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: g}}}]\n  target:\n    template:\n      data:\n${times(9000, (key) => `        k${key}: a\n`)}`,
    ]),
    ...filesOf(4, (at) => [
      `k/s${at}.yaml`,
      `apiVersion: v1\nkind: ${kind}\nmetadata: {name: e${at}, namespace: team-a, annotations: {sts.fn.crossplane.io/generator: ExternalSecret/team-a/e${at}, sts.fn.crossplane.io/placeholder: "true"}}\ndata:\n${times(9000, (key) => `  j${key}: YQ==\n`)}`,
    ]),
  },
});

export const TURNS: Readonly<Record<string, Multiplying>> = {
  '101 steps with 150 selectors each, and 6,000 generators, for doctor': {
    attack: () => selecting(101),
    harmless: () => selecting(1),
  },
  '101 steps in each of 100 packages in each other, whose 10,000 Secrets a cluster gets, for doctor': {
    attack: () => applied(EXEC),
    harmless: () => applied('- exec: of-another-program\n'),
  },
  '12,000 lines of a job with a long name, among 140,000 jobs, for doctor': {
    attack: () => named(1010),
    harmless: () => named(100),
  },
  '6,000 kustomizations of which each includes the next, below a circle': {
    attack: () => belowCircle('y'),
    harmless: () => belowCircle(folder(6000)),
  },
  '2,000 starts of one kustomization, and 20,000 patches': {
    attack: () => startedOver('patches'),
    harmless: () => startedOver('patch'),
  },
  'a start that 500 others include, in one with 500 patches': {
    attack: () => throughMany('patches'),
    harmless: () => throughMany('x'),
  },
  '2,000 broken files below 250 packages in each other': {
    attack: () => faultsBelow(BROKEN),
    harmless: () => faultsBelow(OF_OTHERS),
  },
  'a template of 600 keys of a ConfigMap, which 3,000 entries make of a file': {
    attack: () => reading('c'),
    harmless: () => reading('d'),
  },
  '400 kustomizations with a start of another program, which include 500 packages': {
    attack: () => including(400),
    harmless: () => including(1),
  },
  'two lists of a megabyte, of which lines are told in turns, for doctor': {
    attack: () => inTwo(18_100),
    harmless: () => inTwo(17_000),
  },
  '20,000 ways to name a file of a ConfigMap, 1,900 folders deep': {
    attack: () => packing(DEEP, ways(20_000)),
    harmless: () => packing(SHALLOW, ways(20_000)),
  },
  '5,000 ways to name a patch, 1,900 folders deep': {
    attack: () => patchingIn(DEEP),
    harmless: () => patchingIn(SHALLOW),
  },
  'a ConfigMap with a template, of 500 times one file, 1,900 folders deep': {
    attack: () => madeOf('c'),
    harmless: () => madeOf('d'),
  },
  '9,000 Secrets, 1,900 folders deep': {
    attack: () => secretsIn(DEEP),
    harmless: () => secretsIn(SHALLOW),
  },
  '90 starts, and a long file where their Secret would be': {
    attack: () => besideFile('secret_g'),
    harmless: () => besideFile('secret_h'),
  },
  '200 references that are nearly right, 480 levels deep, for doctor': {
    attack: () => referring(480),
    harmless: () => referring(4),
  },
  '200,000 empty lines of a script that renders, for doctor': {
    attack: () => rendering('\n'.repeat(200_000)),
    harmless: () => rendering('        a\n'.repeat(20_000)),
  },
  '20,000 folders that commands name, 1,900 folders deep, for doctor': {
    attack: () => naming(DEEP),
    harmless: () => naming(SHALLOW),
  },
  'a runtime with 9,000 mounts and volumes, for doctor': {
    attack: () => mounting(9000),
    harmless: () => mounting(1),
  },
  '5,000 keys that are read of a Secret with 5,000 others, for doctor': {
    attack: () => readingKeys('j'),
    harmless: () => readingKeys('k'),
  },
  'two grants for 9,900 namespaces': {
    attack: () => grantedTo(9900),
    harmless: () => grantedTo(1),
  },
  '4 Secrets of 9,000 keys that get 9,000 others': {
    attack: () => replacing('Secret'),
    harmless: () => replacing('OfOthers'),
  },
};
