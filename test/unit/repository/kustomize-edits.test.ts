import { expect, test } from '@jest/globals';
import type { AllManifests } from '../../../function/repository/function-run.ts';
import { editsOf } from '../../../function/repository/kustomize-edits.ts';
import type { FileItem } from '../../../function/repository/read-manifests.ts';

test('a file of patches is looked at once, however many entries of however many kustomizations name it', () => {
  let looks = 0;
  const items = ['a', 'b', 'c'].map((name) => ({
    item: {
      get object() {
        looks += 1;
        return { apiVersion: 'v1', kind: 'Secret', name };
      },
    },
  })) as unknown as readonly FileItem[];
  const there = { paths: new Set(['/p.yaml']), at: () => items } as unknown as AllManifests;
  const patches = ['p', './p', '../k0/../p'].map((path) => ({ path: `../${path}.yaml` }));
  const all = [0, 1].map((at) => {
    const real = `/k${at}/kustomization.yaml`;
    return editsOf({ file: { shown: real, real, text: '' }, value: { patches } }, there);
  });
  expect(all.map(({ count }) => count)).toEqual([9, 9]);
  expect(looks).toBe(3);
  const secret = { apiVersion: 'v1', kind: 'Secret', name: 'b' };
  expect(all[0]?.all().map(({ mayTouch }) => mayTouch(secret, 'b'))).toEqual(
    Array.from({ length: 9 }, (_, at) => at % 3 === 1),
  );
});
