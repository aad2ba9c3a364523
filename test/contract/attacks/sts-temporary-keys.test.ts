import { expect, test } from '@jest/globals';
import { forEachTest } from '../../support/for-each-test.ts';
import { GOOD_SPEC, generatorItem, list, secret } from '../../support/manifests.ts';
import { runFunction } from '../../support/run-function.ts';
import { startExampleSts } from '../../support/start-example-sts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Keys of a session without its token: who reads STS's log, or answers in its place, need not see them. */
const sts = forEachTest(startExampleSts);
const folder = forEachTest(temporaryFolder);

const ID = 'ASIACANARY';
const VARIABLES = { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: 'CANARY' };
const REFERENCES =
  'auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}';
const ofSecret = list(generatorItem(`${GOOD_SPEC}, ${REFERENCES}`) + secret(`id: ${ID}, secret: CANARY`));
const ofChain = list(generatorItem());
const ofRegistry = list(generatorItem('region: eu-west-1', { kind: 'ECRAuthorizationToken' }));

const credentials = () =>
  folder.write('credentials', `[default]\naws_access_key_id = ${ID}\naws_secret_access_key = CANARY\n`);
const process = () =>
  folder.write(
    'config',
    `[default]\ncredential_process = ${folder.write('program', `#!/bin/sh\necho '${JSON.stringify({ Version: 1, AccessKeyId: ID, SecretAccessKey: 'CANARY' })}'\n`, 0o700)}\n`,
  );

test.each<[string, string, () => Record<string, string>, string]>([
  ['a Secret has them', ofSecret, () => ({}), '`spec.auth.secretRef.sessionTokenSecretRef`'],
  ['the environment has them', ofChain, () => VARIABLES, 'AWS_SESSION_TOKEN'],
  [
    'the environment has them, and an empty token',
    ofChain,
    () => ({ ...VARIABLES, AWS_SESSION_TOKEN: '' }),
    'AWS_SESSION_TOKEN',
  ],
  [
    "AWS's credentials file has them",
    ofChain,
    () => ({ AWS_SHARED_CREDENTIALS_FILE: credentials() }),
    'aws_session_token',
  ],
  [
    'a profile has them beside good variables',
    ofChain,
    () => ({ AWS_SHARED_CREDENTIALS_FILE: credentials(), AWS_PROFILE: 'default', AWS_ACCESS_KEY_ID: 'AKIA' }),
    'aws_session_token',
  ],
  ['a credential process gives them', ofChain, () => ({ AWS_CONFIG_FILE: process() }), 'aws_session_token'],
  ['they would sign for a registry', ofRegistry, () => VARIABLES, 'AWS_SESSION_TOKEN'],
  [
    'a profile would sign for a registry with them',
    ofRegistry,
    () => ({ AWS_SHARED_CREDENTIALS_FILE: credentials() }),
    'aws_session_token',
  ],
])('temporary keys without their session token reach nobody: %s', async (_, input, environment, cure) => {
  const endpoints = { AWS_STS_ENDPOINT: sts.url, AWS_ECR_ENDPOINT: sts.url };
  const { exit, stdout, stderr } = await runFunction(input, { environment: { ...endpoints, ...environment() } });
  expect({ exit, calls: sts.calls, stdout: stdout.includes('CREDENTIAL_MALFORMED') }).toEqual({
    exit: 1,
    calls: [],
    stdout: true,
  });
  expect(stderr).toContain('session token');
  expect(stderr).toContain(cure);
  expect(stderr).not.toContain('CANARY');
});
