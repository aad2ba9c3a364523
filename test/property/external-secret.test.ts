import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { messageOf } from '../../function/findings/finding.ts';
import { GENERATOR_ANNOTATION } from '../../function/model/annotations.ts';
import { dataKey } from '../../function/model/schema-parts.ts';
import { clusterGenerator, externalSecret, fromGenerator, generatorManifest, SPEC } from '../support/manifests.ts';
import { ambient } from '../support/world/fake-world.ts';
import { runManifests } from '../support/world/run-manifests.ts';

/** Anything that YAML can hold, where a manifest has something. */
const anything = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, '', 'a', '{{', '{{ .access_key_id }}', '__proto__', '${1}', '\u0000', [], {}),
  fc.object({ key: fc.constantFrom('name', 'kind', '__proto__', 'constructor', 'toString'), maxDepth: 2 }),
);
const orAnything = <T>(usual: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 40, arbitrary: usual as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: anything });
const part = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
  orAnything(fc.record(fields, { requiredKeys: [] }));
const text = fc.constantFrom(
  ...['a', 'access_key_id', '_', '(', '(?P<n>.)', '$1', '${n}', '', '{{ .value }}'],
  ...['{{ .session_token }}', 'a: b', '- a', '*x'],
);
const texts = orAnything(
  fc.dictionary(fc.constantFrom('a', 'b.c', 'a/b', '__proto__', 'sts.fn.crossplane.io/a'), orAnything(text), {
    maxKeys: 2,
  }),
);

const rewrite = part({
  regexp: part({ source: orAnything(text), target: orAnything(text) }),
  transform: part({ template: orAnything(text) }),
});
const reference = orAnything(
  fc.constantFrom(fromGenerator(), fromGenerator('shared', undefined, 'ClusterGenerator'), fromGenerator('away'), {
    extract: { key: 'a' },
  }),
);
const entry = fc.tuple(reference, orAnything(fc.array(rewrite, { maxLength: 2 }))).map(([from, steps]) => ({
  ...Object(from),
  ...(Array.isArray(steps) && steps.length === 0 ? {} : { rewrite: steps }),
}));
const template = part({
  type: orAnything(fc.constantFrom('Opaque', 'bootstrap.kubernetes.io/token')),
  mergePolicy: orAnything(fc.constantFrom('Merge', 'Replace')),
  metadata: part({ labels: texts, annotations: texts, finalizers: anything }),
  data: texts,
  templateFrom: orAnything(
    fc.array(
      part({ literal: orAnything(text), target: orAnything(fc.constantFrom('Data', 'Labels')), secret: anything }),
      { maxLength: 2 },
    ),
  ),
});
const spec = part({
  dataFrom: orAnything(fc.array(entry, { minLength: 1, maxLength: 3 })),
  target: part({
    name: orAnything(text),
    creationPolicy: orAnything(fc.constantFrom('Owner', 'None', 'Merge')),
    template,
  }),
  refreshInterval: orAnything(fc.constantFrom('1h', '2h', '1.5h30m', 'h')),
});

/** What all is right with: of the others few make a Secret. */
const sound = fc.record({
  dataFrom: fc.constantFrom([fromGenerator()], [fromGenerator('shared', undefined, 'ClusterGenerator')]),
  target: fc.record({ name: fc.constantFrom('a', 'b.c') }),
});

test('whatever an ExternalSecret says: findings of one line, or a Secret that an API server takes', async () => {
  let made = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 20, arbitrary: spec }, { weight: 1, arbitrary: sound }), async (given) => {
      const generator = generatorManifest(SPEC, { name: 'gen', namespace: 'team-a' });
      const items = [generator, clusterGenerator(SPEC), externalSecret(given as object)]; // or something else: that is the point
      const { secrets, findings } = await runManifests({ items, ambient: ambient() });
      for (const one of findings)
        expect(messageOf(one)).toMatch(one.severity === 'error' ? /^cannot \P{Cc}+\.$/u : /^(?!cannot)\P{Cc}+\.$/u);
      for (const secret of secrets)
        for (const key of Object.keys(secret.data)) expect(dataKey.safeParse(key).success).toBe(true);
      made += secrets.filter(({ metadata }) =>
        metadata.annotations[GENERATOR_ANNOTATION]?.startsWith('ExternalSecret/'),
      ).length;
    }),
    { numRuns: 1000 },
  );
  expect(made).toBeGreaterThan(0);
});
