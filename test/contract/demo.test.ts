import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT, runProcess } from '../support/run-function.ts';

test('the demo fits on a screen, and shows one generator and one Secret', async () => {
  const { exit, stdout, stderr } = await runProcess('node', [join(ROOT, 'examples/demo.ts')]);
  const lines = stdout.trimEnd().split('\n');
  expect({ exit, stderr, kinds: stdout.match(/(?<=kind: )\w+/g) }).toEqual({
    exit: 0,
    stderr: '',
    kinds: ['STSAssumeRoleToken', 'Secret'],
  });
  expect(lines.length).toBeLessThanOrEqual(40);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
