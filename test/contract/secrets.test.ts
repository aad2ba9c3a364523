import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type EmittedSecret, emittedSecrets, reveal } from '../support/emitted.ts';
import { forAllTests } from '../support/for-each-test.ts';
import { functionConfig, GOOD_SPEC, generatorItem, list } from '../support/manifests.ts';
import { ROOT, runProcess } from '../support/run-function.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sts = forAllTests(startExampleSts);
const folder = forAllTests(temporaryFolder);

const run = (input: string, environment = {}) => runInProcess(input, { sts, environment });
const withSecrets = (secrets: string) => list(generatorItem(), functionConfig(`  sessions: [{secrets: ${secrets}}]\n`));

/** What a reader of the AWS SDK gets to see of a Secret: variables, or files that variables name. */
const READERS: Readonly<Record<string, (secret: EmittedSecret) => Record<string, string>>> = {
  keys: (secret) => ({
    AWS_ACCESS_KEY_ID: reveal(secret, 'access_key_id'),
    AWS_SECRET_ACCESS_KEY: reveal(secret, 'secret_access_key'),
    AWS_SESSION_TOKEN: reveal(secret, 'session_token'),
    AWS_REGION: 'eu-west-1',
  }),
  env: (secret) => Object.fromEntries(Object.keys(secret.data).map((key) => [key, reveal(secret, key)])),
  credentialsFile: (secret) => ({
    AWS_SHARED_CREDENTIALS_FILE: mounted(secret, 'credentials'),
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_REGION: 'eu-west-1',
  }),
  credentialProcess: (secret) => {
    const config = `[default]\ncredential_process = cat ${mounted(secret, 'credentials.json')}\n`;
    return {
      AWS_CONFIG_FILE: folder.write('config', config),
      AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      AWS_REGION: 'eu-west-1',
    };
  },
};

const mounted = (secret: EmittedSecret, key: string) => folder.write(key, reveal(secret, key), 0o600);

test.each(Object.keys(READERS))('the AWS SDK reads a Secret of the format %s', async (format) => {
  const { stdout, stderr } = await run(withSecrets(`[{format: ${format}}]`));
  const [secret] = emittedSecrets(stdout);
  if (secret === undefined) throw new Error(stderr);
  const environment = { ...READERS[format]?.(secret), AWS_ENDPOINT_URL_STS: sts.url };
  const reader = join(ROOT, 'test/contract/read-credentials.ts');
  const read = await runProcess(process.execPath, [reader], { environment });
  expect(read).toMatchObject({
    exit: 0,
    stdout: 'arn:aws:sts::123456789012:assumed-role/deployer/team-a.deployer in eu-west-1\n',
  });
});

test('one session goes into several Secrets in several namespaces, and a second run asks for nothing', async () => {
  const before = sts.calls.length;
  const input = withSecrets(
    '[{namespaces: [team-a, team-b], format: env, labels: {app: "${name}"}, annotations: {example.org/for: "${namespace}"}}, {name: "${name}-file", format: credentialsFile, key: aws}]',
  );
  const { exit, stdout, stderr } = await run(input);
  expect({ exit, stderr, calls: sts.calls.length - before }).toEqual({ exit: 0, stderr: '', calls: 1 });
  const secrets = emittedSecrets(stdout);
  expect(secrets.map(({ metadata: { name, namespace }, data }) => [namespace, name, Object.keys(data)])).toEqual([
    ['team-a', 'deployer', ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION']],
    ['team-b', 'deployer', ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION']],
    ['team-a', 'deployer-file', ['aws']],
  ]);
  expect(secrets[1]?.metadata).toMatchObject({
    labels: { app: 'deployer' },
    annotations: {
      'example.org/for': 'team-a',
      'sts.fn.crossplane.io/generator': 'STSAssumeRoleToken/team-a/deployer',
    },
  });
  const times = secrets.map(({ metadata }) => metadata.annotations['sts.fn.crossplane.io/renew-after']);
  expect(new Set(times).size).toBe(1);
  expect(await run(stdout)).toMatchObject({ exit: 0, stdout, stderr: '' });
  expect(sts.calls.length - before).toBe(1);
});

test('a Secret that an entry no longer names stays, and is named', async () => {
  const { stdout } = await run(withSecrets('[{namespaces: [team-a, team-b]}]'));
  const narrowed = await run(stdout.replace('[team-a, team-b]', '[team-a]'));
  expect(narrowed).toMatchObject({
    exit: 0,
    stderr:
      'warning: Secret "team-b/deployer" is not renewed: its generator "STSAssumeRoleToken/team-a/deployer" no longer asks for it. Delete the Secret. [GENERATOR_GONE]\n',
  });
  expect(emittedSecrets(narrowed.stdout)).toHaveLength(2);
});

test('a changed format, label or annotation renews the Secret in place', async () => {
  const { stdout } = await run(withSecrets('[{labels: {app: a}}]'));
  const changed = await run(stdout.replace('[{labels: {app: a}}]', '[{labels: {app: b}, format: env}]'));
  expect(changed).toMatchObject({ exit: 0, stderr: '' });
  const [secret, ...others] = emittedSecrets(changed.stdout);
  expect(others).toEqual([]);
  expect(secret).toMatchObject({ metadata: { labels: { app: 'b' } } });
  expect(Object.keys(secret?.data ?? {})).toContain('AWS_REGION');
  expect(Object.keys(secret?.data ?? {})).not.toContain('access_key_id');
});

test('a Policy must grant the namespace of every Secret', async () => {
  const grants = 'grants: [{namespaces: [team-a], roles: ["arn:aws:iam::123456789012:role/*"]}]';
  const policy = folder.write('policy.yaml', `apiVersion: sts.fn.crossplane.io/v1beta1\nkind: Policy\n${grants}\n`);
  const before = sts.calls.length;
  const refused = await run(withSecrets('[{namespaces: [team-a, team-b]}]'), { STS_FUNCTION_POLICY: policy });
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain('for namespace "team-a" and namespace "team-b"');
  expect(sts.calls.length).toBe(before);
});

test('a renewal that fails names every Secret that stays, and a fault in the Input takes none for unwanted', async () => {
  const { stdout } = await run(withSecrets('[{}, {name: second}]'));
  const due = stdout.replaceAll(/renew-after: ".*"/g, 'renew-after: "2020-01-01T00:00:00Z"');
  const failed = await run(due, { AWS_SECRET_ACCESS_KEY: 'wrong' });
  expect(failed).toMatchObject({ exit: 0 });
  expect(failed.stderr).toMatch(
    /^warning: Secret "team-a\/deployer" and 1 more are not renewed, and stay as they are while they are valid: /,
  );
  const faulty = await run(due.replace('{name: second}', '{name: second, labels: {a: "b c"}}'));
  expect(faulty).toMatchObject({ exit: 1, stderr: expect.not.stringContaining('no longer asks for it') });
});

test('recipients with a variable are checked for each generator, before anything is asked', async () => {
  const before = sts.calls.length;
  const good = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
  const config = functionConfig(
    '  sessions: [{secrets: [{name: "x-${name}", encrypt: {sops: {age: ["${name}"]}}}]}]\n',
  );
  const refused = await run(
    list(generatorItem(GOOD_SPEC, { name: 'bad' }) + generatorItem(GOOD_SPEC, { name: good }), config),
  );
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining('must be an age recipient') });
  expect(sts.calls.length).toBe(before);
});
