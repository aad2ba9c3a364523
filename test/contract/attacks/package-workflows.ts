import type { Multiplying } from '../../support/expect-little-work.ts';
import { specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';
import { doctor, inputDocument, kptfile, plan, times } from './package-work.ts';

/** What `doctor` would look at once for each job, command, grant or name of a step; beside each the same with a word that means nothing. */

const workflow = (text: string, files: Readonly<Record<string, string>> = {}): Work =>
  doctor({ '.github/workflows/a.yaml': text, ...files });
const jobs = (count: number) => `jobs: {${times(count, (at) => `job${at}: {}, `)}}\n`;
const variables = (field: string) =>
  workflow(`on: push\n${field}: {${times(30_000, (at) => `a${at}: v, `)}}\n${jobs(20_000)}`);
const events = (field: string) => workflow(`${field}: [${times(60_000, (at) => `event${at}, `)}]\n${jobs(30_000)}`);
const defaults = (field: string) =>
  workflow(
    `on: {schedule: [{cron: "* * * * *"}]}\n${field}: {${times(20_000, (at) => `some${at}: value, `)}}\n${jobs(20_000)}`,
  );
const inPackage = {
  Kptfile: kptfile('- exec: function-sts-assume-role\n'),
  's.yaml': specDocument('s'),
  '.krmignore': '.github\n',
};
const trial = (mode: string) => {
  const lines = times(24_000, (at) => `function-sts-assume-role render a${at} | kubectl apply --server-side -f -\n`);
  const steps = `[{shell: bash, run: ${JSON.stringify(lines)}}]`;
  return workflow(`on: push\nenv: {STS_FUNCTION_MODE: ${mode}}\njobs: {a: {steps: ${steps}}}\n`, inPackage);
};
const kept = (action: string) => {
  const lines = times(8000, (at) => `function-sts-assume-role render . >/tmp/a${at}\n`);
  const paths = times(40_000, (at) => `xx/y${at}\n`);
  const steps = `[{run: ${JSON.stringify(lines)}}, {uses: ${action}, with: {path: ${JSON.stringify(paths)}}}]`;
  return workflow(`on: push\njobs: {a: {steps: ${steps}}}\n`, inPackage);
};

const gitlab = (text: string): Work =>
  doctor({ '.gitlab-ci.yml': text, ...inPackage, '.krmignore': '.gitlab-ci.yml\n' });
/** A long job that many extend, and jobs that extend each other, in circles too. */
const extended = (field: string) =>
  gitlab(
    `.base: {script: [${times(6000, (at) => `function-sts-assume-role render a${at}, `)}], variables: {${times(3000, (at) => `a${at}: v, `)}}}\n${times(8000, (at) => `job${at}: {${field}: .base}\n`)}`,
  );
const circles = (field: string) =>
  gitlab(
    times(
      3000,
      (at) => `job${at}: {${field}: [${times(11, (by) => `job${(at + by) % 3000}, `)}], script: [kpt fn render]}\n`,
    ),
  );
/** A script that writes into many files, of which it adds others to git. */
const adding = (word: string) =>
  doctor({
    ...inPackage,
    'a.sh': times(8000, (at) => `function-sts-assume-role render . >/tmp/x/y/a${at}\ngit ${word} b${at}\n`),
  });

const composition = (step: string, more = '') =>
  doctor({
    'c.yaml': `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: c}\nspec:\n  pipeline:\n  - {step: a, ${step}}\n${more}`,
  });
const INPUT = 'input: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input';
const roles = (field: string) =>
  composition(
    `${INPUT}, ${field}: [{roles: [${times(5000, (at) => `"arn:aws:iam::1:role/x${at}", `)}]}], generators: [${times(5000, (at) => `{spec: {role: "arn:aws:iam::\${a}:role/y${at}"}}, `)}]}`,
  );

/** Starts in a deep folder, which all patterns of a set are compared with. */
const deepStarts = (field: string): Work => {
  const folder = `${'a'.repeat(200)}/`.repeat(8);
  return doctor({
    'a.yaml': `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: apps, namespace: argo}\nspec:\n  generators: [{git: {directories: [${times(20_000, (at) => `{path: "*aa${at}*"}, `)}]}}]\n  template: {spec: {sources: [{${field}: "{{path}}"}]}}\n`,
    ...Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`${folder}r${at}/kustomization.yaml`, 'resources: [../in]\n']),
    ),
    [`${folder}in/kustomization.yaml`]: 'resources: [s.yaml]\ntransformers: [i.yaml]\n',
    [`${folder}in/i.yaml`]: inputDocument('i'),
    [`${folder}in/s.yaml`]: specDocument('s'),
  });
};
const longKind = (sign: string): Work =>
  doctor({
    's.yaml': specDocument('deployer'),
    'd.yaml': `apiVersion: apps/v1\nkind: "${sign.repeat(400_000)}"\nmetadata: {name: d, namespace: team-a}\nspec: {containers: [${times(200, (at) => `{env: [{name: a${at}, valueFrom: {secretKeyRef: {name: deployer, key: nope}}}]}, `)}]}\n`,
  });

const inSets = (field: string, pathOf: (index: number) => string = () => '{{path}}'): Work =>
  doctor({
    'a.yaml': `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: apps, namespace: argo}\nspec:\n  generators: [{git: {directories: [${times(3000, (at) => `{path: "x${at}/*"}, `)}]}}]\n  template: {spec: {sources: [${times(1500, (at) => `{${field}: "${pathOf(at)}"}, `)}]}}\n`,
    ...Object.fromEntries(
      Array.from({ length: 50 }, (_, at) => [
        [`k/p${at}/kustomization.yaml`, 'resources: [s.yaml]\ntransformers: [i.yaml]\n'],
        [`k/p${at}/i.yaml`, inputDocument('i')],
        [`k/p${at}/s.yaml`, specDocument('s')],
      ]).flat(),
    ),
  });

/** A path in blanks, other ones for each number. */
const inBlanks = (index: number) => `{{${index.toString(2).replaceAll('0', ' ').replaceAll('1', '\\t')}path}}`;

/** Kustomizations of Flux, of each folder above one kustomization and with all sets of variables. */
const inFolders = (field: string): Work => {
  const names = ['name', 'namespace', 'role.account', 'role.partition'];
  const some = (bits: number) => names.filter((_, at) => (bits >> at) & 1).map((name) => `, ${name}: b`);
  const objects = Array.from({ length: 60 * 16 }, (_, at) => {
    const spec = `{path: ./${'a/'.repeat(at / 16)}, ${field}: {substitute: {a: b${some(at % 16).join('')}}}}`;
    return `---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: c${at}}\nspec: ${spec}\n`;
  });
  const folder = 'a/'.repeat(60);
  return doctor({
    'x.yaml': objects.join(''),
    [`${folder}kustomization.yaml`]: `configMapGenerator: [{name: c, files: [${times(10_000, (at) => `a${at}=f, `)}]}]\n`,
    [`${folder}f`]: 'a',
  });
};

/** CronJobs that fetch any Secret, beside others that renew others. */
const resting = (isSuspended: boolean): Work => {
  const job = (name: string, suspend: boolean, names: string) =>
    `---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: ${name}}\nspec:\n  schedule: "0 * * * *"\n  suspend: ${suspend}\n  jobTemplate: {spec: {template: {spec: {containers: [{args: [sh, -c, "kubectl get secret ${names} -o yaml; function-sts-assume-role render . | kubectl apply --server-side -f -"]}]}}}}\n`;
  return doctor({
    's.yaml': times(1500, (at) => `---\n${specDocument(`g${at}`)}`),
    'c.yaml':
      times(250, (at) => job(`i${at}`, isSuspended, '-A')) + times(350, (at) => job(`r${at}`, false, `no-${at}`)),
  });
};

/** An object of others, in which a pattern might begin at each character of one word. */
const beside = (data: string): Work =>
  plan({
    'k/kustomization.yaml': 'resources: [s.yaml, c.yaml]\ntransformers: [i.yaml]\n',
    'k/i.yaml': inputDocument('i'),
    'k/s.yaml': specDocument('g'),
    'k/c.yaml': `# ${data}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "${data}"}\n`,
  });

export const WORKFLOWS: Readonly<Record<string, Multiplying>> = {
  'jobs beside many variables': { attack: () => variables('env'), harmless: () => variables('ven') },
  'jobs beside many events': { attack: () => events('on'), harmless: () => events('no') },
  'jobs beside many defaults': { attack: () => defaults('defaults'), harmless: () => defaults('defaulds') },
  'previews that a job of many commands applies': { attack: () => trial('plan'), harmless: () => trial('mint') },
  'commands beside paths that a cache keeps': {
    attack: () => kept('actions/cache'),
    harmless: () => kept('actions/cacke'),
  },
  'a long job of GitLab that many others extend': {
    attack: () => extended('extends'),
    harmless: () => extended('extents'),
  },
  'jobs of GitLab that extend each other': { attack: () => circles('extends'), harmless: () => circles('extents') },
  'files of a script beside what it adds to git': { attack: () => adding('add'), harmless: () => adding('and') },
  'roles of generators beside roles of grants': { attack: () => roles('allow'), harmless: () => roles('allou') },
  'sources of a set beside directories': { attack: () => inSets('path'), harmless: () => inSets('qath') },
  'sources of a set whose paths differ in blanks': {
    attack: () => inSets('path', inBlanks),
    harmless: () => inSets('qath', inBlanks),
  },
  'folders of Flux above one kustomization': {
    attack: () => inFolders('postBuild'),
    harmless: () => inFolders('postBuilt'),
  },
  'CronJobs that rest, beside Secrets and those that renew': {
    attack: () => resting(true),
    harmless: () => resting(false),
  },
  'patterns of a set beside starts in a deep folder': {
    attack: () => deepStarts('path'),
    harmless: () => deepStarts('qath'),
  },
  'a kind of signs that are written out, in each finding of doctor': {
    attack: () => longKind('\u200b'),
    harmless: () => longKind('a'),
  },
  'numbers in one word': { attack: () => beside('1,'.repeat(100_000)), harmless: () => beside('a,'.repeat(100_000)) },
  'dashes in one word': { attack: () => beside('-'.repeat(200_000)), harmless: () => beside('a'.repeat(200_000)) },
};
