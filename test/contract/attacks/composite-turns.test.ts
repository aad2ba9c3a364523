import { status } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { composite, generator, input, request, UID, verdictOf } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { externalSecret, fromGenerator } from '../../support/manifests.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/** One thread serves all tenants: a namespace whose composites cost much waits for itself. What is looked at is who is answered first. */
const HEAVY = 12;
const OTHERS = 60;

const sts = forEachTest(startExampleSts);
/** Whoever waits for a turn is not late on a busy machine. */
const server = forEachTest(() => startServer({ sts, environment: { STS_FUNCTION_TIMEOUT: '300' } }));

/** The request of a composite; a heavy one has a template that computes for a while, another in each. */
function of(namespace: string, number: number, isHeavy = false) {
  const xr = composite({ metadata: { name: `acme-${number}`, namespace, uid: `${namespace}-${number}-${UID}` } });
  const template = { data: { k: `{{ range ${490_000 + number} }}{{ end }}` } };
  const consumer = externalSecret(
    { dataFrom: [fromGenerator('deployer')], target: { name: 'made', template } },
    { name: 'made', namespace: undefined },
  );
  const generators = [generator(), ...(isHeavy ? [JSON.parse(JSON.stringify(consumer))] : [])];
  return request({ xr, input: input({ generators }) });
}

test('heavy composites of a namespace are answered after those of other namespaces', async () => {
  await server.reconcile(of('team-b', 0)); // all is loaded
  const answered: string[] = [];
  const run = async (namespace: string, number: number, isHeavy?: boolean) => {
    const { response } = await server.reconcile(of(namespace, number, isHeavy));
    expect(verdictOf(response)).toMatchObject({ reason: 'Available' });
    answered.push(namespace);
  };
  await Promise.all([
    ...Array.from({ length: HEAVY }, (_, at) => run('heavy', at, true)),
    ...Array.from({ length: OTHERS }, (_, at) => run(`team-${at % 7}`, at)),
  ]);
  const before = answered.slice(
    0,
    answered.findLastIndex((namespace) => namespace !== 'heavy'),
  );
  expect(before.filter((namespace) => namespace === 'heavy').length).toBeLessThanOrEqual(2);
});

test('calls whose turn does not come are refused and counted: the operator learns of it', async () => {
  await using short = await startServer({ sts, environment: { STS_FUNCTION_TIMEOUT: '1' } });
  const calls = Array.from({ length: 500 }, (_, at) => short.call(of('heavy', at, true)).catch(({ code }) => code));
  const answers = await Promise.all(calls);
  const late = answers.filter((answer) => answer === status.DEADLINE_EXCEEDED);
  expect(late.length).toBeGreaterThan(0);
  expect(JSON.stringify(answers)).not.toContain('DeadlinePassed'); // a Fatal one would stop pipelines
  const { text } = await short.get('/metrics');
  expect(text).toContain(`sts_function_calls_total{outcome="late"} ${late.length}\n`);
});
