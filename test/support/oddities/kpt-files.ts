import { ROLE_ARN } from '../manifests.ts';
import { files, moreOfStep } from './kpt-site.ts';
import {
  asJson,
  type Change,
  EXEC,
  edited,
  extra,
  GROUP,
  KIND,
  named,
  type Oddity,
  OTHER_ROLE,
  type Site,
  textOf,
} from './site.ts';

const OTHER = (more: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n${more}\n`;
const NAMELESS = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    name: other\n';

/** One of ours in which a line of a text in quotes looks like its kind. */
const HIDDEN_KIND = (site: Site) =>
  extra(site, 'extra', OTHER_ROLE, 'annotations: {note: "\nkind: Deployment\n  "}, namespace: team-a').replace(
    `kind: ${KIND}`,
    `kind:\n  ${KIND}`,
  );

/** One of ours with the role of an anchor that kpt takes away with its annotation: an anchor of the same name in another file is left. */
const LOST = (site: Site): Change => ({
  'aaa.yaml': OTHER(`data: {role: &role "${OTHER_ROLE}"}`),
  'extra.yaml': extra(
    site,
    'extra',
    ROLE_ARN,
    `namespace: team-a, annotations: {config.kubernetes.io/index: &role "${ROLE_ARN}"}`,
  ).replace(/role: "[^"]*"/, 'role: *role'),
});

/** One of ours whose last line, a label by which the step leaves it out, has no end. */
const OPEN = ({ id }: Site) =>
  `apiVersion: ${GROUP}/v1alpha1\nkind: ${KIND}\nspec: {region: eu-west-1, role: "${OTHER_ROLE}"}\nmetadata:\n  name: extra-${id}\n  namespace: team-a\n  labels:\n    odd: |\n      out`;

/** The Secret of one of ours, with a mark of this function. */
const secretOf = (site: Site, more: string): Change | undefined => {
  const text = textOf(site, site.specs[0] ?? '');
  const [, name = '', namespace] = /metadata: \{name: ([\w-]+)(?:, namespace: ([\w-]+))?/.exec(text ?? '') ?? [];
  const mark = `annotations: {sts.fn.crossplane.io/generator: ${KIND}/${namespace ?? ''}/${name}}`;
  const metadata = `{name: ${name}, ${namespace ? `namespace: ${namespace}, ` : ''}${mark}}`;
  return name ? { 'secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: ${metadata}\n${more}` } : undefined;
};

const annotated = (text: string) => OTHER('').replace('{name: other}', `{name: other, ${text}}`);

const place = (name: string, more: (site: Site) => Change = () => ({})): Oddity =>
  files((site) => ({ [name]: extra(site), ...more(site) }));

/** Where the manifests of a package are. */
export const FILES = named('file', [
  ['hidden', place('.extra.yaml')],
  ['in a hidden folder', place('.more/extra.yaml')],
  ['in a hidden folder of a folder', place('aws/.more/extra.yaml')],
  ['in node_modules', place('node_modules/extra.yaml')],
  ['in node_modules of a folder', place('aws/node_modules/a/extra.yaml')],
  ['in .git', place('.git/extra.yaml')],
  ['in .github', place('.github/extra.yaml')],
  ['in vendor', place('vendor/extra.yaml')],
  ['of an ending in capitals', place('extra.YAML')],
  ['.yml', place('extra.yml')],
  ['.json', (site) => ({ 'extra.json': asJson(extra(site)) })],
  ['.yaml of JSON', (site) => ({ 'extra.yaml': asJson(extra(site)) })],
  ['text', place('extra.txt')],
  ['without an ending', place('extra')],
  ['of an ending alone', place('.yaml')],
  ['of a longer ending', place('extra.yaml.tpl')],
  ['with a blank', place('ex tra.yaml')],
  ['with a brace', place('{extra}.yaml')],
  ['with a line break', place('ex\ntra.yaml')],
  ['with a bracket', place('[extra].yaml')],
  ['linked', files((site) => ({ 'linked.yaml': { link: 'real.txt' }, 'real.txt': extra(site) }))],
  ['linked to a manifest', files((site) => ({ 'linked.yaml': { link: 'extra.yaml' }, 'extra.yaml': extra(site) }))],
  ['linked to a hidden one', files((site) => ({ 'linked.yaml': { link: '.extra.txt' }, '.extra.txt': extra(site) }))],
  [
    'linked from outside',
    files((site) => ({ 'linked.yaml': { link: `../extra-${site.id}.txt` }, [`../extra-${site.id}.txt`]: extra(site) })),
  ],
  ['linked to nothing', files(() => ({ 'linked.yaml': { link: 'nothing' } }))],
  ['linked to itself', files(() => ({ 'linked.yaml': { link: 'linked.yaml' } }))],
  ['linked, without an ending', files((site) => ({ linked: { link: 'real.txt' }, 'real.txt': extra(site) }))],
  [
    'in a linked folder',
    files((site) => ({ linked: { link: `../.more-${site.id}` }, [`../.more-${site.id}/extra.yaml`]: extra(site) })),
  ],
  [
    'in a linked folder named like a manifest',
    files((site) => ({
      'linked.yaml': { link: `../.more-${site.id}` },
      [`../.more-${site.id}/extra.yaml`]: extra(site),
    })),
  ],
  ['in a folder named like a manifest', place('more.yaml/extra.yaml')],
  ['empty', files(() => ({ 'empty.yaml': '' }))],
  ['of comments', files(() => ({ 'comments.yaml': '# nothing\n' }))],
  ['that is no object', files(() => ({ 'text.yaml': 'a text\n' }))],
  ['that is a sequence', files(() => ({ 'sequence.yaml': '[a, b]\n' }))],
  ['that does not parse', files(() => ({ 'broken.yaml': 'a: [b\n' }))],
  ['that does not parse and is hidden', files(() => ({ '.broken.yaml': 'a: [b\n' }))],
  ['with an object without a name', files(() => ({ 'unnamed.yaml': 'apiVersion: v1\nkind: ConfigMap\n' }))],
  ['with an object without a kind', files(() => ({ 'unkind.yaml': 'apiVersion: v1\nmetadata: {name: x}\n' }))],
  ['whose kind a line in quotes hides', files((site) => ({ 'extra.yaml': HIDDEN_KIND(site) }))],
  [
    'in UTF-16 with line ends of YAML 1.1',
    files((site) => ({
      'extra.yaml': Buffer.from(`\ufeff# x\u2028${extra(site).replaceAll('\n', '\u2028')}`, 'utf16le'),
    })),
  ],
  ['in Latin-1', files(() => ({ 'other.yaml': Buffer.from(OTHER('a: "\u00fc"'), 'latin1') }))],
  ['of another with a tab', files(() => ({ 'other.yaml': OTHER('data:\n\ta: b') }))],
  ['of another that does not parse', files(() => ({ 'other.yaml': OTHER('data: [a') }))],
  ['of another with a character of control', files(() => ({ 'other.yaml': OTHER('data: {a: "\u0001"}') }))],
  ['of another with half of a pair', files(() => ({ 'other.yaml': OTHER('data: {a: "\\ud83d\\ude00"}') }))],
  ['of another that is a template', files(() => ({ 'other.yaml': OTHER('data: {{ .Values.data }}') }))],
  ['of another with a name for labels alone', files(() => ({ 'other.yaml': NAMELESS }))],
  [
    'with a list that has a name',
    files((site) => ({
      'extra.yaml': `apiVersion: v1\nkind: List\nmetadata: {name: some}\nitems: [${asJson(extra(site))}]\n`,
    })),
  ],
  ['behind an end', files((site) => ({ 'other.yaml': `${OTHER('data: {}')}...\n${extra(site)}` }))],
  ['behind dashes and a comment', files((site) => ({ 'other.yaml': `${OTHER('data: {}')}---#\n${extra(site)}` }))],
  ['with an anchor that kpt takes away', files(LOST)],
  [
    'of another with an anchor that kpt takes away',
    files(() => ({ 'other.yaml': annotated('annotations: {config.kubernetes.io/path: &a x}, labels: {a: *a}') })),
  ],
  [
    'of another with two identities',
    files(() => ({
      'other.yaml': annotated('annotations: {config.k8s.io/id: "1", internal.config.kubernetes.io/id: "2"}'),
    })),
  ],
  [
    'of another with annotations by alias',
    files(() => ({ 'other.yaml': annotated('labels: &a {a: b}, annotations: *a') })),
  ],
  [
    'of another with a name that is a map',
    files(() => ({ 'other.yaml': OTHER('').replace('name: other', 'name: {a: b}') })),
  ],
  [
    'with an anchor of its annotations',
    files((site) => ({
      'extra.yaml': extra(site, 'extra', OTHER_ROLE, 'namespace: team-a, annotations: &a {}').replace(
        'spec: {',
        'spec: {requestParameters: *a, ',
      ),
    })),
  ],
  [
    'ignored by a merge key',
    files((site) => ({
      'extra.yaml': extra(
        site,
        'extra',
        OTHER_ROLE,
        'namespace: team-a, <<: {annotations: {sts.fn.crossplane.io/ignore: "true"}}',
      ),
    })),
  ],
  [
    'ignored by alias',
    files((site) => ({
      'extra.yaml': `status: &a {sts.fn.crossplane.io/ignore: "true"}\n${extra(site, 'extra', OTHER_ROLE, 'namespace: team-a, annotations: *a')}`,
    })),
  ],
  [
    'that looks like a template',
    files((site) => ({
      'extra.yaml': extra(site, 'extra', OTHER_ROLE, 'namespace: team-a, annotations: {a: "\n{{ x }}"}'),
    })),
  ],
  [
    'with a kustomization without a version at the end',
    files(() => ({ 'zz/kustomization.yaml': 'kind: Kustomization\nnamePrefix: a-\n' })),
  ],
  ['with a kustomization of another name at the end', files(() => ({ 'zz.yaml': 'kind: Kustomization\n' }))],
  [
    'with a group like that of kustomize at the end',
    files(() => ({ 'zz.yaml': 'apiVersion: kustomize.config.k8s.io.example.org/v1\nkind: Foo\n' })),
  ],
  ['with a tag before it', files((site) => ({ 'extra.yaml': `!!null\n${extra(site)}` }))],
  ['with a tag on a key', files((site) => ({ 'extra.yaml': HIDDEN_KIND(site).replace('kind:', '! kind:') }))],
  ['with a tag on a value', files((site) => ({ 'extra.yaml': extra(site, 'extra', OTHER_ROLE, 'namespace: ! 007') }))],
  [
    'with numbers of kustomize',
    (site) => {
      const [path = ''] = site.specs;
      const numbered = (text: string, more: string) =>
        text.replace('metadata: {', `metadata: {annotations: {kustomize.config.k8s.io/id: ${more}}, `);
      const kpt = edited(site, 'Kptfile', (text) => numbered(text, '"9"'));
      const own = edited(site, path, (text) => numbered(text, '"1"'));
      const evil = `"2", internal.config.kubernetes.io/generatorBehavior: create, ${EXEC.replaceAll('"', "'")}`;
      return kpt && own && { ...kpt, ...own, 'extra.yaml': numbered(extra(site), evil), 'app.yaml': OTHER('data: {}') };
    },
  ],
  ['with a kustomization', files(() => ({ 'kustomization.yaml': 'namespace: other\nresources: [spec0.yaml]\n' }))],
  [
    'with a kustomization that starts ours',
    files((site) => ({
      'more/kustomization.yaml': 'generators: [extra.yaml]\n',
      'more/extra.yaml': extra(
        site,
        'extra',
        OTHER_ROLE,
        'annotations: {config.kubernetes.io/function: "exec: {path: function-sts-assume-role}"}',
      ),
    })),
  ],
  [
    'with the Secret in it',
    (site) => {
      const text = textOf(site, site.specs[0] ?? '');
      const metadata = text && /metadata: \{name: ([\w-]+)(?:, namespace: ([\w-]+))?/.exec(text);
      return metadata
        ? {
            'secret.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: ${metadata[1]}${metadata[2] ? `, namespace: ${metadata[2]}` : ''}}\n`,
          }
        : undefined;
    },
  ],
  [
    'with the Secret in it, in place of which a list is printed',
    (site) => secretOf(site, 'bareSeqNodeWrappingKey: [a]\n'),
  ],
  [
    'of another in whose place a list is printed',
    files(() => ({ 'other.yaml': OTHER('bareSeqNodeWrappingKey: [a]') })),
  ],
  [
    'of another as JSON, with a key that JSON has not',
    files(() => ({ 'other.json': '{apiVersion: v1, kind: Thing, metadata: {name: other}, spec: {1: b}}\n' })),
  ],
  [
    'of another as JSON, with a merge key',
    files(() => ({
      'other.json': '{apiVersion: v1, kind: Thing, metadata: {name: other}, spec: &a {b: c}, more: {<<: *a}}\n',
    })),
  ],
  [
    'with a label at its end without a line end',
    (site) => {
      const own = moreOfStep('exclude: [{labels: {odd: out}}]')(site);
      return own && { ...own, 'extra.yaml': OPEN(site) };
    },
  ],
  [
    'of another with a schema in a comment',
    files(() => ({
      'other.yaml': OTHER('spec: # {"$ref":"#/definitions/io.k8s.api.core.v1.PodSpec"}\n  containers: [a]'),
    })),
  ],
  [
    'of another with a setter of old in a comment',
    files(() => ({ 'other.yaml': OTHER('data:\n  a: b # {"$openapi":"a"}') })),
  ],
  [
    'with the same generator',
    (site) => {
      const text = textOf(site, site.specs[0] ?? '');
      return text === undefined ? undefined : { 'same.yaml': text };
    },
  ],
  [
    'with the same generator in a hidden file',
    (site) => {
      const text = textOf(site, site.specs[0] ?? '');
      return text === undefined ? undefined : { '.same.yaml': text.replace('role/deployer', 'role/my-role') };
    },
  ],
]);
