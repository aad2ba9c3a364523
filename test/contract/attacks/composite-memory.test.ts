import { expect, test } from '@jest/globals';
import { composite, request } from '../../support/crossplane/request.ts';
import { startServer } from '../../support/crossplane/start-server.ts';
import { forEachTest } from '../../support/for-each-test.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';

/** What is made for one composite is remembered until the engine shows it, by the composite's uid. */
const sts = forEachTest(startExampleSts);
const server = forEachTest(() => startServer({ sts }));

const withUid = (uid: string | undefined, kind = 'Workspace') =>
  request({ xr: { ...composite({ metadata: { uid } }), kind } });

/** What a reconcile gives the composite, as the access key of its session. */
async function keyFor(uid: string | undefined, kind?: string): Promise<unknown> {
  const { response } = await server.reconcile(withUid(uid, kind));
  const [secret] = Object.values(response.desired?.resources ?? {});
  return secret?.resource?.data?.access_key_id;
}

test.each([
  ['no uid', undefined],
  ['an empty uid', ''],
])('two composites with %s, as a render may have them, share no session', async (_, uid) => {
  const keys = [await keyFor(uid), ...(await Promise.all([keyFor(uid, 'Other'), keyFor(uid)]))];
  expect(keys.every((key) => typeof key === 'string')).toBe(true);
  expect({ distinct: new Set(keys).size, calls: sts.calls.length }).toEqual({ distinct: 3, calls: 3 });
});

test('reconciles of a composite with a uid share one', async () => {
  const keys = [...(await Promise.all([keyFor('a'), keyFor('a')])), await keyFor('a')];
  expect({ distinct: new Set(keys).size, calls: sts.calls.length }).toEqual({ distinct: 1, calls: 1 });
});
