import { expect, test } from '@jest/globals';
import { explainUnreadable } from '../../../function/findings/system-error.ts';

test.each([
  ['ENOENT', 'it is not there (ENOENT). Correct the path'],
  ['EISDIR', 'it is a folder (EISDIR). Correct the path'],
  ['EACCES', 'this user is not allowed to (EACCES). Let this user read it'],
  ['EPERM', 'this user is not allowed to (EPERM). Let this user read it'],
  ['EFBIG', 'it is too large (EFBIG). Name one of at most 16 MB'],
  ['EMFILE', 'too many files are open (EMFILE). Raise `ulimit -n`'],
])('a file that cannot be read for %s has a cure that fits', (code, text) => {
  expect(explainUnreadable(Object.assign(new Error('of Node.js'), { code }))).toBe(text);
});

test('a code that no system has is not repeated', () => {
  const error = Object.assign(new Error('of ours'), { code: 'what an error repeats of a Secret' });
  expect(explainUnreadable(error)).toBe('unknown. Correct the path');
});
