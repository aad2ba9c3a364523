import { expect, test } from '@jest/globals';
import { runOnFiles } from '../../../function/files/answer-files.ts';
import { specDocument } from '../../support/manifests.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fakeWorld } from '../../support/world/fake-world.ts';

const kptfile = (setters: string) => `apiVersion: kpt.dev/v1
kind: Kptfile
metadata: {name: a}
pipeline:
  mutators:
  - image: example.org/apply-setters:v0.2
    configMap: ${setters}
  - exec: function-sts-assume-role
`;

test.each([
  ['the value that stands there', '{a: x}', '${a}', []],
  ['an unknown setter', '{b: x}', '${a}', []],
  ['another value', '{a: y}', '${a}', ['HOST_NEEDED']],
  ['a value longer than its line', `{a: ${'y'.repeat(100)}}`, '${a}', ['HOST_NEEDED']],
  [
    'a longer value behind one that is the names',
    `{a: '\${a}\${b}', b: ${'y'.repeat(100)}}`,
    '${a}${b}',
    ['HOST_NEEDED'],
  ],
])('apply-setters with %s', async (_, setters, pattern, codes) => {
  const spec = specDocument().replace('spec: {', `spec: # ${'-'.repeat(20)} x # kpt-set: ${pattern}\n  {`);
  using folder = temporaryFolder({ Kptfile: kptfile(setters), 'spec.yaml': spec });
  const { findings } = await runOnFiles([folder.path], { inPlace: false }, fakeWorld());
  expect(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual(codes);
});
