import { expect, test } from '@jest/globals';
import { DraftCache } from '../../../../function/hosts/crossplane/draft-cache.ts';
import type { Request } from '../../../../function/model/flow.ts';
import type { Known } from '../../../../function/model/known.ts';
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
  ambient,
});

const NOTHING: Known = new Map();

test('equal manifests are drafted once', async () => {
  const steps = new DraftCache();
  const first = await steps.draft(request(), NOTHING);
  expect(first).toMatchObject({ jobs: [{ target: { name: 'acme-deployer' } }], findings: [] });
  expect(await steps.draft(request(), NOTHING)).toBe(first);
});

const shown = (change: object, state: object = {}): Known => {
  const { metadata, ...others } = generator('a');
  const manifest = { ...others, metadata: { ...metadata, ...change }, ...state };
  return new Map([['a', { annotations: {}, manifest }]]);
};

test('a generator that the cluster showed is the same with another version and status', async () => {
  const steps = new DraftCache();
  const before = await steps.draft(request(), shown({ resourceVersion: '1' }));
  const after = await steps.draft(request(), shown({ resourceVersion: '2' }, { status: { a: 'b' } }));
  expect(after.jobs).toBe(before.jobs);
});

test.each<[string, Partial<Request>, Known?]>([
  ['a manifest', { items: [generator('b')] }],
  ['the functionConfig', { functionConfig: { apiVersion: 'v1', kind: 'ConfigMap', data: {} } }],
  ['the composite', { owner: owner('other') }],
  ['a value of the composite', { owner: { prefix: 'acme-', values: new Map([['composite', 'other']]) } }],
  ['the Policy', { policy: undefined }],
  ['what the cluster showed', {}, new Map([['a', null]])],
  ['a spec that the cluster showed', {}, shown({}, { spec: generator('b').spec })],
  ['a label that it showed', {}, shown({ labels: { a: 'b' } })],
  ['an annotation that it showed', {}, shown({ annotations: { a: 'b' } })],
])('%s that is another is drafted anew', async (_, change, known = shown({})) => {
  const steps = new DraftCache();
  const { jobs } = await steps.draft(request(), shown({}));
  expect((await steps.draft({ ...request(), ...change }, known)).jobs).not.toBe(jobs);
  expect((await steps.draft(request(), shown({}))).jobs).toBe(jobs);
});

test('of very many those that were wanted last are kept', async () => {
  const steps = new DraftCache();
  const of = async (name: string) => (await steps.draft({ ...request(), items: [], owner: owner(name) }, NOTHING)).jobs;
  const [first, second] = [await of('first'), await of('second')];
  for (let index = 0; index < 3998; index++) await of(`more-${index}`);
  expect(await of('first')).toBe(first);
  await of('one-more');
  expect([(await of('first')) === first, (await of('second')) === second]).toEqual([true, false]);
});

test('of very long ones fewer are kept', async () => {
  const steps = new DraftCache();
  const long = 'x'.repeat(1024 * 1024);
  const of = async (name: string) => {
    const values = new Map([['composite', `${name}${long}`]]);
    return (await steps.draft({ ...request(), items: [], owner: { prefix: '', values } }, NOTHING)).jobs;
  };
  const [first, second] = [await of('first'), await of('second')];
  for (let index = 0; index < 29; index++) await of(`more-${index}`);
  expect(await of('first')).toBe(first);
  await of('one-more');
  expect([(await of('first')) === first, (await of('second')) === second]).toEqual([true, false]);
});
