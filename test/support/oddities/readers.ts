import {
  anyKustomization,
  asJson,
  type Change,
  EXEC,
  edited,
  entry,
  extra,
  field,
  GROUP,
  inFolder,
  inSpec,
  isTransformers,
  KIND,
  kustomization,
  kustomizationOf,
  named,
  type Oddity,
  OTHER_ROLE,
  only,
  quoted,
  SETS_ROLE,
  type Site,
  spec,
  withField,
} from './site.ts';

const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n';
const indented = (text: string) => text.replaceAll(/^(?=.)/gm, '  ');
const behind = (text: (site: Site) => string): Oddity => spec((own, site) => `${own}---\n${text(site)}`);
const binary = (text: string) => `!!binary ${Buffer.from(text).toString('base64')}`;
const merges = (depth: number): string => (depth === 0 ? '{a: b}' : `{<<: ${merges(depth - 1)}}`);
const asBinary = (text: string) =>
  text
    .replace(`${GROUP}/v1alpha1`, () => binary(`${GROUP}/v1alpha1`))
    .replace(`kind: ${KIND}`, () => `kind: ${binary(KIND)}`);
const input = (name: string, more = '') =>
  `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Input\nmetadata: {name: ${name}, annotations: {${EXEC}}}\n${more}`;
const PATCHER = `apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: patch}\ntarget: {kind: ${KIND}}\npatch: ${SETS_ROLE}\n`;
const resource = (name: string, text: (site: Site) => string): Oddity => entry('resources', name, inFolder(name, text));
const annotated = (annotation: string) => (site: Site) =>
  extra(site, 'extra', OTHER_ROLE, `namespace: team-a, annotations: {${annotation}}`);
const both =
  (oddity: Oddity, more: string): Oddity =>
  (site) => {
    const change = oddity(site) as Change | undefined;
    const path = kustomizationOf(site.folder);
    const text = change?.[path];
    return typeof text === 'string' ? { ...change, [path]: withField(text, more) } : undefined;
  };

/** What readers of YAML, or of kustomize's own fields, take for something else than others do. */
export const READERS = named('reader', [
  ['a mark that only Go knows', behind((site) => `${MAP}---#:\n${indented(extra(site))}`)],
  ['a mark with an odd blank', behind((site) => `${MAP}---\u00a0#:\n${indented(extra(site))}`)],
  ['a byte order mark behind a marker', behind((site) => `\ufeff${extra(site)}`)],
  ['items by alias', behind((site) => `apiVersion: v1\nkind: List\nx: &i [${asJson(extra(site))}]\nitems: *i\n`)],
  ['an item by alias', behind((site) => `apiVersion: v1\nkind: List\nx: &i ${asJson(extra(site))}\nitems: [*i]\n`)],
  ['a list by a merge key', behind((site) => `apiVersion: v1\n<<: {kind: List}\nitems: [${asJson(extra(site))}]\n`)],
  ['a list by a tagged key', behind((site) => `apiVersion: v1\n!!str kind: List\nitems: [${asJson(extra(site))}]\n`)],
  ['a type in binary', behind((site) => asBinary(extra(site)))],
  [
    'more merge keys than we read',
    behind((site) =>
      extra(site)
        .replace('metadata: {', `metadata: {labels: ${merges(12)}, annotations: {example.org/k: &kind ${KIND}}, `)
        .replace(`kind: ${KIND}\n`, '')
        .concat('kind: *kind\n'),
    ),
  ],
  ['a question mark before a key', inSpec('metadata: {', 'metadata: {?labels: {tier: prod}, ')],
  ['a colon behind a key', inSpec('spec: {', 'spec: {a:: b, ')],
  ['an alias as a key', inSpec('spec: {role', 'spec: {*a : b, role')],
  ['a control character', behind(() => `${MAP}data: {a: "\u0007"}\n`)],
  [
    'a list of Secrets',
    behind(() => 'apiVersion: v1\nkind: SecretList\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: s}}]\n'),
  ],
  ...['2001-01-01', '1_000', '0b11', '.5_0'].map(
    (value) => [`a label ${value}`, inSpec('metadata: {', `metadata: {labels: {tier: ${value}}, `)] as const,
  ),
  ['a label whose key is a word', inSpec('metadata: {', 'metadata: {labels: {True: prod}, ')],
  [
    'a transformer beside a list',
    only(isTransformers, (site) =>
      edited(
        site,
        `${site.folder}/start.yaml`,
        (text) => `${PATCHER}---\napiVersion: v1\nkind: List\nitems: [${asJson(text)}, ${asJson(input('more'))}]\n`,
      ),
    ),
  ],
  [
    'two starts of one name',
    only(
      isTransformers,
      entry(
        'transformers',
        'again.yaml',
        inFolder('again.yaml', () => input('options')),
      ),
    ),
  ],
  [
    'a start in the list behind a file',
    only(
      isTransformers,
      entry('transformers', () =>
        quoted(
          input('written', 'sessions: [{match: {namespaces: [team-a]}, secrets: [{annotations: {made: first}}]}]\n'),
        ),
      ),
    ),
  ],
  [
    'a builtin generator that replaces',
    (site) =>
      entry(
        'generators',
        'replace.yaml',
        inFolder(
          'replace.yaml',
          () =>
            `apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: x}\nname: deployer-${site.id}\nbehavior: replace\nliterals: [a=b]\noptions: {disableNameSuffixHash: true}\n`,
        ),
      )(site),
  ],
  ['a variable in a label', anyKustomization((text) => withField(text, 'commonLabels: {tier: "$(T)"}'))],
  ['a label whose key is a number', anyKustomization((text) => withField(text, 'commonLabels: {"1": a}'))],
  [
    'ignored, until a patch',
    both(
      resource('ignored.yaml', annotated('sts.fn.crossplane.io/ignore: "true"')),
      `patches: [{target: {kind: ${KIND}, name: extra-.*}, patch: ${quoted('[{"op": "remove", "path": "/metadata/annotations/sts.fn.crossplane.io~1ignore"}]')}}]`,
    ),
  ],
  [
    'a move of the kind',
    both(
      resource('foo.yaml', () => 'apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: foo}\n'),
      `patches: [{target: {kind: Foo}, patch: ${quoted('[{"op": "move", "from": "/kind", "path": "/x"}]')}}]`,
    ),
  ],
  [
    'a base behind a link',
    (site) => ({ l: { link: '.' }, 'o/kustomization.yaml': `resources: [../l/${site.folder}]\nnamespace: dev\n` }),
  ],
  [
    'an object of Flux in place of a kustomization',
    entry(
      'resources',
      's/kustomization.yaml',
      inFolder(
        's/kustomization.yaml',
        (site) =>
          `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: List\nmetadata: {name: apps}\nspec: {path: ./apps}\nitems: [${asJson(extra(site))}]\n`,
      ),
    ),
  ],
  [
    'a namespace that is none',
    resource(
      'default.yaml',
      (site) => `${extra(site, 'extra', OTHER_ROLE, '')}---\n${extra(site, 'extra', OTHER_ROLE, 'namespace: default')}`,
    ),
  ],
  ['an order of nobody', anyKustomization((text) => withField(text, 'sortOptions: {order: foo}'))],
  [
    'a literal without a key',
    kustomization((text) => withField(text, 'configMapGenerator: [{name: made, literals: [a]}]')),
  ],
  ['a generated ConfigMap without a name', field('configMapGenerator: [{literals: [a=b]}]')],
]);
