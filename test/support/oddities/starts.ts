import {
  asJson,
  type Change,
  ESCAPED_KIND,
  ESCAPED_VERSION,
  EXEC,
  edited,
  entry,
  extra,
  inFolder,
  isTransformers,
  KIND,
  kustomization,
  named,
  type Oddity,
  OTHER_ROLE,
  only,
  quoted,
  SETS_ROLE,
  type Site,
} from './site.ts';

const start =
  (change: (text: string, site: Site) => string): Oddity =>
  (site) =>
    edited(site, `${site.folder}/start.yaml`, (text) => change(text, site));
const ANNOTATION = `annotations: {${EXEC}}`;
const annotation = (text: string): Oddity => start((before) => before.replace(ANNOTATION, () => text));

/** A function that is not ours: it puts another text in place of one in what it gets. */
const replacing = (from: string, to: string) => ({ program: `#!/bin/sh\nexec sed 's|${from}|${to}|g'\n` });
/** A function that starts ours. */
const STARTER = { program: '#!/bin/sh\nexec function-sts-assume-role "$@"\n' };
const other = (path: string, kind = 'Foo', name = 'other') =>
  `apiVersion: example.org/v1\nkind: ${kind}\nmetadata: {name: ${name}, annotations: {config.kubernetes.io/function: "exec: {path: ${path}}"}}\n`;
const ADDER = ({ id }: Site) => {
  const made = extra({ id } as Site)
    .replaceAll(/^(?=.)/gm, '  ')
    .replace(/^ {2}/, '- ');
  return {
    program: `#!/bin/sh\ncat <<'END'\napiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n${made}END\n`,
  };
};

/** What starts a function, ours or another. */
export const STARTS = named('start', [
  ['configFn', annotation('configFn: {exec: {path: function-sts-assume-role}}')],
  ['both configFn and an annotation', annotation(`${ANNOTATION}, configFn: {exec: {path: ./nothing}}`)],
  ['configFn of another function', annotation('configFn: {exec: {path: ./starter}}')],
  [
    'an older annotation',
    annotation('annotations: {config.k8s.io/function: "exec: {path: function-sts-assume-role}"}'),
  ],
  [
    'an annotation with an escape',
    annotation('annotations: {"config.kubernetes.io/f\\x75nction": "exec: {path: function-sts-assume-role}"}'),
  ],
  [
    'a program with an escape',
    annotation('annotations: {config.kubernetes.io/function: "exec: {path: \\"function-sts-\\\\x61ssume-role\\"}"}'),
  ],
  [
    'an annotation in lines',
    annotation('annotations: {config.kubernetes.io/function: "exec:\\n  path: function-sts-assume-role\\n"}'),
  ],
  [
    'an annotation of JSON',
    annotation(`annotations: {config.kubernetes.io/function: '{"exec": {"path": "function-sts-assume-role"}}'}`),
  ],
  [
    'an annotation with a field of nobody',
    annotation('annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}, owner: me"}'),
  ],
  [
    'an annotation in capitals',
    annotation('annotations: {config.kubernetes.io/function: "Exec: {Path: function-sts-assume-role}"}'),
  ],
  [
    'an annotation with a merge key',
    annotation(
      'annotations: {config.kubernetes.io/function: "exec: {<<: {path: function-sts-assume-role}, path: ./nothing}"}',
    ),
  ],
  [
    'an annotation with the path twice',
    annotation(
      'annotations: {config.kubernetes.io/function: "exec: {path: ./nothing, path: function-sts-assume-role}"}',
    ),
  ],
  [
    'an annotation of two functions',
    annotation(
      'annotations: {config.kubernetes.io/function: "{exec: {path: function-sts-assume-role}, container: {image: example.org/a}}"}',
    ),
  ],
  [
    'arguments',
    annotation(
      'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role, args: [--help]}"}',
    ),
  ],
  [
    'variables',
    annotation(
      'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role, envs: [STS_FUNCTION_MODE]}"}',
    ),
  ],
  ['no function', annotation('annotations: {a: b}')],
  ['an annotation that is empty', annotation('annotations: {config.kubernetes.io/function: ""}')],
  ['a program under another name', (site) => startWith(site, './starter', { starter: STARTER })],
  [
    'a program under its own name',
    (site) => startWith(site, './function-sts-assume-role', { 'function-sts-assume-role': STARTER }),
  ],
  [
    'another program under its name',
    (site) =>
      startWith(site, './function-sts-assume-role', {
        'function-sts-assume-role': { program: '#!/bin/sh\nexec cat\n' },
      }),
  ],
  [
    'its name in a folder',
    (site) => startWith(site, 'bin/function-sts-assume-role', { 'bin/function-sts-assume-role': STARTER }),
  ],
  [
    'a program of the package by an absolute path',
    (site) =>
      startWith(site, '/proc/self/cwd/function-sts-assume-role', {
        'function-sts-assume-role': {
          program: '#!/bin/sh\nsed "s|role/[a-z-]*|role/my-role|" | function-sts-assume-role\n',
        },
      }),
  ],
  ['a start for one folder', annotation(`annotations: {${EXEC}, config.kubernetes.io/path: in/start.yaml}`)],
  [
    'arguments behind a line break of YAML 1.1',
    annotation(
      'annotations: {config.kubernetes.io/function: "exec: #\\u2028  args: [--help]\\n  path: function-sts-assume-role"}',
    ),
  ],
  ['a program that is not there', (site) => startWith(site, './nothing', {})],
  [
    'another kind under another name',
    only(
      isTransformers,
      entry('transformers', 'other.yaml', (site) => ({
        ...inFolder('other.yaml', () => other('./starter'))(site),
        ...inFolder('starter', () => STARTER)(site),
      })),
    ),
  ],
  [
    'another kind alone',
    only(isTransformers, (site) => ({ [`${site.folder}/start.yaml`]: other('function-sts-assume-role') })),
  ],
  [
    'another kind alone under another name',
    only(isTransformers, (site) => ({
      [`${site.folder}/start.yaml`]: other('./starter'),
      [`${site.folder}/starter`]: STARTER,
    })),
  ],
  [
    'a ConfigMap',
    only(isTransformers, (site) => ({
      [`${site.folder}/start.yaml`]: other('function-sts-assume-role', 'ConfigMap').replace(
        /^.*\n/,
        'apiVersion: v1\n',
      ),
    })),
  ],
  [
    'a transformer before that gives another role',
    only(
      isTransformers,
      entry(
        'transformers',
        'other.yaml',
        (site) => ({
          ...inFolder('other.yaml', () => other('./change'))(site),
          ...inFolder('change', () => replacing('role/deployer', 'role/my-role'))(site),
        }),
        true,
      ),
    ),
  ],
  [
    'a transformer behind that renames',
    only(
      isTransformers,
      entry('transformers', 'other.yaml', (site) => ({
        ...inFolder('other.yaml', () => other('./change'))(site),
        ...inFolder('change', () => replacing('namespace: team-a', 'namespace: team-z'))(site),
      })),
    ),
  ],
  [
    'a transformer that changes nothing',
    entry(
      'transformers',
      'other.yaml',
      (site) => ({
        ...inFolder('other.yaml', () => other('./same'))(site),
        ...inFolder('same', () => ({ program: '#!/bin/sh\nexec cat\n' }))(site),
      }),
      true,
    ),
  ],
  [
    'a transformer without a function',
    entry(
      'transformers',
      'other.yaml',
      inFolder('other.yaml', () => 'apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: other}\n'),
    ),
  ],
  [
    'a builtin transformer of labels',
    entry(
      'transformers',
      'builtin.yaml',
      inFolder(
        'builtin.yaml',
        () =>
          'apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: labels}\nlabels: {tier: prod}\nfieldSpecs: [{path: metadata/labels, create: true}]\n',
      ),
      true,
    ),
  ],
  [
    'a builtin transformer of prefixes',
    entry(
      'transformers',
      'builtin.yaml',
      inFolder(
        'builtin.yaml',
        () =>
          'apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: prefix}\nprefix: q-\nfieldSpecs: [{path: metadata/name}]\n',
      ),
      true,
    ),
  ],
  [
    'a builtin transformer of patches',
    entry(
      'transformers',
      'builtin.yaml',
      inFolder(
        'builtin.yaml',
        () =>
          `apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: patch}\ntarget: {kind: ${KIND}}\npatch: ${SETS_ROLE}\n`,
      ),
      true,
    ),
  ],
  [
    'a builtin transformer under an escaped name',
    entry(
      'transformers',
      'builtin.yaml',
      inFolder(
        'builtin.yaml',
        () =>
          `apiVersion: "b\\x75iltin"\nkind: "Patch\\x54ransformer"\nmetadata: {name: patch}\ntarget: {kind: ${KIND}}\npatch: ${SETS_ROLE}\n`,
      ),
      true,
    ),
  ],
  [
    'a builtin transformer in the list',
    entry(
      'transformers',
      () =>
        quoted(
          `apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: patch}\ntarget: {kind: ${KIND}}\npatch: ${SETS_ROLE}\n`,
        ),
      () => ({}),
      true,
    ),
  ],
  [
    'a builtin generator',
    entry(
      'generators',
      'builtin.yaml',
      inFolder(
        'builtin.yaml',
        () => 'apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nliterals: [a=b]\n',
      ),
    ),
  ],
  [
    'a generator that adds a generator',
    only(
      isTransformers,
      entry('generators', 'other.yaml', (site) => ({
        ...inFolder('other.yaml', () => other('./adder'))(site),
        ...inFolder('adder', ADDER)(site),
      })),
    ),
  ],
  [
    'a generator of our kind with another function',
    only(
      isTransformers,
      entry('generators', 'other.yaml', (site) => ({
        ...inFolder('other.yaml', () =>
          extra(site, 'extra', OTHER_ROLE, 'annotations: {config.kubernetes.io/function: "exec: {path: ./adder}"}'),
        )(site),
        ...inFolder('adder', ADDER)(site),
      })),
    ),
  ],
  ['the start as a validator', kustomization((text) => text.replace(/^(generators|transformers):/m, 'validators:'))],
  ['the start as a validator too', (site) => entry('validators', 'start.yaml')(site)],
  [
    'a validator that passes',
    entry('validators', 'other.yaml', (site) => ({
      ...inFolder('other.yaml', () => other('./same'))(site),
      ...inFolder('same', () => ({ program: '#!/bin/sh\nexec cat\n' }))(site),
    })),
  ],
  [
    'a validator that starts ours',
    only(
      isTransformers,
      entry('validators', 'other.yaml', (site) => ({
        ...inFolder('other.yaml', () => other('./starter'))(site),
        ...inFolder('starter', () => STARTER)(site),
      })),
    ),
  ],
  [
    'a validator that fails',
    entry('validators', 'other.yaml', (site) => ({
      ...inFolder('other.yaml', () => other('./fails'))(site),
      ...inFolder('fails', () => ({ program: '#!/bin/sh\nexit 1\n' }))(site),
    })),
  ],
  [
    'a generator with an escape',
    entry(
      'generators',
      'more.yaml',
      inFolder('more.yaml', (site) =>
        extra(site, 'more', OTHER_ROLE, `namespace: team-a, ${ANNOTATION}`)
          .replace(/kind: .*/, () => `kind: ${ESCAPED_KIND}`)
          .replace(/apiVersion: .*/, () => `apiVersion: ${ESCAPED_VERSION}`),
      ),
    ),
  ],
  [
    'a generator in a list of another kind',
    entry(
      'generators',
      'more.yaml',
      inFolder(
        'more.yaml',
        (site) =>
          `apiVersion: example.org/v1\nkind: FooList\nitems: [${asJson(extra(site, 'more', OTHER_ROLE, `namespace: team-a, ${ANNOTATION}`))}]\n`,
      ),
    ),
  ],
  [
    'a generator that is local',
    entry(
      'generators',
      'more.yaml',
      inFolder('more.yaml', (site) =>
        extra(
          site,
          'more',
          OTHER_ROLE,
          `namespace: team-a, annotations: {${EXEC}, config.kubernetes.io/local-config: "true"}`,
        ),
      ),
    ),
  ],
  ['a generator as a transformer too', only(({ list }) => list === 'generators', entry('transformers', 'start.yaml'))],
  ['a generator as a resource too', only(({ list }) => list === 'generators', entry('resources', 'start.yaml'))],
  [
    'an Input with escapes',
    only(
      isTransformers,
      start((text) =>
        text
          .replace('kind: Input', 'kind: "Inp\\x75t"')
          .replace('sts.fn.crossplane.io', '"sts.fn.crossplane.io')
          .replace('v1beta1', 'v1beta1"')
          .replace('crossplane', 'cr\\x6fssplane'),
      ),
    ),
  ],
  [
    'an Input in a merge key',
    only(
      isTransformers,
      start((text) => text.replace('kind: Input', 'kind: Foo\n<<: {kind: Input}')),
    ),
  ],
  [
    'sessions twice',
    only(
      isTransformers,
      start((text) =>
        text.includes('sessions:')
          ? `${text}sessions: []\n`
          : `${text}sessions: []\nsessions: [{match: {namespaces: [team-a]}, secrets: [{annotations: {made: twice}}]}]\n`,
      ),
    ),
  ],
  [
    'sessions in a merge key',
    only(
      isTransformers,
      start(
        (text) =>
          `${text}<<: {sessions: [{match: {namespaces: [team-a]}, secrets: [{annotations: {made: merged}}]}]}\n`,
      ),
    ),
  ],
  [
    'Sessions',
    only(
      isTransformers,
      start((text) => (text.includes('sessions:') ? text.replace('sessions:', 'Sessions:') : text)),
    ),
  ],
]);

function startWith(site: Site, path: string, files: Change): Change | undefined {
  const change = edited(site, `${site.folder}/start.yaml`, (text) =>
    text.replace('path: function-sts-assume-role', `path: ${path}`),
  );
  const inOwn = Object.fromEntries(Object.entries(files).map(([name, content]) => [`${site.folder}/${name}`, content]));
  return change && { ...change, ...inOwn };
}
