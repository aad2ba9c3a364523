import { expect, test } from '@jest/globals';
import { readPolicy } from '../../../function/manifests/read-policy.ts';
import { draft } from '../../../function/planner/draft.ts';
import { generatorManifest } from '../../support/manifests.ts';
import { fakeWorld } from '../../support/world/fake-world.ts';

test('a Policy of ten thousand grants is checked once, not for each draft', () => {
  let looks = 0;
  const environment = new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => ({ value: '42', configurable: true, enumerable: true }),
      get: () => {
        looks += 1;
        return '42';
      },
    },
  );
  const grants = Array.from({ length: 10_000 }, () => ({ session: { tags: { run: '${env.RUN}' } } }));
  const policy = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants };
  for (let drafts = 0; drafts < 3; drafts += 1)
    expect(readPolicy(policy, { environment, hasCustomEndpoint: false })).toMatchObject({ findings: [] });
  expect(looks).toBe(grants.length);
});

test.each([
  ['a fault', [{ roles: 'none' }], 'SETTING_INVALID'],
  ['too many grants', Array.from({ length: 10_001 }, () => ({})), 'LIMIT_EXCEEDED'],
  ['a session that AWS does not take', [{ session: { sourceIdentity: 'a b' } }], 'SETTING_INVALID'],
])('of a Policy with %s that alone is said: no guard is asked', async (_, grants, code) => {
  const policy = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants };
  const items = [generatorManifest({ region: 'eu-west-1', role: 'arn:aws:iam::123456789012:role/a' })];
  const { findings } = await draft({ items, policy, ambient: fakeWorld().ambient });
  expect(findings).toMatchObject([{ code }]);
  expect(findings).toHaveLength(1);
});

test.each(['name', 'namespace'])(
  'a source identity of ${%s} behind another one is refused, whatever that is',
  (variable) => {
    const via = [{ role: 'arn:aws:iam::111111111111:role/hub', sourceIdentity: variable }];
    const grants = [{ session: { via, sourceIdentity: `\${${variable}}` } }];
    const policy = { apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants };
    expect(readPolicy(policy, { environment: {}, hasCustomEndpoint: false }).findings).toMatchObject([
      { code: 'SETTING_INVALID' },
    ]);
  },
);
