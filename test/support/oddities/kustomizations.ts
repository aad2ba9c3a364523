import {
  anyKustomization,
  asJson,
  type Change,
  ESCAPED_KIND,
  field,
  GROUP,
  KIND,
  kustomization,
  kustomizationOf,
  named,
  SETS_ROLE,
  type Site,
  textOf,
  withField,
} from './site.ts';

/** How a kustomization is written. */
export const KUSTOMIZATIONS = named('kustomization', [
  ['Patches', field(`Patches: [{target: {kind: ${KIND}}, patch: ${SETS_ROLE}}]`)],
  ['PATCHES', field(`PATCHES: [{target: {kind: ${KIND}}, patch: ${SETS_ROLE}}]`)],
  ['Target in a patch', field(`patches: [{Target: {Kind: ${KIND}}, Patch: ${SETS_ROLE}}]`)],
  ['patches of our kind', field(`patches: [{target: {kind: ${KIND}}, patch: ${SETS_ROLE}}]`)],
  ['patches of any kind', field(`patches: [{target: {name: ".*"}, patch: ${SETS_ROLE}}]`)],
  ['patches by a pattern', field(`patches: [{target: {kind: "STS.*"}, patch: ${SETS_ROLE}}]`)],
  ['patches by a long pattern', field(`patches: [{target: {kind: "(?i)stsassumeroletoken"}, patch: ${SETS_ROLE}}]`)],
  ['patches by a pattern of another kind', field(`patches: [{target: {kind: "Deploy.*"}, patch: ${SETS_ROLE}}]`)],
  ['patches by a label', field(`patches: [{target: {labelSelector: "tier in (prod, test)"}, patch: ${SETS_ROLE}}]`)],
  ['patches by a version', field(`patches: [{target: {version: v1alpha1}, patch: ${SETS_ROLE}}]`)],
  ['patches by a group', field(`patches: [{target: {group: ${GROUP}}, patch: ${SETS_ROLE}}]`)],
  ['patches of an escaped kind', field(`patches: [{target: {kind: ${ESCAPED_KIND}}, patch: ${SETS_ROLE}}]`)],
  [
    'patches of Secrets',
    field(
      'patches: [{target: {kind: Secret}, patch: \'[{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]\'}]',
    ),
  ],
  ['Resources', anyKustomization((text) => text.replace(/^resources:/m, 'Resources:'))],
  ['namespace in capitals', anyKustomization((text) => text.replace(/^namespace:/m, 'nameSpace:'))],
  [
    'the list of starts in capitals',
    kustomization((text) =>
      text.replace(/^(generators|transformers):/m, (name) => name.toUpperCase().replace(':', ':')),
    ),
  ],
  [
    'the list of starts with a capital',
    kustomization((text) => text.replace(/^(g|t)(?=enerators:|ransformers:)/m, (name) => name.toUpperCase())),
  ],
  [
    'Namespace beside namespace',
    anyKustomization((text) =>
      /^namespace:/m.test(text) ? `${text}Namespace: other\n` : `namespace: dev\nNAMESPACE: other\n${text}`,
    ),
  ],
  [
    'namespace twice',
    anyKustomization((text) => `${text}namespace: other\n${/^namespace:/m.test(text) ? '' : 'namespace: dev\n'}`),
  ],
  ['namespce', anyKustomization((text) => `${text}namespce: other\n`)],
  ['namePrefx', anyKustomization((text) => `${text}namePrefx: a-\n`)],
  ['a field of nobody', anyKustomization((text) => `${text}owner: team-a\n`)],
  ['metadata', anyKustomization((text) => `${text}metadata: {name: mine, annotations: {a: b}}\n`)],
  ['namePrefix: 1', anyKustomization((text) => withField(text, 'namePrefix: 1'))],
  ['namespace: true', anyKustomization((text) => withField(text, 'namespace: true'))],
  ['namespace: null', anyKustomization((text) => withField(text, 'namespace: null'))],
  ['resources as a text', anyKustomization((text) => text.replace(/^resources: \[([^,\]]+)\]/m, 'resources: $1'))],
  ['resources with null', anyKustomization((text) => text.replace(/^resources: \[/m, 'resources: [null, '))],
  ['commonLabels with a number', anyKustomization((text) => withField(text, 'commonLabels: {tier: 1}'))],
  ['labels as a map', anyKustomization((text) => withField(text, 'labels: {tier: prod}'))],
  ['labels with a misspelt field', anyKustomization((text) => withField(text, 'labels: [{pair: {tier: prod}}]'))],
  [
    'labels with fields',
    anyKustomization((text) =>
      withField(text, `labels: [{pairs: {tier: prod}, fields: [{kind: ${KIND}, path: spec/tags, create: true}]}]`),
    ),
  ],
  ['patches with a misspelt field', field(`patches: [{target: {kind: ConfigMap}, pach: ${SETS_ROLE}}]`)],
  ['patches as a map', field(`patches: {target: {kind: ConfigMap}, patch: ${SETS_ROLE}}`)],
  [
    'another apiVersion',
    anyKustomization((text) => `apiVersion: kustomize.config.k8s.io/v2\n${text.replace(/^apiVersion: .*\n/m, '')}`),
  ],
  [
    'the right apiVersion and kind',
    anyKustomization((text) =>
      text.startsWith('apiVersion')
        ? text
        : `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n${text}`,
    ),
  ],
  ['a wrong kind', anyKustomization((text) => `kind: Kustomisation\n${text.replace(/^kind: .*\n/m, '')}`)],
  ['a kind in other case', anyKustomization((text) => `kind: kustomization\n${text.replace(/^kind: .*\n/m, '')}`)],
  [
    'a Component that is none',
    anyKustomization((text) =>
      /^kind:/m.test(text)
        ? text.replace(/^kind: .*\n/m, '').replace(/^apiVersion: .*\n/m, '')
        : `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n${text}`,
    ),
  ],
  ['two files', (site) => ({ [`${site.folder}/kustomization.yml`]: textOf(site, kustomizationOf(site.folder)) ?? '' })],
  ['two files, and an empty one', (site) => ({ [`${site.folder}/Kustomization`]: '' })],
  ['kustomization.yml', (site) => renamedFile(site, 'kustomization.yml')],
  ['Kustomization', (site) => renamedFile(site, 'Kustomization')],
  [
    'a link',
    (site) => {
      const text = textOf(site, kustomizationOf(site.folder));
      return text === undefined
        ? undefined
        : { [kustomizationOf(site.folder)]: { link: 'real.yaml' }, [`${site.folder}/real.yaml`]: text };
    },
  ],
  ['a field in quotes', anyKustomization((text) => text.replace(/^(\w+):/m, '"$1":'))],
  ['a field with an escape', anyKustomization((text) => text.replace(/^resources:/m, '"resourc\\x65s":'))],
  ['a field as an explicit key', anyKustomization((text) => text.replace(/^resources:/m, '? resources\n:'))],
  ['a tag', anyKustomization((text) => text.replace(/^resources: /m, 'resources: !!seq '))],
  ['a merge key', anyKustomization((text) => `${text}<<: {namespace: other, namePrefix: m-}\n`)],
  ['a merge key with patches', field(`<<: {patches: [{target: {kind: ${KIND}}, patch: ${SETS_ROLE}}]}`)],
  ['a merge key in a patch', field(`patches: [{target: {kind: ConfigMap, <<: {kind: ${KIND}}}, patch: ${SETS_ROLE}}]`)],
  [
    'an anchor and its alias',
    field(`patches: [{target: {kind: &k ${KIND}}, patch: &p ${SETS_ROLE}}, {target: {kind: *k}, patch: *p}]`),
  ],
  ['JSON', anyKustomization((text) => asJson(text))],
  ['JSON in lines', anyKustomization((text) => JSON.stringify(JSON.parse(asJson(text)), null, 2))],
  ['two documents', anyKustomization((text) => `${text}---\nnamespace: other\n`)],
  ['two documents, the first empty', anyKustomization((text) => `---\n---\n${text}`)],
  ['an end', anyKustomization((text) => `---\n${text}...\n`)],
  ['an empty document behind', anyKustomization((text) => `${text}---\n`)],
  ['byte order mark', anyKustomization((text) => `\ufeff${text}`)],
  ['line ends of Windows', anyKustomization((text) => text.replaceAll('\n', '\r\n'))],
  ['line ends of old', anyKustomization((text) => text.replaceAll('\n', '\r'))],
  ['line ends of YAML 1.1 in a comment', anyKustomization((text) => `# x\u2028namespace: other\n${text}`)],
  ['a comment in a list', anyKustomization((text) => text.replace('resources: [', 'resources: [ # what is there\n  '))],
  [
    'bases',
    anyKustomization((text) =>
      text.replace(/^resources: \[(.*?)(?:, )?(\.\.\/\w+)\]/m, 'resources: [$1]\nbases: [$2]'),
    ),
  ],
  ['crds that are empty', anyKustomization((text) => withField(text, 'crds: []'))],
  ['sortOptions', anyKustomization((text) => withField(text, 'sortOptions: {order: fifo}'))],
  ['images', anyKustomization((text) => withField(text, 'images: [{name: a, newTag: b}]'))],
  ['replicas', anyKustomization((text) => withField(text, 'replicas: [{name: a, count: 2}]'))],
  ['vars', anyKustomization((text) => withField(text, 'vars: []'))],
  ['imageTags', anyKustomization((text) => withField(text, 'imageTags: [{name: a, newTag: b}]'))],
  [
    'generatorOptions',
    anyKustomization((text) => withField(text, 'generatorOptions: {labels: {a: b}, annotations: {c: d}}')),
  ],
  [
    'buildMetadata',
    anyKustomization((text) =>
      withField(text, 'buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]'),
    ),
  ],
  ['buildMetadata of nobody', anyKustomization((text) => withField(text, 'buildMetadata: [origin]'))],
  ['helmCharts', field('helmCharts: [{name: a, repo: "https://example.invalid"}]')],
  ['nothing', (site) => ({ [kustomizationOf(site.folder)]: '' })],
]);

function renamedFile(site: Site, name: string): Change | undefined {
  const path = kustomizationOf(site.folder);
  const text = textOf(site, path);
  if (text === undefined) return undefined;
  return { [path]: undefined, [`${site.folder}/${name}`]: text };
}
