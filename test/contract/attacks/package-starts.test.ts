import { expect, test } from '@jest/globals';
import { specDocument } from '../../support/manifests.ts';
import { input, runsIn } from '../../support/runs-in.ts';

test('entries that stand in a kustomization cost as much each, however many there are', () => {
  const entry = (_: unknown, index: number) => `- |\n${specDocument(`s${index}`).replaceAll(/^(?=.)/gm, '  ')}`;
  const secondsFor = (count: number) => {
    const entries = Array.from({ length: count }, entry).join('');
    const begun = process.cpuUsage(); // of this process: a busy machine does not count
    expect(runsIn({ 'kustomization.yaml': `generators:\n${entries}` }).runs).toHaveLength(count);
    return process.cpuUsage(begun).user / 1e6;
  };
  secondsFor(100); // what is slow the first time
  const [few, many] = [secondsFor(500), secondsFor(4000)];
  expect(many / few).toBeLessThan(24); // eight times as many; were it the square, 64
});

test.each<[string, Record<string, string>, string]>([
  [
    'a Kptfile has',
    {
      'a/Kptfile': `apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline:\n  mutators:\n${'  - exec: function-sts-assume-role\n'.repeat(9000)}`,
    },
    'a/Kptfile:4',
  ],
  [
    'a kustomization has',
    {
      'a/kustomization.yaml': 'resources: [s.yaml]\ntransformers: [o.yaml]\n',
      'a/o.yaml': Array.from({ length: 5000 }, (_, at) => `---\n${input(`o${at}`)}`).join(''),
    },
    'a/kustomization.yaml:2',
  ],
])('thousands of starts over thousands of generators, which %s, refuse its package alone', (_, files, location) => {
  const specs = Array.from({ length: 5000 }, (__, at) => specDocument(`g${at}`)).join('---\n');
  const { runs, findings } = runsIn({ ...files, 'a/s.yaml': specs, 'b/spec.yaml': specDocument() });
  const message = `DIR/${location}: cannot run this pipeline: it starts this function more than 100 times over the same manifests. Remove some.`;
  expect(new Set([...runs, ...findings].map((text) => (text.endsWith(message) ? message : text)))).toEqual(
    new Set([message, 'DIR/b | none | - | deployer']),
  );
});
