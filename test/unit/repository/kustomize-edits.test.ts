import { expect, test } from '@jest/globals';
import type { AllManifests } from '../../../function/repository/function-run.ts';
import { editsOf } from '../../../function/repository/kustomize-edits.ts';

test('a file of patches is looked at once, however many entries of however many kustomizations name it', () => {
  let looks = 0;
  const documents = ['a', 'b', 'c'].map((name) => `kind: Secret\nmetadata: {name: ${name}}\n`);
  const there = {
    texts: {
      get: (path: string) => {
        looks += 1;
        return path === '/p.yaml' ? documents.join('---\n') : undefined;
      },
    },
  } as unknown as AllManifests;
  const patches = ['p', './p', '../k0/../p'].map((path) => ({ path: `../${path}.yaml` }));
  const all = [0, 1].map((at) => {
    const real = `/k${at}/kustomization.yaml`;
    return editsOf({ file: { shown: real, real, text: '' }, value: { patches } }, there);
  });
  expect(all.map(({ count }) => count)).toEqual([9, 9]);
  expect(looks).toBe(6);
  const [first = [], second] = all.map((edits) => edits.all().map(({ mayTouch }) => mayTouch));
  expect(first).toEqual(second);
  expect(new Set(first).size).toBe(3);
  const secret = { apiVersion: 'v1', kind: 'Secret', name: 'b' };
  expect(first.map((mayTouch) => mayTouch(secret, 'b'))).toEqual(Array.from({ length: 9 }, (_, at) => at % 3 === 1));
});
