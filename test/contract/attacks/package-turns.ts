import type { Multiplying } from '../../support/expect-little-work.ts';
import { specDocument } from '../../support/manifests.ts';
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
};
