import { expect, test } from '@jest/globals';
import { fieldsWith, STRUCTS } from '../../../function/repository/kustomize-fields.ts';

test('each field of a kustomization has an effect', () => {
  const fields = (['nothing', 'followed', 'objects', 'anything'] as const).flatMap(fieldsWith);
  expect(fields.toSorted()).toEqual(Object.keys(STRUCTS.Kustomization ?? {}).toSorted());
});
