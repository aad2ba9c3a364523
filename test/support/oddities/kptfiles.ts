import { OWN_STEP } from '../kpt-packages.ts';
import { at, files, inKptfile, innerKptfile, inOwnStep, kptfile, SETS_ROLE } from './kpt-site.ts';
import { asJson, type Change, edited, extra, named, type Site, textOf } from './site.ts';

/** How a Kptfile is written. */
export const KPTFILES = named('Kptfile', [
  ['kind in quotes', inKptfile('kind: Kptfile', 'kind: "Kptfile"')],
  ['kind in single quotes', inKptfile('kind: Kptfile', "kind: 'Kptfile'")],
  ['comment behind the kind', inKptfile('kind: Kptfile', 'kind: Kptfile # a package')],
  ['blank behind the kind', inKptfile('kind: Kptfile', 'kind: Kptfile ')],
  ['blank before the kind', inKptfile('kind: Kptfile', 'kind:  Kptfile')],
  ['kind with an escape', inKptfile('kind: Kptfile', 'kind: "Kpt\\x66ile"')],
  [
    'kind and apiVersion with escapes',
    kptfile((text) => text.replace('kind: Kptfile', 'kind: "K\\u0070tfile"').replace('kpt.dev/v1', '"kpt\\x2edev/v1"')),
  ],
  ['key with an escape', inKptfile('kind: Kptfile', '"k\\x69nd": Kptfile')],
  ['key in quotes', inKptfile('kind: Kptfile', '"kind": Kptfile')],
  ['key in capitals', inKptfile('kind: Kptfile', 'Kind: Kptfile')],
  ['kind in small letters', inKptfile('kind: Kptfile', 'kind: kptfile')],
  ['tag of the kind', inKptfile('kind: Kptfile', 'kind: !!str Kptfile')],
  ['anchor of the kind', inKptfile('kind: Kptfile', 'kind: &kind Kptfile')],
  ['kind as a block', inKptfile('kind: Kptfile', 'kind: >-\n  Kptfile')],
  ['kind twice', inKptfile('kind: Kptfile', 'kind: Foo\nkind: Kptfile')],
  ['merge key of the kind', inKptfile('kind: Kptfile', 'kind: Foo\n<<: {kind: Kptfile}')],
  ['another kind', inKptfile('kind: Kptfile', 'kind: Foo')],
  ...['kpt.dev/v1alpha2', 'kpt.dev/v1beta1', 'kpt.dev/v2', 'v1', '"kpt.dev/v1"', 'kpt.dev/v1 # now', 'KPT.dev/v1'].map(
    (version) => [`apiVersion ${version}`, inKptfile('kpt.dev/v1', version)] as const,
  ),
  ['no name', inKptfile('metadata: {name: package}\n', '')],
  ['a field of nobody', kptfile((text) => `${text}owner: me\n`)],
  [
    'fields that say nothing of functions',
    kptfile(
      (text) =>
        `${text}info: {description: a package, keywords: [a]}\ninventory: {namespace: a, name: b, inventoryID: c}\n`,
    ),
  ],
  ['a status', kptfile((text) => `${text}status: {conditions: [{type: Rendered, status: "True"}]}\n`)],
  [
    'upstream',
    kptfile(
      (text) => `${text}upstream: {type: git, git: {repo: "https://example.invalid/a", directory: /, ref: v1}}\n`,
    ),
  ],
  ['Pipeline', inKptfile('pipeline:', 'Pipeline:')],
  ['pipelin', inKptfile('pipeline:', 'pipelin:')],
  ['pipeline with an escape', inKptfile('pipeline:', '"pipe\\x6cine":')],
  ['Mutators', inKptfile('mutators:', 'Mutators:')],
  ['mutator', inKptfile('mutators:', 'mutator:')],
  ['mutators twice', kptfile((text) => text.replace('  mutators:', '  mutators: []\n  mutators:'))],
  ['pipeline twice', kptfile((text) => text.replace('pipeline:', 'pipeline: {}\npipeline:'))],
  [
    'a merge key of the pipeline',
    inKptfile(/pipeline:\n {2}mutators:\n/, 'pipeline:\n  <<: {mutators: []}\n  mutators:\n'),
  ],
  ['a merge key with a pipeline', inKptfile(/pipeline:[\s\S]*/, `<<: {pipeline: {mutators: [{${OWN_STEP}}]}}\n`)],
  ['a merge key of a step', inOwnStep('{exec: function-sts-assume-role', '{<<: {exec: function-sts-assume-role}')],
  [
    'a merge key of another function',
    inOwnStep('{exec: function-sts-assume-role', '{<<: {exec: set-labels}, exec: function-sts-assume-role'),
  ],
  ['JSON', kptfile((text) => asJson(text))],
  ['JSON in lines', kptfile((text) => JSON.stringify(JSON.parse(asJson(text)), null, 2))],
  ['two documents', kptfile((text) => `${text}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: second}\n`)],
  [
    'two documents, ours second',
    kptfile((text) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n---\n${text}`),
  ],
  ['two Kptfiles', kptfile((text) => `${text}---\n${text}`)],
  ['a start', kptfile((text) => `---\n${text}`)],
  ['an end', kptfile((text) => `${text}...\n`)],
  ['a directive', kptfile((text) => `%YAML 1.1\n---\n${text}`)],
  ['byte order mark', kptfile((text) => `\ufeff${text}`)],
  ['line ends of Windows', kptfile((text) => text.replaceAll('\n', '\r\n'))],
  ['line ends of old', kptfile((text) => text.replaceAll('\n', '\r'))],
  ['line ends of YAML 1.1 in a comment', kptfile((text) => `# x\u2028kind: Foo\n${text}`)],
  ['a list', kptfile((text) => `apiVersion: v1\nkind: List\nitems: [${asJson(text)}]\n`)],
  ['nothing', files(() => ({ Kptfile: '' }))],
  ['what does not parse', files(() => ({ Kptfile: 'a: [b\n' }))],
  ['a link', (site) => linked(site, 'Kptfile', 'real.txt')],
  ['a link to a manifest', (site) => linked(site, 'Kptfile', 'real.yaml')],
  ['a link out of the package', (site) => linked(site, 'Kptfile', '../Kptfile-of-all')],
  [
    'of a package inside is a link',
    (site) => ({
      'inner/Kptfile': { link: 'real.txt' },
      'inner/real.txt': innerKptfile(site, `{exec: ${at(site)}/change}`),
      change: SETS_ROLE,
      'inner/spec.yaml': extra(site, 'extra', 'arn:aws:iam::123456789012:role/deployer'),
    }),
  ],
  [
    'of a package inside is in quotes',
    (site) => ({
      'inner/Kptfile': innerKptfile(site, `{exec: ${at(site)}/change}`).replace('kind: Kptfile', 'kind: "Kptfile"'),
      change: SETS_ROLE,
      'inner/spec.yaml': extra(site, 'extra', 'arn:aws:iam::123456789012:role/deployer'),
    }),
  ],
  [
    'of a package inside a hidden folder',
    (site) => ({
      '.inner/Kptfile': innerKptfile(site, `{exec: ${at(site)}/change}`),
      change: SETS_ROLE,
      '.inner/spec.yaml': extra(site, 'extra', 'arn:aws:iam::123456789012:role/deployer'),
    }),
  ],
  [
    'of a package inside node_modules',
    (site) => ({
      'node_modules/a/Kptfile': innerKptfile(site, `{${OWN_STEP}}`),
      'node_modules/a/spec.yaml': extra(site),
    }),
  ],
  [
    'of a package inside is of an old version',
    (site) => ({ 'inner/Kptfile': innerKptfile(site, `{${OWN_STEP}}`).replace('kpt.dev/v1', 'kpt.dev/v1alpha2') }),
  ],
  ['of a package inside does not parse', files(() => ({ 'inner/Kptfile': 'a: [b\n' }))],
  [
    'of a package inside is a folder',
    files(() => ({ 'inner/Kptfile/app.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inner}\n' })),
  ],
  ['breadth first', inKptfile('{name: package}', '{name: package, annotations: {kpt.dev/bfs-rendering: "true"}}')],
  [
    'breadth first, and a function inside',
    (site) => {
      const change = edited(site, 'Kptfile', (text) =>
        text.replace('{name: package}', '{name: package, annotations: {kpt.dev/bfs-rendering: "true"}}'),
      );
      return (
        change && {
          ...change,
          'inner/Kptfile': innerKptfile(site, `{exec: ${at(site)}/change}`),
          change: SETS_ROLE,
          'inner/spec.yaml': extra(site, 'extra', 'arn:aws:iam::123456789012:role/deployer'),
        }
      );
    },
  ],
  [
    'saved on failure',
    inKptfile('{name: package}', '{name: package, annotations: {kpt.dev/save-on-render-failure: "true"}}'),
  ],
  ['local', inKptfile('{name: package}', '{name: package, annotations: {config.kubernetes.io/local-config: "true"}}')],
]);

function linked(site: Site, path: string, target: string): Change | undefined {
  const text = textOf(site, path);
  const real = target.replace('-of-all', `-${site.id}`);
  return text === undefined ? undefined : { [path]: { link: real }, [real]: text };
}
