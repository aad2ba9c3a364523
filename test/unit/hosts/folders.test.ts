import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { resolveIn } from '../../../function/hosts/folders.ts';

test('a path in a folder is what `resolve` of Node.js gives', () => {
  const parts = ['', '.', '..', 'a', 'b.yaml', '...', '..a'];
  const paths = parts.flatMap((first) =>
    parts.flatMap((second) => parts.flatMap((third) => [[first, second, third].join('/'), `${first}//${second}`])),
  );
  for (const folder of ['/', '/x', '/x/y/z'])
    for (const path of paths)
      expect([folder, path, resolveIn(folder, path)]).toEqual([folder, path, resolve(folder, path)]);
});
