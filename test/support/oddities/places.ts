import { SERVER } from '../hosts/odd-files.ts';
import { ROLE_ARN } from '../manifests.ts';
import {
  type Change,
  edited,
  entry,
  extra,
  field,
  inFolder,
  KIND,
  kustomizationOf,
  named,
  patchOf,
  quoted,
  SETS_ROLE,
  type Site,
  textOf,
} from './site.ts';

/** What is in no usual place. */
export const PLACES = named('place', [
  [
    'a hidden file',
    entry(
      'resources',
      '.extra.yaml',
      inFolder('.extra.yaml', (site) => extra(site)),
    ),
  ],
  [
    'a hidden folder',
    entry('resources', '.more', (site) => ({
      ...inFolder('.more/kustomization.yaml', () => 'resources: [extra.yaml]\n')(site),
      ...inFolder('.more/extra.yaml', () => extra(site))(site),
    })),
  ],
  [
    'a folder that may be an address',
    entry('resources', 'more@prod/', (site) => ({
      ...inFolder('more@prod/kustomization.yaml', () => 'resources: [extra.yaml]\n')(site),
      ...inFolder('more@prod/extra.yaml', () => extra(site))(site),
    })),
  ],
  [
    'node_modules',
    entry(
      'resources',
      'node_modules/extra.yaml',
      inFolder('node_modules/extra.yaml', (site) => extra(site)),
    ),
  ],
  [
    'a text file',
    entry(
      'resources',
      'extra.txt',
      inFolder('extra.txt', (site) => extra(site)),
    ),
  ],
  [
    'a file without an ending',
    entry(
      'resources',
      'extra',
      inFolder('extra', (site) => extra(site)),
    ),
  ],
  [
    'a linked file',
    entry('resources', 'linked.yaml', (site) => ({
      ...inFolder('linked.yaml', () => ({ link: 'real.txt' }))(site),
      ...inFolder('real.txt', () => extra(site))(site),
    })),
  ],
  [
    'a link to a manifest',
    entry('resources', 'linked.yaml', (site) => ({
      ...inFolder('linked.yaml', () => ({ link: 'real.yaml' }))(site),
      ...inFolder('real.yaml', () => extra(site))(site),
    })),
  ],
  [
    'a link out of the folder',
    entry('resources', 'linked.yaml', (site) => ({
      ...inFolder('linked.yaml', () => ({ link: '../extra.txt' }))(site),
      'extra.txt': extra(site),
    })),
  ],
  [
    'a linked folder',
    entry('resources', 'linked', (site) => ({
      ...inFolder('linked', () => ({ link: '../.more' }))(site),
      '.more/kustomization.yaml': 'resources: [extra.yaml]\n',
      '.more/extra.yaml': extra(site),
    })),
  ],
  [
    'a link that leads nowhere',
    entry(
      'resources',
      'linked.yaml',
      inFolder('linked.yaml', () => ({ link: 'nothing' })),
    ),
  ],
  [
    'a path with a brace',
    entry(
      'resources',
      '"{extra}.yaml"',
      inFolder('{extra}.yaml', (site) => extra(site)),
    ),
  ],
  [
    'a base with a brace',
    entry('resources', '"{more}"', (site) => ({
      ...inFolder('{more}/kustomization.yaml', () => 'resources: [extra.yaml]\n')(site),
      ...inFolder('{more}/extra.yaml', () => extra(site))(site),
    })),
  ],
  [
    'a patch in a path with a brace',
    field(
      (site) => patchOf(site) && 'patches: [{path: "{patch}.yaml"}]',
      (site) => inFolder('{patch}.yaml', () => patchOf(site) ?? '')(site),
    ),
  ],
  [
    'a start in a path with a brace',
    (site) => {
      const text = textOf(site, `${site.folder}/start.yaml`);
      const change =
        text && edited(site, kustomizationOf(site.folder), (before) => before.replace('start.yaml', '"{start}.yaml"'));
      return change
        ? { ...change, [`${site.folder}/start.yaml`]: undefined, [`${site.folder}/{start}.yaml`]: text }
        : undefined;
    },
  ],
  [
    'a path with a line break',
    entry(
      'resources',
      '"ex\\ntra.yaml"',
      inFolder('ex\ntra.yaml', (site) => extra(site)),
    ),
  ],
  [
    'a path in capitals',
    entry(
      'resources',
      'EXTRA.YAML',
      inFolder('EXTRA.YAML', (site) => extra(site)),
    ),
  ],
  [
    'a path that is a number',
    entry(
      'resources',
      '5',
      inFolder('5', (site) => extra(site)),
    ),
  ],
  ['an object in place of a path', entry('resources', (site) => quoted(extra(site)))],
  [
    'a start in a link',
    (site) => movedStart(site, (text) => ({ 'start.yaml': { link: 'real.txt' }, 'real.txt': text })),
  ],
  ['a start in a hidden file', (site) => movedStart(site, (text) => ({ '.start.yaml': text }), '.start.yaml')],
  ['a start in a text file', (site) => movedStart(site, (text) => ({ 'start.txt': text }), 'start.txt')],
  [
    'a start in a folder',
    (site) =>
      movedStart(
        site,
        (text) => ({ 'begin/start.yaml': text, 'begin/kustomization.yaml': 'resources: [start.yaml]\n' }),
        'begin',
      ),
  ],
  [
    'a start in a folder that changes it',
    (site) =>
      movedStart(
        site,
        (text) => ({
          'begin/start.yaml': text,
          'begin/kustomization.yaml': `resources: [start.yaml]\npatches: [{target: {kind: ${KIND}}, patch: ${SETS_ROLE}}]\nnamePrefix: z-\n`,
        }),
        'begin',
      ),
  ],
  [
    'a start in a folder without a kustomization',
    (site) => movedStart(site, (text) => ({ 'begin/start.yaml': text }), 'begin'),
  ],
  ['a start in the list', (site) => movedStart(site, () => ({}), undefined)],
  [
    'a start that is on the web',
    (site) =>
      movedStart(
        site,
        (text) => ({
          [`http:/${SERVER}/${served(site, 'start.yaml')}`]: text,
          [served(site, 'start.yaml').slice(served(site, '').length)]: '',
        }),
        `"http://${SERVER}/${served(site, 'start.yaml')}"`,
      ),
  ],
  [
    '.krmignore',
    (site) => ({
      [`${site.folder}/Kptfile`]: 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: package}\n',
      [`${site.folder}/.krmignore`]: 'spec0.yaml\nstart.yaml\n',
    }),
  ],
  [
    '.krmignore of all',
    (site) => ({
      Kptfile: 'apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: package}\n',
      '.krmignore': `${site.folder}\n*.yaml\n`,
    }),
  ],
  ['.gitignore', (site) => ({ '.gitignore': `${site.folder}\n*.yaml\n` })],
  [
    'a file on the web, with a decoy',
    entry(
      'resources',
      (site) => `"http://${SERVER}/${served(site, 'extra.yaml')}"`,
      (site) => webFiles(site, 'extra.yaml', extra(site), extra(site, 'extra', ROLE_ARN)),
    ),
  ],
  [
    'a file on the web in capitals, with a decoy',
    entry(
      'resources',
      (site) => `"HTTP://${SERVER}/${served(site, 'extra.yaml')}"`,
      (site) => ({
        ...webFiles(site, 'extra.yaml', extra(site), ''),
        [`${site.folder}/HTTP:/${SERVER}/${served(site, 'extra.yaml')}`]: extra(site, 'extra', ROLE_ARN),
      }),
    ),
  ],
  [
    'a file on the web that is not there, with a decoy',
    entry(
      'resources',
      (site) => `"http://${SERVER}/${served(site, 'gone.yaml')}"`,
      (site) => ({ [`${site.folder}/http:/${SERVER}/${served(site, 'gone.yaml')}`]: extra(site) }),
    ),
  ],
  [
    'a patch on the web, with a decoy',
    field(
      (site) => patchOf(site) && `patches: [{path: "http://${SERVER}/${served(site, 'patch.yaml')}"}]`,
      (site) =>
        webFiles(
          site,
          'patch.yaml',
          patchOf(site) ?? '',
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nothing}\n',
        ),
    ),
  ],
  [
    'a configuration on the web',
    field(
      (site) => `configurations: ["http://${SERVER}/${served(site, 'config.yaml')}"]`,
      (site) => webFiles(site, 'config.yaml', 'images: [{path: spec/image, kind: Foo}]\n', ''),
    ),
  ],
  ...[
    'github.com/team/repository',
    'https://example.invalid/team/repository',
    'https://github.com/team/repository//deploy?ref=main',
    'git@github.com:team/repository',
    'git::https://example.invalid/team/repository',
    'ssh://git@example.invalid/team/repository',
    'file:///nonexistent/repository',
    'example.invalid/team/repository.git',
    'team/repository.git',
    'team/_git/repository',
    'team/repository?ref=main',
    'gh:team/repository',
    'git@example.invalid/team/repository',
  ].map(
    (address) =>
      [
        `${address}, with a decoy`,
        entry('resources', quoted(address), (site) => ({
          [`${site.folder}/${address.replaceAll('//', '/')}/kustomization.yaml`]: 'resources: [extra.yaml]\n',
          [`${site.folder}/${address.replaceAll('//', '/')}/extra.yaml`]: extra(site),
        })),
      ] as const,
  ),
]);

/** The path under which the server has a file of this tree. */
const served = ({ tree, folder }: Site, name: string) => `k${tree.id.slice(1, -1)}/${folder}/web/${name}`;

function webFiles(site: Site, name: string, text: string, decoy: string): Change {
  return {
    [`${site.folder}/web/${name}`]: { served: text },
    ...(decoy && { [`${site.folder}/http:/${SERVER}/${served(site, name)}`]: decoy }),
  };
}

/** Moves the object that starts the function; undefined as its name: into the list itself. */
function movedStart(
  site: Site,
  filesOf: (text: string) => Change,
  name: string | undefined = 'start.yaml',
): Change | undefined {
  const text = textOf(site, `${site.folder}/start.yaml`);
  if (text === undefined) return undefined;
  const files = Object.entries(filesOf(text)).filter(([path]) => path !== '');
  const change = edited(site, kustomizationOf(site.folder), (before) =>
    before.replace('start.yaml', () => name ?? quoted(text)),
  );
  if (change === undefined && name !== 'start.yaml') return undefined;
  const inOwn = Object.fromEntries(files.map(([path, content]) => [`${site.folder}/${path}`, content]));
  return { [`${site.folder}/start.yaml`]: undefined, ...change, ...inOwn };
}
