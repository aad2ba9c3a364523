import { expect, test } from '@jest/globals';
import { patternOf, SEPARATORS } from '../../../function/chain/permissions.ts';

test.each([
  ['arn:aws:iam::123456789012:role/a', 'arn:aws:iam::123456789012:role/a', true],
  ['arn:aws:iam::123456789012:role/gitops-*', 'arn:aws:iam::123456789012:role/gitops-deploy', true],
  ['arn:aws:iam::123456789012:role/gitops-*', 'arn:aws:iam::123456789012:role/gitops-', true],
  ['arn:aws:iam::123456789012:role/gitops-*', 'arn:aws:iam::123456789012:role/gitops-x/admin', false],
  ['arn:aws:iam::123456789012:role/*', 'arn:aws:iam::123456789012:role/path/admin', false],
  ['arn:aws:iam::123456789012:role/*/admin', 'arn:aws:iam::123456789012:role/path/admin', true],
  ['arn:aws:iam::*:role/deployer', 'arn:aws:iam::123456789012:role/deployer', true],
  ['arn:aws:iam::*:role/deployer', 'arn:aws:iam::123456789012:role/deployer2', false],
  ['arn:aws:iam::*', 'arn:aws:iam::123456789012:role/a', false],
  ['*', 'arn:aws:iam::123456789012:role/a', false],
  ['arn:*:iam::123456789012:role/a', 'arn:aws-cn:iam::123456789012:role/a', true],
  ['arn:aws:iam::123456789012:role/a?', 'arn:aws:iam::123456789012:role/ab', false],
  ['arn:aws:iam::123456789012:role/.*', 'arn:aws:iam::123456789012:role/ab', false],
  ['arn:aws:iam::123456789012:role/a*a*a', 'arn:aws:iam::123456789012:role/aa', false],
])('%s against %s: %s', (pattern, arn, want) => {
  expect(patternOf(pattern)(arn.split(SEPARATORS))).toBe(want);
});
