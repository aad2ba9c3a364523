import {
  anyKustomization,
  entry,
  extra,
  field,
  inFolder,
  KIND,
  kustomization,
  kustomizationOf,
  named,
  quoted,
  SETS_ROLE,
  textOf,
} from './site.ts';

/** What is not there, or is not what it should be. */
export const SLIPS = named('slip', [
  [
    'a base that is not there',
    (site) => {
      const text = textOf(site, kustomizationOf(site.root));
      const base = text && /\.\.\/(\w+)/.exec(text)?.[1];
      if (!text || !base) return undefined;
      const changed = { [kustomizationOf(site.root)]: text.replaceAll(`../${base}`, `../../${base}x`) };
      const isKept = site.tree.roots.some((root) => root !== site.root && site.tree.reads[root]?.includes(base));
      return { changed, roots: isKept ? [] : [base] };
    },
  ],
  ['a file that is not there', entry('resources', 'nothing.yaml')],
  ['a folder that is not there', entry('resources', '../nothing')],
  [
    'a folder without a kustomization',
    entry(
      'resources',
      'plain',
      inFolder('plain/extra.yaml', (site) => extra(site)),
    ),
  ],
  ['a file above', entry('resources', '../extra.yaml', (site) => ({ 'extra.yaml': extra(site) }))],
  [
    'a kustomization as a file',
    entry('resources', (site) => `../${site.folder === 'base' ? 'other' : 'base'}/kustomization.yaml`),
  ],
  [
    'a file twice',
    (site) => {
      const path = site.specs.find((name) => name.startsWith(`${site.folder}/`) && !name.endsWith('start.yaml'));
      return path ? entry('resources', path.slice(site.folder.length + 1))(site) : undefined;
    },
  ],
  [
    'a file twice, once with a dot',
    (site) => {
      const path = site.specs.find((name) => name.startsWith(`${site.folder}/`) && !name.endsWith('start.yaml'));
      return path ? entry('resources', `./${path.slice(site.folder.length + 1)}`)(site) : undefined;
    },
  ],
  ['a file in another case', anyKustomization((text) => text.replace('spec0.yaml', 'Spec0.yaml'))],
  ['a slash behind a base', anyKustomization((text) => text.replace(/\.\.\/\w+/, '$&/'))],
  ['a dot before a file', anyKustomization((text) => text.replace('spec0.yaml', './spec0.yaml'))],
  [
    'a way round to a file',
    anyKustomization((text, { folder }) => text.replace('spec0.yaml', `../${folder}/spec0.yaml`)),
  ],
  ['a way round to a base', anyKustomization((text) => text.replace(/\.\.\/(\w+)/, '../$1/../$1'))],
  ['blanks around a path', anyKustomization((text) => text.replace('spec0.yaml', '" spec0.yaml"'))],
  ['an empty path', entry('resources', '""')],
  ['itself', entry('resources', '.')],
  ['a start that is not there', kustomization((text) => text.replace('start.yaml', 'strat.yaml'))],
  ['another start that is not there', entry('generators', 'nothing.yaml')],
  ['a component that is not there', entry('components', '../nothing')],
  ['a patch that is not there', field(`patches: [{path: nothing.yaml}]`)],
  [
    'a patch of nothing',
    field('patches: [{patch: "{apiVersion: v1, kind: ConfigMap, metadata: {name: nothing}, data: {a: b}}"}]'),
  ],
  ['a patch that is empty', field(`patches: [{target: {kind: ConfigMap}, patch: ""}]`)],
  ['a patch without a target', field(`patches: [{patch: ${SETS_ROLE}}]`)],
  [
    'a patch that fails',
    field(`patches: [{target: {kind: ${KIND}}, patch: ${quoted('[{"op": "remove", "path": "/spec/nothing"}]')}}]`),
  ],
  ['a configuration that is not there', field('configurations: [nothing.yaml]')],
  ['an openapi that is not there', field('openapi: {path: nothing.json}')],
  ['a crd that is not there', field('crds: [nothing.json]')],
  ['replacements that are not there', field('replacements: [{path: nothing.yaml}]')],
  ['a file of a generated ConfigMap that is not there', field('configMapGenerator: [{name: made, files: [nothing]}]')],
  [
    'an empty base',
    entry(
      'resources',
      'empty',
      inFolder('empty/kustomization.yaml', () => ''),
    ),
  ],
  [
    'an empty file',
    entry(
      'resources',
      'empty.yaml',
      inFolder('empty.yaml', () => ''),
    ),
  ],
  [
    'a file of comments',
    entry(
      'resources',
      'comments.yaml',
      inFolder('comments.yaml', () => '# nothing\n'),
    ),
  ],
  [
    'a file that is no object',
    entry(
      'resources',
      'text.yaml',
      inFolder('text.yaml', () => 'just a text\n'),
    ),
  ],
  [
    'a file that does not parse',
    entry(
      'resources',
      'broken.yaml',
      inFolder('broken.yaml', () => 'a: [b\n'),
    ),
  ],
  [
    'an object without a name',
    entry(
      'resources',
      'unnamed.yaml',
      inFolder('unnamed.yaml', () => 'apiVersion: v1\nkind: ConfigMap\n'),
    ),
  ],
  [
    'an object without a kind',
    entry(
      'resources',
      'unkind.yaml',
      inFolder('unkind.yaml', () => 'apiVersion: v1\nmetadata: {name: x}\n'),
    ),
  ],
  [
    'a Secret of the same name',
    (site) => {
      const text = textOf(site, site.specs[0] ?? '');
      const metadata = text && /metadata: \{name: ([\w-]+)(?:, namespace: ([\w-]+))?/.exec(text);
      const secret =
        metadata &&
        `apiVersion: v1\nkind: Secret\nmetadata: {name: ${metadata[1]}${metadata[2] ? `, namespace: ${metadata[2]}` : ''}}\n`;
      return secret
        ? entry(
            'resources',
            'secret.yaml',
            inFolder('secret.yaml', () => secret),
          )(site)
        : undefined;
    },
  ],
  [
    'a generated Secret of the same name',
    (site) => {
      const text = textOf(site, site.specs[0] ?? '');
      const metadata = text && /metadata: \{name: ([\w-]+)(?:, namespace: ([\w-]+))?/.exec(text);
      return metadata
        ? field(
            `secretGenerator: [{name: ${metadata[1]}, ${metadata[2] ? `namespace: ${metadata[2]}, ` : ''}literals: [a=b], options: {disableNameSuffixHash: true}}]`,
          )(site)
        : undefined;
    },
  ],
]);
