import { generatorDocument, specDocument } from './manifests.ts';

/** Kustomizations whose edits deceive who compares texts and names, and those whose edits leave our objects alone. */
export type EditedTree = readonly [what: string, files: Readonly<Record<string, string>>];

const IGNORED =
  'annotations: {sts.fn.crossplane.io/ignore: "true", config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
const EXEC = 'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}';
const INPUT = `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: options, ${EXEC}}\n`;
const GROUP = 'generators.external-secrets.io/v1alpha1';
const ROLE = 'arn:aws:iam::123456789012:role/puller';
const META = 'metadata: {name: deployer, namespace: team-a}';
const APP = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app, labels: {a: b}}\nspec: {replicas: 1}\n';
const GONE = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\n$patch: delete\n';
const MERGE = 'configMapGenerator: [{name: made, behavior: merge, literals: [a=b]}]\n';
/** Ours but for its kind. */
const FOO = generatorDocument(undefined, { name: 'foo', kind: 'Foo' });

const ops = (...all: readonly (readonly [path: string, value: string])[]) =>
  `'${JSON.stringify(all.map(([path, value]) => ({ op: 'replace', path, value })))}'`;
const OTHER_ROLE = ops(['/spec/role', ROLE]);

const tree = (more: string, files: Readonly<Record<string, string>> = {}, resources = 'spec.yaml, app.yaml') => ({
  'kustomization.yaml': `resources: [${resources}]\ntransformers: [options.yaml]\n${more}`,
  'spec.yaml': specDocument(),
  'app.yaml': APP,
  'options.yaml': INPUT,
  ...files,
});
const target = (selector: string, patch = OTHER_ROLE, more = '') =>
  tree(`patches: [{target: ${selector}, patch: ${patch}${more}}]\n`);
const patchFile = (text: string, name = 'patch.yaml') => tree(`patches: [{path: ${name}}]\n`, { [name]: text });
const ofFoo = (more: string) => tree(more, { 'foo.yaml': FOO }, 'spec.yaml, foo.yaml');
const ofPush = (more: string, name = 'other') =>
  tree(
    more,
    {
      'push.yaml': `apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: {name: push, namespace: team-a}\nspec: {selector: {generatorRef: {apiVersion: ${GROUP}, kind: STSAssumeRoleToken, name: ${name}}}}\n`,
    },
    'spec.yaml, push.yaml',
  );
const builtin = (kind: string, more: string) => `apiVersion: builtin\nkind: ${kind}\nmetadata: {name: own}\n${more}`;
const transformed = (list: string, text: string) => ({
  ...tree('', { 'own.yaml': text }),
  'kustomization.yaml': `resources: [spec.yaml, app.yaml]\ntransformers: [${list}]\n`,
});
const ofMetadata = (field: string) => `fieldSpecs: [{path: metadata/${field}, create: true}]\n`;
const LABELS = builtin('LabelTransformer', `labels: {tier: prod}\n${ofMetadata('labels')}`);
const MATCHING = `${INPUT}sessions: [{match: {labels: {tier: prod}}, secrets: [{name: matched}]}]\n`;
const VARIABLE = '{name: A, objref: {kind: Deployment, name: app, apiVersion: apps/v1}}';
const PREFIX = 'prefix: p-\nfieldSpecs: [{path: metadata/name}]\n';
const REMEMBERED = ['Names: old', 'Kinds: STSAssumeRoleToken', 'Namespaces: team-a'].map(
  (text) => `internal.config.kubernetes.io/previous${text}`,
);
const SCOPE = { version: 'v1alpha1', group: 'generators.external-secrets.io', kind: 'STSAssumeRoleToken' };
const OPENAPI = {
  definitions: { own: { type: 'object', 'x-kubernetes-group-version-kind': [SCOPE] } },
  paths: {
    '/apis/generators.external-secrets.io/v1alpha1/stsassumeroletokens/{name}': {
      get: { 'x-kubernetes-action': 'get', 'x-kubernetes-group-version-kind': SCOPE },
    },
  },
};

const SETS_KIND = '{op: replace, path: /kind, value: STSAssumeRoleToken}';
const SETS_REGION = '{op: replace, path: /spec/region, value: eu-west-1}';
/** Its working folder is that of the kustomization. */
const IN_PACKAGE = '/proc/self/cwd/function-sts-assume-role';
const started = (annotations: string): Readonly<Record<string, string>> => ({
  ...tree(''),
  'options.yaml': INPUT.replace(EXEC, `annotations: {${annotations}}`),
});

/** By most of them kustomize changes what is ours, or makes others ours; it refuses some. */
/** An ExternalSecret that reads a ConfigMap, or adds to a Secret. */
const reading = (target: string, object: string) =>
  tree(
    '',
    {
      'secret.yaml': `apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: app, namespace: team-a}\nspec:\n  target: ${target}\n  dataFrom: [{sourceRef: {generatorRef: {apiVersion: ${GROUP}, kind: STSAssumeRoleToken, name: deployer}}}]\n`,
      'object.yaml': object,
    },
    'spec.yaml, secret.yaml, object.yaml',
  );
const FROM_MAP =
  '{name: app, template: {engineVersion: v2, templateFrom: [{configMap: {name: values, items: [{key: a}]}}]}}';

/** A file of another kind beside ours. */
const beside = (name: string, text: string) => tree('', { [name]: text }, `spec.yaml, ${name}`);
const another = (text: string) =>
  beside('other.yaml', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: team-a}\n${text}`);
const OTHER_JSON = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}}';
const packing = (text: string, more = '') =>
  tree(`configMapGenerator: [{name: made, files: [made.tsv]${more}}]\n`, { 'made.tsv': text });
/** A base beside an overlay of it, and prefixes around both; the base has something that names its Secret. */
const nested = (outer: string, inner: string): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(tree('')).map(([name, text]) => [`base/${name}`, text])),
  'base/app.yaml': `${APP.replace('replicas: 1', 'template: {spec: {containers: [{name: c, envFrom: [{secretRef: {name: deployer}}]}]}}')}`,
  'green/kustomization.yaml': `resources: [../base]\n${inner}`,
  'kustomization.yaml': `resources: [base, green]\n${outer}`,
});

const SCALES_ROLLOUTS = 'replicas:\n- path: spec/replicas\n  kind: Rollout\n';
const rollout = (configuration: string) =>
  tree('replicas: [{name: app, count: 3}]\nconfigurations: [c.yaml]\n', {
    'app.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: app}\nspec: {replicas: 1}\n',
    'c.yaml': configuration,
  });

const deletion = (apiVersion: string, kind: string) =>
  JSON.stringify(`$patch: delete\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: x}\n`);

/** A start that kustomize hands on to another one. */
const staying = (start: string) => ({
  'kustomization.yaml': 'resources: [spec.yaml]\ngenerators: [g.yaml]\ntransformers: [options.yaml]\n',
  'spec.yaml': specDocument(),
  'g.yaml': start,
  'options.yaml': `${INPUT}sessions: [{match: {names: ["*puller"]}, secrets: [{name: another}]}]\n`,
});

export const DECEIVING: readonly EditedTree[] = [
  ['references that may mean two Secrets', nested('namePrefix: p-\n', 'namePrefix: green-\n')],
  ['the same by suffixes', nested('nameSuffix: -p\n', 'nameSuffix: -green\n')],
  ['a file that begins with a tab, in a ConfigMap', packing('\ta\tb\nc\td\te\n')],
  [
    'a literal that begins with a tab, in a ConfigMap',
    tree('configMapGenerator: [{name: made, literals: ["a=\\tb\\nc"]}]\n'),
  ],
  ['a file with a character of control, in a ConfigMap', packing('a\u0090b\n')],
  [
    'an annotation of what is made, which begins with a tab',
    packing('a\n', ', options: {annotations: {a: "\\tb\\nc"}}'),
  ],
  ['a common annotation that begins with a tab', tree('commonAnnotations: {a: "\\tb\\nc"}\n')],
  [
    "another's annotation that begins with a tab",
    beside('other.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, annotations: {a: "\\tb\\nc"}}\n'),
  ],
  ["another's character of control", another('data: {a: "b\\u0090c"}\n')],
  ['a block of another that begins with a tab', another('data:\n  a: |\n    \tb\n')],
  ['a line of blanks with a tab before a block', another('data:\n  a: |\n    \t\n    b\n')],
  ['a block in a kustomization that begins with a tab', tree('commonAnnotations:\n  a: |\n    \tb\n')],
  ['a tab behind a text that is JSON', beside('other.json', `${OTHER_JSON}\n\t\n`)],
  ['a tab before a text that is JSON', beside('other.json', `\t${OTHER_JSON}\n`)],
  ['an alias of nothing in another', another('data: {a: *b}\n')],
  ['a merge key of a text in another', another('data: {<<: a, b: c}\n')],
  ['a merge key of an alias of a text in another', another('spec:\n  x: &x a\n  y: {<<: *x, b: c}\n')],
  [
    'two merge keys in one map of another',
    another('spec:\n  x: &x {a: b}\n  y: &y {c: d}\n  z:\n    <<: *x\n    <<: *y\n'),
  ],
  ...['0b11', '1_000', '"1e400"', '"<<"', '"\\u0085x"', '"\\x7f"', '>\n    a\n\n     b'].map(
    (value): EditedTree => [
      `a ConfigMap with ${value}, which a template reads`,
      reading(
        FROM_MAP,
        `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values, namespace: team-a}\ndata:\n  a: ${value}\n`,
      ),
    ],
  ),
  ...['2020-01-01', '1_000', '"1e400"'].map(
    (value): EditedTree => [
      `a ConfigMap that starts the function, with ${value}`,
      {
        'kustomization.yaml': 'resources: [app.yaml]\ntransformers: [options.yaml]\n',
        'app.yaml': APP,
        'options.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: options, ${EXEC}}\ndata: {region: eu-west-1, role: "${ROLE}", name: d, externalID: ${value}}\n`,
      },
    ],
  ),
  ...['labels: {a: 2020-01-01}', 'annotations: {a: true}', 'labels: {"1e400": b}'].map(
    (part): EditedTree => [
      `a Secret to which an ExternalSecret adds, with ${part}`,
      reading(
        '{name: app, creationPolicy: Merge}',
        `apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: team-a, ${part}}\ndata: {a: b}\n`,
      ),
    ],
  ),
  [
    'a Secret to which an ExternalSecret adds, with a variable in a label',
    {
      ...reading(
        '{name: app, creationPolicy: Merge}',
        `apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: team-a, labels: {a: "$(A)"}}\ndata: {a: b}\n---\n${APP}`,
      ),
      'kustomization.yaml': `resources: [spec.yaml, secret.yaml, object.yaml]\ntransformers: [options.yaml]\nvars: [${VARIABLE}]\n`,
    },
  ],
  ...Object.entries({
    beside: '',
    'in an overlay': 'resources: [a]\n',
    renamed: 'resources: [a]\nnamePrefix: p-\n',
  }).map(
    ([where, resources]): EditedTree => [
      `a start of nothing, which stays as an object, and another ${where}`,
      {
        'kustomization.yaml': `${resources}transformers: [${resources === '' ? 'a/spec.yaml, ' : ''}options.yaml]\n`,
        ...(resources === '' ? {} : { 'a/kustomization.yaml': 'transformers: [spec.yaml]\n' }),
        'a/spec.yaml': generatorDocument(undefined, { name: 'puller' }).replace('metadata: {', `metadata: {${EXEC}, `),
        'options.yaml': `${INPUT}sessions: [{secrets: [{name: another}]}]\n`,
      },
    ],
  ),
  ...Object.entries({
    'a Deployment that a patch finds by its kind': `resources: [o.yaml]\npatches: [{target: {kind: Deployment}, patch: ${deletion('apps/v1', 'Deployment')}}]\n`,
    'a Deployment by its name from a patch': `resources: [o.yaml]\npatches: [{target: {kind: Deployment}, patch: ${ops(['/metadata/name', 'zz'])}}, {target: {kind: Deployment, name: zz}, patch: ${deletion('apps/v1', 'Deployment')}}]\n`,
    'a Namespace by its name from a field': `resources: [b]\npatches: [{target: {kind: Namespace, name: dev}, patch: ${deletion('v1', 'Namespace')}}]\n`,
    'a ConfigMap by its name': `resources: [c.yaml]\npatches: [{patch: ${deletion('v1', 'ConfigMap')}}]\n`,
    'a ConfigMap that kustomize makes': `configMapGenerator: [{name: q, literals: [a=b]}]\npatches: [{target: {kind: ConfigMap}, patch: ${deletion('v1', 'ConfigMap')}}]\n`,
    'a start of what is to be ignored': `resources: [t]\npatches: [{target: {kind: Deployment}, patch: ${deletion('apps/v1', 'Deployment')}}]\n`,
    'an Input that is taken before': 'resources: [i.yaml]\ntransformers: [input.yaml]\n',
  }).map(
    ([what, fields]): EditedTree => [
      `a start of nothing behind ${what}, and another in an overlay`,
      {
        'kustomization.yaml': 'resources: [a]\ntransformers: [options.yaml]\n',
        'a/kustomization.yaml': fields.includes('transformers')
          ? fields.replace('[input.yaml]', '[input.yaml, spec.yaml]')
          : `${fields}transformers: [spec.yaml]\n`,
        'a/o.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n',
        'a/c.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n',
        'a/b/kustomization.yaml': 'resources: [n.yaml]\nnamespace: dev\n',
        'a/b/n.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: here}\n',
        'a/i.yaml': INPUT.replace(`options, ${EXEC}`, 'other'),
        'a/input.yaml': INPUT,
        'a/t/kustomization.yaml': 'resources: [o.yaml]\ntransformers: [g.yaml]\n',
        'a/t/o.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n',
        'a/t/g.yaml': generatorDocument(undefined, { name: 'gg' }).replace('metadata: {', `metadata: {${IGNORED}, `),
        'a/spec.yaml': generatorDocument(undefined, { name: 'puller' }).replace('metadata: {', `metadata: {${EXEC}, `),
        'options.yaml': `${INPUT}sessions: [{secrets: [{name: another}]}]\n`,
      },
    ],
  ),
  [
    'a Secret that kustomize makes, to which an ExternalSecret adds',
    {
      ...reading('{name: app, creationPolicy: CreateOrMerge}', APP),
      'kustomization.yaml':
        'resources: [spec.yaml, secret.yaml]\nsecretGenerator: [{name: app, namespace: team-a, literals: [a=b]}]\ntransformers: [options.yaml]\n',
    },
  ],
  [
    'a Secret with numbers, to which an ExternalSecret adds',
    reading(
      '{name: app, creationPolicy: Merge}',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: team-a}\ndata: {a: 0b11, b: "1e400"}\n',
    ),
  ],
  [
    'a session of a base that another Input asks for otherwise',
    {
      'kustomization.yaml': 'resources: [base]\ntransformers: [options.yaml]\n',
      'options.yaml': `${INPUT}sessions: [{last: {sessionName: second}}]\n`,
      'base/kustomization.yaml': 'resources: [spec.yaml]\ntransformers: [options.yaml]\n',
      'base/options.yaml': `${INPUT}sessions: [{last: {sessionName: first}}]\n`,
      'base/spec.yaml': specDocument(),
    },
  ],
  ...['"STSAssume\\u0052oleToken"', "'STSAssumeRoleToken'", '!!str STSAssumeRoleToken', '>-\n  STSAssumeRoleToken'].map(
    (kind): EditedTree => [
      `a patch file of kind ${kind}`,
      patchFile(`apiVersion: ${GROUP}\nkind: ${kind}\n${META}\nspec: {role: "${ROLE}"}\n`),
    ],
  ),
  [
    'a patch in JSON, with an escape',
    patchFile(
      `{"apiVersion": "${GROUP}", "kind": "STSAssume\\u0052oleToken", ${JSON.stringify({ metadata: { name: 'deployer', namespace: 'team-a' }, spec: { role: ROLE } }).slice(1)}\n`,
      'patch.json',
    ),
  ],
  [
    'an escape in the apiVersion',
    patchFile(
      `apiVersion: "${GROUP.replace('.', '\\u002e')}"\nkind: "\\x53TSAssumeRoleToken"\n${META}\nspec: {role: "${ROLE}"}\n`,
    ),
  ],
  [
    'an inline patch in flow style',
    tree(
      `patches:\n- patch: |-\n    {apiVersion: ${GROUP}, kind: "STSAssume\\u0052oleToken", ${META}, spec: {role: "${ROLE}"}}\n`,
    ),
  ],
  [
    'a patch behind another one',
    patchFile(`${APP}---\napiVersion: ${GROUP}\n"k\\u0069nd": STSAssumeRoleToken\n${META}\nspec: {role: "${ROLE}"}\n`),
  ],
  [
    'a merge key',
    patchFile(
      `apiVersion: ${GROUP}\nkind: Deployment\n<<: {kind: STSAssumeRoleToken}\n${META}\nspec: {role: "${ROLE}"}\n`,
    ),
  ],
  [
    'a list of patches',
    patchFile(
      `apiVersion: v1\nkind: FooList\nitems: [{apiVersion: ${GROUP}, kind: STSAssumeRoleToken, ${META}, spec: {role: "${ROLE}"}}]\n`,
    ),
  ],
  [
    'patchesStrategicMerge that is written',
    tree(
      `patchesStrategicMerge:\n- |-\n  {apiVersion: ${GROUP}, kind: "STSAssume\\u0052oleToken", ${META}, spec: {role: "${ROLE}"}}\n`,
    ),
  ],
  ...[
    'STS.*',
    '(?i)stsassumeroletoken',
    '.+Token',
    'STSAssumeRoleToken|Foo',
    '[S]TSAssumeRoleToken',
    '^STS.*$',
    '',
  ].map((kind): EditedTree => [`a target of kind "${kind}"`, target(`{kind: ${JSON.stringify(kind)}}`)]),
  ['a target of labels', target('{labelSelector: "!none"}')],
  ['a target of a name', target('{name: "d.ployer"}')],
  ['a field of a target in another case', target('{kind: Deployment, Kind: STSAssumeRoleToken}')],
  [
    'patchesJson6902 of a pattern',
    tree(`patchesJson6902: [{target: {version: v1alpha1, kind: STS.*, name: de.*}, patch: ${OTHER_ROLE}}]\n`),
  ],
  ...['/kind', 'x/kind'].map(
    (path): EditedTree => [
      `an operation on ${path}`,
      ofFoo(`patches: [{target: {kind: Foo}, patch: ${ops([path, 'STSAssumeRoleToken'])}}]\n`),
    ],
  ),
  ...[
    `- ${SETS_REGION} #\\u2028- ${SETS_KIND}`,
    `- ${SETS_REGION} #\\r- ${SETS_KIND}`,
    `%YAML 1.1\\n---\\n- {op: replace, path: /spec/region, <<: {path: /kind}, value: STSAssumeRoleToken}`,
    `- {op: copy, from: /spec/region, path: /spec/region}\\n- ${SETS_KIND.replace('/kind', '!!binary L2tpbmQ=')}`,
  ].map(
    (patch): EditedTree => [
      `operations that Go reads otherwise: ${patch}`,
      ofFoo(`patches: [{target: {kind: Foo}, patch: "${patch}\\n"}]\n`),
    ],
  ),
  [
    'items for a list without',
    tree(
      `patches: [{target: {kind: FooList}, patch: '${JSON.stringify([{ op: 'add', path: '/items', value: [] }])}'}]\n`,
      { 'list.yaml': 'apiVersion: v1\nkind: FooList\nmetadata: {name: a}\n' },
      'spec.yaml, list.yaml',
    ),
  ],
  [
    'items for a list without, by a patch of its kind',
    tree(
      'patches: [{target: {kind: FooList}, patch: "{apiVersion: v1, kind: Foo, metadata: {name: a}, items: []}"}]\n',
      { 'list.yaml': 'apiVersion: v1\nkind: FooList\nmetadata: {name: a}\n' },
      'spec.yaml, list.yaml',
    ),
  ],
  [
    'items for a list without, by a replacement',
    tree(
      'replacements: [{source: {kind: Deployment, name: app, fieldPath: metadata.name}, targets: [{select: {kind: FooList}, fieldPaths: [items.0], options: {create: true}}]}]\n',
      { 'list.yaml': 'apiVersion: v1\nkind: FooList\nmetadata: {name: a}\n' },
      'spec.yaml, app.yaml, list.yaml',
    ),
  ],
  ...['allowKindChange', 'AllowKindChange'].map(
    (option): EditedTree => [
      option,
      ofFoo(
        `patches:\n- target: {kind: Foo}\n  options: {${option}: true}\n  patch: |-\n    apiVersion: ${GROUP}\n    kind: STSAssumeRoleToken\n    metadata: {name: foo}\n`,
      ),
    ],
  ),
  [
    'allowKindChange as an annotation',
    ofFoo(
      `patches:\n- target: {kind: Foo}\n  patch: |-\n    apiVersion: ${GROUP}\n    kind: STSAssumeRoleToken\n    metadata: {name: foo, annotations: {internal.config.kubernetes.io/allowKindChange: allowed}}\n`,
    ),
  ],
  [
    'a replacement of a kind',
    ofFoo('replacements: [{sourceValue: STSAssumeRoleToken, targets: [{select: {kind: Foo}, fieldPaths: [kind]}]}]\n'),
  ],
  [
    'a replacement of a kind, by a pattern of fields',
    ofFoo(
      'replacements: [{sourceValue: STSAssumeRoleToken, targets: [{select: {kind: Foo}, fieldPaths: ["[kind]"]}]}]\n',
    ),
  ],
  [
    'replacements of a file',
    tree('replacements: [{path: r.yaml}]\n', {
      'r.yaml': `{sourceValue: "${ROLE}", targets: [{select: {kind: STS.*}, fieldPaths: [spec.role]}]}\n`,
    }),
  ],
  [
    'replacements of a file, behind a line break of YAML 1.1',
    {
      ...ofFoo('replacements: [{path: r.yaml}]\n'),
      'r.yaml':
        'source: {kind: Foo, fieldPath: metadata.name}\ntargets:\n- select: {kind: Foo}\n  fieldPaths:\n  - spec.region #\u2028  - kind\n',
    },
  ],
  [
    'a replacement from what is not there',
    tree(
      'replacements: [{source: {kind: ConfigMap, name: none}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels.a]}]}]\n',
    ),
  ],
  [
    'a variable from what is not there',
    tree('vars: [{name: A, objref: {kind: ConfigMap, name: none, apiVersion: v1}}]\n'),
  ],
  ['a program by an absolute path', started(`config.kubernetes.io/function: "exec: {path: ${IN_PACKAGE}}"`)],
  ['an image', started('config.kubernetes.io/function: "container: {image: example.org/function-sts-assume-role}"')],
  [
    'arguments behind a line break of YAML 1.1',
    started('config.kubernetes.io/function: "exec: #\\u2028  args: [help]\\n  path: function-sts-assume-role"'),
  ],
  ...['internal.config.kubernetes.io/path', 'config.kubernetes.io/path'].map(
    (name): EditedTree => [
      `a function for one folder: ${name}`,
      started(`config.kubernetes.io/function: "exec: {path: function-sts-assume-role}", ${name}: in/options.yaml`),
    ],
  ),
  [
    'a former name in a file of bases',
    {
      ...target('{kind: STSAssumeRoleToken, name: old}'),
      'kustomization.yaml': `bases: [spec.yaml]\ntransformers: [options.yaml]\npatches: [{target: {kind: STSAssumeRoleToken, name: old}, patch: ${OTHER_ROLE}}]\n`,
      'spec.yaml': specDocument().replace('{name:', `{annotations: {${REMEMBERED.join(', ')}}, name:`),
    },
  ],
  [
    'a kind that a base beside changes',
    {
      ...tree('', {}, 'spec.yaml, in'),
      'in/foo.yaml': FOO,
      'in/kustomization.yaml': `resources: [foo.yaml]\npatches: [{target: {kind: Foo}, patch: ${ops(['/kind', 'STSAssumeRoleToken'])}}]\n`,
    },
  ],
  [
    'a Secret that gets the name of ours',
    tree(
      `patches: [{target: {kind: Secret, name: kept}, patch: ${ops(['/metadata/name', 'deployer'])}}]\n`,
      {
        'kept.yaml':
          'apiVersion: v1\nkind: Secret\nmetadata: {name: kept, namespace: team-a, labels: {kept: "yes"}, annotations: {sts.fn.crossplane.io/generator: STSAssumeRoleToken/team-a/deployer}}\n',
      },
      'spec.yaml, kept.yaml',
    ),
  ],
  [
    'a former name in a file',
    {
      ...target('{kind: STSAssumeRoleToken, name: old}'),
      'spec.yaml': specDocument().replace('{name:', `{annotations: {${REMEMBERED.join(', ')}}, name:`),
    },
  ],
  [
    'a former name in a file, behind an escape',
    {
      ...target('{kind: STSAssumeRoleToken, name: old}'),
      'spec.yaml': specDocument().replace(
        '{name:',
        `{annotations: {${REMEMBERED.map((text) => text.replace(/(.*)kube(.*): (.*)/, '"$1\\x6bube$2": $3')).join(', ')}}, name:`,
      ),
    },
  ],
  [
    'a replacement from what may be a Secret of the function too',
    {
      'app.yaml': APP,
      'kustomization.yaml':
        'resources: [app.yaml]\ngenerators: [g.yaml]\nreplacements: [{source: {name: g, fieldPath: metadata.name}, targets: [{select: {kind: Deployment}, fieldPaths: [spec.a]}]}]\n',
      'g.yaml': generatorDocument(undefined, { name: 'g', metadata: EXEC }),
    },
  ],
  [
    'a folded text with an indented line',
    tree('', {
      'options.yaml': `${INPUT}sessions:\n- secrets:\n  - name: made\n    annotations:\n      note: >\n        a\n          b\n`,
    }),
  ],
  ['a prefix that is too large as a number', tree('namePrefix: "1e400"\n')],
  [
    'a character that go-yaml does not write',
    tree('', { 'spec.yaml': specDocument().replace('{name:', '{annotations: {a: "\\x7f"}, name:') }),
  ],
  [
    'a former name as an annotation of all',
    {
      'kustomization.yaml': `resources: [in]\ntransformers: [options.yaml]\npatches: [{target: {kind: STSAssumeRoleToken, name: old}, patch: ${OTHER_ROLE}}]\n`,
      'options.yaml': INPUT,
      'in/kustomization.yaml': `resources: [spec.yaml]\ncommonAnnotations: {${REMEMBERED.join(', ')}}\n`,
      'in/spec.yaml': specDocument(),
    },
  ],
  ...[ops(['/spec/selector/generatorRef/name', 'deployer']), ops(['/spec/selector/generatorRef/name', 'other'])].map(
    (patch): EditedTree => [
      `a PushSecret that gets another generator: ${patch}`,
      ofPush(
        `patches: [{target: {kind: PushSecret}, patch: ${patch}}]\n`,
        patch.includes('other') ? 'deployer' : 'other',
      ),
    ],
  ),
  [
    'labels in a field of a PushSecret',
    ofPush(
      'labels: [{pairs: {name: deployer}, fields: [{kind: PushSecret, path: spec/selector/generatorRef, create: true}]}]\n',
    ),
  ],
  ...['x\\u2028y', '<<', '1e400', '0x1234567890abcdef12'].map(
    (text): EditedTree => [
      `a text that kustomize hands on otherwise: ${text}`,
      { ...tree(''), 'options.yaml': `${INPUT}sessions: [{last: {policy: {a: "${text}"}}}]\n` },
    ],
  ),
  ...[
    APP.replace('apps/v1', 'apps/v1beta1'),
    APP.replace('apiVersion: apps/v1\n', ''),
    APP.replace('name: app', 'name: app, namespace: other'),
    APP.replace('Deployment', 'deployment'),
  ].map((text): EditedTree => [`a patch of what is not there: ${text}`, patchFile(text)]),
  ['two patches for a target', target('{kind: Deployment}', JSON.stringify(`${APP}---\n${APP}`))],
  ['a selector that is none', target('{kind: Deployment, labelSelector: a=b=c}', ops(['/spec/replicas', '2']))],
  [
    'a patch of two',
    {
      ...patchFile(APP),
      'kustomization.yaml':
        'resources: [spec.yaml, a, b]\ntransformers: [options.yaml]\npatches: [{path: patch.yaml}]\n',
      'base/kustomization.yaml': 'resources: [app.yaml]\n',
      'base/app.yaml': APP,
      'a/kustomization.yaml': 'resources: [../base]\nnamePrefix: a-\n',
      'b/kustomization.yaml': 'resources: [../base]\nnamePrefix: b-\n',
    },
  ],
  [
    'a patch by a namespace that comes later',
    tree(`namespace: prod\npatches: [{path: patch.yaml}]\n`, {
      'patch.yaml': APP.replace('name: app', 'name: app, namespace: prod'),
    }),
  ],
  ...[
    'patches: [{path: gone.yaml}, {path: app.yaml}]',
    'patches: [{path: gone.yaml}]\nreplicas: [{name: app, count: 2}]',
  ].map((more): EditedTree => [`what a patch has taken out: ${more}`, tree(`${more}\n`, { 'gone.yaml': GONE })]),
  [
    'what a base has taken out',
    {
      ...tree('patches: [{path: app.yaml}]\n', {}, 'in, spec.yaml'),
      'in/kustomization.yaml': 'resources: [app.yaml]\npatches: [{path: gone.yaml}]\n',
      'in/app.yaml': APP,
      'in/gone.yaml': GONE,
    },
  ],
  [
    'a patch of two by a name on the way',
    {
      ...patchFile(APP.replace('name: app', 'name: a-app')),
      'kustomization.yaml':
        'resources: [spec.yaml, b, c]\ntransformers: [options.yaml]\npatches: [{path: patch.yaml}]\n',
      'base/kustomization.yaml': 'resources: [app.yaml]\nnamePrefix: a-\n',
      'base/app.yaml': APP,
      'b/kustomization.yaml': 'resources: [../base]\nnamePrefix: b-\n',
      'c/kustomization.yaml': 'resources: [../base]\nnamePrefix: c-\n',
    },
  ],
  [
    'a generated ConfigMap for one elsewhere',
    tree(
      'configMapGenerator: [{name: made, behavior: merge, namespace: other, literals: [a=b]}]\n',
      { 'in/kustomization.yaml': 'configMapGenerator: [{name: made, literals: [a=b]}]\n' },
      'spec.yaml, app.yaml, in',
    ),
  ],
  [
    'a generated ConfigMap for one of a component',
    tree(`components: [part]\n${MERGE}`, {
      'part/kustomization.yaml': `kind: Component\n${MERGE.replace('merge', 'create')}`,
    }),
  ],
  [
    'a former name by an option of a generated Secret',
    tree(
      `secretGenerator: [{name: made, literals: [a=b], options: {annotations: {${REMEMBERED.join(', ').replace('old', 'deployer').replace('STSAssumeRoleToken', 'Secret')}}}}]\n`,
    ),
  ],
  ...['/metadata', '/metadata/name'].map(
    (path): EditedTree => [
      `an operation that takes out ${path}`,
      target('{kind: Deployment, name: app}', `'${JSON.stringify([{ op: 'remove', path }])}'`),
    ],
  ),
  [
    "an operation on kustomize's own annotations",
    target(
      '{kind: Deployment}',
      `'${JSON.stringify([{ op: 'add', path: '/metadata/annotations', value: { 'internal.config.kubernetes.io/previousNames': 'a,b' } }])}'`,
    ),
  ],
  ...['literals: [a=b, a=c]', 'files: [app.yaml, in/app.yaml]', 'files: [=app.yaml]'].map(
    (keys): EditedTree => [
      `a generated ConfigMap with ${keys}`,
      tree(`configMapGenerator: [{name: made, ${keys}}]\n`, { 'in/app.yaml': APP }),
    ],
  ),
  ['an order for others', tree('sortOptions: {order: fifo, legacySortOptions: {orderFirst: [Namespace]}}\n')],
  ['two variables of one name', tree(`vars: [${VARIABLE}, ${VARIABLE}]\n`)],
  ['a name with a comma', tree('namePrefix: p-\n', { 'app.yaml': APP.replace('name: app', 'name: "a,b"') })],
  ['an origin', started(`${EXEC.slice('annotations: {'.length, -1)}, config.kubernetes.io/origin: x`)],
  ['a label that kustomize hands on otherwise', tree('commonLabels: {a: "1e400"}\n')],
  ['an annotation that takes all out', tree('commonAnnotations: {config.kubernetes.io/local-config: "true"}\n')],
  [
    'openapi that makes ours of no namespace',
    tree('namespace: dev\nopenapi: {path: openapi.json}\n', { 'openapi.json': JSON.stringify(OPENAPI) }),
  ],
  [
    'openapi of a base beside',
    {
      ...tree('namespace: dev\n', {}, 'in, spec.yaml'),
      'in/kustomization.yaml': 'resources: [app.yaml]\nopenapi: {path: openapi.json}\n',
      'in/app.yaml': APP,
      'in/openapi.json': JSON.stringify(OPENAPI),
    },
  ],
  [
    'configurations of a base beside',
    {
      ...tree('namePrefix: p-\n', {}, 'in, spec.yaml'),
      'in/kustomization.yaml': 'resources: [app.yaml]\nconfigurations: [c.yaml]\n',
      'in/app.yaml': APP,
      'in/c.yaml': 'namePrefix: [{path: metadata/namespace, kind: STSAssumeRoleToken}]\n',
    },
  ],
  ...[
    ['a prefix of one kind, which takes the place of all', 'namePrefix: [{path: metadata/name, kind: Foo}]'],
    [
      'references that kustomize does not create',
      'nameReference: [{kind: ConfigMap, version: v1, fieldSpecs: [{path: spec/volumes/configMap/name, version: v1, kind: Pod, create: true}]}]',
    ],
  ].map(
    ([what, text]): EditedTree => [
      `configurations of ${what}`,
      tree('namePrefix: p-\nconfigurations: [c.yaml]\n', { 'c.yaml': `${text}\n` }),
    ],
  ),
  ...['create: true', 'create: false'].map(
    (create): EditedTree => [
      `labels in the labels of one kind, which take the place of all: ${create}`,
      {
        ...tree(`labels: [{pairs: {tier: prod}, fields: [{path: metadata/labels, kind: Deployment, ${create}}]}]\n`),
        'options.yaml': MATCHING,
      },
    ],
  ),
  [
    'a start of a generator that is to be ignored, and a patch that takes its annotations',
    {
      ...staying(generatorDocument(undefined, { name: 'puller' }).replace('metadata: {', `metadata: {${IGNORED}, `)),
      'kustomization.yaml': `resources: [spec.yaml]\ngenerators: [g.yaml]\ntransformers: [options.yaml]\npatches: [{target: {kind: STSAssumeRoleToken, name: puller}, patch: '[{"op": "remove", "path": "/metadata/annotations"}]'}]\n`,
    },
  ],
  [
    'a start of a generator by `configFn`, and another',
    staying(
      generatorDocument(undefined, { name: 'puller' }).replace(
        'metadata: {',
        'metadata: {configFn: {exec: {path: function-sts-assume-role}}, ',
      ),
    ),
  ],
  [
    'fields that are the kind of another, as a list',
    tree(
      'images: [{name: Foo, newName: STSAssumeRoleToken}]\nconfigurations: [c.yaml]\n',
      { 'foo.yaml': FOO, 'c.yaml': 'images: [{path: "kind[]", kind: Foo}]\n' },
      'spec.yaml, foo.yaml',
    ),
  ],
  ['replicas of a kind that `configurations` add by another group', rollout(`${SCALES_ROLLOUTS}  group: apps\n`)],
  ...[
    'commonLabels: [{path: spec/selector/matchLabels, kind: Deployment}]',
    'replicas: [{path: spec/replicas, kind: Deployment}]',
    'images: [{path: "spec/template/spec/containers[]/image", kind: Rollout}]',
    'images: [{path: spec/image, kind: Rollout}, {path: spec/image, kind: Rollout, create: true}]',
    'images: [{path: spec/image, kind: Rollout, create: "true"}]',
    'images: [{path: spec/image, kind: Rollout, version: 1}]',
    'namespace: [{path: spec/conversion/webhook/clientConfig/service/namespace, kind: CustomResourceDefinition, group: apiextensions.k8s.io, create: true}]',
  ].map(
    (text): EditedTree => [
      `a configuration that ends the build: ${text}`,
      tree('configurations: [c.yaml]\n', { 'c.yaml': `${text}\n` }),
    ],
  ),
  [
    'two configurations that end the build',
    tree('configurations: [c.yaml, d.yaml]\n', {
      'c.yaml': 'images: [{path: spec/image, kind: Rollout}]\n',
      'd.yaml': 'images: [{path: spec/image, kind: Rollout, create: true}]\n',
    }),
  ],
  ['replicas of a kind that no configuration adds', rollout('images: [{path: spec/image, kind: Rollout}]\n')],
  [
    'configurations of a kind that becomes ours',
    {
      ...tree('namePrefix: STSA\nconfigurations: [c.yaml]\n', {}, 'foo.yaml'),
      'spec.yaml': '',
      'c.yaml': 'namePrefix: [{path: kind, kind: ssumeRoleToken}]\n',
      'foo.yaml': generatorDocument(undefined, { name: 'foo', kind: 'ssumeRoleToken' }),
    },
  ],
  [
    'labels in a field of all',
    tree('labels: [{pairs: {example.org/note: x}, fields: [{path: metadata/annotations, create: true}]}]\n'),
  ],
  [
    'a variable in an annotation of a Secret',
    {
      ...tree('vars: [{name: A, objref: {kind: Deployment, name: app, apiVersion: apps/v1}}]\n'),
      'options.yaml': `${INPUT}sessions: [{match: {}, secrets: [{annotations: {example.org/note: "$(A)"}}]}]\n`,
    },
  ],
  [
    'a transformer that is written',
    transformed(`${JSON.stringify(builtin('PrefixTransformer', PREFIX))}, options.yaml`, ''),
  ],
  [
    'a transformer in the file of ours',
    transformed('own.yaml', `${builtin('PrefixTransformer', PREFIX)}---\n${INPUT}`),
  ],
  [
    'a transformer of labels that has another field',
    transformed(
      'own.yaml, options.yaml',
      builtin('LabelTransformer', 'labels: {a: b}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n'),
    ),
  ],
  [
    'a transformer of labels that starts a function',
    transformed(
      'own.yaml, options.yaml',
      builtin('LabelTransformer', 'labels: {a: b}\nfieldSpecs: [{path: metadata/labels}]\n'),
    ),
  ],
  [
    'a Secret that nobody makes, beside a start',
    tree(`patches: [{patch: "{apiVersion: v1, kind: Secret, metadata: {name: nothing}, stringData: {a: b}}"}]\n`),
  ],
  [
    'a patch by a part of a name',
    {
      ...tree(
        `patches: [{patch: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: team-app}, spec: {replicas: 2}}"}]\n`,
        {},
        'spec.yaml, base',
      ),
      'base/kustomization.yaml': 'resources: [app.yaml]\nnamePrefix: my-team-\n',
      'base/app.yaml': APP,
    },
  ],
  [
    'a name of a Secret that another base renames to ours',
    {
      ...tree('', {}, 'spec.yaml, other'),
      'other/kustomization.yaml': `resources: [secret.yaml]\npatches: [{target: {kind: Secret, name: z}, patch: ${ops(['/metadata/name', 'deployer'])}}]\n`,
      'other/secret.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: z, namespace: team-a}\n',
    },
  ],
  [
    'a Deployment that a target has deleted before',
    tree(
      `patches: [{target: {kind: Deployment}, patch: ${JSON.stringify(GONE)}}, {patch: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: app}, spec: {replicas: 2}}"}]\n`,
    ),
  ],
  ['an operation that is none', target('{kind: Deployment}', `'[{"op": "foo", "path": "/spec/replicas"}]'`)],
  [
    'an operation for all of a kind, where one has to be named',
    tree(`patchesJson6902: [{target: {kind: Deployment, version: v1}, patch: ${ops(['/spec/replicas', '2'])}}]\n`),
  ],
  ['replicas that are no number of Go', tree('replicas: [{name: app, count: 99999999999999999999}]\n')],
  [
    'a JSON patch in flow style, which kustomize reads as JSON',
    target('{kind: Deployment}', "'[{op: replace, path: /spec/replicas, value: 2}]'"),
  ],
  [
    'a patch behind blanks, which kustomize takes away',
    tree('patches: [{patch: "   apiVersion: apps/v1\\n   kind: Deployment\\n   metadata: {name: app}\\n"}]\n'),
  ],
  ['a version that is no pattern', target('{kind: Deployment, version: "v[1"}', ops(['/spec/replicas', '2']))],
  [
    'a patch of annotations as a whole',
    tree(
      'patches: [{target: {kind: Deployment}, patch: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: app, annotations: {$patch: replace, x: y}}}"}]\n',
    ),
  ],
  ...['.nan', '{1: a}', '{2020-01-01: a}'].map(
    (value): EditedTree => [
      `an object that JSON cannot say: ${value}`,
      tree('', { 'app.yaml': `${APP}data: {a: ${value}}\n` }),
    ],
  ),
  [
    "a replacement of an annotation of kustomize's own",
    tree(
      'replacements: [{source: {kind: Deployment, name: app}, targets: [{select: {kind: ConfigMap}, fieldPaths: [".metadata.annotations.[internal.config.kubernetes.io/previousNames]"], options: {create: true}}]}]\n',
      { 'map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' },
      'spec.yaml, app.yaml, map.yaml',
    ),
  ],
  [
    'an annotation of another object whose key kustomize writes as a number',
    tree('', { 'app.yaml': APP.replace('{name: app,', '{name: app, annotations: {"1": a},') }),
  ],
  [
    'such an annotation of a Secret',
    { ...tree(''), 'options.yaml': `${INPUT}sessions: [{match: {}, secrets: [{annotations: {"true": a}}]}]\n` },
  ],
  [
    'former names of a kind that nobody reads',
    tree('', {
      'app.yaml': APP.replace(
        '{name: app,',
        `{name: app, annotations: {${REMEMBERED.join(', ').replaceAll('old', 'deployer')}},`,
      ),
    }),
  ],
  ...[
    ['from another namespace', '{kind: Deployment, namespace: other, name: app}'],
    ['from what is not there, of any kind', '{name: gone}'],
    ['from one of several', '{group: apps}', `---\n${APP.replace('name: app,', 'name: second,')}`],
  ].map(
    ([where, source, more = '']): EditedTree => [
      `a replacement ${where}`,
      tree(
        `replacements: [{source: ${source}, targets: [{select: {kind: Deployment, name: app}, fieldPaths: [spec.replicas]}]}]\n`,
        {
          'app.yaml': `${APP}${more}`,
        },
      ),
    ],
  ),
  [
    'a replacement from nothing',
    tree('replacements: [{targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]}]\n'),
  ],
];

export const HONEST: readonly EditedTree[] = [
  ['lists of nothing', tree('helmCharts: []\ncrds: []\nbuildMetadata: []\nconfigurations: []\n')],
  ['prefixes of two overlays of a base that nothing is around', nested('', 'namePrefix: green-\n')],
  [
    'a base beside an overlay of it, of which nothing names the Secret',
    { ...nested('namePrefix: p-\n', 'namePrefix: green-\n'), 'base/app.yaml': APP },
  ],
  ['a file with tabs, in a ConfigMap', packing('a\tb\n\tc\n')],
  ['a file that begins with a tab and has line ends of Windows', packing('\ta\r\nb\r\n')],
  [
    'anchors, aliases and a merge key in another',
    another('spec:\n  x: &x {a: b}\n  y: [*x, *x]\n  z: {<<: *x, c: d}\n'),
  ],
  ['a block with tabs inside', another('data:\n  a: |\n    b\n    \tc\n')],
  [
    'a ConfigMap as kubectl prints it, which a template reads',
    reading(
      FROM_MAP,
      'apiVersion: v1\ndata:\n  a: "user: {{ .access_key_id }}"\nkind: ConfigMap\nmetadata:\n  name: values\n  namespace: team-a\n',
    ),
  ],
  [
    'a merge key in annotations of another object',
    tree('', { 'app.yaml': APP.replace('{name: app,', '{name: app, annotations: {<<: {a: b}, c: d},') }),
  ],
  ...['Deploy.*', 'Deployment|StatefulSet', '(Deployment|StatefulSet)', '^Deployment$', 'D.ployment'].map(
    (kind): EditedTree => [`a target of kind "${kind}"`, target(`{kind: "${kind}"}`, ops(['/spec/replicas', '2']))],
  ),
  [
    'a target of labels and another kind',
    target('{kind: Deployment, labelSelector: a=b}', ops(['/spec/replicas', '2'])),
  ],
  ...['a', '!c', 'a == b', 'a!=c', 'a in (b, c), c notin (d)'].map(
    (labels): EditedTree => [
      `a target of labels: ${labels}`,
      target(`{kind: Deployment, labelSelector: "${labels}"}`, ops(['/spec/replicas', '2'])),
    ],
  ),
  [
    'a patch of one of two namespaces',
    {
      ...patchFile(APP.replace('name: app', 'name: app, namespace: b')),
      'app.yaml': `${APP.replace('name: app', 'name: app, namespace: a')}---\n${APP.replace('name: app', 'name: app, namespace: b')}`,
    },
  ],
  [
    'a patch by a namespace that it has then',
    {
      ...patchFile(APP.replace('name: app', 'name: app, namespace: dev')),
      'kustomization.yaml':
        'resources: [spec.yaml, a]\nnamespace: prod\ntransformers: [options.yaml]\npatches: [{path: patch.yaml}]\n',
      'a/kustomization.yaml': 'resources: [app.yaml]\nnamespace: dev\nnamePrefix: p-\n',
      'a/app.yaml': APP,
    },
  ],
  [
    'a generated ConfigMap for one of a base',
    tree(MERGE, { 'in/kustomization.yaml': MERGE.replace('merge', 'create') }, 'spec.yaml, in'),
  ],
  [
    'an option of a generated Secret',
    tree('secretGenerator: [{name: made, literals: [a=b], options: {annotations: {example.org/note: x}}}]\n'),
  ],
  ['a patch that takes out another kind', tree('patches: [{path: gone.yaml}]\n', { 'gone.yaml': GONE })],
  [
    'a patch of what is there beside what is taken out',
    {
      ...tree('patches: [{path: app.yaml}]\n', {}, 'in, spec.yaml, app.yaml'),
      'in/kustomization.yaml': 'resources: [app.yaml]\npatches: [{path: gone.yaml}]\n',
      'in/app.yaml': APP,
      'in/gone.yaml': GONE,
    },
  ],
  [
    'kinds that kustomize leaves alone',
    {
      ...tree('namespace: dev\n', {}, 'spec.yaml, all.yaml'),
      'all.yaml':
        'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\napiVersion: flowcontrol.apiserver.k8s.io/v1\nkind: FlowSchema\nmetadata: {name: a}\n',
    },
  ],
  [
    'a replacement as kubebuilder writes it, and one of an annotation',
    tree(
      'replacements: [{source: {kind: Service, name: web, fieldPath: .metadata.name}, targets: [{select: {kind: Certificate, group: cert-manager.io}, fieldPaths: [.spec.dnsNames.0], options: {delimiter: ".", index: 0, create: true}}, {select: {kind: Deployment}, fieldPaths: ["metadata.annotations.[example.org/of]"], options: {create: true}}]}]\n',
      {
        'web.yaml':
          'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c}\nspec: {dnsNames: [SERVICE.NAMESPACE.svc]}\n',
      },
      'spec.yaml, app.yaml, web.yaml',
    ),
  ],
  ['a target of another name', target('{name: app}', ops(['/spec/replicas', '2']))],
  ['another name of another one', target('{kind: Deployment, name: app}', ops(['/metadata/name', 'other']))],
  [
    'other annotations of another kind',
    target('{kind: Deployment}', `'[{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}]'`),
  ],
  [
    'allowNameChange of another one',
    target(
      '{kind: Deployment, name: app}',
      '"kind: Deployment\\nmetadata: {name: x}\\n"',
      ', options: {allowNameChange: true}',
    ),
  ],
  [
    'operations in a file',
    tree('patches: [{target: {kind: Deployment}, path: ops.yaml}]\n', {
      'ops.yaml': '# of the app\n- op: add\n  path: /metadata/labels/c\n  value: d\n',
    }),
  ],
  ['a patch of another kind', patchFile(APP.replace('replicas: 1', 'replicas: 2'))],
  [
    'a patch of another Secret',
    tree(
      'patches: [{path: patch.yaml}]\n',
      {
        'other.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: other}\n',
        'patch.yaml': '{apiVersion: v1, kind: Secret, metadata: {name: other}, stringData: {a: b}}\n',
      },
      'spec.yaml, other.yaml',
    ),
  ],
  [
    'a replacement in another kind',
    tree(
      'replacements: [{source: {kind: Deployment, fieldPath: metadata.name}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels.a]}]}]\n',
    ),
  ],
  [
    'replacements of a file in another kind',
    tree('replacements: [{path: r.yaml}]\n', {
      'r.yaml':
        '- {source: {kind: Deployment, fieldPath: metadata.name}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels.a]}]}\n',
    }),
  ],
  [
    'configurations of webhooks and of definitions',
    tree('namePrefix: p-\nconfigurations: [c.yaml]\n', {
      'c.yaml': `---
# as controllers have them
nameReference:
- kind: Service
  version: v1
  fieldSpecs: [{kind: CustomResourceDefinition, group: apiextensions.k8s.io, path: spec/conversion/webhook/clientConfig/service/name}]
namespace:
- {kind: MutatingWebhookConfiguration, group: admissionregistration.k8s.io, path: webhooks/clientConfig/service/namespace, create: true}
- {kind: CustomResourceDefinition, version: v1, group: apiextensions.k8s.io, path: spec/conversion/webhook/clientConfig/service/namespace, create: false}
images:
- {path: spec/template/spec/containers/image, kind: Rollout}
varReference:
- path: metadata/annotations
- {path: data/config, kind: ConfigMap}
`,
    }),
  ],
  [
    'configurations of a kind that kustomize does not know',
    tree('commonLabels: {tier: prod}\nconfigurations: [c.yaml]\n', {
      'c.yaml': `commonLabels:
- {path: spec/selector/matchLabels, create: true, kind: Rollout}
- {path: spec/template/metadata/labels, create: true, kind: Rollout}
nameReference:
- {kind: ConfigMap, version: v1, fieldSpecs: [{path: spec/template/spec/volumes/configMap/name, kind: Rollout}]}
`,
    }),
  ],
  [
    'two configurations that agree',
    tree('configurations: [c.yaml, d.yaml]\n', {
      'c.yaml': 'images: [{path: spec/image, kind: Rollout}]\n',
      'd.yaml':
        'images: [{path: spec/image, kind: Rollout}]\ncommonAnnotations: [{path: spec/template/metadata/annotations, kind: Deployment, create: true}]\n',
    }),
  ],
  ['replicas of a kind that `configurations` adds', rollout(SCALES_ROLLOUTS)],
  [
    'fields of labels of another kind',
    tree(
      'labels: [{pairs: {c: d}, fields: [{path: spec/template/metadata/labels, create: true, kind: Deployment}]}]\n',
    ),
  ],
  ['one name for all of another kind', target('{kind: Deployment}', ops(['/metadata/name', 'other']))],
  ['one namespace for all of another kind', target('{kind: Deployment}', ops(['/metadata/namespace', 'other']))],
  [
    'a patch that tests a name',
    tree(
      'patches: [{target: {kind: Deployment}, patch: "- {op: test, path: /metadata/name, value: app}\\n- {op: add, path: /spec/paused, value: true}\\n"}]\n',
    ),
  ],
  ['a transformer of labels', transformed('own.yaml, options.yaml', LABELS)],
  [
    'a transformer of labels before what matches them',
    { ...transformed('own.yaml, options.yaml', LABELS), 'options.yaml': MATCHING },
  ],
  ['a transformer of labels behind it', { ...transformed('options.yaml, own.yaml', LABELS), 'options.yaml': MATCHING }],
  [
    'a transformer of annotations behind it',
    transformed(
      'options.yaml, own.yaml',
      builtin('AnnotationsTransformer', `annotations: {example.org/note: x}\n${ofMetadata('annotations')}`),
    ),
  ],
  [
    'a transformer of labels in an overlay',
    {
      'kustomization.yaml': 'resources: [in]\ntransformers: [own.yaml]\n',
      'own.yaml': LABELS,
      ...Object.fromEntries(Object.entries(tree('')).map(([name, text]) => [`in/${name}`, text])),
    },
  ],
  [
    'a kind that ends as lists do',
    tree(
      'namePrefix: p-\n',
      { 'list.yaml': 'apiVersion: traefik.io/v1alpha1\nkind: IPAllowList\nmetadata: {name: a}\n' },
      'spec.yaml, list.yaml',
    ),
  ],
  [
    'a variable of a field, as pages of kustomize spell it',
    tree(`vars: [${VARIABLE.slice(0, -1)}, fieldref: {fieldpath: metadata.name}}]\n`),
  ],
  ['variables', tree('vars: [{name: A, objref: {kind: Deployment, name: app, apiVersion: apps/v1}}]\n')],
  [
    'a patch of a Namespace that the kustomization renames',
    tree(
      `namespace: dev\npatches: [{patch: "{apiVersion: v1, kind: Namespace, metadata: {name: here, labels: {a: b}}}"}]\n`,
      { 'here.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: here}\n' },
      'spec.yaml, here.yaml',
    ),
  ],
];
