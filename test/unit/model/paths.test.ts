import * as native from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { join, normalize, resolve } from '../../../function/model/paths.ts';

const PATH = fc
  .array(fc.constantFrom('/', '.', '..', 'a', 'b.c', '...'), { maxLength: 12 })
  .map((parts) => parts.join(''));

test('every path is that of node:path', () => {
  fc.assert(
    fc.property(PATH, PATH, (first, second) => {
      expect(normalize(first)).toBe(native.normalize(first));
      expect(join(first, second)).toBe(native.join(first, second));
      expect(resolve(first, second)).toBe(native.resolve(first, second));
    }),
    { numRuns: 3000 },
  );
});
