import { expect, test } from '@jest/globals';
import { readPolicy } from '../../../function/manifests/read-policy.ts';

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
    expect(readPolicy(policy, { environment, customEndpoint: false })).toMatchObject({ findings: [] });
  expect(looks).toBe(grants.length);
});
