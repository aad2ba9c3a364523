import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import type { EmittedSecret } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { startApiServer } from '../support/hosts/api-server.ts';
import { generator } from '../support/hosts/manifests.ts';
import { startHosts } from '../support/hosts/start-hosts.ts';
import { leaks } from '../support/leaks/find-leaks.ts';
import { ROOT, runFunction } from '../support/run-function.ts';
import { callerOf } from '../support/sts/testing/ask.ts';

/**
 * What the examples let Argo CD and Flux apply, in a real cluster, and its script as a user who may do no more than what its Role says.
 */

const read = (file: string) => readFile(join(ROOT, 'examples/gitops', file), 'utf8');
const SCRIPT = ['spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers', 0, 'args', 0];
const IN_TEAM = '--namespace=team-a';

const hosts = forAllTests(startHosts);
const server = forAllTests(startApiServer);
let folder: string;
let script: string;
beforeAll(async () => {
  const application = parse(await read('argo-cd/application.yaml'));
  const [, kustomization] = parseAllDocuments(await read('flux/sync.yaml'));
  const path: string = application.spec.source.path;
  expect(kustomization?.getIn(['spec', 'path'])).toBe(`./${path}`);
  const { stdout: manifests } = await hosts.run('kustomize', ['build', path], { cwd: ROOT });
  const objects = [...parseAllDocuments(manifests)];
  const ofKind = (kind: string) => objects.find((object) => object.get('kind') === kind);
  script = String(ofKind('CronJob')?.getIn(SCRIPT)).replace('/manifests/', 'manifests/');
  folder = await hosts.folder({
    'manifests/deployer.yaml': String(ofKind('ConfigMap')?.getIn(['data', 'deployer.yaml'])),
  });
  await server.kubectl(['create', 'namespace', 'team-a']);
  await server.kubectl(['apply', '-f', '-'], manifests);
  const binding = ['--role=renew-deployer', '--user=ci', IN_TEAM];
  await server.kubectl(['create', 'rolebinding', 'ci', ...binding]);
});

const secret = async () =>
  parse(await server.kubectl(['get', 'secret', 'deployer', IN_TEAM, '--output=yaml'])) as EmittedSecret;

/** Runs the script; gives the Secret and how often STS was asked. */
async function renew() {
  let said = '';
  await rm(join(folder, 'package'), { recursive: true, force: true }); // each pod begins with an empty folder
  const calls = await hosts.callsOf(async () => {
    const environment = { KUBECONFIG: server.kubeconfig };
    const asUser = 'kubectl() { command kubectl --context ci "$@"; }\n';
    const ended = await hosts.run('bash', ['--norc', '-euo', 'pipefail', '-c', asUser + script], {
      cwd: folder,
      environment,
    });
    expect({ exit: ended.exit, stderr: ended.stderr }).toEqual({ exit: 0, stderr: '' });
    said = ended.stdout;
  });
  expect(leaks(said)).toEqual([]);
  return { secret: await secret(), asked: calls.length };
}

test('makes the Secret, leaves it alone while it is good, and makes another in place when its spec has changed', async () => {
  const first = await renew();
  expect(first.asked).toBe(1);
  expect(await callerOf(hosts.sts.url, first.secret)).toContain('/team-a.deployer');

  await server.kubectl(['label', 'secret', 'deployer', IN_TEAM, 'team=a']);
  const second = await renew();
  expect(second.asked).toBe(0);
  expect(second.secret.data).toEqual(first.secret.data);
  expect(second.secret.metadata.labels).toEqual({ team: 'a' });

  const shorter = generator({ namespace: 'team-a', requestParameters: { sessionDuration: 900 } });
  await writeFile(join(folder, 'manifests/deployer.yaml'), shorter);
  const third = await renew();
  expect(third.asked).toBe(1);
  expect(third.secret.data.session_token).not.toBe(first.secret.data.session_token);
  expect(third.secret.metadata.labels).toEqual({ team: 'a' });
  expect(await callerOf(hosts.sts.url, third.secret)).toContain('/team-a.deployer');
});

test('renews it for a `force-sync`, and `status` reads in the answer of the cluster how it stands', async () => {
  const write = (value: string) =>
    writeFile(
      join(folder, 'manifests/deployer.yaml'),
      generator({ namespace: 'team-a', annotations: { 'force-sync': value } }),
    );
  await write('1');
  expect((await renew()).asked).toBe(1);
  await write('2');
  const forced = await renew();
  expect(forced.asked).toBe(1);
  expect((await renew()).asked).toBe(0);

  const all = await server.kubectl(['get', 'secrets', '--all-namespaces', '--output=yaml']);
  const status = async (text: string) => {
    const { exit, stdout, stderr } = await runFunction(text, {
      arguments: ['status', '-', '-o', 'json', '--detailed-exitcode'],
    });
    expect(leaks(stdout)).toEqual([]);
    expect(stderr).toBe('');
    return { exit, ...(JSON.parse(stdout) as { secrets: object[] }) };
  };
  const row = { target: { name: 'deployer', namespace: 'team-a' }, forceSync: '2', state: 'good' };
  expect(await status(all)).toMatchObject({ exit: 0, secrets: [row] });
  const late = all.replace(/(renew-after: ).*/, '$1"2020-01-01T00:00:00Z"');
  expect(await status(late)).toMatchObject({ exit: 2, secrets: [{ ...row, state: 'late' }] });
});
