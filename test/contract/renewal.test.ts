import { describe, expect, test } from '@jest/globals';
import { ci } from '../support/accounts.ts';
import { forEachTest } from '../support/for-each-test.ts';
import { GOOD_SPEC, generatorItem, list, OTHER, secret } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';

/** As the same text is when a third of the session's lifetime is left; test/hosts/kpt.test.ts lets the time pass. */
const due = (text: string) => text.replace(/(renew-after: ).*/, '$1"2020-01-01T00:00:00Z"');

const sts = forEachTest(startExampleSts);

const run = (input: string) => runInProcess(input, { sts });
const given = list(OTHER + generatorItem());

async function minted(input = given): Promise<string> {
  const { exit, stdout } = await run(input);
  expect({ exit, calls: sts.calls.length }).toEqual({ exit: 0, calls: 1 });
  return stdout;
}

test('nothing is asked and no byte changes while the Secret is good; then it is renewed', async () => {
  const first = await minted();
  expect(await run(first)).toEqual({ exit: 0, signal: null, stderr: '', stdout: first });
  expect(sts.calls).toHaveLength(1);
  const renewed = await run(due(first));
  expect({ exit: renewed.exit, stderr: renewed.stderr, calls: sts.calls.length }).toEqual({
    exit: 0,
    stderr: '',
    calls: 2,
  });
  expect(renewed.stdout).not.toContain('2020-01-01');
});

test('the order of keys says nothing: kustomize sorts them, and kpt does not', async () => {
  const options = (policy: string) =>
    list(
      OTHER + generatorItem(),
      `functionConfig: {apiVersion: sts.fn.crossplane.io/v1beta1, kind: Input, sessions: [{last: {policy: ${policy}}}]}\n`,
    );
  const external = (data: string) =>
    list(
      `${generatorItem()}- apiVersion: external-secrets.io/v1\n  kind: ExternalSecret\n  metadata: {name: made, namespace: team-a}\n  spec: {dataFrom: [{sourceRef: {generatorRef: {kind: STSAssumeRoleToken, name: deployer}}}], target: {template: {data: ${data}}}}\n`,
    );
  const hashOf = async (input: string) => {
    const { exit, stdout } = await run(input);
    return [exit, ...stdout.matchAll(/spec-hash: .*/g)].join(' ');
  };
  const statement = '[{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]';
  const sorted = '[{Action: "s3:GetObject", Effect: Allow, Resource: "*"}]';
  expect(await hashOf(options(`{Version: "2012-10-17", Statement: ${statement}}`))).toBe(
    await hashOf(options(`{Statement: ${sorted}, Version: "2012-10-17"}`)),
  );
  expect(await hashOf(external('{z: "1", a: "2"}'))).toBe(await hashOf(external('{a: "2", z: "1"}')));
  expect(await hashOf(external('{z: "1", a: "2"}'))).toMatch(/^0 spec-hash: "?v1-/);
});

test('a Secret that cannot be rewritten is no obstacle until it has to be', async () => {
  const tied = (await minted()).replace('type: Opaque', 'type: &tie Opaque');
  expect(tied).toContain('&tie');
  expect(await run(tied)).toEqual({ exit: 0, signal: null, stderr: '', stdout: tied });
  const refused = await run(due(tied));
  expect({ exit: refused.exit, stderr: refused.stderr, calls: sts.calls.length }).toEqual({
    exit: 1,
    stderr: expect.stringContaining('cannot rewrite Secret "team-a/deployer"'),
    calls: 1,
  });
});

test('a renewal that fails keeps the Secret while it is valid, and says so', async () => {
  const first = due(await minted());
  sts.fail({ kind: 'error', code: 'AccessDenied', status: 403 });
  const { exit, stderr, stdout } = await run(first);
  expect({ exit, stderr }).toEqual({
    exit: 0,
    stderr:
      'warning: Secret "team-a/deployer" is not renewed, and stays as it is while it is valid: cannot assume role "arn:aws:iam::123456789012:role/deployer" (hop 1 of 1, sts:AssumeRole) for STSAssumeRoleToken "team-a/deployer": AccessDenied. Check that the role exists, that its trust policy names the caller and the external ID, and that the caller\'s own policy allows sts:AssumeRole. The caller uses the SDK\'s default chain (keys in the environment). Run `doctor --online` to see who that is. [RENEWAL_FAILED]\n',
  });
  expect(stdout.slice(0, first.length)).toBe(first);
});

test('so does one whose base keys have gone, while it is valid', async () => {
  const auth = `${GOOD_SPEC}, auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}`;
  const keys = secret(`id: ${ci.accessKeyId}, secret: ${ci.secretAccessKey}`);
  const first = due(await minted(list(keys + generatorItem(auth)))).replace(keys, '');
  expect(await run(first)).toMatchObject({
    exit: 0,
    stderr: expect.stringMatching(/^warning: Secret .* is not renewed, .*is not in/),
  });
  const ended = first.replace(/(expiration: )"20.*/, '$1"2020-01-01T00:00:01Z"');
  expect(await run(ended)).toMatchObject({ exit: 1, stderr: expect.stringMatching(/^error: cannot read Secret/) });
});

test('what somebody encrypted does not become plain text', async () => {
  const first = await minted();
  const sops = '  sops:\n    mac: ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\n';
  const sealed = first.trimEnd().concat('\n', sops);
  for (const given of [sealed, due(sealed), sealed.replace('role/deployer', 'role/my-role')]) {
    const { exit, stdout, stderr } = await run(given);
    expect({ exit, calls: sts.calls.length, items: stdout.slice(0, given.length) }).toEqual({
      exit: 1,
      calls: 1,
      items: given,
    });
    expect(stderr).toMatch(
      /^error: cannot renew .*: it is encrypted by SOPS, and its new values would be plain text\./,
    );
  }
});

test('another spec is asked for at once', async () => {
  const first = await minted();
  const { exit } = await run(first.replace('role/deployer', 'role/my-role'));
  expect({ exit, calls: sts.calls.length }).toEqual({ exit: 0, calls: 2 });
});

test('what a good Secret was made with need not be there any more', async () => {
  const auth = `${GOOD_SPEC}, auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}`;
  const keys = secret(`id: ${ci.accessKeyId}, secret: ${ci.secretAccessKey}`);
  const first = await minted(list(keys + generatorItem(auth)));
  const without = first.replace(keys, '');
  expect(without).not.toBe(first);
  expect(await run(without)).toEqual({ exit: 0, signal: null, stderr: '', stdout: without });
  expect(sts.calls).toHaveLength(1);
});

test('a Secret whose generator is gone stays and is named, in the same words by every run', async () => {
  const first = await minted();
  const without = first.replace(generatorItem(), '');
  const ended = await run(without);
  expect(ended).toMatchObject({
    exit: 0,
    stderr:
      'warning: Secret "team-a/deployer" is not renewed: its generator "STSAssumeRoleToken/team-a/deployer" is not there any more. Delete the Secret, or bring the generator back. [GENERATOR_GONE]\n',
  });
  expect(ended.stdout.slice(0, without.length)).toBe(without);
  expect(await run(without)).toEqual(ended);
  const ignored = generatorItem(GOOD_SPEC, {
    metadata: 'namespace: team-a, annotations: {sts.fn.crossplane.io/ignore: "true"}',
  });
  expect(await run(without.replace(OTHER, OTHER + ignored))).toMatchObject({ exit: 0, stderr: '' });
});

describe('a Secret as the cluster has it, beside a generator without namespace', () => {
  const bare = list(generatorItem(GOOD_SPEC, { metadata: 'labels: {app: a}' }));
  const isThere = (namespace: string) => (text: string) =>
    text.replace('    name: deployer\n', `    name: deployer\n    namespace: ${namespace}\n`);
  const told = (mark: string) =>
    `warning: Secret "default/deployer" is not renewed: its generator "${mark}" has no namespace here, and writes Secret "deployer". Give its manifest the namespace "default", or take this Secret out of the folder. [GENERATOR_GONE]\n`;
  const withMark = (text: string) => text.replace('STSAssumeRoleToken//', 'STSAssumeRoleToken/default/');

  test.each([
    [
      'its own namespace is named, and nobody is to delete it',
      isThere('default'),
      told('STSAssumeRoleToken//deployer'),
    ],
    [
      'also where its generator had that namespace',
      (text: string) => withMark(isThere('default')(text)),
      told('STSAssumeRoleToken/default/deployer'),
    ],
    ['nothing is said of one without a namespace', (text: string) => text, ''],
  ])('%s', async (_, change, stderr) => {
    const fetched = change(await minted(bare));
    expect(await run(fetched)).toMatchObject({ exit: 0, stderr });
  });

  test('one that its generator wants no more is told so', async () => {
    const renamed = isThere('default')(await minted(bare)).replace('    name: deployer\n', '    name: former\n');
    expect(await run(renamed)).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining('no longer asks for it. Delete the Secret.'),
    });
  });
});
