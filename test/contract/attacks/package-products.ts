import type { Multiplying } from '../../support/expect-little-work.ts';
import { specDocument } from '../../support/manifests.ts';
import { doctor, filesOf, inputDocument, times } from './package-work.ts';

/** What doctor compares: each of a list with each of another, or the same anew for each. Without that it takes its time from the files. */

const inOneLine = (flag: string) =>
  doctor({ 's.yaml': specDocument('deployer'), 'a.sh': `function-sts-assume-role render ${flag};`.repeat(20_000) });
/** Builds with 100 transformers each, of one file, over an object that names very many Secrets. */
const startingOver = (field: string) =>
  doctor({
    't/kustomization.yaml': 'resources: [i.yaml]\n',
    't/i.yaml': times(100, (at) => `---\n${inputDocument(`i${at}`)}`),
    'b/kustomization.yaml': 'resources: [d.yaml]\n',
    'b/d.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: zz}\nspec: {secretName: y, imagePullSecrets: [${'{name: aaaaa}, '.repeat(40_000)}]}\n`,
    ...filesOf(110, (at) => [`k${at}/kustomization.yaml`, `resources: [../b]\n${field}: [../t]\n`]),
  });
/** Jobs of GitLab beside variables, and 20 identities of an Input. */
const besideVariables = (field: string) =>
  doctor({
    's.yaml': specDocument('deployer'),
    'i.yaml': `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: i}\nsessions:\n${times(20, (at) => `- {match: {names: [g${at}]}, identity: {tokenEnv: T${at}X}}\n`)}`,
    '.gitlab-ci.yml': `${field}: {${times(3000, (at) => `a${at}: b, `)}}\n${times(1200, (at) => `j${at}: {script: function-sts-assume-role render . >x}\n`)}`,
  });
const byDefault = (field: string) =>
  doctor({
    's.yaml': specDocument('deployer'),
    '.gitlab-ci.yml': `default: {${field}: {${times(9000, (at) => `a${at}: b, `)}}}\n${times(4000, (at) => `j${at}: {script: a}\n`)}`,
  });
/** Functions with a runtime each, and a kustomization with very many ways to name a patch. */
const withRuntimes = (image: string) =>
  doctor({
    'f.yaml': `apiVersion: v1\nkind: List\nitems:\n${times(1400, (at) => `- {apiVersion: pkg.crossplane.io/v1, kind: Function, metadata: {name: f${at}}, spec: {package: x/${image}, runtimeConfigRef: {name: r${at}}}}\n- {apiVersion: pkg.crossplane.io/v1beta1, kind: DeploymentRuntimeConfig, metadata: {name: r${at}}}\n`)}`,
    'k/kustomization.yaml': `resources: [s.yaml]\ntransformers: [i.yaml]\npatches:\n${times(7000, (at) => `- path: ./${at.toString(2).replaceAll('1', './').replaceAll('0', '/')}/s.yaml\n`)}`,
    'k/s.yaml': specDocument('deployer'),
    'k/i.yaml': inputDocument('i'),
  });
/** Lines of a script of which each makes credentials. */
const inLines = (taking: string) =>
  doctor({
    's.yaml': specDocument('deployer'),
    'a.sh': times(38_000, (at) => `X=${taking}function-sts-assume-role render a${at})\n`),
  });
/** Compositions whose steps name the last of very many Functions. */
const callingLast = (field: string) =>
  doctor({
    's.yaml': specDocument('deployer'),
    'c.yaml': times(
      1300,
      () =>
        `---\napiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: c}\nspec: {pipeline: [{}, &s {functionRef: {name: f7999}}, ${'*s, '.repeat(200)}]}\n`,
    ),
    'f.yaml': times(
      8000,
      (at) =>
        `---\napiVersion: pkg.crossplane.io/v1\nkind: Function\nmetadata: {name: f${at}}\nspec: {${field}: x/function-sts-assume-role}\n`,
    ),
  });
const grant = (at: number, field: string) =>
  `    - {roles: ["arn:aws:iam::123456789012:role/x${at}"], ${field}: [a${at}]}\n`;
/** A runtime that mounts a Policy of 9,300 grants, 300 of which have such a field. */
const mountingPolicy = (field: string) =>
  doctor({
    's.yaml': specDocument('deployer'),
    'f.yaml': `apiVersion: pkg.crossplane.io/v1\nkind: Function\nmetadata: {name: f}\nspec: {package: x/function-sts-assume-role}\n---\napiVersion: pkg.crossplane.io/v1beta1\nkind: DeploymentRuntimeConfig\nmetadata: {name: default}\nspec: {deploymentTemplate: {spec: {template: {spec: {containers: [{name: package-runtime, args: [--policy, /z/p.yaml], volumeMounts: [{name: v, mountPath: /z}]}], volumes: [{name: v, configMap: {name: m}}]}}}}}\n`,
    'm.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: crossplane-system}\ndata:\n  p.yaml: |\n    apiVersion: sts.fn.crossplane.io/v1beta1\n    kind: Policy\n    metadata: {name: p}\n    grants:\n${times(300, (at) => grant(at, field))}${times(9000, (at) => grant(at, 'namespaces'))}`,
  });
/** Workflows of which each has one step a thousand times, by aliases. */
const repeating = (field: string) =>
  doctor({
    's.yaml': specDocument('deployer'),
    ...filesOf(2200, (at) => [
      `.github/workflows/w${at}.yaml`,
      `jobs: {a: {${field}: &l [&s {}, ${'*s, '.repeat(39)}]}, ${times(24, (by) => `b${by}: {${field}: *l}, `)}}\n`,
    ]),
  });

export const PRODUCTS: Readonly<Record<string, Multiplying>> = {
  '20,000 commands in one line, for doctor': {
    attack: () => inOneLine('--placeholder'),
    harmless: () => inOneLine('--placeholdex'),
  },
  '110 builds with 100 starts each, over what names 40,000 Secrets, for doctor': {
    attack: () => startingOver('transformers'),
    harmless: () => startingOver('transformerz'),
  },
  '1,200 jobs beside 3,000 variables, and 20 identities, for doctor': {
    attack: () => besideVariables('variables'),
    harmless: () => besideVariables('variablez'),
  },
  '4,000 jobs with 9,000 tokens by default, for doctor': {
    attack: () => byDefault('id_tokens'),
    harmless: () => byDefault('id_tokenz'),
  },
  '1,400 runtimes, and 7,000 ways to name a patch, for doctor': {
    attack: () => withRuntimes('function-sts-assume-role'),
    harmless: () => withRuntimes('function-of-anybody-else'),
  },
  '38,000 lines that make credentials in one script, for doctor': {
    attack: () => inLines('$('),
    harmless: () => inLines('>('),
  },
  '260,000 steps beside 8,000 Functions, for doctor': {
    attack: () => callingLast('package'),
    harmless: () => callingLast('packagf'),
  },
  '300 faults of a Policy that a runtime mounts, for doctor': {
    attack: () => mountingPolicy('nonsense'),
    harmless: () => mountingPolicy('namespaces'),
  },
  '2,200 workflows with a thousand steps each, by aliases, for doctor': {
    attack: () => repeating('steps'),
    harmless: () => repeating('stepz'),
  },
};
