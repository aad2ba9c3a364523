import { expect, test } from '@jest/globals';
import { applied, composite, generator, input, request, UID } from '../support/crossplane/request.ts';
import { startServer } from '../support/crossplane/start-server.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sts = forEachTest(startExampleSts);

/** The lines of metrics that a pattern fits, without the text before the name. */
async function metricsOf(server: { get(path: string): Promise<{ text: string }> }, pattern: RegExp) {
  const { text } = await server.get('/metrics');
  return text.split('\n').filter((line) => pattern.test(line) && !line.startsWith('#'));
}

const POLICY = (grant: object) =>
  JSON.stringify({ apiVersion: 'sts.fn.crossplane.io/v1beta1', kind: 'Policy', grants: [grant] });

/** A composite whose role is there or not. */
const asks = (name: string, role = 'deployer', observedResources: Record<string, object> = {}) =>
  request({
    observedResources,
    xr: composite({ metadata: { name, uid: `${UID}-${name}` } }),
    input: input({
      generators: [generator({ role: `arn:aws:iam::123456789012:role/${role}` })],
      vars: {},
      allow: [{}],
    }),
  });

test('a Secret without a session is late until it has one, and each failed request counts once', async () => {
  await using server = await startServer({ sts });
  const late = () => metricsOf(server, /late_secrets/);
  await server.reconcile(asks('good'));
  expect(await late()).toEqual(['sts_function_late_secrets 0']);
  sts.fail({ kind: 'error', code: 'AccessDenied', status: 403, times: 1 });
  for (let turn = 0; turn < 3; turn += 1) await server.call(asks('acme')).catch(() => undefined);
  await server.reconcile(asks('acme'));
  expect(await late()).toEqual(['sts_function_late_secrets 1']);
  expect(await metricsOf(server, /renewal_failures/)).toEqual([
    'sts_function_renewal_failures_total{code="AccessDenied"} 1',
  ]);
  sts.fail({ kind: 'error', code: 'MadeUp', status: 400, times: 1 });
  await server.reconcile(asks('third'));
  expect(await late()).toEqual(['sts_function_late_secrets 2']);
  expect(await metricsOf(server, /renewal_failures/)).toHaveLength(2);
  await server.reconcile(asks('third', 'my-role')); // another spec: no pause holds it
  expect(await late()).toEqual(['sts_function_late_secrets 1']);
});

test('a Secret is late where the whole call is refused, as by a Policy that cannot be read', async () => {
  using folder = temporaryFolder({ 'policy.yaml': POLICY({ roles: ['arn:aws:iam::*:role/*'] }) });
  await using server = await startServer({ sts, arguments: ['--policy', `${folder.path}/policy.yaml`] });
  const late = () => metricsOf(server, /late_secrets/);
  const { response } = await server.reconcile(asks('acme'));
  const [[key, made] = ['', undefined]] = Object.entries(response.desired?.resources ?? {});
  const secret = applied(made?.resource, `${UID}-acme`);
  const observe = (past: object) => {
    const { annotations, ...metadata } = secret.metadata as { annotations: object };
    const observed = { ...secret, metadata: { ...metadata, annotations: { ...annotations, ...past } } };
    return server.reconcile(asks('acme', 'deployer', { [key]: observed }));
  };
  folder.write(
    'policy.yaml',
    POLICY({ roles: ['arn:aws:iam::*:role/*'], session: { sourceIdentity: '${env.ABSENT}' } }),
  );
  await observe({});
  expect(await late()).toEqual(['sts_function_late_secrets 0']);
  await observe({ 'sts.fn.crossplane.io/renew-after': '2001-01-01T00:00:00Z' });
  expect(await late()).toEqual(['sts_function_late_secrets 1']);
});

test('the digest of the Policy is there before the first call, and that of its file at each scrape', async () => {
  const policy = (role: string) => POLICY({ roles: [role] });
  using folder = temporaryFolder({ 'policy.yaml': policy('arn:aws:iam::*:role/a') });
  await using server = await startServer({ sts, arguments: ['--policy', `${folder.path}/policy.yaml`] });
  const [before] = await metricsOf(server, /policy_info/);
  expect(before).toMatch(/^sts_function_policy_info\{digest="[\da-f]{64}"\} 1$/);
  folder.write('policy.yaml', policy('arn:aws:iam::*:role/b'));
  const [after, ...others] = await metricsOf(server, /policy_info/);
  expect(others).toEqual([]);
  expect(after).toMatch(/^sts_function_policy_info/);
  expect(after).not.toBe(before);
});

test('a Secret that has ended is late where Crossplane never sends what it is asked for, and one that is only due is not', async () => {
  await using server = await startServer({ sts });
  const late = () => metricsOf(server, /late_secrets/);
  const { response } = await server.reconcile(asks('acme'));
  const [[key, made] = ['', undefined]] = Object.entries(response.desired?.resources ?? {});
  const secret = applied(made?.resource, `${UID}-acme`);
  const keys = { name: 'aws', key: 'key' };
  const secretRef = { accessKeyIDSecretRef: keys, secretAccessKeySecretRef: keys };
  const withKeys = input({ generators: [generator({ auth: { secretRef } })] });
  const observe = async (past: object) => {
    const { annotations, ...metadata } = secret.metadata as { annotations: object };
    const observed = { ...secret, metadata: { ...metadata, annotations: { ...annotations, ...past } } };
    const asked = await server.call({ ...asks('acme', 'deployer', { [key]: observed }), input: withKeys });
    expect(asked.requirements?.resources).toHaveProperty('Secret/team-a/aws');
  };
  const renewal = { 'sts.fn.crossplane.io/renew-after': '2001-01-01T00:00:00Z' };
  await observe(renewal);
  expect(await late()).toEqual(['sts_function_late_secrets 0']);
  await observe({ ...renewal, 'sts.fn.crossplane.io/expiration': '2001-01-01T00:10:00Z' });
  expect(await late()).toEqual(['sts_function_late_secrets 1']);
});
