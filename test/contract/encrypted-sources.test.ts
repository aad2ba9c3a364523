import { beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { encryptSecret } from '../../function/sops/sops.ts';
import { ci } from '../support/accounts.ts';
import { type AgeKeys, newAgeKeys } from '../support/age-keys.ts';
import { emittedSecrets } from '../support/emitted.ts';
import { forAllTests, forEachTest } from '../support/for-each-test.ts';
import { GOOD_SPEC, generatorItem, item, list, OTHER } from '../support/manifests.ts';
import { runInProcess } from '../support/run-in-process.ts';
import { startExampleSts } from '../support/start-example-sts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The base keys lie in the package, encrypted for age as sops does; test/hosts/sops.test.ts has sops itself. */
const sts = forEachTest(startExampleSts);
const folder = forAllTests(temporaryFolder);
let keys: AgeKeys;
let input: string;
beforeAll(async () => {
  keys = await newAgeKeys();
  const encrypted = await encryptSecret(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys', namespace: 'team-a', annotations: {} },
      type: 'Opaque',
      data: {
        id: Buffer.from(ci.accessKeyId).toString('base64'),
        secret: Buffer.from(ci.secretAccessKey).toString('base64'),
      },
    },
    { recipients: [keys.recipient], now: new Date() },
  );
  const sealed = item(stringify(encrypted));
  const auth =
    'auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}';
  input = list(OTHER + sealed + generatorItem(`${GOOD_SPEC}, ${auth}`));
});

const run = (given: string, environment: Record<string, string> = {}) =>
  runInProcess(given, { environment: { AWS_STS_ENDPOINT: sts.url, ...environment } });

test('they are opened in memory with SOPS_AGE_KEY, and what is encrypted stays encrypted', async () => {
  const { exit, stdout, stderr } = await run(input, { SOPS_AGE_KEY: keys.identity.reveal() });
  expect({ exit, stderr, calls: sts.calls.length }).toEqual({ exit: 0, stderr: '', calls: 1 });
  expect(sts.calls[0]?.callerArn).toBe(ci.arn);
  expect(emittedSecrets(stdout)).toHaveLength(1);
  expect(stdout.slice(0, input.length)).toBe(input);
  expect(stdout).not.toContain(Buffer.from(ci.secretAccessKey).toString('base64'));
});

test('and with a file of keys that SOPS_AGE_KEY_FILE names', async () => {
  const other = await newAgeKeys();
  const file = folder.write('keys.txt', `# mine\n${other.identity.reveal()}\n${keys.identity.reveal()}\n`);
  expect(await run(input, { SOPS_AGE_KEY_FILE: file })).toMatchObject({ exit: 0, stderr: '' });
});

test.each<[string, () => Promise<Record<string, string>>, (text: string) => string, RegExp]>([
  ['no key', async () => ({}), (text) => text, /: no identity of SOPS_AGE_KEY or SOPS_AGE_KEY_FILE fits\. Give /],
  [
    "somebody else's key",
    async () => ({ SOPS_AGE_KEY: (await newAgeKeys()).identity.reveal() }),
    (text) => text,
    /^error: cannot open Secret "team-a\/keys" for STSAssumeRoleToken "team-a\/deployer": .*no identity of SOPS_AGE_KEY /,
  ],
  [
    'what is no key',
    async () => ({ SOPS_AGE_KEY: 'AGE-SECRET-KEY-1CANARY' }),
    (text) => text,
    /^error: cannot use SOPS_AGE_KEY: it has in line 1 no age identity/,
  ],
  [
    'a file that is not there',
    async () => ({ SOPS_AGE_KEY_FILE: '/nonexistent' }),
    (text) => text,
    /^error: cannot use SOPS_AGE_KEY_FILE: it holds no identity\./,
  ],
  [
    'a value that was changed',
    async () => ({ SOPS_AGE_KEY: keys.identity.reveal() }),
    (text) => text.replace(/(?<=id: ENC\[AES256_GCM,data:)./, (first) => (first === 'Z' ? 'Y' : 'Z')),
    /it was changed after it was encrypted, or kustomize sorted its keys\. Encrypt it again, /,
  ],
])('with %s nothing is sent anywhere', async (_, environment, change, message) => {
  const given = change(input);
  const { exit, stdout, stderr } = await run(given, await environment());
  expect({ exit, calls: sts.calls }).toEqual({ exit: 1, calls: [] });
  expect(stderr).toMatch(message);
  expect(stderr + stdout.slice(given.length)).not.toContain('CANARY');
});
