import { expect, test } from '@jest/globals';
import type { Request } from '../../../../function/api/flow.ts';
import { PreparedSteps } from '../../../../function/hosts/crossplane/prepared-steps.ts';
import { fakeWorld } from '../../../support/world/fake-world.ts';

const { ambient } = fakeWorld();
const generator = (role: string) => ({
  apiVersion: 'generators.external-secrets.io/v1alpha1',
  kind: 'STSAssumeRoleToken',
  metadata: { name: 'deployer', namespace: 'team-a' },
  spec: { region: 'eu-west-1', role: `arn:aws:iam::123456789012:role/${role}` },
});
const owner = (name: string) => ({ prefix: `${name}-`, values: new Map([['composite', name]]) });
const request = (): Request => ({
  items: [generator('a')],
  owner: owner('acme'),
  policy: {
    apiVersion: 'sts.fn.crossplane.io/v1beta1',
    kind: 'Policy',
    grants: [{ roles: ['arn:aws:iam::*:role/*'] }],
  },
  now: new Date(0),
  ambient,
});

test('equal manifests are prepared once; clock and deadline are those of the call', async () => {
  const steps = new PreparedSteps();
  const first = await steps.prepare(request());
  const second = await steps.prepare({ ...request(), now: new Date(1) });
  expect(first).toMatchObject({ jobs: [{ target: { name: 'acme-deployer' } }], findings: [] });
  expect(second.jobs).toBe(first.jobs);
  expect([first.now, second.now]).toEqual([new Date(0), new Date(1)]);
  expect(second.signal()).not.toBe(first.signal());
});

const shown = (change: object, state: object = {}): Partial<Request> => {
  const { metadata, ...others } = generator('a');
  const manifest = { ...others, metadata: { ...metadata, ...change }, ...state };
  return { looked: new Map([['a', { annotations: {}, manifest }]]) };
};

test('a generator that the cluster showed is the same with another version and status', async () => {
  const steps = new PreparedSteps();
  const before = await steps.prepare({ ...request(), ...shown({ resourceVersion: '1' }) });
  const after = await steps.prepare({ ...request(), ...shown({ resourceVersion: '2' }, { status: { a: 'b' } }) });
  expect(after.jobs).toBe(before.jobs);
});

test.each<[string, Partial<Request>]>([
  ['a manifest', { items: [generator('b')] }],
  ['the functionConfig', { functionConfig: { apiVersion: 'v1', kind: 'ConfigMap', data: {} } }],
  ['the composite', { owner: owner('other') }],
  ['a value of the composite', { owner: { prefix: 'acme-', values: new Map([['composite', 'other']]) } }],
  ['the Policy', { policy: undefined }],
  ['what the cluster showed', { looked: new Map([['a', null]]) }],
  ['a spec that the cluster showed', shown({}, { spec: generator('b').spec })],
  ['a label that it showed', shown({ labels: { a: 'b' } })],
  ['an annotation that it showed', shown({ annotations: { a: 'b' } })],
])('%s that is another is prepared anew', async (_, change) => {
  const steps = new PreparedSteps();
  const first = { ...request(), ...shown({}) };
  const { jobs } = await steps.prepare(first);
  expect((await steps.prepare({ ...first, ...change })).jobs).not.toBe(jobs);
  expect((await steps.prepare(first)).jobs).toBe(jobs);
});

test('of very many those that were wanted last are kept', async () => {
  const steps = new PreparedSteps();
  const of = async (name: string) => (await steps.prepare({ ...request(), items: [], owner: owner(name) })).jobs;
  const [first, second] = [await of('first'), await of('second')];
  for (let index = 0; index < 3998; index++) await of(`more-${index}`);
  expect(await of('first')).toBe(first);
  await of('one-more');
  expect([(await of('first')) === first, (await of('second')) === second]).toEqual([true, false]);
});

test('of very long ones fewer are kept', async () => {
  const steps = new PreparedSteps();
  const long = 'x'.repeat(1024 * 1024);
  const of = async (name: string) => {
    const values = new Map([['composite', `${name}${long}`]]);
    return (await steps.prepare({ ...request(), items: [], owner: { prefix: '', values } })).jobs;
  };
  const [first, second] = [await of('first'), await of('second')];
  for (let index = 0; index < 29; index++) await of(`more-${index}`);
  expect(await of('first')).toBe(first);
  await of('one-more');
  expect([(await of('first')) === first, (await of('second')) === second]).toEqual([true, false]);
});
