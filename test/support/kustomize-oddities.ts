import { kustomizeTree, ROUGH } from './kustomize-trees.ts';
import { CHANGES } from './oddities/changes.ts';
import type { Choice } from './oddities/choose.ts';
import { KUSTOMIZATIONS } from './oddities/kustomizations.ts';
import { MANIFESTS } from './oddities/manifests.ts';
import { PLACES } from './oddities/places.ts';
import { READERS } from './oddities/readers.ts';
import { KIND, kustomizationOf } from './oddities/site.ts';
import { SLIPS } from './oddities/slips.ts';
import { STARTS } from './oddities/starts.ts';

/** Trees of kustomizations, and what can be odd in them. */
export const OF_KUSTOMIZE: Choice = {
  oddities: { ...MANIFESTS, ...KUSTOMIZATIONS, ...SLIPS, ...CHANGES, ...PLACES, ...STARTS, ...READERS },
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
