import type { Multiplying } from '../../support/expect-little-work.ts';
import { specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';
import { doctor, EXEC, filesOf, inputDocument, kptfile, plan, times } from './package-work.ts';

/** Pairs of what a package has, and single pairs for which something long would be gone through. */

const configMap = (name: string, namespace = 'a') =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}}\n`;
/** Fields of a kustomization, or comments, for one start and other objects. */
const patching = (margin: string, fields: string, objects = '', patches = ''): Work =>
  plan({
    'k/kustomization.yaml': `resources: [s.yaml]\ntransformers: [i.yaml]\n${fields.replaceAll(/^(?=.)/gm, margin)}`,
    'k/s.yaml': `${specDocument('g')}${objects}`,
    'k/i.yaml': inputDocument('i'),
    'k/p.yaml': patches,
  });
/** Patches that select nothing, in a kustomization with many labels. */
const idle = (margin: string): Work =>
  patching(
    margin,
    `commonLabels:\n${times(9000, (at) => `  l${at}: v\n`)}patches:\n${'- {target: {kind: Foo}, patch: "[]"}\n'.repeat(9000)}`,
  );
/** Patches that select by 50 words each, and objects with long names. */
const selectingByWords = (margin: string): Work => {
  const words = Array.from({ length: 50 }, () => 'aab').join('|');
  const target = `- {target: {kind: ConfigMap, name: "${words}"}, patch: "[]"}\n`;
  return patching(
    margin,
    `patches:\n${target.repeat(290)}`,
    times(1000, (at) => configMap(`${'a'.repeat(240)}${at}`)),
  );
};
/** Patches of objects of one long name, in namespaces. */
const sharingName = (margin: string): Work => {
  const inEach = (count: number) => times(count, (at) => configMap('a'.repeat(250), `n${at}`));
  return patching(margin, 'patches: [{path: p.yaml}]\n', inEach(4000), inEach(1500));
};
/** An object with very many objects behind a path of 450 kB. */
const behindPath = (kind: string): Work =>
  doctor({
    'd.yaml': `apiVersion: example.org/v1\nkind: Other\nmetadata: {name: d}\nsecretName: x\nspec: ${times(450, (at) => `{${'k'.repeat(1000)}${at}: `)}[${times(30_000, () => `{kind: ${kind}, name: abcdefgh}, `)}]${'}'.repeat(450)}\n`,
  });
/** Volumes of one Secret that is made here, and as many mounts. */
const mounting = (field: string): Work =>
  doctor({
    'k/Kptfile': kptfile(EXEC),
    'k/s.yaml': specDocument('deployer'),
    'd.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: team-a}\nspec: {template: {spec: {containers: [{volumeMounts: [${times(15_000, (at) => `{name: v${at}}, `)}]}], ${field}: [${times(15_000, (at) => `{name: v${at}, secret: {secretName: deployer}}, `)}]}}}\n`,
  });
/** Objects of others that are written in a kustomization, none as it stands there, and a long comment. */
const writing = (letter: string): Work =>
  plan({
    'k/kustomization.yaml': `# ${letter.repeat(600_000)}\ngenerators:\n${times(5000, (at) => `- "\\x23##ab\\nkind: A\\nmetadata: {name: g${at}}"\n`)}`,
  });
/** Generators that are written in a kustomization, and Secrets beside them. */
const startingBeside = (file: string): Work =>
  plan({
    'k/kustomization.yaml': `resources: [${file}]\ngenerators:\n${times(2500, (at) => `- |\n${specDocument(`g${at}`).replaceAll(/^(?=.)/gm, '  ')}`)}`,
    'k/many.yaml': times(20_000, (at) => `---\napiVersion: v1\nkind: Secret\nmetadata: {name: s${at}}\n`),
    'k/few.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n',
  });
/** Rules and subjects of a role for tokens, and ServiceAccounts of runtimes. */
const bound = (
  role: string,
  rules: number,
  subject: (index: number) => string,
  account: (index: number) => string,
): Work =>
  doctor({
    'a.yaml': `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n${'- {resources: [serviceaccounts/token], verbs: [create]}\n'.repeat(rules)}---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: ${role}}\nsubjects:\n${times(20_000, (at) => `- {name: ${subject(at)}}\n`)}`,
    'c.yaml': times(
      rules === 1 ? 3000 : 1,
      (at) =>
        `---\napiVersion: pkg.crossplane.io/v1beta1\nkind: DeploymentRuntimeConfig\nmetadata: {name: c${at}}\nspec: {serviceAccountTemplate: {metadata: {name: ${account(at)}}}}\n`,
    ),
  });
/** Kustomizations of Flux, and files of a ConfigMap. */
const substituting = (field: string): Work =>
  doctor({
    'kustomization.yaml': `configMapGenerator:\n- {name: c, files: [${times(20_000, (at) => `a${at}=f, `)}]}\n`,
    f: 'a',
    'x.yaml': times(
      5000,
      (at) =>
        `---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: c${at}}\nspec: {path: ., ${field}: {substitute: {a: b}}}\n`,
    ),
  });
const RENEW = 'function-sts-assume-role render . | kubectl apply --server-side -f -';
/** Schedules of 6,000 steps for 100 Secrets. */
const scheduled = (days: string, comment: string): Work =>
  doctor({
    's.yaml': times(100, (at) => `---\n${specDocument(`g${at}`)}`),
    '.github/workflows/w.yml': `on:\n  schedule:\n${`  - cron: "0 0 ${days} * *"\n`.repeat(90)}jobs:\n${times(100, (at) => `  j${at}:\n    steps:\n${`    - run: ${RENEW}\n`.repeat(60)}`)}# ${comment}\n`,
  });
/** A CronJob whose script has such a line. */
const renewing = (line: string): Work =>
  doctor({
    's.yaml': specDocument('g'),
    'c.yaml': `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: "0 0 1 * *"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - args:\n            - sh\n            - -c\n            - |\n              ${RENEW}\n              ${line}\n`,
  });
/** A workflow with such lines, and a kustomization that starts the function. */
const working = (line: string): Work =>
  doctor({
    'k/kustomization.yaml': 'generators: [s.yaml]\n',
    'k/s.yaml': specDocument('g'),
    '.github/workflows/w.yml': `on: push\njobs:\n  a:\n    steps:\n    - run: |\n${`        ${line}\n`.repeat(20)}`,
  });
/** Objects of a list, in lists by alias. */
const listed = (items: string): Work => ({
  argv: ['status', '.'],
  files: {
    's.yaml': `items:\n- &a {apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/g}}}\n- items: &b [${'*a, '.repeat(160_000)}]\n${`- {items: ${items}}\n`.repeat(12_000)}`,
  },
});
/** Secrets with a long annotation by alias. */
const annotated = (value: string): Work => ({
  argv: ['status', '-o', 'json', '.'],
  files: {
    's.yaml': `items:\n- x: &n "${'\u200b'.repeat(300_000)}"\n${times(250, (at) => `- {apiVersion: v1, kind: Secret, metadata: {name: s${at}, annotations: {sts.fn.crossplane.io/generator: ${value}}}}\n`)}`,
  },
});
/** Keys in 3,000 folders, 26 folders deep, each of which has 500 rules. */
const ignoring = (mark: string): Work => {
  const folder = (depth: number) => times(depth, (at) => `d${at}/`);
  return doctor({
    '.git/HEAD': '',
    ...filesOf(26, (at) => [`${folder(at)}.gitignore`, times(500, (rule) => `${mark}a*b*c${rule}\n`)]),
    ...filesOf(3000, (at) => [`${folder(26)}f${at}/key.yaml`, `a: AGE-SECRET-KEY-1${'A'.repeat(50)}\n`]),
  });
};

export const PAIRS: Readonly<Record<string, Multiplying>> = {
  '9,000 patches that select nothing, and 9,000 labels': { attack: () => idle(''), harmless: () => idle('# ') },
  '290 patches that select by 50 words, for 1,000 objects with long names': {
    attack: () => selectingByWords(''),
    harmless: () => selectingByWords('# '),
  },
  '1,500 patches of objects of one name, for 4,000 of that name': {
    attack: () => sharingName(''),
    harmless: () => sharingName('# '),
  },
  '30,000 objects behind a path of 450 kB, for doctor': {
    attack: () => behindPath('Secret'),
    harmless: () => behindPath('Other'),
  },
  '15,000 volumes of a Secret, and as many mounts, for doctor': {
    attack: () => mounting('volumes'),
    harmless: () => mounting('others'),
  },
  '5,000 objects that are written in a kustomization with a comment of 600 kB': {
    attack: () => writing('#'),
    harmless: () => writing('x'),
  },
  '2,500 generators that are written in a kustomization, and 20,000 Secrets beside them': {
    attack: () => startingBeside('many.yaml'),
    harmless: () => startingBeside('few.yaml'),
  },
  'a path of 900,000 folders in a script, for doctor': {
    attack: () => doctor({ 'a.sh': `kustomize build ${'a/'.repeat(900_000)}\n` }),
    harmless: () => doctor({ 'a.sh': `kustomize build ${'aa'.repeat(900_000)}\n` }),
  },
  'a script that gets, and gets, and gets Secrets, for doctor': {
    attack: () => renewing(`${'get '.repeat(45)}secret ${'a'.repeat(1_000_000)}`),
    harmless: () => renewing(`${'put '.repeat(45)}secret ${'a'.repeat(1_000_000)}`),
  },
  '130 commands in each of 20 long lines of a workflow, for doctor': {
    attack: () =>
      working(`function-sts-assume-role render ${'a'.repeat(5000)}${';function-sts-assume-role render'.repeat(130)}`),
    harmless: () =>
      working(`function-sts-assume-role render ${'a'.repeat(5000)}${';function-sts-assume-role rendex'.repeat(130)}`),
  },
  'a program that is named 4,000 times before what starts it, for doctor': {
    attack: () => working(`${'function-sts-assume-role '.repeat(4000)}; function-sts-assume-role render`),
    harmless: () => working(`${'function-sts-assume-rola '.repeat(4000)}; function-sts-assume-role render`),
  },
  '20,000 subjects of roles beside 3,000 ServiceAccounts, for doctor': {
    attack: () =>
      bound(
        'r',
        1,
        (at) => `some-account-${at}`,
        (at) => `other-name-${at}xx`,
      ),
    harmless: () =>
      bound(
        'q',
        1,
        (at) => `some-account-${at}`,
        (at) => `other-name-${at}xx`,
      ),
  },
  '2,000 rules of a role for 20,000 subjects, for doctor': {
    attack: () =>
      bound(
        'r',
        2000,
        () => 'abcdef',
        () => 'abcdef',
      ),
    harmless: () =>
      bound(
        'r',
        2000,
        () => 'zzzzzz',
        () => 'abcdef',
      ),
  },
  '5,000 Kustomizations of Flux that put in values, and 20,000 files of a ConfigMap, for doctor': {
    attack: () => substituting('postBuild'),
    harmless: () => substituting('postBuile'),
  },
  '90 schedules of 9,000 characters for 6,000 steps, for doctor': {
    attack: () => scheduled('x'.repeat(9000), ''),
    harmless: () => scheduled('1', 'x'.repeat(810_000)),
  },
  'a long annotation of 250 Secrets by alias, for status as JSON': {
    attack: () => annotated('*n'),
    harmless: () => annotated('a'),
  },
  'a list of 160,000 aliases, by alias in 12,000 lists, for status': {
    attack: () => listed('*b'),
    harmless: () => listed('[]'),
  },
  'keys in 3,000 folders below 26 with 500 rules of .gitignore each, for doctor': {
    attack: () => ignoring('*'),
    harmless: () => ignoring('#'),
  },
};
