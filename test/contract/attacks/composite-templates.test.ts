import { expect, test } from '@jest/globals';
import { generator, input, request, verdictOf } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { externalSecret, fromGenerator } from '../../support/manifests.ts';
import { processorSeconds } from '../../support/process-use.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/**
 * A ConfigMap that a tenant writes may be a template of the step: a few characters, for which one thread serves all tenants. The server
 * has 256 MB of heap, and computes for all calls of a reconcile, tries and renderings together, no longer than this.
 */
const BOUND_SECONDS = 8;

const sts = forEachTest(startExampleSts);
const server = forEachTest(() => startServer({ sts, environment: { NODE_OPTIONS: '--max-old-space-size=256' } }));

const consuming = (name: string, template: object) =>
  externalSecret({ dataFrom: [fromGenerator('deployer')], target: { name, template } }, { name, namespace: undefined });
const fromMap = { templateFrom: [{ configMap: { name: 'theirs', items: [{ key: 'k' }] } }] };
const mapOf = (k: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'theirs', namespace: 'team-a' },
  data: { k },
});
const NAME = `$${'ա'.repeat(50_000)}`;
const INNOCENT = consuming('innocent', { data: { k: '{{ .access_key_id | b64enc | quote }}' } });

/** The reconcile's last response, while a neighbour calls. */
async function reconcile(generators: readonly unknown[], objects: readonly unknown[]) {
  const asked = request({ input: input({ generators: [generator(), ...JSON.parse(JSON.stringify(generators))] }) });
  const before = processorSeconds(server.pid);
  const [{ response }, neighbour] = await Promise.all([
    server.reconcile(asked, objects),
    server.call(request({ input: input({ generators: [] }) })),
  ]);
  expect(neighbour.results).toEqual([]);
  expect(processorSeconds(server.pid) - before).toBeLessThan(BOUND_SECONDS);
  return response;
}

test.each([
  ['lists from JSON', '{{ $x := printf "[%600000s0]" "" | replace " " "[]," | fromJson }}'],
  ['maps from JSON', '{{ $x := printf "[%600000s0]" "" | replace " " "{}," | fromJson }}'],
  ['values of YAML', '[{{ printf "%900000s" "" | replace " " "a," }}]'],
  ['characters in a list', '{{ $x := printf "%600000s" "" | replace " " "€" | splitList "" }}'],
  [
    'variables with names that are long and alike',
    `${Array.from({ length: 9 }, (_, at) => `{{ ${NAME}${at} := 1 }}`).join('')}{{ range 60000 }}{{ $y := ${NAME}0 }}{{ end }}k: a`,
  ],
])('a ConfigMap that builds %s: the server lives, and says what is wrong', async (_, text) => {
  const response = await reconcile([consuming('heavy', fromMap), INNOCENT], [mapOf(text)]);
  expect(verdictOf(response)).toMatchObject({ message: expect.stringContaining('cannot be rendered') });
  expect(Object.keys(response.desired?.resources ?? {})).toEqual(['innocent']);
});

test.each([
  ['written in the step', (at: number) => consuming(`heavy-${at}`, { data: { k: '{{ range 499000 }}{{ end }}' } }), ''],
  ['of a ConfigMap', (at: number) => consuming(`heavy-${at}`, fromMap), 'k: {{ range 499000 }}{{ end }}a'],
  [
    'heavy only with credentials that are no example',
    (at: number) => consuming(`heavy-${at}`, fromMap),
    'k: {{ if not (contains "EXAMPLE" .access_key_id) }}{{ range 499000 }}{{ end }}{{ end }}a',
  ],
])('three hundred templates that are heavy, %s: a neighbour is answered', async (_, heavy, text) => {
  const isTheirs = text !== '';
  const response = await reconcile([...Array.from({ length: 300 }, (__, at) => heavy(at)), INNOCENT], [mapOf(text)]);
  expect(verdictOf(response)).toMatchObject({ message: expect.stringMatching(/cannot be rendered.* And 29\d more/) });
  expect('innocent' in (response.desired?.resources ?? {})).toBe(isTheirs); // what the Composition has wrong stops its step
});
