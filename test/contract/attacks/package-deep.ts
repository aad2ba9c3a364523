import type { Multiplying } from '../../support/expect-little-work.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';
import { doctor, EXEC, filesOf, inputDocument, kptfile, times } from './package-work.ts';

/** Long texts that are searched in others, and paths of deep folders, which cost no bytes, compared with as many others. */

const folder = (length: number) => `${'d'.repeat(200)}/`.repeat(Math.ceil(length / 201));
const fives = (word: string, script: string) =>
  `on:\n  ${word}: [{cron: "*/5 * * * *"}]\njobs:\n  j:\n    steps:\n    - run: |\n${script.replaceAll(/^(?=.)/gm, '        ')}`;
const APPLY = '| kubectl apply --server-side -f -';
const long = (sign: string) => `${'a'.repeat(100_000)}${sign}${'a'.repeat(100_000)}`;

/** A file with a token, and the pattern of a grant that does not have it. */
const granted = (sign: string): Work => ({
  input: list(
    generatorItem(GOOD_SPEC),
    functionConfig(
      `  allow: [{roles: ["arn:aws:iam::*:role/*"], identities: ["tokenFile:/*${long(sign)}*"]}]\n  sessions: [{identity: {tokenFile: /${'a'.repeat(400_000)}}}]\n`,
    ),
  ),
});
/** The same of a role of a Composition. */
const composed = (sign: string): Work =>
  doctor({
    's.yaml': specDocument('s'),
    'c.yaml': `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: c}\nspec:\n  pipeline:\n  - step: a\n    input:\n      apiVersion: sts.fn.crossplane.io/v1beta1\n      kind: Input\n      allow: [{roles: ["arn:aws:iam::123456789012:role/*${long(sign)}*:\${x}"]}]\n      generators:\n      - {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: g}, spec: {region: eu-west-1, role: "arn:aws:iam::123456789012:role/${'a'.repeat(400_000)}:\${x}"}}\n`,
  });
/** Sets with patterns each, and kustomizations over one that starts the function. */
const sets = (field: string): Work => {
  const deep = `${'a'.repeat(200)}/`.repeat(8);
  return doctor({
    [`${deep}b/kustomization.yaml`]: 'resources: [s.yaml]\ntransformers: [i.yaml]\n',
    [`${deep}b/s.yaml`]: specDocument('s'),
    [`${deep}b/i.yaml`]: inputDocument('i'),
    ...filesOf(500, (at) => [`${deep}o${at}/kustomization.yaml`, 'resources: [../b]\n']),
    'a.yaml': times(
      25,
      (at) =>
        `---\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: apps${at}, namespace: argo}\nspec:\n  generators: [{git: {directories: [${times(300, (by) => `{path: "*a${at}x${by}*"}, `)}]}}]\n  template: {spec: {source: {${field}: "{{path}}"}}}\n`,
    ),
  });
};
/** Paths of a scheduled job, and Secrets of one package. */
const scheduled = (word: string): Work => {
  const deep = folder(3000);
  return doctor({
    '.github/workflows/w.yaml': fives(
      word,
      times(8000, (at) => `function-sts-assume-role render p${at} ${APPLY}\n`),
    ),
    [`${deep}pkg/Kptfile`]: kptfile(`${EXEC}  configPath: o.yaml\n`),
    [`${deep}pkg/o.yaml`]: `${inputDocument('o')}sessions:\n- secrets:\n${times(5000, (at) => `  - {name: a${at}}\n`)}`,
    [`${deep}pkg/s.yaml`]: specDocument('s'),
  });
};
/** Folders of Flux, and ConfigMaps with variables, in one deep folder. */
const substituted = (field: string): Work => {
  const deep = folder(3600);
  return doctor({
    's.yaml': specDocument('s'),
    [`${deep}c.yaml`]: times(
      4000,
      (at) =>
        `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${at}}\ndata: {a: "sts.fn.crossplane.io/ \${name}"}\n`,
    ),
    'x.yaml': times(
      250,
      (at) =>
        `---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: c${at}}\nspec: {path: ./${deep}q${at}, ${field}: {substitute: {a: b}}}\n`,
    ),
  });
};
/** A step that writes below very many folders, repeated by aliases, beside one that keeps a file. */
const kept = (part: string): Work =>
  doctor({
    'k/kustomization.yaml': 'resources: [s.yaml]\ntransformers: [i.yaml]\n',
    'k/s.yaml': specDocument('s'),
    'k/i.yaml': inputDocument('i'),
    ...filesOf(80, (at) => [
      `.github/workflows/w${at}.yaml`,
      `on: push\njobs:\n  j:\n    steps:\n    - {uses: actions/upload-artifact@v4, with: {path: zzz}}\n    - &s {run: function-sts-assume-role render k >${part.repeat(4900)}.yaml}\n${'    - *s\n'.repeat(48)}`,
    ]),
  });
/** CronJobs that hand their Secrets in, of which each is due at another time. */
const due = (dayOf: (index: number) => string): Work => {
  const cronJob = (name: string, day: string, script: string) =>
    `---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: ${name}}\nspec:\n  schedule: "* * * * ${day}"\n  jobTemplate: {spec: {template: {spec: {containers: [{args: [sh, -c, "${script}"]}]}}}}\n`;
  const render = `function-sts-assume-role render . ${APPLY}`;
  return doctor({
    Kptfile: kptfile(`${EXEC}  configPath: o.yaml\n`),
    'o.yaml': `${inputDocument('o')}sessions:\n- renew: {before: 1m}\n`,
    's.yaml': times(
      100,
      (at) => `---\n${specDocument(`g${at}`).replace("'}", `', requestParameters: {sessionDuration: ${900 + at}}}`)}`,
    ),
    'c.yaml': `${times(1500, (at) => cronJob(`r${at}`, dayOf(at), `kubectl get secret -o yaml; ${render}`))}${cronJob('last', '*', render)}`,
  });
};
/** Commands that nearly name a folder, and files beside it. */
const misspelt = (isSlip: boolean): Work => {
  const [deep, name] = [folder(3600), 'a-render-package-teams'];
  const slip = (at: number) =>
    `${name.slice(0, at % 20)}${String.fromCodePoint(97 + Math.floor(at / 20))}${name.slice((at % 20) + 1)}`;
  const nameOf = (at: number) => (isSlip ? slip(at) : `zzzzzzz-zzzzzzz-${String(at).padStart(6, '0')}`);
  return doctor({
    ...filesOf(6000, (at) => [`${deep}m${String(at).padStart(5, '0')}-of-teamsss.yaml`, 'a: b\n']),
    [`${deep}${name}/Kptfile`]: kptfile(EXEC),
    [`${deep}${name}/s.yaml`]: specDocument('s'),
    'x.sh': times(200, (at) => `kpt fn render ${deep}${nameOf(at)} --allow-exec\n`),
  });
};

export const DEEP: Readonly<Record<string, Multiplying>> = {
  'a long part of a pattern in a long path': { attack: () => granted('b'), harmless: () => granted('a') },
  'a long part of a pattern in a long role of a step': { attack: () => composed('b'), harmless: () => composed('a') },
  'patterns of many sets beside kustomizations': { attack: () => sets('path'), harmless: () => sets('qath') },
  'paths of a schedule beside Secrets in a deep folder': {
    attack: () => scheduled('schedule'),
    harmless: () => scheduled('schedulx'),
  },
  'folders of Flux beside ConfigMaps in a deep folder': {
    attack: () => substituted('postBuild'),
    harmless: () => substituted('postBuilt'),
  },
  'a file in very many folders, in each of many steps': { attack: () => kept('a/'), harmless: () => kept('aa') },
  'schedules that differ in the day beside Secrets that are due at other times': {
    attack: () => due((at) => String(at).padStart(5, '0')),
    harmless: () => due(() => '*    '),
  },
  'commands that nearly name a package beside files of a deep folder': {
    attack: () => misspelt(true),
    harmless: () => misspelt(false),
  },
};
