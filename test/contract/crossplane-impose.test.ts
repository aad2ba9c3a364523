import { expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { composite, generator, input, type Parts, request, verdictOf } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { shareExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Under Crossplane a namespace is the composite's own: a Policy can say whose session it is, which no composite's owner changes. */

const HUB = 'arn:aws:iam::111111111111:role/hub';
const ROLE = 'arn:aws:iam::123456789012:role/deployer';

const sts = shareExampleSts({
  roles: [ROLE, HUB].map((arn) => ({ arn, trust: [{ principals: [ci.arn, HUB] }] })),
});
const folder = forAllTests(temporaryFolder);

const policyFile = (...grants: readonly object[]) =>
  folder.write(
    `policy-${Math.random()}.json`,
    JSON.stringify({ apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants }),
  );
const GRANT = { roles: ['arn:aws:iam::*:role/deployer'], via: [HUB] };
const session = { tags: { team: '${namespace}' }, sourceIdentity: '${namespace}' };
const xr = (metadata: object) => composite({ metadata });

async function attempt(policy: string, parts: Parameters<typeof request>[0]) {
  await using server = await startServer({ sts, arguments: ['--policy', policy] });
  const before = sts.calls.length;
  const first: Parts = request({ ...parts, input: JSON.parse(JSON.stringify(parts?.input ?? input())) as object });
  const { response } = await server.reconcile(first, []);
  const calls = sts.calls.slice(before).map(({ parameters }) => parameters);
  return { calls, verdict: verdictOf(response), results: response.results.length };
}

test("two tenants' sessions have their own namespaces, whatever they are called", async () => {
  for (const namespace of ['team-a', 'team-b']) {
    const { calls, verdict } = await attempt(policyFile({ ...GRANT, session }), {
      xr: xr({ namespace, name: 'team-a', uid: `uid-${namespace}` }),
    });
    expect(verdict?.reason).toBe('Available');
    expect(calls).toMatchObject([{ SourceIdentity: namespace, 'Tags.member.1.Value': namespace }]);
  }
});

test('a cluster-scoped composite has no namespace: what it writes is imposed on nothing, and the next grant is tried', async () => {
  const written = input({ generators: [generator({}, { name: 'deployer', namespace: 'team-a' })] });
  const parts = { xr: xr({ namespace: undefined }), input: written };
  const refused = await attempt(policyFile({ ...GRANT, session }), parts);
  expect(refused).toMatchObject({ calls: [], verdict: { reason: 'NotGranted' } });
  const { calls, verdict } = await attempt(policyFile({ ...GRANT, session }, GRANT), parts);
  expect(verdict?.reason).toBe('Available');
  expect(calls).toHaveLength(1);
  expect(calls[0]).not.toHaveProperty('SourceIdentity');
});

test('a draft of one is none of the other', async () => {
  await using server = await startServer({ sts, arguments: ['--policy', policyFile({ ...GRANT, session })] });
  const written = input({ generators: [generator({}, { name: 'deployer', namespace: 'team-a' })] });
  const asked = async (metadata: object) => {
    const first = request({ xr: xr(metadata), input: JSON.parse(JSON.stringify(written)) as object });
    return verdictOf((await server.reconcile(first, [])).response)?.reason;
  };
  expect(await asked({ namespace: 'team-a', uid: 'a' })).toBe('Available');
  expect(await asked({ namespace: undefined, uid: 'b' })).toBe('NotGranted');
});

test('two tenants behind one hub that nobody names: each has his own marks, and none is told of it', async () => {
  const supplying = { ...session, via: [HUB] };
  for (const namespace of ['team-a', 'team-b']) {
    const parts = { xr: xr({ namespace, uid: `supplied-${namespace}` }) };
    const { calls, verdict } = await attempt(policyFile({ ...GRANT, session: supplying }), parts);
    expect(verdict?.reason).toBe('Available');
    expect(calls).toMatchObject([{ RoleArn: HUB }, { RoleArn: ROLE, SourceIdentity: namespace }]);
    expect(calls[0]).not.toHaveProperty('SourceIdentity');
  }
  const denied = { ...supplying, via: ['arn:aws:iam::111111111111:role/hidden'] };
  const { verdict } = await attempt(policyFile({ ...GRANT, session: denied }), {});
  expect(verdict?.reason).toBe('HopDenied');
  expect(verdict?.message).not.toMatch(/hidden|111111111111/);
});

test("a Composition's own hops are left for the next grant, and a hub that is supplied is no hop of its own", async () => {
  const supplying = { ...GRANT, via: [], session: { via: [HUB] } };
  const own = { input: input({ sessions: [{ via: [HUB] }] }) };
  expect((await attempt(policyFile(supplying, { ...GRANT, via: [] }), own)).verdict?.reason).toBe('NotGranted');
});
