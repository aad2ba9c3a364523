import { expect, test } from '@jest/globals';
import { checkSessions } from '../../../function/planner/impose-session.ts';

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
  const request = { ambient: { environment } } as unknown as Parameters<typeof checkSessions>[1];
  const grants = Array.from({ length: 10_000 }, () => ({ session: { tags: { run: '${env.RUN}' } } }));
  for (let drafts = 0; drafts < 3; drafts += 1) expect(checkSessions(grants, request, {})).toEqual([]);
  expect(looks).toBe(grants.length);
});
