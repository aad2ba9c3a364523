import { describe, expect, test } from '@jest/globals';
import { forAllTests } from '../support/for-each-test.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { generatorDocument } from '../support/manifests.ts';
import { EXECUTABLE, messagesOf, runProcess } from '../support/run-function.ts';

// What each program says of a mistake, and that none of them says anything of what only looks like one. A row is a folder.

/** Exit status, and what its errors and warnings have among them. */
type Said = readonly [exit: number, messages: RegExp];
const NOTHING: Said = [0, /^$/];

type Program = 'plan' | 'render' | 'doctor' | 'kpt' | 'kustomize';
type Files = Readonly<Record<string, string>>;

/** A row. kpt and kustomize are asked where there is a Kptfile or kustomization. */
interface Row {
  readonly name: string;
  readonly files: Files;
  /** What all say that a program alone is not named for. */
  readonly all?: Said;
  readonly says?: Readonly<Partial<Record<Program, Said>>>;
  /** Programs that may be silent and end well, and why nobody else could know. */
  readonly silent?: readonly [why: string, ...Program[]];
}

const EXEC = 'config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"';
const LOCAL = 'config.kubernetes.io/local-config: "true"';
const GENERATORS = 'generators.external-secrets.io/v1alpha1';

const spec = (annotations = LOCAL, kind = 'STSAssumeRoleToken') =>
  generatorDocument(undefined, { metadata: `namespace: team-a, annotations: {${annotations}}`, kind });

const typed = (apiVersion: string, kind?: string) => spec(LOCAL, kind).replace(GENERATORS, apiVersion);
const object = (apiVersion: string, kind: string, more = '') =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: neighbour, namespace: team-a}\n${more}`;
const externalSecret = (kind: string, apiVersion = GENERATORS) =>
  object(
    'external-secrets.io/v1',
    'ExternalSecret',
    `spec: {dataFrom: [{sourceRef: {generatorRef: {apiVersion: ${apiVersion}, kind: ${kind}, name: deployer}}}]}\n`,
  );
const STEP = '{exec: function-sts-assume-role}';
const kptfile = (steps = STEP) =>
  `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: app}\npipeline: {mutators: [${steps}]}\n`;
const INPUT = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options, annotations: {${EXEC}}}\n`;
const KPT = { Kptfile: kptfile() };
const KUSTOMIZE = {
  'kustomization.yaml': 'resources: [spec.yaml]\ntransformers: [options.yaml]\n',
  'options.yaml': INPUT,
};

const ONE_OF_US: Said = [1, /did you mean `STSAssumeRoleToken`\? Correct it\. \[SPEC_INVALID\]/];
const OUR_GROUP: Said = [1, /`apiVersion` must be "generators.external-secrets.io\/v1alpha1", got "/];

/** Kinds and groups that are not there, in a package of kpt and in a kustomization. */
const KINDS: readonly Row[] = [
  ...['STSAssumeRole', 'STSAssumeToken', 'STSAssumeRoleSession'].flatMap((kind) => [
    { name: `${kind}, in a package`, files: { ...KPT, 'spec.yaml': typed(GENERATORS, kind) }, all: ONE_OF_US },
    {
      name: `${kind}, in a kustomization`,
      files: { ...KUSTOMIZE, 'spec.yaml': typed(GENERATORS, kind) },
      all: ONE_OF_US,
    },
  ]),
  ...['external-secrets.io/v1', 'generator.external-secrets.io/v1alpha1'].flatMap((group) => [
    { name: `a generator of ${group}, in a package`, files: { ...KPT, 'spec.yaml': typed(group) }, all: OUR_GROUP },
    { name: `a generator of ${group}, alone`, files: { 'spec.yaml': typed(group) }, all: OUR_GROUP },
  ]),
  {
    name: 'a kind in a generatorRef',
    files: { ...KPT, 'spec.yaml': spec(), 'secret.yaml': externalSecret('STSAssumeRole') },
    all: [1, /`spec.dataFrom\[0\].sourceRef.generatorRef.kind` is not a kind .* did you mean `STSAssumeRoleToken`/],
  },
];

const COPIED: Said = [
  0,
  /nothing starts the function for STSAssumeRoleToken "team-a\/deployer": .* \[GENERATOR_UNUSED\]/,
];
/** The function is not there to say it, and `render` makes the Secret. */
const UNSTARTED = [
  'nobody starts the function, and `render` is not asked who would',
  'render',
  'kpt',
  'kustomize',
] as const;

const COMPONENT = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n';
/** The function starts in a folder of its own. */
const apart = (list: string, kind: string) => ({
  'kustomization.yaml': `resources: [spec.yaml]\n${list}: [start]\n`.replace(']\nresources: [', ', '),
  'spec.yaml': spec(),
  'start/kustomization.yaml': `${kind}transformers: [options.yaml]\n`,
  'start/options.yaml': INPUT,
});

/** What kustomize refuses: in words of its own. */
const UNFIT: readonly Row[] = [
  {
    name: 'a component without its kind',
    files: apart('components', ''),
    all: [1, /kustomization.yaml:2: .* `components` names "start", which has no `kind: Component`/],
    says: { kustomize: [1, /^$/] },
  },
  {
    name: 'a component under `resources`',
    files: apart('resources', COMPONENT),
    all: [1, /kustomization.yaml:1: .* `resources` names "start", which is a component/],
    says: { kustomize: [1, /^$/] },
  },
];

const TWICE: Row = {
  name: 'a generator under `generators` and `resources`',
  files: { 'kustomization.yaml': 'generators: [spec.yaml]\nresources: [spec.yaml]\n', 'spec.yaml': spec(EXEC) },
  all: [1, /kustomization.yaml:1: .* STSAssumeRoleToken "team-a\/deployer" is there twice/],
  says: { kustomize: [1, /^$/] },
};

/** Nothing starts the function. */
const IDLE: readonly Row[] = [
  {
    name: 'a generator under `resources` alone',
    files: { 'kustomization.yaml': 'resources: [spec.yaml]\n', 'spec.yaml': spec() },
    says: { plan: COPIED, doctor: COPIED },
    silent: UNSTARTED,
  },
  {
    name: 'a generator under `resources` of a base',
    files: {
      'kustomization.yaml': 'resources: [base]\n',
      'base/kustomization.yaml': 'resources: [spec.yaml]\n',
      'base/spec.yaml': spec(),
    },
    says: { plan: COPIED, doctor: COPIED },
    silent: UNSTARTED,
  },
  {
    name: 'an Input under `resources`',
    files: {
      'kustomization.yaml': 'resources: [spec.yaml, options.yaml]\n',
      'options.yaml': INPUT,
      'spec.yaml': spec(),
    },
    says: { plan: COPIED, doctor: COPIED },
    silent: UNSTARTED,
  },
  {
    name: 'a Kptfile without a pipeline',
    files: { Kptfile: 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: app}\n', 'spec.yaml': spec() },
    says: { plan: COPIED, doctor: COPIED },
    silent: UNSTARTED,
  },
  {
    name: 'a Kptfile without our step',
    files: { Kptfile: kptfile(''), 'spec.yaml': spec(), 'options.yaml': INPUT },
    says: { plan: COPIED, doctor: COPIED },
    silent: UNSTARTED,
  },
  {
    name: 'an Input without the function annotation',
    files: { ...KUSTOMIZE, 'options.yaml': INPUT.replace(EXEC, ''), 'spec.yaml': spec() },
    says: {
      plan: [0, /kustomize fails at Input "options": it has no function annotation, .* \[FUNCTION_NOT_FOUND\]/],
      doctor: [1, /error: options.yaml:1: kustomize fails at Input "options": it has no function annotation, /],
      kustomize: [1, /^$/], // in words of its own
    },
    silent: ['`render` is not asked who would start it', 'render'],
  },
];

const APPLICATION = 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: app, namespace: argo}\n';

/** What becomes of the output. */
const HOSTS: readonly Row[] = [
  {
    name: 'an Application of Argo CD that builds a kustomization with the function',
    files: { ...KUSTOMIZE, 'spec.yaml': spec(), 'argo/app.yaml': `${APPLICATION}spec: {source: {path: .}}\n` },
    says: {
      doctor: [0, /Argo CD may not start Input "options": Application "argo\/app" .* no `argocd-cm` in these files/],
    },
    silent: ["only Argo CD's settings say what it does", 'plan', 'render', 'kustomize'],
  },
];

const says = (exit: number, messages: RegExp): Said => [exit, messages];
const changed = (from: string, to: string) => ({ ...KPT, 'spec.yaml': spec().replace(from, to) });
const labelled = (label: string) => ({
  Kptfile: kptfile('{exec: function-sts-assume-role, configPath: options.yaml}'),
  'spec.yaml': spec().replace('namespace: team-a', `namespace: team-a, labels: {${label}}`),
  'options.yaml': `${INPUT}sessions: [{match: {labels: {tier: prod}}, via: ['arn:aws:iam::123456789012:role/hub']}]\n`,
});

/** Values that are not meant so. */
const VALUES: readonly Row[] = [
  {
    name: 'a generator without a name',
    files: changed('name: deployer, ', ''),
    says: { kpt: says(1, /^$/) }, // in words of its own
    all: says(1, /cannot use STSAssumeRoleToken|a host wants `kind` and `metadata.name`/),
  },
  {
    name: 'a label value with a slip',
    files: labelled('tier: prd'),
    all: says(1, /its label "tier" is "prd", and `match`/),
  },
  {
    name: 'a label name with a slip',
    files: labelled('teir: prod'),
    all: says(1, /it has a label "teir", and `match`/),
  },
  {
    name: 'a variable of Flux',
    files: changed('eu-west-1', '"${AWS_REGION}"'),
    all: says(1, /still has "\$\{AWS_REGION\}", a variable of Flux or envsubst/),
  },
  {
    name: 'a duration that is no number',
    files: changed('role/deployer"', 'role/deployer", requestParameters: {sessionDuration: 1h}'),
    all: says(1, /must be a number of seconds, got "1h"; write 3600/),
  },
  {
    name: 'an account of eleven digits',
    files: changed('::123456789012:', '::12345678901:'),
    all: says(1, /an account ID has 12 digits, and this one has 11/),
  },
];

/** What only the host knows of names. */
const NAMES: readonly Row[] = [
  {
    name: 'set-namespace before ours',
    files: {
      Kptfile: kptfile(
        `{image: 'ghcr.io/kptdev/krm-functions-catalog/set-namespace:v0.3.4', configMap: {namespace: prod}}, ${STEP}`,
      ),
      'spec.yaml': spec(),
    },
    says: {
      render: says(1, /may change what this function reads or makes.* \[HOST_NEEDED\]/),
      kpt: says(1, /^$/),
    },
    silent: ['a plan says it as a note, and there is nothing to mend', 'plan', 'doctor'],
  },
  {
    name: 'a patch that renames',
    files: {
      ...KUSTOMIZE,
      'kustomization.yaml':
        'resources: [spec.yaml]\ntransformers: [options.yaml]\npatches: [{target: {kind: STSAssumeRoleToken}, options: {allowNameChange: true}, patch: "- {op: replace, path: /metadata/name, value: other}"}]\n',
      'spec.yaml': spec(),
    },
    says: { render: says(1, /cannot render this package: .* \[HOST_NEEDED\]/) },
    silent: ['a plan says it as a note, and kustomize makes the Secret', 'plan', 'doctor', 'kustomize'],
  },
  {
    name: 'a hash in the name of what a generator makes',
    files: {
      'kustomization.yaml': 'generators: [spec.yaml]\n',
      'spec.yaml': spec(`${EXEC}, kustomize.config.k8s.io/needs-hash: "true"`),
    },
    says: {
      render: says(1, /`kustomize.config.k8s.io\/needs-hash` of .* may change its Secret.* \[HOST_NEEDED\]/),
      doctor: says(0, /\[SECRET_ROLLS_OUT\]/),
    },
    silent: ['a plan says it as a note, and kustomize makes the Secret', 'plan', 'kustomize'],
  },
];

/** A kustomization with a patch for `target`, and a Deployment beside the generator. */
const patched = (target: string, more = '') => ({
  ...KUSTOMIZE,
  'kustomization.yaml': `resources: [spec.yaml, web.yaml]\ntransformers: [options.yaml]\npatches: [{target: {${target}}, patch: "- {op: add, path: /metadata/labels, value: {a: b}}"}]\n${more}`,
  'spec.yaml': spec(),
  'web.yaml': object('apps/v1', 'Deployment'),
});
const IDLE_PATCH = says(
  0,
  /kustomization.yaml:3: `patches` has a patch without effect: its target ".*\[PATCH_UNUSED\]/,
);

/** Patches that kustomize passes over. */
const PATCHES: readonly Row[] = [
  { name: 'a slip in the name', files: patched('kind: STSAssumeRoleToken, name: deplyer') },
  { name: 'a slip in the kind', files: patched('kind: STSAssumeRoleTokn, name: deployer') },
  { name: 'another group', files: patched('group: external-secrets.io, kind: STSAssumeRoleToken') },
  {
    name: 'the name that it has in the end',
    files: patched('kind: STSAssumeRoleToken, name: p-deployer', 'namePrefix: p-\n'),
    says: { render: says(1, /\[PATCH_UNUSED\]/) },
  },
  { name: 'a slip in the name of another object', files: patched('kind: Deployment, name: neighbuor') },
].map(({ name, files, says }) => ({
  ...{ name: `a patch of kustomize for ${name}`, files, all: IDLE_PATCH, says: { kustomize: NOTHING, ...says } },
  silent: ['kustomize passes over it', 'kustomize'],
}));

/** A kustomization with a replacement for `target`. */
const replaced = (target: string) => ({
  ...KUSTOMIZE,
  'kustomization.yaml': `resources: [spec.yaml, web.yaml]\ntransformers: [options.yaml]\nreplacements: [{source: {kind: Deployment, name: neighbour}, targets: [{select: {${target}}, fieldPaths: [metadata.labels.web], options: {create: true}}]}]\n`,
  'spec.yaml': spec(),
  'web.yaml': object('apps/v1', 'Deployment'),
});
const REPLACEMENT: Row = {
  name: 'a replacement with a slip in the name',
  files: replaced('kind: STSAssumeRoleToken, name: deplyer'),
  all: says(0, /kustomization.yaml:3: `replacements` has a replacement without effect: .*\[PATCH_UNUSED\]/),
  says: { kustomize: NOTHING },
  silent: ['kustomize passes over it', 'kustomize'],
};

/** Each beside a good package, of which nothing is to be said. */
const NEIGHBOURS: readonly Row[] = [
  ...[
    ['a generator of External Secrets', object(GENERATORS, 'Grafana')],
    ['a generator of External Secrets that is newer than we', object(GENERATORS, 'NewThing')],
    ['an ExternalSecret that names it', externalSecret('NewThing')],
    ['the ExternalSecret of another project', object('kubernetes-client.io/v1', 'ExternalSecret')],
    ['the Input of another function', object('pt.fn.crossplane.io/v1beta1', 'Input')],
  ].map(([name = '', neighbour = '']) => ({
    name,
    files: { ...KPT, 'spec.yaml': spec(), 'neighbour.yaml': neighbour },
    all: NOTHING,
  })),
  {
    name: 'a script that prints a command',
    files: { ...KUSTOMIZE, 'spec.yaml': spec(), 'a.sh': 'echo "kustomize build ."\n' },
  },
  { name: 'loose files', files: { 'spec.yaml': spec(), 'options.yaml': INPUT }, all: NOTHING },
  {
    name: 'a package that kustomize builds once kpt has rendered it',
    files: { ...KPT, 'kustomization.yaml': 'resources: [spec.yaml]\n', 'spec.yaml': spec() },
    all: NOTHING,
  },
  {
    name: 'an Application of Argo CD that builds something else',
    files: { ...KUSTOMIZE, 'spec.yaml': spec(), 'argo/app.yaml': `${APPLICATION}spec: {source: {path: argo}}\n` },
    all: NOTHING,
  },
  {
    name: 'a step with blanks around the program',
    files: {
      Kptfile: kptfile('{exec: "  function-sts-assume-role "}'),
      'spec.yaml': spec(),
    },
    all: NOTHING,
  },
  ...[
    'kind: Deployment, name: neighbour',
    'kind: Deployment, name: neigh.*',
    'kind: Deployment, name: other',
    'kind: StatefulSet',
    'labelSelector: a=b, kind: Deployment',
  ].map((target) => ({ name: `a patch for ${target}`, files: patched(target), all: NOTHING })),
  { name: 'a replacement by the name', files: replaced('kind: Deployment, name: neighbour'), all: NOTHING },
  { name: 'a component', files: apart('components', COMPONENT), all: NOTHING },
  {
    name: 'a kustomization with a marker at its end',
    files: {
      ...KUSTOMIZE,
      'kustomization.yaml': `---\n${KUSTOMIZE['kustomization.yaml']}---\n# end\n`,
      'spec.yaml': spec(),
    },
    all: NOTHING,
  },
  {
    name: "a generator for a cluster's operator",
    files: {
      'kustomization.yaml': 'resources: [spec.yaml]\n',
      'spec.yaml': spec('sts.fn.crossplane.io/ignore: "true"'),
    },
    all: NOTHING,
  },
  {
    name: 'a base whose overlay starts the function',
    files: {
      'kustomization.yaml': 'resources: [base]\ntransformers: [options.yaml]\n',
      'options.yaml': INPUT,
      'base/kustomization.yaml': 'resources: [spec.yaml]\n',
      'base/spec.yaml': spec(),
    },
    all: NOTHING,
  },
];

const hosts = forAllTests(() => startHosts({ environment: { STS_FUNCTION_OUTPUT: 'stream' } }));

const FLAGS = ['build', '--enable-alpha-plugins', '--enable-exec', '.'];

function ask(program: Program, cwd: string) {
  if (program === 'kpt') return hosts.run('kpt', ['fn', 'render', '.', '--allow-exec', '-o', 'unwrap'], { cwd });
  if (program === 'kustomize') return hosts.run('kustomize', FLAGS, { cwd });
  return runProcess(EXECUTABLE, [program, '.'], { cwd, environment: hosts.environment });
}

function programsFor(files: Files): readonly Program[] {
  const real = { Kptfile: 'kpt', 'kustomization.yaml': 'kustomize' } as const;
  const asked = Object.entries(real).flatMap(([file, program]) => (Object.hasOwn(files, file) ? [program] : []));
  return ['plan', 'render', 'doctor', ...asked];
}

async function expectRow({ files, all, says = {}, silent: [, ...mayBeSilent] = [''] }: Row, isMistake: boolean) {
  const folder = await hosts.folder(files);
  for (const program of programsFor(files)) {
    const { exit, stdout, stderr } = await ask(program, folder);
    const messages =
      messagesOf(program, { stdout, stderr })
        .match(/(?:error|warning): .+/g)
        ?.join('\n') ?? '';
    const [wanted, part] = says[program] ?? all ?? NOTHING;
    expect({ program, exit, messages }).toEqual({ program, exit: wanted, messages: expect.stringMatching(part) });
    const maySay = isMistake && !mayBeSilent.includes(program);
    expect({ program, isSilent: exit === 0 && messages === '' }).toEqual({ program, isSilent: !maySay });
  }
}

describe('a mistake', () => {
  test.each([...KINDS, ...UNFIT, TWICE, ...IDLE, ...HOSTS, ...VALUES, ...NAMES, ...PATCHES, REPLACEMENT])(
    '$name',
    (row) => expectRow(row, true),
  );
});

describe('no mistake', () => {
  test.each(NEIGHBOURS)('$name', (row) => expectRow(row, false));
});
