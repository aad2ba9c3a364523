import { parse } from 'yaml';
import { ROLE_ARN } from '../manifests.ts';
import {
  addField,
  anyKustomization,
  asJson,
  type Change,
  ESCAPED_KIND,
  ESCAPED_VERSION,
  entry,
  extra,
  field,
  foreign,
  GROUP,
  inFolder,
  isTransformers,
  KIND,
  named,
  type Oddity,
  OTHER_ROLE,
  only,
  patched,
  patchOf,
  quoted,
  SETS_ROLE,
  SETS_TYPE,
  type Site,
  textOf,
  withField,
} from './site.ts';

const OUR_API_VERSION = `${GROUP}/v1alpha1`;
/** A file with an object of another kind among the resources. */
const withForeign = (site: Site, apiVersion?: string) =>
  entry(
    'resources',
    'foreign.yaml',
    inFolder('foreign.yaml', (own) => foreign(own, apiVersion)),
  )(site) as Change | undefined;

/** What makes a generator of something else, or changes one. */
export const CHANGES = named('change', [
  ['a patch with a kind in quotes', patched((text) => text.replace(`kind: ${KIND}`, `kind: "${KIND}"`))],
  ['a plain patch', patched((text) => text)],
  ['a patch with an escaped kind', patched((text) => text.replace(`kind: ${KIND}`, `kind: ${ESCAPED_KIND}`))],
  [
    'a patch with an escaped kind and apiVersion',
    patched((text) =>
      text
        .replace(`kind: ${KIND}`, `kind: ${ESCAPED_KIND}`)
        .replace(/apiVersion: .*/, () => `apiVersion: ${ESCAPED_VERSION}`),
    ),
  ],
  ['a patch of JSON', patched((text) => asJson(text))],
  ['a patch in a merge key', patched((text) => text.replace(`kind: ${KIND}`, `kind: Deployment\n<<: {kind: ${KIND}}`))],
  ['a patch with a list', patched((text) => `apiVersion: v1\nkind: FooList\nitems: [${asJson(text)}]\n`)],
  [
    'a patch with two documents',
    patched((text) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: none}\n---\n${text}`),
  ],
  ['a patch that deletes', patched((text) => `$patch: delete\n${text}`)],
  ['a patch with a name in another case', patched((text) => text.replace('role:', 'Role:'))],
  [
    'a patch in a hidden file',
    field(
      (site) => patchOf(site) && 'patches: [{path: .patch.yaml}]',
      (site) => inFolder('.patch.yaml', () => patchOf(site) ?? '')(site),
    ),
  ],
  [
    'a patch in a linked file',
    field(
      (site) => patchOf(site) && 'patches: [{path: linked.yaml}]',
      (site) => ({
        ...inFolder('linked.yaml', () => ({ link: 'real.txt' }))(site),
        ...inFolder('real.txt', () => patchOf(site) ?? '')(site),
      }),
    ),
  ],
  [
    'a patch in a text file',
    field(
      (site) => patchOf(site) && 'patches: [{path: patch.txt}]',
      (site) => inFolder('patch.txt', () => patchOf(site) ?? '')(site),
    ),
  ],
  [
    'a patch in a file with an escaped kind',
    field(
      (site) => patchOf(site) && 'patches: [{path: patch.yaml}]',
      (site) =>
        inFolder(
          'patch.yaml',
          () =>
            patchOf(site, (text) =>
              text
                .replace(`kind: ${KIND}`, `kind: ${ESCAPED_KIND}`)
                .replace(/apiVersion: .*/, () => `apiVersion: ${ESCAPED_VERSION}`),
            ) ?? '',
        )(site),
    ),
  ],
  [
    'patchesStrategicMerge',
    field((site) => {
      const patch = patchOf(site);
      return patch && `patchesStrategicMerge: [${quoted(patch)}]`;
    }),
  ],
  [
    'PatchesStrategicMerge',
    field((site) => {
      const patch = patchOf(site);
      return patch && `PatchesStrategicMerge: [${quoted(patch)}]`;
    }),
  ],
  [
    'patchesJson6902',
    field((site) => {
      const patch = patchOf(site);
      const { metadata } = (patch ? parse(patch) : {}) as { metadata?: object };
      return (
        metadata &&
        `patchesJson6902: [{target: {group: ${GROUP}, version: v1alpha1, kind: ${KIND}, ${JSON.stringify(metadata).slice(1, -1)}}, patch: ${SETS_ROLE}}]`
      );
    }),
  ],
  [
    'allowKindChange',
    only(isTransformers, (site) => {
      const patch = quoted(
        JSON.stringify([
          { op: 'replace', path: '/kind', value: KIND },
          { op: 'replace', path: '/apiVersion', value: `${GROUP}/v1alpha1` },
        ]),
      );
      const file = withForeign(site);
      return (
        file &&
        addField(
          site,
          file,
          `patches: [{target: {kind: Foo}, options: {allowKindChange: true, allowNameChange: true}, patch: ${patch}}]`,
        )
      );
    }),
  ],
  [
    'allowKindChange of a merge',
    only(isTransformers, (site) => {
      const file = withForeign(site, OUR_API_VERSION);
      return (
        file &&
        addField(
          site,
          file,
          `patches: [{target: {kind: Foo}, options: {allowKindChange: true}, patch: ${quoted(`apiVersion: ${GROUP}/v1alpha1\nkind: ${KIND}\nmetadata: {name: x}\n`)}}]`,
        )
      );
    }),
  ],
  [
    'a JSON patch of the kind without leave',
    only(isTransformers, (site) => {
      const file = withForeign(site);
      return file && addField(site, file, `patches: [{target: {kind: Foo}, patch: ${SETS_TYPE}}]`);
    }),
  ],
  [
    'operations behind a carriage return',
    only(isTransformers, (site) => {
      const file = withForeign(site, OUR_API_VERSION);
      const patch = `- {op: replace, path: /spec/region, value: eu-west-1} #\r- {op: replace, path: /kind, value: ${KIND}}\n`;
      return file && addField(site, file, `patches: [{target: {kind: Foo}, patch: ${quoted(patch)}}]`);
    }),
  ],
  [
    'items of a list, before another start',
    only(isTransformers, (site) => {
      const files = entry('transformers', 'second.yaml', (own) => ({
        ...inFolder('second.yaml', () =>
          (textOf(own, `${own.folder}/start.yaml`) ?? '').replace('name: ', 'name: second-'),
        )(own),
      }))(site) as Change | undefined;
      const path = site.specs.find((name) => name.startsWith(`${site.folder}/`));
      const patch = JSON.stringify([{ op: 'add', path: '/items', value: [parse(extra(site))] }]);
      const list = 'apiVersion: example.org/v1\nkind: FooList\nmetadata: {name: list}\n';
      return (
        (path &&
          files &&
          addField(
            site,
            { ...files, [path]: `${textOf(site, path)}---\n${list}` },
            `patches: [{target: {kind: FooList}, patch: ${quoted(patch)}}]`,
          )) ||
        undefined
      );
    }),
  ],
  [
    'a replacement of the kind',
    only(isTransformers, (site) => {
      const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kinds-${site.id}}\ndata: {kind: ${KIND}}\n`;
      const files = entry('resources', 'foreign.yaml', (own) => ({
        ...inFolder('foreign.yaml', () => `${foreign(own, `${GROUP}/v1alpha1`)}---\n${map}`)(own),
      }))(site) as Change | undefined;
      return (
        files &&
        addField(
          site,
          files,
          `replacements: [{source: {kind: ConfigMap, name: kinds-${site.id}, fieldPath: data.kind}, targets: [{select: {kind: Foo}, fieldPaths: [kind]}]}]`,
        )
      );
    }),
  ],
  [
    'a replacement of kind and apiVersion',
    only(isTransformers, (site) => {
      const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kinds-${site.id}}\ndata: {kind: ${KIND}, version: ${GROUP}/v1alpha1}\n`;
      const files = entry('resources', 'foreign.yaml', (own) => ({
        ...inFolder('foreign.yaml', () => `${foreign(own)}---\n${map}`)(own),
      }))(site) as Change | undefined;
      const source = (path: string) => `source: {kind: ConfigMap, name: kinds-${site.id}, fieldPath: data.${path}}`;
      return (
        files &&
        addField(
          site,
          files,
          `replacements: [{${source('kind')}, targets: [{select: {kind: Foo}, fieldPaths: [kind]}]}, {${source('version')}, targets: [{select: {name: foreign-${site.id}}, fieldPaths: [apiVersion]}]}]`,
        )
      );
    }),
  ],
  [
    'a replacement of the role',
    only(isTransformers, (site) => {
      const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: roles-${site.id}}\ndata: {role: "${OTHER_ROLE}"}\n`;
      const files = entry(
        'resources',
        'roles.yaml',
        inFolder('roles.yaml', () => map),
      )(site) as Change | undefined;
      return (
        files &&
        addField(
          site,
          files,
          `replacements: [{source: {kind: ConfigMap, name: roles-${site.id}, fieldPath: data.role}, targets: [{select: {kind: ${KIND}}, fieldPaths: [spec.role]}]}]`,
        )
      );
    }),
  ],
  [
    'a replacement of a name',
    only(isTransformers, (site) => {
      const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: names-${site.id}}\ndata: {name: renamed-${site.id}}\n`;
      const files = entry('resources', 'names.yaml', (own) => ({
        ...inFolder('names.yaml', () => `${map}---\n${extra(own)}`)(own),
      }))(site) as Change | undefined;
      return (
        files &&
        addField(
          site,
          files,
          `replacements: [{source: {kind: ConfigMap, name: names-${site.id}, fieldPath: data.name}, targets: [{select: {kind: ${KIND}, name: extra-${site.id}}, fieldPaths: [metadata.name]}]}]`,
        )
      );
    }),
  ],
  [
    'a replacement in a file',
    only(isTransformers, (site) => {
      const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: roles-${site.id}}\ndata: {role: "${OTHER_ROLE}"}\n`;
      const replacement = `source: {kind: ConfigMap, name: roles-${site.id}, fieldPath: data.role}\ntargets: [{select: {kind: ${KIND}}, fieldPaths: [spec.role]}]\n`;
      const files = entry('resources', 'roles.yaml', (own) => ({
        ...inFolder('roles.yaml', () => map)(own),
        ...inFolder('replacement.yaml', () => replacement)(own),
      }))(site) as Change | undefined;
      return files && addField(site, files, 'replacements: [{path: replacement.yaml}]');
    }),
  ],
  ...[
    ['a previous name', 'internal.config.kubernetes.io/'],
    ['a previous name behind an escape', '"internal.config.\\x6bubernetes.io/'],
  ].map(([name = '', start = '']): [string, Oddity] => [
    `${name} and a patch`,
    only(isTransformers, (site) => {
      const end = start.startsWith('"') ? '"' : '';
      const former = [
        ...Object.entries({ previousNames: 'former', previousNamespaces: 'team-a', previousKinds: KIND }),
      ];
      const annotations = former.map(([key, value]) => `${start}${key}${end}: ${value}`).join(', ');
      const own = extra(site, 'extra', ROLE_ARN, `namespace: team-a, annotations: {${annotations}}`);
      const file = entry(
        'resources',
        'former.yaml',
        inFolder('former.yaml', () => own),
      )(site) as Change | undefined;
      return file && addField(site, file, `patches: [{target: {name: former}, patch: ${SETS_ROLE}}]`);
    }),
  ]),
  [
    'a previous kind and a patch',
    only(isTransformers, (site) => {
      const own = extra(
        site,
        'extra',
        ROLE_ARN,
        `namespace: team-a, annotations: {internal.config.kubernetes.io/previousNames: extra-${site.id}, internal.config.kubernetes.io/previousNamespaces: team-a, internal.config.kubernetes.io/previousKinds: Foo}`,
      );
      const file = entry(
        'resources',
        'former.yaml',
        inFolder('former.yaml', () => own),
      )(site) as Change | undefined;
      return file && addField(site, file, `patches: [{target: {kind: Foo}, patch: ${SETS_ROLE}}]`);
    }),
  ],
  [
    'a configuration of prefixes',
    field(
      'namePrefix: p-\nconfigurations: [config.yaml]',
      inFolder('config.yaml', () => 'namePrefix: [{path: metadata/labels/tier}]\n'),
    ),
  ],
  [
    'a configuration of namespaces',
    field(
      'configurations: [config.yaml]',
      inFolder('config.yaml', () => `namespace: [{path: spec/region, kind: ${KIND}}]\n`),
    ),
  ],
  [
    'a configuration of others',
    field(
      'configurations: [config.yaml]',
      inFolder('config.yaml', () => 'images: [{path: spec/image, kind: Foo}]\n'),
    ),
  ],
  [
    'an openapi that makes our kind cluster-scoped',
    (site) => addField(site, { [`${site.folder}/schema.json`]: OPENAPI }, 'openapi: {path: schema.json}'),
  ],
  ['an openapi of a version', field('openapi: {version: v1.20.4}')],
  [
    'local-config by commonAnnotations',
    anyKustomization((text) => withField(text, 'commonAnnotations: {config.kubernetes.io/local-config: "true"}')),
  ],
  [
    'function by commonAnnotations',
    anyKustomization((text) =>
      withField(text, 'commonAnnotations: {config.kubernetes.io/function: "exec: {path: ./nothing}"}'),
    ),
  ],
  [
    'needs-hash by commonAnnotations',
    anyKustomization((text) => withField(text, 'commonAnnotations: {kustomize.config.k8s.io/needs-hash: "true"}')),
  ],
  [
    'ignored by commonAnnotations',
    anyKustomization((text) => withField(text, 'commonAnnotations: {sts.fn.crossplane.io/ignore: "true"}')),
  ],
]);

const OPENAPI = JSON.stringify({
  swagger: '2.0',
  info: { title: 'a', version: '1' },
  definitions: {
    [`io.external-secrets.generators.v1alpha1.${KIND}`]: {
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: GROUP, kind: KIND, version: 'v1alpha1' }],
    },
  },
  paths: {
    [`/apis/${GROUP}/v1alpha1/stsassumeroletokens/{name}`]: {
      get: {
        'x-kubernetes-action': 'get',
        'x-kubernetes-group-version-kind': { group: GROUP, kind: KIND, version: 'v1alpha1' },
      },
    },
  },
});
