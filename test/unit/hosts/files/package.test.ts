import { expect, test } from '@jest/globals';
import { readPackage } from '../../../../function/hosts/files/package.ts';
import { Deadline } from '../../../../function/model/run-limits.ts';
import { forAllTests } from '../../../support/for-each-test.ts';
import { specDocument } from '../../../support/resource-list.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = forAllTests(temporaryFolder);

test('reading a folder looks at the clock before each file', () => {
  for (const name of ['a', 'b', 'c']) folder.write(`${name}.yaml`, specDocument(name));
  let [now, looks] = [0, 0];
  const deadline = new Deadline({ STS_FUNCTION_TIMEOUT: '2' }, { now: () => now });
  const check = () => {
    looks += 1;
    now += 1000;
    deadline.check();
  };
  expect(() => readPackage([folder.path], check)).toThrow('STS_FUNCTION_TIMEOUT was over');
  expect(looks).toBe(2);
  expect(readPackage([folder.path]).items).toHaveLength(3);
});
