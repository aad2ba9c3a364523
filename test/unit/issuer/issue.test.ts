import { expect, test } from '@jest/globals';
import { messageOf } from '../../../function/findings/finding.ts';
import { Deadline } from '../../../function/model/run-limits.ts';
import { externalSecret, fromGenerator, generatorManifest, SPEC } from '../../support/manifests.ts';
import { ambient, fakeWorld } from '../../support/world/fake-world.ts';
import { runManifests } from '../../support/world/run-manifests.ts';

test('a template that is late behind its session is not said to be planned', async () => {
  const world = fakeWorld();
  const clock = { now: () => (world.calls.length === 0 ? 0 : Number.POSITIVE_INFINITY) };
  const template = { data: { all: '{{ .access_key_id }}'.repeat(1000) } };
  const items = [
    generatorManifest(SPEC, { name: 'gen', namespace: 'team-a' }),
    externalSecret({ target: { template }, dataFrom: [fromGenerator()] }),
  ];
  const deadline = new Deadline({}, clock);
  const { findings } = await runManifests({ items, ambient: ambient(), deadline }, new Map(), { world });
  expect(findings.map((finding) => messageOf(finding))).toEqual([
    'cannot finish this run: STS_FUNCTION_TIMEOUT was over before all templates were rendered. Split it, or raise the timeout.',
  ]);
});
