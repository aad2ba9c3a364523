import { expect, test } from '@jest/globals';
import { finding, messageOf } from '../../../function/findings/finding.ts';
import { cutFindings } from '../../../function/planner/cut-findings.ts';

const object = { apiVersion: 'v1', kind: 'Secret', name: 'a' };

test.each([
  [101, '1 more finding was left out'],
  [103, '3 more findings were left out'],
])('of %s findings about one object 100 are told, and how many more there are', (count, left) => {
  const found = Array.from({ length: count }, (_, at) => finding('SPEC_INVALID', `cannot use ${at}.`, { object }));
  const told = cutFindings(found).map((one) => messageOf(one));
  const last = `more is wrong with Secret "a" than is told: ${left}. Correct those that come before.`;
  expect(told).toEqual([...found.slice(0, 100).map((one) => messageOf(one)), last]);
});
