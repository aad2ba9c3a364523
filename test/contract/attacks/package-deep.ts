import type { Multiplying } from '../../support/expect-little-work.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list, specDocument } from '../../support/manifests.ts';
import type { Work } from '../../support/run-measured.ts';
import { doctor, EXEC, filesOf, inputDocument, kptfile, plan, times } from './package-work.ts';

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

const setters = (count: number) => '- {image: "gcr.io/kpt-fn/apply-setters:v0.2", configMap: {x: q}}\n'.repeat(count);
const foo = (lines: string) => `apiVersion: v1\nkind: Foo\nmetadata: {name: a}\nspec:\n${lines}`;
/** A long value that a pattern of setters fits nearly everywhere. */
const set = (word: string): Work => {
  const value = `q${'a'.repeat(400)}b${'a'.repeat(400_000)}`;
  return plan({
    Kptfile: kptfile(EXEC + setters(99)),
    'big.yaml': foo(times(2, (at) => `  k${at}: ${value} # kpt-${word}: \${x}${'a'.repeat(400)}b\${y}\n`)),
    's.yaml': specDocument('s'),
  });
};
/** Many such lines, in packages in each other. */
const setInside = (word: string): Work =>
  plan({
    Kptfile: kptfile(EXEC + setters(99)),
    ...Object.fromEntries(
      Array.from({ length: 19 }, (_, at) => [`${'p/'.repeat(at + 1)}Kptfile`, kptfile(setters(99))]),
    ),
    [`${'p/'.repeat(19)}big.yaml`]: foo(times(20_000, (at) => `  k${at}: q-r # kpt-${word}: \${x}-\${y}\n`)),
    's.yaml': specDocument('s'),
  });
const heads = (head: string, separator = ''): Work =>
  plan({
    Kptfile: kptfile(EXEC + setters(1)),
    's.yaml': `${separator === '' ? `# ${head.repeat(60_000)}x\n` : ''}${specDocument('s')}`,
    ...(separator && {
      'k.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: k}\n# ${head.repeat(60_000)}${separator}#x\n\ndata: {}\n`,
    }),
  });
const labelled = (step: string): Work =>
  plan({
    Kptfile: kptfile(`- {image: "ghcr.io/kptdev/krm-functions-catalog/${step}}\n`.repeat(5000) + EXEC),
    ...filesOf(10_000, (at) => [`f${at}.yaml`, 'kind: A\napiVersion: v1\nmetadata: {name: a}\n']),
    's.yaml': specDocument('s'),
  });
/** Very many keys in a map, which stands so deep. */
const keys = (depth: number): Work =>
  plan({
    'a.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nspec: ${'{a: '.repeat(depth)}{${times(300_000, (at) => `k${at},`)}}${'}'.repeat(depth)}\n`,
  });
const longRole = (sign: string): Work =>
  doctor({
    's.yaml': specDocument('s'),
    'c.yaml': `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: c}\nspec:\n  pipeline:\n  - step: a\n    input:\n      apiVersion: sts.fn.crossplane.io/v1beta1\n      kind: Input\n      allow: [{roles: [${times(5000, (at) => `a${at},`)}]}]\n      generators:\n      - {apiVersion: generators.external-secrets.io/v1alpha1, kind: STSAssumeRoleToken, metadata: {name: g}, spec: {region: eu-west-1, role: "arn:aws:iam::123456789012:role/${':a'.repeat(200_000)}:${sign}{x}"}}\n`,
  });
/** Workflows of a step that aliases repeat. */
const repeated = (count: number, step: string, more = ''): Work =>
  doctor({
    's.yaml': specDocument('s'),
    ...filesOf(count, (at) => [
      `.github/workflows/w${at}.yaml`,
      `on: push\njobs:\n  j:\n    steps:\n${more}    - &s ${step}\n${'    - *s\n'.repeat(250)}`,
    ]),
  });
const writing = (word: string): Work =>
  repeated(120, `{run: "${times(41, (at) => `function-sts-assume-role ${word} . >x${at}\\n`)}"}`);
const uploading = (action: string): Work =>
  repeated(
    200,
    `{uses: actions/${action}@v4, with: {path: "${'a\\n'.repeat(600)}"}}`,
    '    - run: function-sts-assume-role render . >x.yaml\n',
  );
/** Readers of a key that a Secret of very many keys lacks. */
const lacking = (reference: string): Work =>
  doctor({
    'a.yaml': specDocument('s'),
    'e.yaml': `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: d, namespace: team-a}\nspec:\n  target:\n    template:\n      data: {${times(9000, (at) => `k${String(at).padStart(190, '0')}: a,`)}z: a}\n  dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: s}}}]\n`,
    'd.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: team-a}\nspec: {template: {spec: {containers: [{env: [${times(300, (at) => `{name: a${at}, valueFrom: {${reference}: {name: d, key: z${at}}}}, `)}]}]}}}\n`,
  });
const ofGitlab = (variable: string): Work =>
  doctor({
    's.yaml': specDocument('s'),
    '.gitlab-ci.yml': times(700, (at) => `j${at}: {variables: {${variable}: x}, script: [a]}\n`),
  });

/** ExternalSecrets of which each has 1,600 templates by aliases, or one. */
const templated = (alias: string): Work => {
  const again = (name: string) => (alias === '' ? '' : times(39, () => `, ${alias}${name}`));
  const all = `[&t {configMap: {name: c, items: [&i {key: k}${again('i')}]}}${again('t')}]`;
  return plan({
    'a.yaml': specDocument('s'),
    'e.yaml': times(
      400,
      (at) =>
        `---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e${at}, namespace: team-a}\nspec:\n  dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: s}}}]\n  target: {template: {templateFrom: ${all}}}\n# ${'x'.repeat(300)}\n`,
    ),
  });
};
/** A step of setters, and a comment whose names another one gives. */
const denseSetters = (word: string): Work => {
  const names = Array.from({ length: 140 }, (_, at) => (370 + at).toString(36)); // of two letters
  const line = `  k: 1${'-1'.repeat(names.length - 1)} # kpt-${word}: ${names.map((name) => `\${${name}}`).join('-')}\n`;
  return plan({
    Kptfile: kptfile(EXEC + setters(99).replaceAll('x: q', 'aa: q')),
    's.yaml': specDocument('s'),
    'o.yaml': `apiVersion: v1\nkind: Other\nmetadata: {name: o}\nspec:\n${times(3000, (at) => line.replace('k', `k${at}`))}`,
  });
};
/** Containers of a runtime, and mounts of as many. */
const mounting = (kind: string): Work =>
  doctor({
    's.yaml': specDocument('s'),
    'r.yaml': `apiVersion: pkg.crossplane.io/v1beta1\nkind: ${kind}\nmetadata: {name: default}\nspec:\n  deploymentTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n${times(12_000, () => '          - {name: package-runtime, args: [--policy, /zzz/a]}\n')}          - name: package-runtime\n            volumeMounts: [${times(12_000, (at) => `{name: a, mountPath: /a${at}}, `)}]\n---\napiVersion: pkg.crossplane.io/v1\nkind: Function\nmetadata: {name: f}\nspec: {package: example.org/function-sts-assume-role}\n`,
  });
/** CronJobs that apply, each with Secrets that it fetches, and Roles with bindings. */
const bound = (kind: string): Work =>
  doctor({
    's.yaml': specDocument('s'),
    'c.yaml': times(
      400,
      (at) =>
        `---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c${at}, namespace: team-a}\nspec: {schedule: "*/5 * * * *", jobTemplate: {spec: {template: {spec: {serviceAccountName: a${at}, containers: [{name: c, command: [bash, -eo, pipefail, -c], args: ["${times(20, (by) => `kubectl get secret s${by} -o yaml --ignore-not-found >a${by}\\n`)}function-sts-assume-role render /a | kubectl apply --server-side -f -"]}]}}}}}\n`,
    ),
    'r.yaml': times(
      900,
      (at) =>
        `---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata: {name: r${at}, namespace: team-a}\nrules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}Binding\nmetadata: {name: r${at}, namespace: team-a}\nroleRef: {kind: Role, name: x${at}}\nsubjects: [${times(20, (by) => `{kind: ServiceAccount, name: a${by}, namespace: team-a}, `)}]\n`,
    ),
  });

/** A CronJob that renders, and more of its pod and container. */
const cronJob = (name: string, { more = '', container = '', script = '', account = 'a' } = {}) =>
  `---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: ${name}, namespace: team-a}\nspec: {schedule: "*/5 * * * *", jobTemplate: {spec: {template: {spec: {serviceAccountName: ${account}, ${more}containers: [{name: c, ${container}command: [bash, -c], args: ["${script}function-sts-assume-role render /a | kubectl apply -f -"]}]}}}}}\n`;
const pods = (text: string, more = ''): Work =>
  doctor({ 's.yaml': specDocument('s'), 'c.yaml': text, ...(more && { 'm.yaml': more }) });
const mountedBy = (kind: string) =>
  pods(
    times(50, (at) => cronJob(`c${at}`, { more: `volumes: [{name: v, ${kind}: {name: m}}], ` })),
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: team-a}\ndata:\n${times(90, (key) => `  k${key}: |\n${times(130, (at) => `    a${at}: {b: c, d: [e, f]}\n`)}`)}`,
  );
const installing = (verb: string) =>
  pods(
    cronJob('c', {
      more: `initContainers: [${times(400, () => `{args: [${verb}, /t], volumeMounts: [{name: t, mountPath: /t}]}, `)}], `,
      container: `env: [{name: PATH, value: "${times(80_000, (at) => `/a${at}:`)}/t"}], volumeMounts: [{name: t, mountPath: /t}], `,
    }),
  );
const fetching = (word: string) =>
  pods(
    cronJob('c', {
      script: `${`kubectl ${word} secret `.repeat(15_000)} --ignore-not-found ${'a'.repeat(150_000)}\\n`,
    }),
  );
const rbac = (kind: string, name: string, rest: string) =>
  `---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: team-a}\n${rest}\n`;
const ruled = (account: string) =>
  pods(
    times(50, (at) => cronJob(`c${at}`, { script: times(9, (by) => `kubectl get secret s${by} -o yaml\\n`) })),
    `${rbac('Role', 'r', `rules: [${'{resources: [secrets]},'.repeat(4000)}]`)}${times(200, (at) => rbac('RoleBinding', `b${at}`, `roleRef: {kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: ${account}, namespace: team-a}]`))}`,
  );
const setLists = (word: string): Work =>
  plan({
    Kptfile: kptfile(
      `- {image: "gcr.io/kpt-fn/apply-setters:v0.2", configMap: {aa: "${'- a\\n'.repeat(1500)}"}}\n${EXEC}`,
    ),
    's.yaml': specDocument('s'),
    'o.yaml': `apiVersion: v1\nkind: Other\nmetadata: {name: o}\nspec:\n${times(1000, (at) => `  k${at}: # kpt-${word}: \${aa}\n  - b\n`)}`,
  });
const setWords = (word: string): Work =>
  plan({
    Kptfile: kptfile(`- {image: "gcr.io/kpt-fn/apply-setters:v0.2", configMap: {aa: b}}\n${EXEC}`),
    's.yaml': specDocument('s'),
    'o.yaml': `apiVersion: v1\nkind: Other\nmetadata: {name: o}\nspec:\n${times(950, () => `  - ${'a'.repeat(1900)} # kpt-${word}: \${aa}\n`)}`,
  });

/** A path that goes back over what is long. */
const going = (back: string) => `${'a'.repeat(200_000)}/${`b/${back}/`.repeat(100_000)}`;
const based = (back: string): Work =>
  plan({ 's.yaml': specDocument(), 'k/kustomization.yaml': `resources:\n- ${going(back)}\n` });
const built = (back: string): Work =>
  doctor({ 's.yaml': specDocument(), 'run.sh': `kustomize build ${going(back)}\n` });
const sent = (back: string): Work => ({
  input: list(generatorItem(GOOD_SPEC, { metadata: `annotations: {config.kubernetes.io/path: ${going(back)}s.yaml}` })),
});

export const DEEP: Readonly<Record<string, Multiplying>> = {
  'steps back in the path of a base': { attack: () => based('..'), harmless: () => based('.x') },
  'steps back in a path that a command has, for doctor': { attack: () => built('..'), harmless: () => built('.x') },
  'steps back in the path of an item': { attack: () => sent('..'), harmless: () => sent('.x') },
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
  'a long value that setters fit nearly': { attack: () => set('set'), harmless: () => set('sat') },
  'lines with setters in 20 packages in each other': {
    attack: () => setInside('set'),
    harmless: () => setInside('sat'),
  },
  'heads of blocks in a comment beside setters': { attack: () => heads(': |#'), harmless: () => heads(': ;#') },
  'heads of blocks in a comment that a separator ends': {
    attack: () => heads(': |#', '\u2028'),
    harmless: () => heads(': ;#', '\u2028'),
  },
  'templates that aliases repeat in each of many documents': {
    attack: () => templated('*'),
    harmless: () => templated(''),
  },
  '99 steps that look at comments of 140 setters': {
    attack: () => denseSetters('set'),
    harmless: () => denseSetters('sat'),
  },
  'containers of a runtime beside mounts': {
    attack: () => mounting('DeploymentRuntimeConfig'),
    harmless: () => mounting('DeploymentRuntimeConfix'),
  },
  'CronJobs beside Roles and bindings': { attack: () => bound('Role'), harmless: () => bound('Rolx') },
  '5,000 steps that set labels of 10,000 objects': {
    attack: () => labelled('set-labels:v0.2", configMap: {x: q}'),
    harmless: () => labelled('set-image:v0.1", configMap: {name: q, newTag: r}'),
  },
  'a ConfigMap of many keys that 50 pods mount': {
    attack: () => mountedBy('configMap'),
    harmless: () => mountedBy('configMax'),
  },
  'init containers beside a long PATH': { attack: () => installing('install'), harmless: () => installing('instalx') },
  'very many fetches in one line': { attack: () => fetching('get'), harmless: () => fetching('gex') },
  'bindings of a Role of very many rules': { attack: () => ruled('a'), harmless: () => ruled('b') },
  'lines with a setter of a long list': { attack: () => setLists('set'), harmless: () => setLists('sat') },
  'long words beside setters': { attack: () => setWords('set'), harmless: () => setWords('sat') },
  'keys of a deep map': { attack: () => keys(495), harmless: () => keys(1) },
  'a long role with a variable beside roles of grants': { attack: () => longRole('$'), harmless: () => longRole('x') },
  'a step that writes, which aliases repeat': { attack: () => writing('render'), harmless: () => writing('rendex') },
  'paths of an artifact, which aliases repeat': {
    attack: () => uploading('upload-artifact'),
    harmless: () => uploading('upload-artifacx'),
  },
  'readers of keys that a Secret of 9,000 keys lacks': {
    attack: () => lacking('secretKeyRef'),
    harmless: () => lacking('secretKeyRex'),
  },
  'variables of GitLab that no run would take': {
    attack: () => ofGitlab('STS_FUNCTION_TIMEOUT'),
    harmless: () => ofGitlab('STS_FUNCTION_TIMEOUX'),
  },
};
