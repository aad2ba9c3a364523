import { kustomizeTree, ROUGH } from './kustomize-trees.ts';
import { CHANGES } from './oddities/changes.ts';
import type { Choice } from './oddities/choose.ts';
import { KUSTOMIZATIONS } from './oddities/kustomizations.ts';
import { MANIFESTS } from './oddities/manifests.ts';
import { PLACES } from './oddities/places.ts';
import { KIND, kustomizationOf } from './oddities/site.ts';
import { SLIPS } from './oddities/slips.ts';
import { STARTS } from './oddities/starts.ts';

/** Trees of kustomizations, and what can be odd in them. */
export const OF_KUSTOMIZE: Choice = {
  oddities: { ...MANIFESTS, ...KUSTOMIZATIONS, ...SLIPS, ...CHANGES, ...PLACES, ...STARTS },
  honest: (seed) => ({ ...kustomizeTree(ROUGH * (seed + 100_000) + 1, false), oddities: [] }),
  siteOf: (tree, random) => {
    const folder =
      Object.keys(tree.files)
        .find((path) => path.endsWith('/start.yaml'))
        ?.split('/')[0] ?? '';
    const root = tree.roots.find((at) => tree.reads[at]?.includes(folder));
    if (root === undefined) return undefined;
    const specs = Object.entries(tree.files).flatMap(([path, text]) => {
      const isRead = tree.reads[root]?.includes(path.split('/')[0] ?? '') === true;
      return isRead && typeof text === 'string' && text.includes(`kind: ${KIND}\n`) ? [path] : [];
    });
    const text = tree.files[kustomizationOf(folder)];
    const list = typeof text === 'string' && /^generators: \[start/m.test(text) ? 'generators' : 'transformers';
    return { tree, random, id: tree.id, specs, folder, list, root };
  },
};

/** Oddities that something differs by without a word today. Who mends one takes it out. */
export const NOT_YET: readonly string[] = [
  'change: a JSON patch of the kind without leave',
  'change: a configuration of namespaces',
  'change: a replacement of the kind',
  'change: allowKindChange',
  'kustomization: JSON',
  'kustomization: a comment in a list',
  'kustomization: a link',
  'kustomization: an empty document behind',
  'kustomization: imageTags',
  'kustomization: images',
  'kustomization: namespace: null',
  'kustomization: nothing',
  'kustomization: patches by a group',
  'kustomization: replicas',
  'manifest: alias of the kind',
  'manifest: comment with a marker',
  'manifest: directive',
  'manifest: document behind an end',
  'manifest: explicit key',
  'manifest: indented',
  'manifest: key in capitals',
  'manifest: label 1.0',
  'manifest: list in a list',
  'manifest: second document',
  'place: .krmignore of all',
  'place: a file on the web in capitals, with a decoy',
  'place: a file on the web that is not there, with a decoy',
  'place: a file on the web, with a decoy',
  'place: a link out of the folder',
  'place: a start in a hidden file',
  'place: a start in a link',
  'place: a start in a text file',
  'place: a start that is on the web',
  'place: git@github.com:team/repository, with a decoy',
  'slip: a file above',
  'slip: a file that does not parse',
  'slip: a patch of nothing',
  'slip: a patch that fails',
  'slip: a slash behind a base',
  'slip: an object without a kind',
  'slip: an object without a name',
  'start: a ConfigMap',
  'start: a builtin transformer in the list',
  'start: a builtin transformer of labels',
  'start: a generator of our kind with another function',
  'start: a generator that adds a generator',
  'start: a generator with an escape',
  'start: a program that is not there',
  'start: a program under another name',
  'start: a program with an escape',
  'start: a validator that fails',
  'start: a validator that passes',
  'start: an annotation of two functions',
  'start: an annotation with a field of nobody',
  'start: an annotation with a merge key',
  'start: another program under its name',
  'start: arguments',
  'start: configFn of another function',
  'start: its name in a folder',
];
