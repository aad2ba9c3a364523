import { kptPackage } from './kpt-packages.ts';
import { ROUGH } from './kustomize-trees.ts';
import type { Choice } from './oddities/choose.ts';
import { FILES } from './oddities/kpt-files.ts';
import { FUNCTIONS } from './oddities/kpt-functions.ts';
import { STEPS } from './oddities/kpt-steps.ts';
import { KPTFILES } from './oddities/kptfiles.ts';
import { IGNORES } from './oddities/krmignores.ts';
import { MANIFESTS } from './oddities/manifests.ts';
import type { OddTree } from './oddities/site.ts';

const specsOf = ({ files }: OddTree) =>
  Object.entries(files).flatMap(([path, text]) =>
    typeof text === 'string' && text.includes('kind: STSAssumeRoleToken\n') ? [path] : [],
  );

/** Packages of kpt, and what can be odd in them. */
export const OF_KPT: Choice = {
  oddities: { ...KPTFILES, ...STEPS, ...FUNCTIONS, ...IGNORES, ...FILES, ...MANIFESTS },
  honest: (seed) => ({ ...kptPackage(ROUGH * (seed + 100_000) + 1), oddities: [] }),
  siteOf: (tree, random) => ({ tree, random, id: tree.id, specs: specsOf(tree), folder: '', list: '', root: '' }),
};
